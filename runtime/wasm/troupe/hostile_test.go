package troupe

import (
	"bytes"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// refused is a guest whose call must fail in a certain way.
type refused struct {
	name          string
	guest         func(g *guest)
	code, message string
}

// hostile checks how the guests fail, that they fail the same each time, that their callers may go on, and that nothing is
// left of them: not in the state, not of goroutines. That no instance is left is checked when all tests have run.
func hostile(t *testing.T, cases ...refused) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := newGuest()
			c.guest(g)
			w := world(t, g.load(t))
			w.D.Limits.Gas = 20_000_000
			goroutines := goruntime.NumGoroutine()
			var used uint64
			for i := range 3 {
				res, _ := trace(t, w, "g", "a body")
				fails(t, res, c.code, c.message)
				if i > 0 && res.GasUsed != used {
					t.Errorf("%d gas, and then %d", used, res.GasUsed)
				}
				used = res.GasUsed
			}
			// a caller that asked for a reply on error goes on; out of gas it can be told for a limit of its own only
			res := send(t, w, "p", "call g id=1 reply=error gas=19000000\non reply\n  data {code}")
			if got := string(succeeds(t, res)); got != c.code {
				t.Errorf("the caller sees %q", got)
			}
			if got := w.StateText(); got != "" {
				t.Errorf("it left:\n%s", got)
			}
			settled(t, goroutines)
		})
	}
}

// settled waits until there are no more goroutines than before.
func settled(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if goruntime.NumGoroutine() <= before {
			return
		}
	}
	t.Errorf("%d goroutines, there were %d", goruntime.NumGoroutine(), before)
}

// allocates is a guest whose troupe_alloc is hostile.
func allocates(fill func(a *asm)) func(*guest) {
	return func(g *guest) {
		g.alloc = &asm{g: g}
		fill(g.alloc)
		g.call.returns(okay)
	}
}

const (
	trap      = actor.CodeTrap
	malformed = actor.CodeMalformed
	outOfGas  = "the limit of 20000000 gas is used up"
	memoryEnd = pages << 16
)

func TestHostileAllocator(t *testing.T) {
	hostile(t,
		refused{"zero", allocates(func(a *asm) { a.i32(0) }), trap, textNoMemory},
		refused{"the last byte", allocates(func(a *asm) { a.i32(memoryEnd - 1) }), trap, textBounds},
		refused{"the end of memory", allocates(func(a *asm) { a.i32(memoryEnd) }), trap, textBounds},
		refused{"the end of the address space", allocates(func(a *asm) { a.i32(-1) }), trap, textBounds},
		refused{"beyond the memory that it has", allocates(func(a *asm) { a.i32((MaxPages - 1) << 16) }), trap, textBounds},
		refused{"traps", allocates(func(a *asm) { a.op(binary.OpUnreachable) }), trap, "unreachable"},
		refused{"never returns", allocates(func(a *asm) {
			a.open(binary.OpLoop).with(binary.OpBr, 0).op(binary.OpEnd).i32(8)
		}), actor.CodeOutOfGas, outOfGas},
		refused{"exits", allocates(func(a *asm) { a.host("proc_exit", 7).i32(8) }), trap, "the guest exited with status 7"},
		refused{"aborts", allocates(func(a *asm) { a.host("abort", 0, 4).i32(8) }), actor.CodePanic, "g panicked"},
		refused{"lies over the output", func(g *guest) {
			at, _ := g.text(okay)
			g.alloc = (&asm{g: g}).i32(at)
			g.call.i64(at<<32 | int64(len(okay)))
		}, malformed, "the output of the guest at byte 1: status: an unsigned integer is wanted, this is a text string"},
		refused{"asks itself, and so on", allocates(func(a *asm) {
			self, n := a.g.text("g")
			a.drop("query", self, n, self, n, spareAt, 1000)
			a.i32(0)
		}), trap, textNoMemory},
		refused{"writes, then gives nothing", allocates(func(a *asm) {
			key, n := a.g.text("key")
			a.host("state_set", key, n, key, n)
			a.i32(0)
		}), trap, textNoMemory},
	)
}

// TestOddAllocator checks what is strange and right.
func TestOddAllocator(t *testing.T) {
	for name, fill := range map[string]func(*asm){
		"unaligned":            func(a *asm) { a.i32(inputAt + 1) },
		"the end of memory":    func(a *asm) { a.i32(memoryEnd).with(binary.OpLocalGet, 0).op(binary.OpI32Sub) },
		"memory that is new":   func(a *asm) { a.i32(1).op(binary.OpMemoryGrow, 0).i32(16).op(binary.OpI32Shl) },
		"writes and reads":     func(a *asm) { a.host("state_set", 1, 1, 0, 0).drop("state_get", 1, 1, 0, 0).i32(inputAt) },
		"over its own program": func(a *asm) { a.i32(1) },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuest()
			g.alloc = (&asm{g: g})
			fill(g.alloc)
			g.data = 32 << 16
			g.call.returns(okay)
			succeeds(t, g.run(t))
		})
	}
}

// output is a guest that returns the address and length, whatever is there.
func output(ptr, n int64) func(*guest) {
	return func(g *guest) { g.call.i64(ptr<<32 | n) }
}

// large is a guest with a long output.
func large(cbor string) func(*guest) {
	return func(g *guest) {
		g.module.Memories = []binary.Limits{{Min: MaxPages}}
		g.data = 16 << 16
		g.call.returns(cbor)
	}
}

// says is a guest with an output.
func says(cbor string) func(*guest) {
	return func(g *guest) { g.call.returns(cbor) }
}

func TestHostileOutput(t *testing.T) {
	hostile(t,
		refused{"an empty output", output(0, 0), malformed, "the output of the guest at byte 0: it is empty"},
		refused{"nothing at nowhere", output(0xffffffff, 0), malformed, "the output of the guest at byte 0: it is empty"},
		refused{"beyond the end", output(memoryEnd-5, 6), trap, textBounds},
		refused{"at the end", output(memoryEnd, 1), trap, textBounds},
		refused{"a sum that overflows", output(0xffffffff, 0xffffff), trap, textBounds},
		refused{"a negative length", output(1024, 0xffffffff), actor.CodeDataTooLarge,
			"at most 16777216 bytes pass between guest and host at once, these are 4294967295"},
		refused{"64 MiB", func(g *guest) {
			g.module.Memories = []binary.Limits{{Min: MaxPages}}
			g.call.i64(MaxPages << 16)
		}, actor.CodeDataTooLarge, "at most 16777216 bytes pass between guest and host at once, these are 67108864"},
		refused{"64 MiB that are asked for", func(g *guest) {
			g.call.i32(MaxPages-pages).op(binary.OpMemoryGrow, 0, binary.OpDrop)
			g.call.i64(MaxPages << 16)
		}, actor.CodeDataTooLarge, "at most 16777216 bytes pass between guest and host at once, these are 67108864"},
		refused{"zeros", output(spareAt, 1000), malformed, "the output of the guest at byte 0: an array is wanted, this is an unsigned integer"},
		refused{"cut", says(okay[:4]), malformed, "the output of the guest at byte 4: attributes: an array is wanted, the output ends here"},
		refused{"more than its end", says(okay + "\x00"), malformed, "the output of the guest at byte 6: the output should end here"},
		refused{"indefinite", says("\x9f\x00\xf6\x80\x80\x80\xff"), malformed, "the output of the guest at byte 0: lengths must be definite"},
		refused{"huge counts", says("\x85\x00\xf6\x9a\xff\xff\xff\xff\x80\x80"), malformed,
			"the output of the guest at byte 3: messages: an array of length 4294967295 does not fit into the rest"},
		refused{"deep", says(strings.Repeat("\x81", 100_000)), malformed,
			"the output of the guest at byte 1: status: an unsigned integer is wanted, this is an array"},
		refused{"the answer of a query", says("\x82\x00\xf6"), malformed,
			"the output of the guest at byte 2: an array of length 5 is wanted, this has length 2"},
		refused{"no such entry", says("\x81\x02"), actor.CodeUnsupported, `module "guest" has no Execute`},
		refused{"a hundred thousand events", large(events(100_000)), actor.CodeEventsTooLarge,
			"a response has at most 131072 messages, events and attributes"},
		refused{"too many events", large(events(MaxItems/2 + 1)), actor.CodeEventsTooLarge,
			"a response has at most 131072 messages, events and attributes"},
		refused{"an event without a type", says("\x85\x00\xf6\x80\x80\x81\x82\x60\x80"), actor.CodeInvalidEvent,
			`the type of an event has more than 2 bytes, "" has not`},
		refused{"a reply for a reason that is none", says("\x85\x00\xf6\x81\x85\x01\x09\x00\xf6\x85\x00\x61p\xf6\x60\x60\x80\x80"),
			actor.CodeInvalidMessage, "sub-message 1: reply_on(9) is no way to reply"},
		refused{"a message of a kind that is none", says("\x85\x00\xf6\x81\x85\x01\x00\x00\xf6\x85\x18\x63\x61p\xf6\x60\x60\x80\x80"),
			actor.CodeInvalidMessage, "kind(99) is no message that can be sent"},
		refused{"a long code", says("\x83\x01\x78\x81" + strings.Repeat("c", 129) + "\x60"), malformed,
			"the output of the guest at byte 2: code: a code has at most 128 bytes, this has 129"},
		refused{"data beyond the limit", func(g *guest) {
			ptr, n := g.text("\x85\x00\x5a\x00\x30\x00\x01" + strings.Repeat("x", 3<<20+1) + "\x80\x80\x80")
			g.call.i64(ptr<<32 | n)
		}, actor.CodeDataTooLarge, "data has at most 3145728 bytes, this has 3145729"},
	)
}

// events returns a response with n events of one attribute.
func events(n int) string {
	const before = "\x85\x00\xf6\x80\x80"
	event := encodeResponse(actor.Response{Events: []actor.Event{{Type: "event", Attributes: []actor.Attribute{{Key: "key",
		Value: strings.Repeat("x", 80)}}}}})[len(before)+1:]
	return before + string(appendArray(nil, n)) + string(bytes.Repeat(event, n))
}

// TestManyEvents checks that events which the dialect lets pass meet the limit of dispatch.
func TestManyEvents(t *testing.T) {
	g := newGuest()
	large(events(60_000))(g)
	fails(t, g.run(t), actor.CodeEventsTooLarge, "the events of a transaction have at most 4194304 bytes")
}

// In the arguments of a call these stand for an address and a length.
const (
	anAddress = -1000 - iota
	aLength
)

// TestHostilePointers calls every import that takes addresses with ranges at and beyond the end of memory.
func TestHostilePointers(t *testing.T) {
	idle := newGuest()
	idle.call.returns(okay)
	w := world(t, idle.load(t))
	for _, c := range []struct {
		name string
		args []int64
	}{
		{"state_get", []int64{anAddress, aLength, 0, 0}},
		{"state_get", []int64{8, 1, anAddress, aLength}},
		{"state_set", []int64{anAddress, aLength, 8, 1}},
		{"state_set", []int64{8, 1, anAddress, aLength}},
		{"state_delete", []int64{anAddress, aLength}},
		{"state_range", []int64{anAddress, aLength, 0, 0, 0}},
		{"state_range", []int64{0, 0, anAddress, aLength, 0}},
		{"range_next", []int64{1, anAddress, aLength}},
		{"query", []int64{anAddress, aLength, 8, 1, 0, 0}},
		{"query", []int64{8, 1, anAddress, aLength, 0, 0}},
		{"query", []int64{8, 1, 8, 1, anAddress, aLength}},
		{"query_raw", []int64{anAddress, aLength, 8, 1, 0, 0}},
		{"query_raw", []int64{8, 1, anAddress, aLength, 0, 0}},
		{"query_raw", []int64{8, 1, 8, 1, anAddress, aLength}},
		{"take", []int64{anAddress, aLength}},
		{"log", []int64{anAddress, aLength}},
		{"abort", []int64{anAddress, aLength}},
	} {
		for _, edge := range [][2]int64{{memoryEnd, 1}, {memoryEnd - 1, 2}, {memoryEnd - 7, 8}, {0, memoryEnd + 1}, {-1, 1}, {-1, -2},
			{0, -2}, {1 << 31, 1 << 31}, {MaxPages<<16 - 1, 1}} {
			args := append([]int64(nil), c.args...)
			for i, v := range args {
				switch v {
				case anAddress:
					args[i] = edge[0]
				case aLength:
					args[i] = edge[1]
				}
			}
			g := newGuest()
			g.call.host("state_set", 8, 1, 8, 8)
			g.call.drop("state_range", 0, 0, 0, -1, 0)
			g.call.drop("state_get", 8, 1, 8, 1) // pending
			g.call.host(c.name, args...)
			g.call.op(binary.OpUnreachable)
			w.Bind("guest", dispatch.Code{Actor: g.load(t)})
			res := send(t, w, "g", "")
			if fails(t, res, trap, textBounds); t.Failed() {
				t.Fatalf("%s%d", c.name, args)
			}
		}
	}
	if got := w.StateText(); got != "" {
		t.Errorf("they left:\n%s", got)
	}
}

// TestEmptyRanges checks that an address without bytes means nothing.
func TestEmptyRanges(t *testing.T) {
	g := newGuest()
	c := g.call
	c.host("state_set", 8, 1, -1, 0)
	c.drop("state_get", 8, 1, -1, 0)
	c.drop("state_get", -1, 0, -1, 0)
	c.drop("state_range", -1, 0, -1, 0, 0)
	c.drop("range_next", 1, -1, 0)
	c.drop("query", -1, 0, -1, 0, -1, 0)
	c.drop("query_raw", -1, 0, -1, 0, -1, 0)
	c.host("log", -1, 0)
	c.host("log", memoryEnd, 0)
	c.returns(okay)
	succeeds(t, g.run(t))
}

func TestHostileIterators(t *testing.T) {
	use := func(handle int64) func(*guest) {
		return func(g *guest) {
			g.pairs(g.call)
			g.call.drop("state_range", 0, 0, 0, -1, 0)
			g.call.drop("range_next", handle, spareAt, 100)
			g.call.returns(okay)
		}
	}
	unknown := func(handle int) string { return fmt.Sprintf("this call has no open iterator %d", handle) }
	invalid := actor.CodeInvalidIterator
	hostile(t,
		refused{"zero", use(0), invalid, unknown(0)},
		refused{"not opened", use(2), invalid, unknown(2)},
		refused{"far away", use(1 << 30), invalid, unknown(1 << 30)},
		refused{"negative", use(-1), invalid, unknown(-1)},
		refused{"closed", func(g *guest) {
			g.pairs(g.call)
			g.call.drop("state_range", 0, 0, 0, -1, 0)
			g.call.drop("range_next", 1, spareAt, 100)
			g.call.host("range_close", 1)
			g.call.drop("range_next", 1, spareAt, 100)
			g.call.returns(okay)
		}, invalid, unknown(1)},
		refused{"closed twice", func(g *guest) {
			g.call.drop("state_range", 0, 0, 0, -1, 0)
			g.call.host("range_close", 1)
			g.call.host("range_close", 1)
			g.call.returns(okay)
		}, invalid, unknown(1)},
		refused{"closed at its end, twice", func(g *guest) {
			g.call.drop("state_range", 0, 0, 0, -1, 0)
			g.call.drop("range_next", 1, spareAt, 100)
			g.call.drop("range_next", 1, spareAt, 100)
			g.call.host("range_close", 1)
			g.call.host("range_close", 1)
			g.call.returns(okay)
		}, invalid, unknown(1)},
		refused{"of another call", func(g *guest) {
			// the query opens one, and its handle is 1 as the first one of any call
			self, n := g.text("g")
			g.call.with(binary.OpLocalGet, 0).i32(int64(actor.KindQuery)).op(binary.OpI32Eq).open(binary.OpIf)
			g.call.drop("state_range", 0, 0, 0, -1, 0).returns("\x82\x00\xf6").op(binary.OpReturn, binary.OpEnd)
			g.call.drop("query", self, n, 0, 0, 0, 0)
			g.call.drop("range_next", 1, spareAt, 100)
			g.call.returns(okay)
		}, invalid, unknown(1)},
		refused{"too many at once", func(g *guest) {
			g.pairs(g.call)
			g.call.open(binary.OpLoop)
			g.call.host("state_range", 0, 0, 0, -1, 0).with(binary.OpLocalSet, 3)
			g.call.with(binary.OpLocalGet, 3).i32(spareAt).i32(100).with(binary.OpCall, g.index("range_next")).op(binary.OpDrop)
			g.call.with(binary.OpBr, 0).op(binary.OpEnd)
			g.call.returns(okay)
		}, actor.CodeTooManyIterators, "a call has at most 1024 ranges open"},
		refused{"too many in a call", func(g *guest) {
			g.call.open(binary.OpLoop)
			g.call.host("state_range", 0, 0, 0, -1, 0).with(binary.OpCall, g.index("range_close"))
			g.call.with(binary.OpBr, 0).op(binary.OpEnd)
			g.call.returns(okay)
		}, actor.CodeTooManyIterators, "a call opens at most 32768 ranges"},
		refused{"an order that is none", func(g *guest) {
			g.call.drop("state_range", 0, 0, 0, -1, 2)
			g.call.returns(okay)
		}, malformed, "2 is no order of a range"},
		refused{"open in a trap", func(g *guest) {
			g.pairs(g.call)
			for i := range int64(50) {
				g.call.drop("state_range", 0, 0, 0, -1, i%2)
				g.call.drop("range_next", i+1, spareAt, 100)
			}
			g.call.op(binary.OpUnreachable)
		}, trap, "unreachable"},
		refused{"open when the gas is used up", func(g *guest) {
			g.pairs(g.call)
			g.call.drop("state_range", 0, 0, 0, -1, 0)
			g.call.drop("range_next", 1, spareAt, 100)
			g.call.open(binary.OpLoop).with(binary.OpBr, 0).op(binary.OpEnd)
			g.call.returns(okay)
		}, actor.CodeOutOfGas, outOfGas},
		refused{"the gas is used up by one", func(g *guest) {
			g.call.open(binary.OpLoop)
			g.pairs(g.call)
			g.call.host("state_range", 0, 0, 0, -1, 0).with(binary.OpLocalSet, 3)
			for range 9 {
				g.call.with(binary.OpLocalGet, 3).i32(spareAt).i32(100).with(binary.OpCall, g.index("range_next")).op(binary.OpDrop)
			}
			g.call.with(binary.OpLocalGet, 3).with(binary.OpCall, g.index("range_close"))
			g.call.with(binary.OpBr, 0).op(binary.OpEnd)
			g.call.returns(okay)
		}, actor.CodeOutOfGas, outOfGas},
	)
}

// TestOpenIterators checks that an iterator that is never closed harms nobody.
func TestOpenIterators(t *testing.T) {
	g := newGuest()
	g.pairs(g.call)
	for i := range int64(100) {
		g.call.drop("state_range", 0, 0, 0, -1, i%2)
		g.call.drop("range_next", i+1, spareAt, 100)
	}
	g.call.returns(okay)
	w := world(t, g.load(t))
	before := goruntime.NumGoroutine()
	for range 20 {
		succeeds(t, send(t, w, "g", ""))
	}
	settled(t, before)
}

func TestHostileCode(t *testing.T) {
	hostile(t,
		refused{"an endless loop", func(g *guest) {
			g.call.open(binary.OpLoop).with(binary.OpBr, 0).op(binary.OpEnd).returns(okay)
		}, actor.CodeOutOfGas, outOfGas},
		refused{"deep recursion", func(g *guest) {
			f := g.function()
			f.with(binary.OpCall, f.index).with(binary.OpCall, f.index)
			g.call.with(binary.OpCall, f.index).returns(okay)
		}, trap, "call depth exceeded"},
		refused{"a trap in the middle of writes", func(g *guest) {
			g.pairs(g.call)
			g.call.i32(1).i32(0).op(binary.OpI32DivS, binary.OpDrop)
			g.call.returns(okay)
		}, trap, "integer divide by zero"},
		refused{"an access outside of memory", func(g *guest) {
			g.call.i32(-1).memory(binary.OpI32Load).op(binary.OpDrop)
			g.call.returns(okay)
		}, trap, textBounds},
		refused{"queries without end", func(g *guest) {
			self, n := g.text("g")
			at := int64(spareAt)
			g.call.drop("query", self, n, 0, 0, at, 1000)
			g.call.i32(at+1).memory(binary.OpI32Load8U).op(binary.OpI32Eqz).open(binary.OpIf).returns("\x82\x00\xf6").op(binary.OpReturn, binary.OpEnd)
			g.call.op(binary.OpUnreachable)
		}, trap, "unreachable"},
		refused{"gas that there is not", func(g *guest) { g.call.host("use_gas", -1).returns(okay) }, actor.CodeOutOfGas, outOfGas},
		refused{"an empty key", func(g *guest) { g.call.host("state_set", 0, 0, 8, 1).returns(okay) },
			actor.CodeKeyEmpty, "a key has at least one byte"},
		refused{"a large key", func(g *guest) { g.call.host("state_set", 0, 65537, 8, 1).returns(okay) },
			actor.CodeKeyTooLarge, "a key has at most 65536 bytes, this one has 65537"},
		refused{"a large value", func(g *guest) { g.call.host("state_set", inputAt, 1, 0, 131073).returns(okay) },
			actor.CodeValueTooLarge, `a value has at most 131072 bytes, that of key "\x89" has 131073`},
		refused{"a key that does not pass", func(g *guest) {
			g.module.Memories = []binary.Limits{{Min: MaxPages}}
			g.call.host("state_delete", 0, MaxTransfer+1).returns(okay)
		}, actor.CodeDataTooLarge, "at most 16777216 bytes pass between guest and host at once, these are 16777217"},
		refused{"a large query", func(g *guest) {
			p, n := g.text("p")
			at := int64(spareAt)
			g.call.drop("query", p, n, 0, 3<<20+1, at, 1000)
			g.call.i64(at<<32 | 74)
		}, actor.CodeBodyTooLarge, "a query has at most 3145728 bytes, this one has 3145729"},
		refused{"an exit", func(g *guest) { g.call.host("proc_exit", 0).returns(okay) }, trap, "the guest exited with status 0"},
		refused{"text without end", func(g *guest) {
			g.call.open(binary.OpLoop).host("log", 0, memoryEnd-1).with(binary.OpBr, 0).op(binary.OpEnd).returns(okay)
		}, actor.CodeOutOfGas, outOfGas},
		refused{"random bytes without end", func(g *guest) {
			g.call.open(binary.OpLoop).drop("random_get", inputAt, 1<<20).with(binary.OpBr, 0).op(binary.OpEnd).returns(okay)
		}, actor.CodeOutOfGas, outOfGas},
	)
}

// TestHostileInstall checks that a module that asks for an actor before there is one is refused with words that help.
func TestHostileInstall(t *testing.T) {
	for name, c := range map[string]struct {
		fill func(a *asm)
		want string
	}{
		"state":  {func(a *asm) { a.drop("state_get", 0, 1, 0, 0) }, "state_get was called while the module was being installed"},
		"log":    {func(a *asm) { a.host("log", 0, 1) }, "log was called while the module was being installed"},
		"exit":   {func(a *asm) { a.host("proc_exit", 3) }, "the guest exited with status 3"},
		"trap":   {func(a *asm) { a.op(binary.OpUnreachable) }, "unreachable"},
		"memory": {func(a *asm) { a.drop("fd_write", 1, -8, 1, 0).i32(-1).memory(binary.OpI32Load).op(binary.OpDrop) }, textBounds},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuest()
			g.init = &asm{g: g}
			c.fill(g.init)
			g.call.returns(okay)
			_, err := engine().Load(t.Context(), g.build(), dialect())
			var refusal *wasm.Refusal
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// TestFault checks that a failure of the host is a fault of the transaction, which no actor may catch.
func TestFault(t *testing.T) {
	g := newGuest()
	g.call.returns(okay)
	a := g.load(t)
	w := world(t, a)
	if err := a.module.Close(); err != nil {
		t.Fatal(err)
	}
	res := w.Send(t.Context(), "alice", actor.Message{To: "p", Body: []byte("call g reply=error")})
	var fault *dispatch.EngineError
	if !errors.As(res.Fault, &fault) || fault.Actor != "g" || !errors.Is(fault, wasm.ErrClosed) {
		t.Errorf("%v", res.Fault)
	}
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, wasm.ErrClosed) {
			t.Errorf("services without faults: %v", err)
		}
	}()
	_, err := a.Execute(t.Context(), &actor.Env{State: &actor.MemState{}, Services: &allowance{gas: 1000}}, actor.Message{})
	t.Error(err)
}
