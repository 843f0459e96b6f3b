package wasmbus

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// obeys is a guest that calls the imports that its payload names: a byte for which, of three that are not looked at, and eight
// arguments of four bytes each. What an import returns is dropped.
func obeys() *guest {
	g := newGuest()
	g.call = takes + ` i32.const 1048576 local.set 2
		loop
			local.get 2 i32.const 36 i32.add  i32.const 1048576 local.get 1 i32.add  i32.le_u
			if`
	for i, f := range hostFunctions {
		g.call += fmt.Sprintf(" local.get 2 i32.load8_u i32.const %d i32.eq if", i)
		for j := range f.params {
			g.call += fmt.Sprintf(" local.get 2 i32.load %d", 4+4*j)
		}
		g.call += " call $" + f.name
		if f.results != "" {
			g.call += " drop"
		}
		g.call += " end"
	}
	g.call += ` local.get 2 i32.const 36 i32.add local.set 2
				br 1
			end
		end
		i32.const 1`
	return g
}

// order is one call of an import.
func order(function int, args ...uint32) []byte {
	b := make([]byte, 36)
	b[0] = byte(function)
	for i, v := range args {
		binary.LittleEndian.PutUint32(b[4+4*i:], v)
	}
	return b
}

// FuzzGuest lets a guest do anything with what it imports. Whatever it does has an outcome, the same each time, and nothing
// is left if it fails.
func FuzzGuest(f *testing.F) {
	g := obeys()
	text := func(s string) (at, n uint32) {
		var a, b uint32
		_, _ = fmt.Sscanf(g.text(s), " i32.const %d i32.const %d", &a, &b)
		return a, b
	}
	link, linkLen := text("default")
	contract, contractLen := text(capability.KeyValue)
	op, opLen := text("KeyValue.Set")
	echo, echoLen := text("echo")
	log, logLen := text(capability.Logging)
	self, selfLen := text("guest")
	a := g.load(f)
	g.from = ModuleOld
	old := g.load(f)
	e := newGuest()
	e.call = takes + echoes
	echoes := e.load(f)

	add := func(orders ...[]byte) {
		var all []byte
		for _, o := range orders {
			all = append(all, o...)
		}
		f.Add(all)
	}
	add()
	for i := range hostFunctions {
		add(order(i), order(i, 0, 0))
		add(order(i, 1<<31, 1<<31, 1<<31, 1<<31, 1<<31, 1<<31, 1<<31, 1<<31))
		add(order(i, 1<<32-1, 1<<32-1, 1<<32-1, 1<<32-1, 1<<32-1, 1<<32-1, 1<<32-1, 1<<32-1))
	}
	oldOp, oldOpLen := text("Set")
	set := order(3, link, linkLen, contract, contractLen, op, opLen, msgAt, 4)
	add(set, order(4), order(5, replyAt), order(1, replyAt, 40))
	add(order(3, link, linkLen, contract, contractLen, oldOp, oldOpLen, msgAt+36, 15), []byte("\x82\xa3key\xa1k\xa5value\xa1v"))
	add(set, order(3, 0, 0, echo, echoLen, op, opLen, msgAt, 36), order(5, 100), order(1, 0, 1<<20))
	add(set, order(3, 0, 0, log, logLen, op, opLen, msgAt, 36), order(7, 100), order(6), order(8, 100, 100), order(2, 100, 100))
	add(set, order(3, 0, 0, self, selfLen, op, opLen, msgAt, 36), order(0, msgAt+36, msgAt))
	add(order(3, 0, 0, self, selfLen, op, opLen, msgAt, 36), order(7, replyAt), order(1, replyAt, 120))
	add(set, set, set, order(5, pages<<16-1))

	try := func(t *testing.T, a *Actor, payload []byte) {
		w := newWorld(t)
		w.D.Limits.Gas = 5_000_000
		w.start("guest", a, capability.KeyValue, capability.Logging)
		w.start("echo", echoes)
		w.provide(store, capability.NewProvider(capability.KeyValue, keeps), "guest")
		before := w.StateText()
		inv := &capability.Invocation{Operation: "Test.Run", Payload: payload}
		if len(payload) > 1<<20 {
			return
		}
		query := w.Query("guest", inv.Encode())
		if query.Fault != nil {
			t.Fatal(query.Fault)
		}
		if w.StateText() != before {
			t.Fatal("a query has written")
		}
		first := w.send("guest", "Test.Run", string(payload))
		after := w.StateText()
		if first.Err != nil && after != before {
			t.Fatalf("it failed, and left\n%s", after)
		}
		if first.Err == nil && query.Err == nil && string(first.Data) != string(query.Data) {
			t.Fatalf("a query answers %q, a message %q", query.Data, first.Data)
		}
		if first.Err != nil && first.Err.Code == actor.CodePanic {
			t.Fatal(first.Err)
		}
		again := w.send("guest", "Test.Run", string(payload))
		if fmt.Sprint(first.Err) != fmt.Sprint(again.Err) || string(first.Data) != string(again.Data) {
			t.Fatalf("%q %v, and then %q %v", first.Data, first.Err, again.Data, again.Err)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		try(t, a, payload)
		try(t, old, payload)
	})
}
