package wasmbus

import (
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// TestOutOfBounds checks every pointer that a guest can give.
func TestOutOfBounds(t *testing.T) {
	const beyond = pages<<16 - 3
	calls := []string{
		"i32.const %d i32.const 0 call $__guest_request",
		"i32.const 0 i32.const %d call $__guest_request",
		"i32.const %d i32.const 4 call $__guest_response",
		"i32.const 8 i32.const %d call $__guest_response",
		"i32.const %d i32.const 4 call $__guest_error",
		"i32.const 8 i32.const %d call $__guest_error",
		"i32.const %d i32.const 4 call $__console_log",
		"i32.const 8 i32.const %d call $__console_log",
	}
	for i := range 4 {
		args := []string{"i32.const 8", "i32.const 0", "i32.const 8", "i32.const 0", "i32.const 8", "i32.const 0", "i32.const 8", "i32.const 0"}
		args[2*i], args[2*i+1] = "i32.const %d", "i32.const 4"
		calls = append(calls, strings.Join(args, " ")+" call $__host_call drop")
	}
	for _, call := range calls {
		for _, at := range []int{beyond, -1, -4, 0x7fffffff} {
			g := newGuest()
			g.call = fmt.Sprintf(call, at) + succeeds
			if res := g.run(t, "input"); res.Err == nil || res.Err.Code != actor.CodeTrap || res.Err.Message != "out of bounds memory access" {
				t.Errorf("%s: %v", g.call, res.Err)
			}
		}
	}

	// what the host has for a guest does not fit
	for _, c := range []string{"__host_response", "__host_error"} {
		w := newWorld(t)
		g := newGuest()
		g.call = g.forwards("", "echo", "Op") + fmt.Sprintf("drop i32.const %d call $%s", beyond, c) + succeeds
		if c == "__host_error" {
			g.call = g.forwards("", "nobody:here", "Op") + fmt.Sprintf("drop i32.const %d call $%s", beyond, c) + succeeds
		}
		w.start("guest", g.load(t))
		g = newGuest()
		g.call = takes + echoes
		w.start("echo", g.load(t))
		fails(t, w.send("guest", "Test.Run", "12345"), actor.CodeTrap, "out of bounds memory access")
	}
}

// TestTraps checks how a guest breaks off, and that the next call knows nothing of it.
func TestTraps(t *testing.T) {
	const marks = " i32.const 3000 i32.load if unreachable end i32.const 3000 i32.const 1 i32.store"
	for name, c := range map[string]struct{ call, code, want string }{
		"unreachable":            {" unreachable", actor.CodeTrap, "unreachable"},
		"division by zero":       {" i32.const 1 i32.const 0 i32.div_s drop" + succeeds, actor.CodeTrap, "integer divide by zero"},
		"outside of memory":      {" i32.const -4 i32.load drop" + succeeds, actor.CodeTrap, "out of bounds memory access"},
		"no such element":        {" i32.const 0 call $proc_exit" + succeeds, actor.CodeTrap, "the guest exited with status 0"},
		"an exit":                {" i32.const 7 call $proc_exit" + succeeds, actor.CodeTrap, "the guest exited with status 7"},
		"a trap after an answer": {" i32.const 0 i32.const 9 call $__guest_response unreachable", actor.CodeTrap, "unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuest()
			g.call = marks + c.call
			w := newWorld(t)
			w.start("guest", g.load(t))
			for range 3 {
				fails(t, w.send("guest", "Test.Run", ""), c.code, c.want)
			}
		})
	}
}

// TestEndless checks that a guest that does not end by itself does, and that its caller's transaction ends with it.
func TestEndless(t *testing.T) {
	recursion := newGuest()
	recursion.call = fmt.Sprintf(" local.get 0 local.get 1 call %d", len(recursion.imports)-len(hostFunctions))
	fails(t, recursion.run(t, ""), actor.CodeTrap, "call depth exceeded")

	for name, call := range map[string]string{
		"a loop":            " loop br 0 end" + succeeds,
		"a loop of logs":    " loop i32.const 0 i32.const 1000 call $__console_log br 0 end" + succeeds,
		"a memory bomb":     " loop i32.const 1 memory.grow drop i32.const 0 i32.const 7 memory.size i32.const 65536 i32.mul memory.fill br 0 end" + succeeds,
		"a loop of answers": " loop i32.const 0 i32.const 1000000 call $__guest_response br 0 end" + succeeds,
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuest()
			g.call = call
			w := newWorld(t)
			w.D.Limits.Gas = 20_000_000
			w.start("guest", g.load(t))
			if res := w.send("guest", "Test.Run", ""); res.Err == nil || res.Err.Code != actor.CodeOutOfGas {
				t.Error(res.Err)
			}
			g = newGuest()
			g.call = g.asks("", "guest", "Test.Run", "") + "drop" + succeeds
			w.start("caller", g.load(t))
			if res := w.send("caller", "Test.Run", ""); res.Err == nil || res.Err.Code != actor.CodeOutOfGas {
				t.Errorf("a caller goes on without gas: %v", res.Err)
			}
		})
	}
}

// TestMemoryLimit checks that memory cannot grow beyond its limit, and is small again for the next call.
func TestMemoryLimit(t *testing.T) {
	g := newGuest()
	g.call = fmt.Sprintf(` memory.size i32.const %d i32.ne if unreachable end
		i32.const %d memory.grow i32.const -1 i32.ne if unreachable end
		i32.const %d memory.grow i32.const -1 i32.eq if unreachable end
		i32.const 1 memory.grow i32.const -1 i32.ne if unreachable end`, pages, MaxPages-pages+1, MaxPages-pages) + succeeds
	w := newWorld(t)
	w.D.Limits.Gas = 1 << 40
	w.start("guest", g.load(t))
	for range 2 {
		answered(t, w.send("guest", "Test.Run", ""), "")
	}
}

// TestTooLong checks what is longer than anything has to be.
func TestTooLong(t *testing.T) {
	for name, c := range map[string]struct{ call, code, want string }{
		"a response": {fmt.Sprintf(" i32.const 1024 i32.const %d memory.grow drop i32.const %d call $__guest_response", 200, MaxTransfer+1) + succeeds,
			actor.CodeDataTooLarge, "at most 16777216 bytes can be given here, these are 16777217"},
		"a name of a link": {" i32.const 0 i32.const 513 i32.const 0 i32.const 0 i32.const 0 i32.const 0 i32.const 0 i32.const 0 call $__host_call drop" + succeeds,
			actor.CodeDataTooLarge, "at most 512 bytes can be given here, these are 513"},
		"a namespace": {" i32.const 0 i32.const 0 i32.const 0 i32.const 513 i32.const 0 i32.const 0 i32.const 0 i32.const 0 call $__host_call drop" + succeeds,
			actor.CodeDataTooLarge, "at most 512 bytes can be given here, these are 513"},
		"an operation": {" i32.const 0 i32.const 0 i32.const 0 i32.const 0 i32.const 0 i32.const 513 i32.const 0 i32.const 0 call $__host_call drop" + succeeds,
			actor.CodeDataTooLarge, "at most 512 bytes can be given here, these are 513"},
	} {
		g := newGuest()
		g.call = c.call
		w := newWorld(t)
		w.start("guest", g.load(t))
		t.Log(name)
		fails(t, w.send("guest", "Test.Run", ""), c.code, c.want)
	}

	// what the limits of the host refuse, which are lower
	g := newGuest()
	g.call = fmt.Sprintf(" i32.const 1024 i32.const %d call $__guest_response", 2000) + succeeds
	w := newWorld(t)
	w.D.Limits.Data = 1999
	w.start("guest", g.load(t))
	if res := w.send("guest", "Test.Run", ""); res.Err == nil || res.Err.Code != actor.CodeDataTooLarge {
		t.Error(res.Err)
	}
}

// TestStrangeNames checks names that are no text: they are shown as such, and nobody has them.
func TestStrangeNames(t *testing.T) {
	w := newWorld(t)
	g := newGuest()
	g.call = g.asks("a\x00b", "wasmcloud:key\xffvalue\x1b[31m", "Op\n", "") + fetches + succeeds
	w.start("guest", g.load(t), capability.KeyValue)
	answered(t, w.send("guest", "Test.Run", ""), `Invocation not authorized: missing link definition for "wasmcloud:key\xffvalue\x1b[31m" on "a\x00b"`)
	g = newGuest()
	g.call = g.asks("", "echo", "Op\xff\n", "") + fetches + succeeds
	w.start("guest", g.load(t))
	g = newGuest()
	g.call = takes + echoes
	w.start("echo", g.load(t))
	if res := w.send("guest", "Test.Run", ""); res.Err != nil || !strings.HasPrefix(string(res.Data), "malformed: ") {
		t.Errorf("%q %v", res.Data, res.Err)
	}
}
