package wasm

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// Call is a guest while a call has it. It belongs to the goroutine of the call, and is good until fn, which Module.Call
// was given, has returned.
type Call struct {
	inst *instance
	user any

	// What the guest counts with, while the host runs.
	fuel int64
	size uint32 // of the memory

	active   int   // how many invocations there are within one another
	ended    error // why the guest cannot run any more in this call
	panicked any   // what a host function panicked with, on its way through the guest
}

// User returns what Module.Call was given, or nil while a module is initialized.
func (c *Call) User() any { return c.user }

// Fuel returns how much is left. Below 0 there was not enough.
func (c *Call) Fuel() int64 { return c.fuel }

// SetFuel sets how much is left. If a host function leaves less than 0 the guest ends as out of fuel.
func (c *Call) SetFuel(fuel int64) { c.fuel = fuel }

// MemorySize returns how large the memory is for the guest, in bytes.
func (c *Call) MemorySize() uint32 { return c.size }

// pause takes over from the guest, whose globals are slow to reach, and resume gives back to it.
func (c *Call) pause() {
	c.fuel = int64(c.inst.gas.Get())
	if c.inst.memory != nil {
		c.size = uint32(c.inst.pages.Get()) << 16
	}
}

func (c *Call) resume() { c.inst.gas.Set(uint64(c.fuel)) }

// Read returns a part of the guest's memory, not a copy: it is good until the guest runs on, and what is written to it is
// written to the guest. The error is a *Trap of the kind MemoryBounds.
func (c *Call) Read(ptr, n uint32) ([]byte, error) {
	if uint64(ptr)+uint64(n) > uint64(c.MemorySize()) {
		return nil, &Trap{Kind: MemoryBounds}
	}
	if n == 0 {
		return nil, nil
	}
	end := int(ptr) + int(n)
	return c.inst.memory.Bytes()[ptr:end:end], nil
}

// Write copies b into the guest's memory. The error is a *Trap of the kind MemoryBounds: then nothing was written.
func (c *Call) Write(ptr uint32, b []byte) error {
	if uint64(ptr)+uint64(len(b)) > uint64(c.MemorySize()) {
		return &Trap{Kind: MemoryBounds}
	}
	if len(b) > 0 {
		copy(c.inst.memory.Bytes()[ptr:], b)
	}
	return nil
}

// Invoke runs Dialect.Entry[entry] with arguments, of which an i32 is in the low half of its number, and returns its
// result, or 0 if it has none.
//
// The error is a *Trap if the guest ended itself or by a limit, and what Call.Trap was given if a host function ended
// it; then the guest cannot run any more in this call, and Invoke always returns this error. It is another error if the
// module has no such entry, or one with other parameters. If a host function panics, Invoke panics with the same value.
func (c *Call) Invoke(entry int, args ...uint64) (uint64, error) {
	if entry < 0 || entry >= len(c.inst.functions) || !c.inst.functions[entry].Exists {
		return 0, fmt.Errorf("wasm: the module has no entry %d", entry)
	}
	f := &c.inst.functions[entry]
	if len(args) != f.Params {
		return 0, fmt.Errorf("wasm: %s takes %d arguments, not %d", f.Name, f.Params, len(args))
	}
	if f.busy {
		// It was entered and called the host, which enters it again: that takes a stack of its own.
		f = &function{entryType: f.entryType}
	}
	if err := c.run(f, args); err != nil {
		return 0, err
	}
	if f.Results == 0 {
		return 0, nil
	}
	return f.stack[0], nil
}

// run runs a function of the guest.
func (c *Call) run(f *function, args []uint64) error {
	if c.ended != nil {
		return c.ended
	}
	if c.Fuel() < 0 {
		return c.end(&Trap{Kind: OutOfFuel, Where: f.Name})
	}
	if err := f.ready(c.inst.guest); err != nil {
		return err
	}
	copy(f.stack, args)
	f.busy, f.used = true, true
	c.active++
	c.resume()
	err := f.api.CallWithStack(c.inst, f.stack)
	c.pause()
	c.active--
	f.busy = false
	if p := c.panicked; p != nil {
		c.panicked = nil
		panic(p)
	}
	if c.ended != nil {
		return c.ended
	}
	if err == nil && c.Fuel() >= 0 {
		return nil
	}
	return c.end(c.judge(f, err))
}

// end notes why the guest cannot run any more.
func (c *Call) end(err error) error {
	c.ended = err
	return err
}

// judge says why a function did not return, or may not have returned.
func (c *Call) judge(f *function, err error) error {
	switch {
	case c.Fuel() < 0: // before the guest met what it ended by: it looks at fuel only now and then
		return &Trap{OutOfFuel, f.Name}
	case uint32(c.inst.exhausted.Get()) == instrument.ExhaustedDepth:
		return &Trap{Depth, f.Name}
	}
	if kind, ok := engineTrap(err); ok {
		return &Trap{kind, f.Name}
	}
	return fmt.Errorf("wasm: running %s failed: %w", f.Name, err)
}

// Trap ends the guest from within a host function: the Invoke that led there returns err. It does not return.
func (c *Call) Trap(err error) { panic(&ending{c, err}) }

// ending is what Trap panics with.
type ending struct {
	call *Call
	err  error
}

// Error returns why the guest ends. It is seen by nobody unless Trap was called outside of a host function.
func (e *ending) Error() string {
	return "wasm: Call.Trap outside of a host function: " + e.err.Error()
}

// errPanicked is why a guest cannot run any more whose host function panicked. It is seen only by who recovers from that
// within the call.
var errPanicked = errors.New("wasm: a host function panicked in this call")

// unwinding is what wazero sees when the guest is to end: it passes through without being made into a text.
var unwinding = sys.NewExitError(1)

// hostFunction is a HostFunc as wazero calls it.
type hostFunction struct{ *HostFunc }

var _ api.GoFunction = hostFunction{}

// Call implements api.GoFunction. The context is the instance that Invoke was for.
func (h hostFunction) Call(ctx context.Context, stack []uint64) {
	c := &ctx.(*instance).call
	c.pause()
	c.checkFuel(h.Name)
	returned := false
	defer func() {
		c.resume()
		if !returned {
			c.leave(recover())
		}
	}()
	h.Func(c, stack)
	returned = true
	if c.ended != nil {
		panic(unwinding) // it invoked the guest, which ended, and took no notice
	}
	c.checkFuel(h.Name)
}

// checkFuel ends the guest if fuel is out: it may have used more than it had since it was last counted.
func (c *Call) checkFuel(where string) {
	if c.Fuel() < 0 {
		c.ended = &Trap{OutOfFuel, where}
		panic(unwinding)
	}
}

// leave unwinds the guest after a host function panicked with v. If v is nil the goroutine ends.
func (c *Call) leave(v any) {
	if v == nil {
		return
	}
	if e, ok := v.(*ending); ok && e.call == c {
		c.ended = e.err
	} else {
		c.panicked, c.ended = v, errPanicked
	}
	panic(unwinding)
}
