package troupe

import (
	"encoding/binary"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/wasi"
)

// hostFunction is an import of the module troupe. The letters i and I stand for i32 and i64. In the slots that do gets,
// the upper half of an i32 holds anything; a result replaces the first slot.
type hostFunction struct {
	name, params, results string
	do                    func(c *call, slots []uint64)
}

var hostFunctionList = []hostFunction{
	{"state_get", "iiii", "i", (*call).stateGet},
	{"state_set", "iiii", "", (*call).stateSet},
	{"state_delete", "ii", "", (*call).stateDelete},
	{"state_range", "iiiii", "i", (*call).stateRange},
	{"range_next", "iii", "i", (*call).rangeNext},
	{"range_close", "i", "", (*call).rangeClose},
	{"query", "iiiiii", "i", (*call).query},
	{"query_raw", "iiiiii", "i", (*call).queryRaw},
	{"take", "ii", "i", (*call).take},
	{"gas_left", "", "I", (*call).gasLeft},
	{"use_gas", "I", "", (*call).useGas},
	{"log", "ii", "", (*call).log},
	{"abort", "ii", "", (*call).abort},
}

// imports returns the functions of the module troupe.
func imports() []wasm.HostFunc {
	var list []wasm.HostFunc
	for _, f := range hostFunctionList {
		list = append(list, wasm.HostFunc{Module: Module, Name: f.name, Params: letters(f.params), Results: letters(f.results),
			Func: func(g *wasm.Call, slots []uint64) {
				c, ok := g.User().(*call)
				if !ok {
					g.Trap(&wasm.Refusal{Err: fmt.Errorf("troupe: %s was called while the module was being installed: "+
						"there is no actor yet, call it from an entry point", f.name)})
				}
				c.fuel = g.Fuel()
				c.spend(callFuel)
				f.do(c, slots)
				g.SetFuel(c.fuel)
			}})
	}
	return list
}

// worldOf finds the world of a call for WASI.
func worldOf(g *wasm.Call) *wasi.World {
	if c, ok := g.User().(*call); ok {
		return &c.world
	}
	return nil
}

// absent is the answer where nothing is found.
const absent = 1<<32 - 1

// open is the length of a bound that is none.
const open = 1<<32 - 1

// fail ends the call with an actor error. It does not return.
func (c *call) fail(code, format string, args ...any) {
	c.end(actor.Errorf(code, format, args...))
}

// end ends the call. It does not return.
func (c *call) end(err *actor.Error) {
	c.guest.SetFuel(c.fuel)
	c.guest.Trap(err)
}

// bytes returns what the guest points at. It is a part of its memory.
func (c *call) bytes(ptr, n uint64) []byte {
	size := uint32(n)
	if size == 0 {
		return nil
	}
	b, err := c.guest.Read(uint32(ptr), size)
	if err != nil {
		c.fail(actor.CodeTrap, textBounds)
	}
	if size > MaxTransfer {
		c.end(tooLong(size))
	}
	c.spend(uint64(size) * byteFuel)
	return b
}

// room checks the memory that the guest offers for a result.
func (c *call) room(ptr, n uint64) {
	if size := uint32(n); size > 0 {
		if _, err := c.guest.Read(uint32(ptr), size); err != nil {
			c.fail(actor.CodeTrap, textBounds)
		}
	}
}

// give hands a result to the guest, or keeps it if there is too little room, and returns its length.
func (c *call) give(ptr, n uint64, parts ...[]byte) uint64 {
	c.result = result{}
	copy(c.result.parts[:], parts)
	size := c.result.size()
	if c.pending = uint64(size) > uint64(uint32(n)); !c.pending {
		c.put(ptr)
	}
	return uint64(uint32(size))
}

// put writes the result into the memory of the guest.
func (c *call) put(ptr uint64) {
	c.spend(uint64(c.result.size()) * byteFuel)
	at := uint32(ptr)
	for _, p := range c.result.parts {
		if len(p) > 0 && c.guest.Write(at, p) != nil {
			c.fail(actor.CodeTrap, textBounds)
		}
		at += uint32(len(p))
	}
	c.result, c.pending = result{}, false
}

// forget drops a result that was not taken: a new one is on its way.
func (c *call) forget() { c.result, c.pending = result{}, false }

func (c *call) stateGet(s []uint64) {
	key := c.bytes(s[0], s[1])
	c.room(s[2], s[3])
	c.forget()
	c.settle()
	value, ok := c.reader.Get(key)
	c.refill()
	if !ok {
		s[0] = absent
		return
	}
	s[0] = c.give(s[2], s[3], value)
}

// writable ends the call of a query.
func (c *call) writable() {
	if c.writer == nil {
		c.fail(actor.CodeUnauthorized, textReadOnly)
	}
}

func (c *call) stateSet(s []uint64) {
	c.writable()
	key, value := c.bytes(s[0], s[1]), c.bytes(s[2], s[3])
	c.settle()
	c.writer.Set(key, value)
	c.refill()
}

func (c *call) stateDelete(s []uint64) {
	c.writable()
	key := c.bytes(s[0], s[1])
	c.settle()
	c.writer.Delete(key)
	c.refill()
}

func (c *call) stateRange(s []uint64) {
	start := append([]byte(nil), c.bytes(s[0], s[1])...)
	var end []byte
	if uint32(s[3]) != open {
		end = append([]byte{}, c.bytes(s[2], s[3])...)
	}
	order := actor.Ascending
	switch uint32(s[4]) {
	case 0:
	case 1:
		order = actor.Descending
	default:
		c.fail(actor.CodeMalformed, "%d is no order of a range", uint32(s[4]))
	}
	if c.ranges.open == MaxIterators {
		c.end(tooManyIterators())
	}
	c.settle()
	seq := c.reader.Range(start, end, order)
	c.refill()
	s[0] = uint64(c.ranges.add(seq))
}

func (c *call) iterator(handle uint64) *iterator {
	it := c.ranges.get(uint32(handle))
	if it == nil {
		c.fail(actor.CodeInvalidIterator, "this call has no open iterator %d", int32(uint32(handle)))
	}
	return it
}

func (c *call) rangeNext(s []uint64) {
	it := c.iterator(s[0])
	c.room(s[1], s[2])
	c.forget()
	c.settle()
	key, value, ok := c.ranges.advance(it)
	c.refill()
	if !ok {
		s[0] = absent
		return
	}
	c.head = binary.LittleEndian.AppendUint32(c.head[:0], uint32(len(key)))
	s[0] = c.give(s[1], s[2], c.head, key, value)
}

func (c *call) rangeClose(s []uint64) { c.ranges.close(c.iterator(s[0])) }

func (c *call) query(s []uint64) {
	to := actor.Address(c.bytes(s[0], s[1]))
	body := append([]byte(nil), c.bytes(s[2], s[3])...) // the callee may keep it in what it answers
	c.room(s[4], s[5])
	c.forget()
	c.settle()
	data, err := c.Query(c.ctx, to, body)
	c.refill()
	c.head = appendAnswer(c.head[:0], data, actor.AsError(err))
	s[0] = c.give(s[4], s[5], c.head, data)
}

func (c *call) queryRaw(s []uint64) {
	to := actor.Address(c.bytes(s[0], s[1]))
	key := c.bytes(s[2], s[3])
	c.room(s[4], s[5])
	c.forget()
	c.settle()
	value, ok := c.QueryRaw(to, key)
	c.refill()
	if !ok {
		s[0] = absent
		return
	}
	s[0] = c.give(s[4], s[5], value)
}

func (c *call) take(s []uint64) {
	if !c.pending {
		c.fail(actor.CodeMalformed, textNoPending)
	}
	c.room(s[0], s[1])
	size, room := c.result.size(), uint32(s[1])
	if uint64(size) > uint64(room) {
		c.fail(actor.CodeMalformed, "the result to take has %d bytes, there is room for %d", size, room)
	}
	c.put(s[0])
	s[0] = uint64(uint32(size))
}

func (c *call) gasLeft(s []uint64) {
	c.settle()
	s[0] = c.GasLeft()
	c.refill()
}

func (c *call) useGas(s []uint64) {
	c.settle()
	c.UseGas(s[0])
	c.refill()
}

func (c *call) log(s []uint64) { c.Log(c.line(s)) }

// line returns the text that the first two parameters name.
func (c *call) line(s []uint64) string {
	return string(cut(c.bytes(s[0], s[1]), MaxLog))
}

func (c *call) abort(s []uint64) {
	c.Log("panic: " + c.line(s))
	c.fail(actor.CodePanic, "%s panicked", c.self)
}
