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

// StoreCode installs a contract of CosmWasm as a module, under a name or, if that is empty, one made of its checksum, and
// gives it the next code id, as the sender's; the same code twice gets two. The code may be packed by gzip. The host must
// have a Chain.
//
// An error that is ErrCode says what is wrong with the code.
func (h *Host) StoreCode(ctx context.Context, sender actor.Address, name string, code []byte) (id uint64, err error) {
	report, err := vm.Analyze(code)
	if err != nil {
		return 0, fmt.Errorf("runtime: store code: %w: %w", ErrCode, err)
	}
	if name == "" {
		name = "code-" + hex.EncodeToString(report.Checksum[:])
	}
	if _, err := h.Install(ctx, name, code, nil); err != nil {
		return 0, err
	}
	body, err := json.Marshal(&cosmwasm.KeeperOrder{StoreCode: &cosmwasm.StoreCodeMsg{
		Creator: sender, Module: actor.ModuleID(name), Checksum: report.Checksum[:],
		MigrateVersion: report.MigrateVersion, IBC: report.HasIBC, Capabilities: report.Required}})
	if err != nil {
		return 0, fmt.Errorf("runtime: store code: %w", err)
	}
	receipt, err := h.Sudo(ctx, cosmwasm.KeeperAddress, body)
	if err != nil {
		return 0, err
	}
	id, err = strconv.ParseUint(string(receipt.Data), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("runtime: store code: the keeper answered %q", receipt.Data)
	}
	return id, nil
}
