//go:build cgo

// Package oracle runs contracts in wasmvm, the virtual machine of CosmWasm chains. It needs cgo; the shared library is
// part of the Go module of wasmvm and is found where the module cache has it.
package oracle

import (
	"errors"
	"fmt"
	"os"
	"strings"

	wasmvm "github.com/CosmWasm/wasmvm/v3"
	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/bench/conformance/machine"
)

// memory is what a contract may use, in MiB, and cacheSize what wasmvm keeps compiled code in. Both are wasmd's.
const memory, cacheSize = 32, 100

// outOfGas ends what wasmvm says if gas was used up by an import. Used up by instructions, it is an OutOfGasError.
const outOfGas = "Ran out of gas during contract execution"

// unlimited is a limit for what is not to be limited.
const unlimited = 1 << 62

// VM is wasmvm with every code pinned, so that a call finds it compiled.
type VM struct {
	vm  *wasmvm.VM
	dir string // to be removed; empty: the caller's
}

// New starts wasmvm in a directory; without one, in a temporary one that Close removes.
func New(dir string, capabilities []string) (*VM, error) {
	v := &VM{}
	if dir == "" {
		var err error
		if v.dir, err = os.MkdirTemp("", "conformance-"); err != nil {
			return nil, fmt.Errorf("oracle: %w", err)
		}
		dir = v.dir
	}
	vm, err := wasmvm.NewVM(dir, capabilities, memory, false, cacheSize)
	if err != nil {
		os.RemoveAll(v.dir)
		return nil, fmt.Errorf("oracle: %w", err)
	}
	v.vm = vm
	return v, nil
}

// Name implements machine.Machine.
func (v *VM) Name() string { return "wasmvm" }

// Raw returns wasmvm itself.
func (v *VM) Raw() *wasmvm.VM { return v.vm }

// Store implements machine.Machine. Code is a checksum.
func (v *VM) Store(code []byte) (machine.Code, error) {
	sum, _, err := v.vm.StoreCode(code, unlimited)
	if err != nil {
		return nil, err
	}
	if err := v.vm.Pin(sum); err != nil {
		return nil, err
	}
	return sum, nil
}

// Check implements machine.Machine.
func (v *VM) Check(code []byte) error {
	_, _, err := v.vm.SimulateStoreCode(code, unlimited)
	return err
}

// Close implements machine.Machine.
func (v *VM) Close() error {
	v.vm.Cleanup()
	if v.dir == "" {
		return nil
	}
	return os.RemoveAll(v.dir)
}

// Run implements machine.Machine.
func (v *VM) Run(code machine.Code, c *machine.Call) machine.Outcome {
	m := &meter{}
	api, gasMeter, querier := API(c.Host), types.GasMeter(m), types.Querier(&asked{c.Host, m})
	store := &store{host: c.Host, meter: m}
	var result []byte
	var report types.GasReport
	var err error
	switch sum := code.(wasmvm.Checksum); {
	case len(c.Args) == 2 && entries[c.Entry] != nil:
		result, report, err = entries[c.Entry](cacheOf(v.vm), sum, c.Args[0], c.Args[1], &gasMeter, store, api, &querier, c.Gas, false)
	case len(c.Args) == 3 && entriesWith[c.Entry] != nil:
		result, report, err = entriesWith[c.Entry](cacheOf(v.vm), sum, c.Args[0], c.Args[1], c.Args[2], &gasMeter, store, api, &querier, c.Gas, false)
	default:
		err = fmt.Errorf("oracle: no entry point %q with %d arguments", c.Entry, len(c.Args))
	}
	if err != nil && (errors.As(err, &types.OutOfGasError{}) || strings.HasSuffix(err.Error(), outOfGas)) {
		err = fmt.Errorf("%w: %w", machine.ErrOutOfGas, err)
	}
	return machine.Outcome{Result: result, Used: report.UsedInternally, External: report.UsedExternally, Left: report.Remaining, Err: err}
}

// meter is what wasmvm reads before and after each call to the host; the difference is the price.
type meter struct{ consumed uint64 }

func (m *meter) GasConsumed() uint64 { return m.consumed }

// asked answers queries. It counts by the meter of the store: wasmvm looks at differences only.
type asked struct {
	host  machine.Host
	meter *meter
}

func (q *asked) GasConsumed() uint64 { return q.meter.consumed }

func (q *asked) Query(request types.QueryRequest, limit uint64) ([]byte, error) {
	answer, gas, err := q.host.Query(request, limit)
	q.meter.consumed += gas
	return answer, err
}

// API makes the functions on addresses of a host.
func API(host machine.Host) *types.GoAPI {
	return &types.GoAPI{
		HumanizeAddress:     host.Humanize,
		CanonicalizeAddress: host.Canonicalize,
		ValidateAddress:     host.Validate,
	}
}
