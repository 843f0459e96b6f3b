package runtime

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// isContract reports whether a module says that it was made for CosmWasm.
func isContract(m *binary.Module) bool {
	return slices.ContainsFunc(m.Exports, func(e binary.Export) bool {
		return e.Kind == binary.ExternFunc && strings.HasPrefix(e.Name, "interface_version_")
	})
}

// settle binds what contracts need to live.
func (h *Host) settle(c *cosmwasm.Chain) error {
	return errors.Join(
		h.Bind(string(cosmwasm.BankAddress), c.Bank()),
		h.Bind(string(cosmwasm.KeeperAddress), cosmwasm.Keeper{Chain: c}))
}

// StoreCode is StoreContract for what the program itself asks for.
func (h *Host) StoreCode(ctx context.Context, sender actor.Address, name string, code []byte) (id uint64, err error) {
	return h.StoreContract(ctx, name, code, &InstallOptions{Sender: sender})
}

// StoreContract installs a contract of CosmWasm as a module, under a name or, if that is empty, one made of its checksum, and
// gives it the next code id, as the sender's; the same code twice gets two, unless the request has an id. The code may be
// packed by gzip. The host must have a Chain. A signer needs what it takes to install; the rest is the host's to do. Of the
// options Replace and those about migrations do not count.
//
// An error that is ErrCode says what is wrong with the code.
func (h *Host) StoreContract(ctx context.Context, name string, code []byte, opts *InstallOptions) (id uint64, err error) {
	var o InstallOptions
	if opts != nil {
		o = *opts
	}
	report, err := vm.Analyze(code)
	if err != nil {
		return 0, fmt.Errorf("runtime: store code: %w: %w", ErrCode, err)
	}
	if name == "" {
		name = "code-" + hex.EncodeToString(report.Checksum[:])
	}
	if o.Sender == "" {
		o.Sender = actor.Address(o.Signer)
	}
	install := InstallOptions{Sender: o.Sender, ID: o.ID, Signer: o.Signer}
	if o.Signer == "" {
		install.Sender = "" // it is the operator of the host who installs for others
	}
	if _, err := h.Install(ctx, name, code, &install); err != nil {
		return 0, err
	}
	body, err := json.Marshal(&cosmwasm.KeeperOrder{StoreCode: &cosmwasm.StoreCodeMsg{
		Creator: o.Sender, Module: actor.ModuleID(name), Checksum: report.Checksum[:],
		MigrateVersion: report.MigrateVersion, IBC: report.HasIBC, Capabilities: report.Required}})
	if err != nil {
		return 0, fmt.Errorf("runtime: store code: %w", err)
	}
	order := dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: cosmwasm.KeeperAddress, Body: body}}
	if o.ID != "" {
		order.ID = o.ID + "+code"
	}
	receipt, err := h.Do(ctx, order)
	if err != nil {
		return 0, err
	}
	id, err = strconv.ParseUint(string(receipt.Data), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("runtime: store code: the keeper answered %q", receipt.Data)
	}
	return id, nil
}
