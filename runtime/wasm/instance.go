package wasm

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// instance is one instantiation of a module. One call has it at a time.
//
// It is also the context that wazero passes on to host functions, as it is: they find their instance without a search. Of
// a context it has no more than that it never ends.
type instance struct {
	module  *Module
	guest   api.Module
	memory  memory // nil if the module has none
	globals []api.MutableGlobal

	gas, exhausted, pages api.MutableGlobal // three of globals

	functions []function // by place in Dialect.Entry
	call      Call
	home      int // shard of the pool

	// turns is odd while a call has the instance, and counts two for each.
	turns atomic.Uint64
	// watched and since are the watchdog's: the turn that it saw last, and when it saw it first. 0: reported.
	watched uint64
	since   time.Time
}

// function is an export that can be invoked.
type function struct {
	*entryType
	api   api.Function // nil until it is needed
	stack []uint64     // arguments and results
	busy  bool
	size  reflect.Value // the slice that is api's stack
	used  bool          // in this call
}

// maxStack is how large a stack, in bytes, a function may have grown to be kept. It begins with 10 KiB, and doubles.
const maxStack = 64 << 10

// newInstance makes an instance with the memory and globals of the image. If the module is not one whose instances can be
// reset it is initialized as the first one was, so that what is neither memory nor globals is right as well.
func (m *Module) newInstance() (*instance, error) {
	inst := &instance{module: m}
	if err := m.admit(inst); err != nil {
		return nil, err
	}
	err := inst.build(m.image)
	if err == nil && m.Fresh() != "" {
		err = inst.initialize()
	}
	if err != nil {
		inst.drop()
		return nil, err
	}
	if m.Fresh() == "" {
		inst.resetGlobals()
	}
	return inst, nil
}

// build instantiates the module on a memory of the image, or on an empty one if there is none.
func (inst *instance) build(img image) (err error) {
	m := inst.module
	switch size := int(m.prepared.info.MaxPages) << 16; {
	case img != nil:
		inst.memory, err = img.Memory()
	case size > 0:
		inst.memory, err = m.engine.backing.Blank(size)
	}
	if err != nil {
		return err
	}
	ctx := context.Background()
	if inst.memory != nil {
		ctx = experimental.WithMemoryAllocator(ctx, given{inst.memory})
	}
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	if inst.guest, err = m.compiled.runtime.InstantiateModule(ctx, m.compiled.module, config); err != nil {
		return fmt.Errorf("wasm: instantiating a module: %w", err)
	}
	inst.globals = make([]api.MutableGlobal, len(m.prepared.info.Globals))
	for i, name := range m.prepared.info.Globals {
		g, ok := inst.guest.ExportedGlobal(name).(api.MutableGlobal)
		if !ok {
			return fmt.Errorf("wasm: instantiating a module: it has no mutable global %q", name)
		}
		inst.globals[i] = g
		switch name {
		case instrument.GasGlobal:
			inst.gas = g
		case instrument.ExhaustedGlobal:
			inst.exhausted = g
		case instrument.PagesGlobal:
			inst.pages = g
		}
	}
	if inst.gas == nil || inst.exhausted == nil || inst.pages == nil {
		return fmt.Errorf("wasm: instantiating a module: it was not rewritten")
	}
	inst.functions = make([]function, len(m.prepared.entries))
	for i := range inst.functions {
		inst.functions[i].entryType = &m.prepared.entries[i]
	}
	inst.call.inst = inst
	return nil
}

// initialize copies the data of the module into memory and runs what is to run before any call.
func (inst *instance) initialize() error {
	p := inst.module.prepared
	for _, s := range p.data {
		copy(inst.memory.Bytes()[s.offset:], s.bytes)
	}
	inst.begin(int64(p.dialect.InitFuel), nil)
	defer inst.end()
	for i := range p.inits {
		if err := inst.call.run(&function{entryType: &p.inits[i]}, nil); err != nil {
			return fmt.Errorf("wasm: running %s: %w", p.inits[i].Name, err)
		}
	}
	return nil
}

// capture returns what the globals are.
func (inst *instance) capture() []uint64 {
	values := make([]uint64, len(inst.globals))
	for i, g := range inst.globals {
		values[i] = g.Get()
	}
	return values
}

func (inst *instance) resetGlobals() {
	for i, v := range inst.module.globals {
		inst.globals[i].Set(v)
	}
}

// begin starts a call.
func (inst *instance) begin(fuel int64, user any) {
	inst.turns.Add(1)
	inst.call.pause() // for the size of the memory
	inst.call.fuel, inst.call.user = fuel, user
}

// end ends a call.
func (inst *instance) end() {
	inst.call.user, inst.call.ended, inst.call.panicked = nil, nil, nil
	inst.turns.Add(1)
}

// giveBack ends a call, also one that panics, and returns the instance to the pool. It is dropped if the guest was left
// in the middle, because the goroutine ends, or if it cannot be reset.
func (inst *instance) giveBack() {
	left := inst.call.active != 0
	inst.end()
	m := inst.module
	switch {
	case m.pool == nil:
		inst.drop()
	case left || inst.reset() != nil:
		m.mu.Lock()
		m.dropped++
		m.mu.Unlock()
		inst.drop()
	case !m.pool.put(inst.home, inst):
		inst.drop()
	}
}

// reset makes the instance equal to the image again.
func (inst *instance) reset() error {
	for i := range inst.functions {
		if f := &inst.functions[i]; f.used {
			f.used = false
			f.trim()
		}
	}
	inst.resetGlobals()
	if inst.memory == nil {
		return nil
	}
	return inst.memory.Reset()
}

// drop gives back all that the instance has.
func (inst *instance) drop() {
	if inst.guest != nil {
		// Background: nothing in it waits. The errors are those of file systems of guests, and guests have none.
		_ = inst.guest.Close(context.Background())
	}
	if inst.memory != nil {
		inst.memory.Free()
		inst.memory = nil
	}
	inst.module.discharge(inst)
}

// calls returns how many calls the instance has begun.
func (inst *instance) calls() uint64 { return (inst.turns.Load() + 1) / 2 }

// ready finds the export, the first time.
func (f *function) ready(guest api.Module) error {
	if f.api != nil {
		return nil
	}
	if f.api = guest.ExportedFunction(f.Name); f.api == nil {
		return fmt.Errorf("wasm: the module does not export a function %q", f.Name)
	}
	if f.stack == nil {
		f.stack = make([]uint64, max(f.Params, f.Results))
	}
	f.size = stackOf(f.api)
	return nil
}

// trim forgets an export whose stack has grown large: wazero would keep it.
func (f *function) trim() {
	if f.size.IsValid() && f.size.Len()*int(f.size.Type().Elem().Size()) > maxStack {
		f.api, f.size = nil, reflect.Value{}
	}
}

// stackOf returns the slice that is the stack of a function, which wazero does not tell otherwise.
func stackOf(f api.Function) reflect.Value {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return reflect.Value{}
	}
	stack := v.Elem().FieldByName("stack")
	if stack.IsValid() && stack.Kind() != reflect.Slice {
		return reflect.Value{}
	}
	return stack
}

// Deadline implements context.Context.
func (*instance) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context.
func (*instance) Done() <-chan struct{} { return nil }

// Err implements context.Context.
func (*instance) Err() error { return nil }

// Value implements context.Context.
func (*instance) Value(any) any { return nil }

// given is an experimental.MemoryAllocator that gives the memory that there is.
type given struct{ memory }

// Allocate implements experimental.MemoryAllocator.
func (g given) Allocate(uint64, uint64) experimental.LinearMemory { return linear{g.memory.Bytes()} }

// linear is the memory of an instance as wazero sees it. Its owner frees it, after the instance was closed.
type linear struct{ bytes []byte }

// Reallocate implements experimental.LinearMemory.
func (l linear) Reallocate(size uint64) []byte {
	if size > uint64(len(l.bytes)) {
		return nil
	}
	return l.bytes[:size:size]
}

// Free implements experimental.LinearMemory.
func (linear) Free() {}
