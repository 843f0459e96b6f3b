package runtime

import (
	"crypto/sha256"
	"fmt"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
	"github.com/troupe-run/troupe/runtime/wasm/troupe"
	"github.com/troupe-run/troupe/runtime/wasm/wasmbus"
	"github.com/troupe-run/troupe/state"
)

// An Inspection is what there is to see of a WebAssembly module without compiling or running it.
type Inspection struct {
	// Hash is what the module goes by, and Size its length in bytes, both unpacked. Packed is how many bytes it had
	// before, 0 if it was not packed.
	Hash         state.Hash
	Size, Packed int
	Module       *binary.Module
	// Kind is the dialect that the module is of, GasTable the prices of its instructions, and MaxPages how much memory
	// it can have. They are empty if it is refused.
	Kind     string
	GasTable string
	MaxPages uint32
	// IsContract says that it is a contract of CosmWasm. Contract is what it says of itself, nil if it is refused.
	IsContract bool
	Contract   *vm.Report
	// IsClassic says that it is an actor of the classic wasmCloud. Claims is what its token says, nil if it is refused. Whether
	// they hold at this time is not looked at.
	IsClassic bool
	Claims    *claims.Module
	// Refused says why a host would not install it, nil if nothing is known against it. What shows only when a module is
	// compiled and initialized is not known.
	Refused error
}

// Inspect looks at code, which may be packed by gzip. The error is ErrCode, and says what is wrong, if it is no module.
func Inspect(code []byte) (*Inspection, error) {
	plain, err := binary.Gunzip(code, dispatch.MaxCode)
	if err != nil {
		return nil, fmt.Errorf("runtime: %w: %w", ErrCode, err)
	}
	in := &Inspection{Hash: sha256.Sum256(plain), Size: len(plain)}
	if len(plain) != len(code) {
		in.Packed = len(code)
	}
	if in.Module, err = binary.Parse(plain); err != nil {
		return nil, fmt.Errorf("runtime: %w: %w", ErrCode, err)
	}
	d := troupe.Dialect()
	in.IsContract, in.IsClassic = isContract(in.Module), wasmbus.Is(in.Module)
	switch {
	case in.IsContract:
		d, in.IsClassic = vm.Dialect(), false
		var report vm.Report
		if report, in.Refused = vm.Analyze(plain); in.Refused == nil {
			in.Contract = &report
		}
	case in.IsClassic:
		d = wasmbus.Dialect()
		var token claims.Module
		if token, _, in.Refused = claims.OpenModule(plain); in.Refused == nil {
			in.Claims = &token
			in.Refused = judge(d, in.Module)
		}
	default:
		in.Refused = judge(d, in.Module)
	}
	if in.Refused == nil {
		in.Kind, in.GasTable, in.MaxPages = d.Name, d.Gas.Name, d.MaxPages
	}
	return in, nil
}

// judge returns why a dialect refuses a module, nil if nothing is known against it.
func judge(d *wasm.Dialect, m *binary.Module) error {
	if err := d.Rules.Check(m); err != nil {
		return err
	}
	return d.Check(m)
}
