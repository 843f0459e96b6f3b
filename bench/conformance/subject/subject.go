// Package subject runs contracts in the virtual machine that is compared with the oracle: Troupe's.
package subject

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/bench/conformance/machine"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// A VM runs contracts with Troupe's engine.
type VM struct {
	engine  *wasm.Engine
	dialect *wasm.Dialect

	mu      sync.Mutex
	modules []*wasm.Module
}

// New starts an engine. Nil is the dialect of CosmWasm; another is for finding out whether a difference is noticed.
func New(o wasm.Options, d *wasm.Dialect) (*VM, error) {
	if d == nil {
		d = vm.Dialect()
	}
	engine, err := wasm.NewEngine(o)
	if err != nil {
		return nil, fmt.Errorf("subject: %w", err)
	}
	return &VM{engine: engine, dialect: d}, nil
}

// Name implements machine.Machine.
func (v *VM) Name() string { return "troupe" }

// Check implements machine.Machine.
func (v *VM) Check(code []byte) error {
	_, err := vm.Analyze(code)
	return err
}

// Store implements machine.Machine. Code is a *vm.Contract.
func (v *VM) Store(code []byte) (machine.Code, error) {
	if err := v.Check(code); err != nil {
		return nil, err
	}
	m, err := v.engine.Load(context.Background(), code, v.dialect)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.modules = append(v.modules, m)
	return vm.New(m), nil
}

// Close implements machine.Machine.
func (v *VM) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var errs []error
	for _, m := range v.modules {
		errs = append(errs, m.Close())
	}
	v.modules = nil
	return errors.Join(append(errs, v.engine.Close())...)
}

// Run implements machine.Machine.
func (v *VM) Run(code machine.Code, c *machine.Call) machine.Outcome {
	call := vm.Call{Entry: c.Entry, Args: c.Args, ReadOnly: c.Entry == "query", Gas: c.Gas, Host: &Host{c.Host}}
	result, usage, err := code.(*vm.Contract).Run(context.Background(), &call)
	var failed *vm.Error
	if errors.As(err, &failed) && failed.Kind == vm.OutOfGas {
		err = fmt.Errorf("%w: %w", machine.ErrOutOfGas, err)
	}
	left := c.Gas - min(c.Gas, usage.Used+usage.External)
	return machine.Outcome{Result: result, Used: usage.Used, External: usage.External, Left: left, Err: err}
}

// An Observer is a host that wants to see queries as the contract wrote them.
type Observer interface{ Asked(request []byte) }

// Host shows what a call sees of the world to Troupe's VM.
type Host struct{ World machine.Host }

// Get implements vm.Host.
func (h *Host) Get(key []byte) ([]byte, uint64, error) {
	value, gas := h.World.Get(clone(key))
	return value, gas, nil
}

// Set implements vm.Host.
func (h *Host) Set(key, value []byte) (uint64, error) { return h.World.Set(clone(key), clone(value)) }

// Remove implements vm.Host.
func (h *Host) Remove(key []byte) (uint64, error) { return h.World.Remove(clone(key)), nil }

// Scan implements vm.Host.
func (h *Host) Scan(start, end []byte, descending bool) (vm.Iterator, uint64, error) {
	cursor, gas := h.World.Scan(start, end, descending)
	return iterator{cursor}, gas, nil
}

// Query implements vm.Host. The request is understood by the types of wasmvm, so that both machines ask the same.
func (h *Host) Query(request []byte, limit uint64) ([]byte, uint64, error) {
	request = clone(request)
	if w, ok := h.World.(Observer); ok {
		w.Asked(request)
	}
	q := asked{host: h.World}
	answer, err := json.Marshal(types.RustQuery(&q, request, limit))
	return answer, q.gas, err
}

// Canonicalize implements vm.Host.
func (h *Host) Canonicalize(human string) ([]byte, uint64, error) {
	canonical, gas, err := h.World.Canonicalize(human)
	return canonical, gas, ofUser(err)
}

// Humanize implements vm.Host.
func (h *Host) Humanize(canonical []byte) (string, uint64, error) {
	human, gas, err := h.World.Humanize(clone(canonical))
	return human, gas, ofUser(err)
}

// Validate implements vm.Host.
func (h *Host) Validate(human string) (uint64, error) {
	gas, err := h.World.Validate(human)
	return gas, ofUser(err)
}

func ofUser(err error) error {
	if err == nil {
		return nil
	}
	return &vm.UserError{Text: err.Error()}
}

func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

type asked struct {
	host machine.Host
	gas  uint64
}

func (q *asked) GasConsumed() uint64 { return q.gas }

func (q *asked) Query(request types.QueryRequest, limit uint64) ([]byte, error) {
	answer, gas, err := q.host.Query(request, limit)
	q.gas += gas
	return answer, err
}

type iterator struct{ cursor machine.Cursor }

func (it iterator) Next() (key, value []byte, ok bool, gas uint64, err error) {
	if !it.cursor.Valid() {
		return nil, nil, false, 0, nil
	}
	key, value = it.cursor.Row()
	return key, value, true, it.cursor.Next(), nil
}

func (it iterator) Close() { it.cursor.Close() }
