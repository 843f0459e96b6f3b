package wasmbus

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/fuel"
	"github.com/troupe-run/troupe/runtime/wasm/wasi"
)

// A call is one operation on its way through a guest: what the imports need to know of it. The memory in it is used again
// for the next.
type call struct {
	running
	actor *Actor
	body  func(*wasm.Call) error // serve, made once
	world wasi.World
	// operation is what the guest is asked for.
	operation []byte
}

// running is what a call knows and forgets when it has ended.
type running struct {
	actor.Services
	ctx  context.Context // of the entry point, for the calls that the guest makes
	self actor.Address
	env  *actor.Env // nil in a query

	now   time.Time // of the transaction
	table capability.Table
	row   *capability.Actor // of self
	rand  *rand.Rand        // nil until it is asked for

	guest   *wasm.Call
	account fuel.Account
	// fuel is what the guest has, while the host works for it. While it runs, the guest itself keeps count.
	fuel int64

	payload []byte // of the operation
	answer  []byte // what the guest has answered
	failure string // what it says has failed, if failed is true
	failed  bool

	// reply and refusal are what the last __host_call came to.
	reply, refusal []byte
}

// guestCall runs the guest with an operation and a payload, and returns its answer. The error is an *actor.Error.
func (c *call) guestCall(operation string, payload []byte) ([]byte, error) {
	c.operation, c.payload = append(c.operation[:0], operation...), payload
	err := c.actor.module.Call(c.account.Refill(), c, c.body)
	if err == nil {
		return c.answer, nil
	}
	var own *actor.Error
	var trap *wasm.Trap
	var exit *wasi.ExitError
	switch {
	case errors.As(err, &own):
		return nil, own
	case errors.As(err, &trap):
		return nil, actor.Errorf(actor.CodeTrap, "%s", trap.Kind)
	case errors.As(err, &exit):
		return nil, actor.Errorf(actor.CodeTrap, "%s", exit)
	}
	c.fault(err)
	return nil, err
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
	c.spend(pageFee(guest.MemorySize()))
	c.guest.SetFuel(c.fuel)
	ok, err := c.guest.Invoke(entryCall, uint64(len(c.operation)), uint64(len(c.payload)))
	c.fuel = c.guest.Fuel()
	if trap, is := err.(*wasm.Trap); is && trap.Kind == wasm.OutOfFuel {
		c.account.Exhaust()
	}
	c.settle()
	switch {
	case err != nil:
		return err
	case c.failed && c.failure != "":
		return &actor.Error{Code: actor.CodeFailed, Message: c.failure}
	case c.failed || uint32(ok) != 1:
		return actor.Errorf(actor.CodeFailed, "%s failed in %s, and the guest does not say why", shown(string(c.operation)), c.self)
	}
	return nil
}

// pageFee is the fuel for a memory of the given size at the beginning of a call.
func pageFee(size uint32) uint64 {
	pages := uint64(size) >> 16
	return (max(pages, freePages) - freePages) * pageFuel
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

// close forgets the call.
func (c *call) close() {
	c.world.End()
	c.running = running{}
}
