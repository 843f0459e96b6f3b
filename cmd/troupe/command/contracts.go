package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/npm"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/address"
	"github.com/troupe-run/troupe/state"
)

// chainOf returns what contracts are to take the host for, nil if the application has no chain.
func chainOf(m *manifest.Manifest) *cosmwasm.Chain {
	if m.Chain == nil {
		return nil
	}
	return &cosmwasm.Chain{ID: m.Chain.ID, Prefix: address.Prefix(m.Chain.Prefix), Names: m.Chain.Names}
}

// onChain gives the options of a host a chain and its prices, unless there is none.
func onChain(opts *runtime.Options, chain *cosmwasm.Chain) {
	if chain != nil {
		opts.Chain, opts.Gas = chain, cosmwasm.Gas()
	}
}

// library returns where packages are kept: with what is compiled.
func library() npm.Library {
	dir := cacheDir()
	if dir == "" {
		return npm.Library{}
	}
	return npm.Library{Dir: filepath.Join(dir, "npm")}
}

// hasContracts reports whether there are contracts in a folder.
func hasContracts(dir string) bool {
	files, err := manifest.Wasm(dir)
	if err != nil {
		return false
	}
	for _, file := range files {
		if code, err := os.ReadFile(filepath.Join(dir, file)); err == nil && isContract(code) {
			return true
		}
	}
	return false
}

// isContract reports whether code says that it is a contract, be it one that a host refuses.
func isContract(code []byte) bool {
	in, err := runtime.Inspect(code)
	return err == nil && in.IsContract
}

// operator is who stores the codes of an application.
const operator = "operator"

// storeCode makes a module that is a contract a code of the chain, unless it is one already.
func storeCode(ctx context.Context, h *runtime.Host, name string, code []byte) (id uint64, stored bool, err error) {
	body, err := json.Marshal(map[string]any{"codes": struct{}{}})
	if err != nil {
		return 0, false, err
	}
	in, err := runtime.Inspect(code)
	if err != nil {
		return 0, false, err
	}
	answer, err := h.Query(ctx, cosmwasm.KeeperAddress, body)
	if err != nil {
		return 0, false, err
	}
	var codes []cosmwasm.Code
	if err := json.Unmarshal(answer, &codes); err != nil {
		return 0, false, fmt.Errorf("the keeper of contracts answered %.100q: %w", answer, err)
	}
	for _, c := range codes {
		if string(c.Module) == name && string(c.Checksum) == string(in.Hash[:]) {
			return c.ID, false, nil
		}
	}
	id, err = h.StoreCode(ctx, h.Chain().Account(operator), name, code)
	var refused *actor.Error
	if errors.As(err, &refused) && refused.Code == actor.CodeAlreadyExists {
		err = fmt.Errorf("%w; the code of a contract stays what it is: store the new one under another name, and migrate the contracts to it", err)
	}
	return id, err == nil, err
}

// storeContract is install for a contract in a directory with a chain.
func (c *call) storeContract(ctx context.Context, h *runtime.Host, name string, code []byte, f *installFlags) error {
	if f.replace || f.migrate {
		return misuse("--replace and --migrate are not for contracts on a chain: store the code under another name, and migrate the contracts one by one")
	}
	id, stored, err := storeCode(ctx, h, name, code)
	if err != nil {
		return err
	}
	in, err := runtime.Inspect(code)
	if err != nil {
		return err
	}
	if c.printer.json {
		return c.printer.object(struct {
			Module   string     `json:"module"`
			CodeID   uint64     `json:"code_id"`
			Checksum state.Hash `json:"checksum"`
			Changed  bool       `json:"changed"`
		}{name, id, in.Hash, stored})
	}
	what := "stored"
	if !stored {
		what = "unchanged:"
	}
	c.printer.printf("%s code %d  %s %s, %s bytes\n", what, id, c.printer.style(show.Name, name), show.Hash(in.Hash), show.Count(in.Size))
	return nil
}
