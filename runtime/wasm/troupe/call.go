package troupe

import (
	"context"
	"errors"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/fuel"
	"github.com/troupe-run/troupe/runtime/wasm/wasi"
)

// A call is one entry point on its way: what the imports need to know of it. The memory in it is used again for the next.
type call struct {
	running
	module *wasm.Module
	body   func(*wasm.Call) error // serve, made once
	world  wasi.World
	ranges iterators
	input  []byte
	head   []byte // of a result
}

// running is what a call knows and forgets when it has ended.
type running struct {
	actor.Services
	ctx    context.Context // of the entry point, for the queries that the guest makes
	entry  actor.Kind
	self   actor.Address
	reader actor.Reader
	writer actor.State // nil in a query

	guest   *wasm.Call
	account fuel.Account
	// fuel is what the guest has, while the host works for it. While it runs, the guest itself keeps count.
	fuel     int64
	response actor.Response // of a query only Data

	// result is what an import found for the guest. If it did not fit it is pending until it is taken.
	result  result
	pending bool
}

// result is what an import hands to a guest, in parts, so that long ones are not copied to be joined.
type result struct{ parts [3][]byte }

func (r *result) size() (n int) {
	for _, p := range r.parts {
		n += len(p)
	}
	return n
}

// run calls the guest with the input. The error is an *actor.Error.
func (c *call) run() error {
	err := c.module.Call(c.account.Refill(), c, c.body)
	if err == nil {
		return nil
	}
	var own *actor.Error
	var trap *wasm.Trap
	var exit *wasi.ExitError
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &trap):
		return actor.Errorf(actor.CodeTrap, "%s", trap.Kind)
	case errors.As(err, &exit):
		return actor.Errorf(actor.CodeTrap, "%s", exit)
	}
	c.fault(err)
	return err
}

// fault stops the transaction: the host has failed, not the guest, so no actor may see it. It does not return.
func (c *call) fault(err error) {
	if s, ok := c.Services.(interface{ Fault(error) }); ok {
		s.Fault(err)
	}
	panic(err)
}

// serve is what happens inside of the instance.
func (c *call) serve(guest *wasm.Call) error {
	c.guest, c.fuel = guest, c.account.Refill()
	size := uint64(len(c.input))
	c.spend(size*byteFuel + pageFee(guest.MemorySize()))
	ptr, err := c.invoke(entryAlloc, size)
	if err != nil {
		return err
	}
	if uint32(ptr) == 0 {
		return actor.Errorf(actor.CodeTrap, textNoMemory)
	}
	if guest.Write(uint32(ptr), c.input) != nil {
		return actor.Errorf(actor.CodeTrap, textBounds)
	}
	out, err := c.invoke(entryCall, uint64(c.entry), ptr, size)
	if err != nil {
		return err
	}
	return c.read(uint32(out>>32), uint32(out))
}

// pageFee is the fuel for a memory of the given size at the beginning of a call.
func pageFee(size uint32) uint64 {
	pages := uint64(size) >> 16
	return (max(pages, freePages) - freePages) * pageFuel
}

// invoke runs an export of the guest and pays for it.
func (c *call) invoke(entry int, args ...uint64) (uint64, error) {
	c.guest.SetFuel(c.fuel)
	v, err := c.guest.Invoke(entry, args...)
	c.fuel = c.guest.Fuel()
	if trap, ok := err.(*wasm.Trap); ok && trap.Kind == wasm.OutOfFuel {
		c.account.Exhaust()
	}
	c.settle()
	c.refill()
	return v, err
}

// read decodes the output that lies at ptr.
func (c *call) read(ptr, n uint32) error {
	if n > MaxTransfer {
		return tooLong(n)
	}
	var out []byte
	if n > 0 { // an address without bytes means nothing
		var err error
		if out, err = c.guest.Read(ptr, n); err != nil {
			return actor.Errorf(actor.CodeTrap, textBounds)
		}
	}
	c.spend(uint64(n) * byteFuel)
	var failed *actor.Error
	if c.entry == actor.KindQuery {
		c.response.Data, failed = decodeAnswer(out)
	} else {
		var items int
		c.response, items, failed = decodeResponse(out)
		c.spend(uint64(items) * itemFuel)
	}
	c.settle()
	if failed != nil {
		return failed
	}
	return nil
}

func tooLong(n uint32) *actor.Error {
	return actor.Errorf(actor.CodeDataTooLarge, "at most %d bytes pass between guest and host at once, these are %d", MaxTransfer, n)
}

// spend makes the guest pay for work of the host. If it cannot, the call ends here.
func (c *call) spend(fuel uint64) {
	if c.fuel -= int64(fuel); c.fuel < 0 {
		c.account.Exhaust()
	}
}

// settle pays for what the guest has burnt. What costs gas may come next, and then refill.
func (c *call) settle() { c.account.Settle(c.fuel) }

// refill gives the guest the fuel that its gas buys now.
func (c *call) refill() { c.fuel = c.account.Refill() }

// keptBytes is how large a buffer may be to be used for the next call.
const keptBytes = 64 << 10

// close ends what the call has begun and forgets it.
func (c *call) close() {
	c.ranges.clear()
	c.world.End()
	c.running = running{}
	c.input, c.head = kept(c.input), kept(c.head)
}

func kept(b []byte) []byte {
	if cap(b) > keptBytes {
		return nil
	}
	return b[:0]
}
