package wasmbus

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/wasi"
)

// hostFunction is an import of the modules wasmbus and wapc. The letter i stands for i32. In the slots that do gets, the
// upper half holds anything; a result replaces the first slot.
type hostFunction struct {
	name, params, results string
	do                    func(c *call, slots []uint64)
}

var hostFunctions = []hostFunction{
	{"__guest_request", "ii", "", (*call).guestRequest},
	{"__guest_response", "ii", "", (*call).guestResponse},
	{"__guest_error", "ii", "", (*call).guestError},
	{"__host_call", "iiiiiiii", "i", (*call).hostCall},
	{"__host_response_len", "", "i", (*call).hostResponseLen},
	{"__host_response", "i", "", (*call).hostResponse},
	{"__host_error_len", "", "i", (*call).hostErrorLen},
	{"__host_error", "i", "", (*call).hostError},
	{consoleLog, "ii", "", (*call).consoleLog},
}

const consoleLog = "__console_log"

// imports returns the functions, under both names of the module.
func imports() []wasm.HostFunc {
	var list []wasm.HostFunc
	for _, module := range []string{Module, ModuleOld} {
		for _, f := range hostFunctions {
			list = append(list, wasm.HostFunc{Module: module, Name: f.name, Params: types(f.params), Results: types(f.results), Func: f.run})
		}
	}
	return list
}

// run is the function as the engine calls it.
func (f *hostFunction) run(g *wasm.Call, slots []uint64) {
	c, ok := g.User().(*call)
	if !ok {
		f.early(g)
		return
	}
	c.fuel = g.Fuel()
	c.spend(callFuel)
	f.do(c, slots)
	g.SetFuel(c.fuel)
}

// early is a call while the module is being loaded: nobody has asked it for anything yet, and nobody would hear what it
// says. What it prints then is dropped.
func (f *hostFunction) early(g *wasm.Call) {
	if f.name == consoleLog {
		return
	}
	g.Trap(&wasm.Refusal{Err: fmt.Errorf("wasmbus: %s was called while the module was being initialized: there is no actor yet, "+
		"so it has no link and can log nothing; call it while an operation is handled", f.name)})
}

// worldOf finds the world of a call for WASI.
func worldOf(g *wasm.Call) *wasi.World {
	if c, ok := g.User().(*call); ok {
		return &c.world
	}
	return nil
}

// fail ends the call with an actor error. It does not return.
func (c *call) fail(code, format string, args ...any) {
	c.end(actor.Errorf(code, format, args...))
}

// end ends the call. It does not return.
func (c *call) end(err *actor.Error) {
	c.guest.SetFuel(c.fuel)
	c.guest.Trap(err)
}

// bytes returns what the guest points at, at most limit bytes. It is a part of its memory: good until the guest runs on.
func (c *call) bytes(ptr, n uint64, limit uint32) []byte {
	size := uint32(n)
	if size == 0 {
		return nil // an address without bytes means nothing
	}
	b, err := c.guest.Read(uint32(ptr), size)
	if err != nil {
		c.fail(actor.CodeTrap, textBounds)
	}
	if size > limit {
		c.fail(actor.CodeDataTooLarge, "at most %d bytes can be given here, these are %d", limit, size)
	}
	c.spend(uint64(size) * byteFuel)
	return b
}

// line returns a text that may be too long: the rest is cut off.
func (c *call) line(ptr, n uint64, limit int) string {
	return clean(c.bytes(ptr, n, MaxTransfer), limit)
}

// write hands bytes to the guest.
func (c *call) write(ptr uint64, b []byte) {
	c.spend(uint64(len(b)) * byteFuel)
	if c.guest.Write(uint32(ptr), b) != nil {
		c.fail(actor.CodeTrap, textBounds)
	}
}

// guestRequest hands over the operation and the payload, whose lengths __guest_call was given. A guest may ask again.
func (c *call) guestRequest(s []uint64) {
	c.write(s[0], c.operation)
	c.write(s[1], c.payload)
}

// guestResponse takes the answer. The last one counts.
func (c *call) guestResponse(s []uint64) {
	c.answer = append([]byte(nil), c.bytes(s[0], s[1], MaxTransfer)...)
}

// guestError takes the text of an error. The last one counts.
func (c *call) guestError(s []uint64) {
	c.failure, c.failed = c.line(s[0], s[1], MaxErrorMessage), true
}

// hostCall calls a provider or an actor. Whatever it comes to is kept until the next one.
func (c *call) hostCall(s []uint64) {
	link := string(c.bytes(s[0], s[1], MaxName))
	namespace := string(c.bytes(s[2], s[3], MaxName))
	operation := string(c.bytes(s[4], s[5], MaxName))
	payload := c.bytes(s[6], s[7], MaxTransfer)
	c.reply, c.refusal = nil, nil
	c.settle()
	reply, err := c.reach(link, namespace, operation, payload)
	c.refill()
	if err != nil {
		c.refusal = []byte(clean([]byte(said(err)), MaxErrorMessage))
		s[0] = 0
		return
	}
	c.reply = reply
	s[0] = 1
}

func (c *call) hostResponseLen(s []uint64) { s[0] = uint64(uint32(len(c.reply))) }
func (c *call) hostResponse(s []uint64)    { c.write(s[0], c.reply) }
func (c *call) hostErrorLen(s []uint64)    { s[0] = uint64(uint32(len(c.refusal))) }
func (c *call) hostError(s []uint64)       { c.write(s[0], c.refusal) }

func (c *call) consoleLog(s []uint64) { c.Log(c.line(s[0], s[1], MaxLog)) }
