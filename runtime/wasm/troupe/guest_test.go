package troupe

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/script"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/state"
)

// The engine and the dialect of all tests. When they have run, nothing may be left of the calls.
var (
	engine  = sync.OnceValue(func() *wasm.Engine { return must(wasm.NewEngine(wasm.Options{})) })
	dialect = sync.OnceValue(Dialect)
)

func TestMain(m *testing.M) {
	code := m.Run()
	if s := engine().Stats(); code == 0 && s.Instances != s.Idle {
		fmt.Printf("%d instances are still in use\n", s.Instances-s.Idle)
		code = 1
	}
	engine().Close()
	interpreter().Close()
	os.Exit(code)
}

// guest is a module that is put together an instruction at a time. Its parts begin as: troupe_alloc gives out page 8 and
// what follows, there is no _initialize, and troupe_call has to be written.
type guest struct {
	module            binary.Module
	alloc, call, init *asm
	data              uint32 // where the next text goes
	extra             []*asm // functions that others call
}

const (
	inputAt = 8 << 16 // where the input is written
	spareAt = 4 << 16 // memory that a test may use
	pages   = 64
)

func newGuest() *guest {
	g := &guest{data: 1024}
	for _, f := range hostFunctions() {
		g.module.Imports = append(g.module.Imports, binary.Import{Module: f.Module, Name: f.Name, Type: g.typeOf(f.Params, f.Results)})
	}
	g.alloc = &asm{g: g}
	g.alloc.i32(inputAt)
	g.call = &asm{g: g}
	return g
}

func (g *guest) typeOf(params, results []binary.ValueType) uint32 {
	g.module.Types = append(g.module.Types, binary.FuncType{Params: params, Results: results})
	return uint32(len(g.module.Types) - 1)
}

// text puts bytes into the memory that the module begins with.
func (g *guest) text(s string) (ptr, n int64) {
	at := g.data
	g.module.Data = append(g.module.Data, binary.Data{Offset: binary.EncodeConst(binary.I32, uint64(at)), Init: []byte(s)})
	g.data += uint32(len(s))
	return int64(at), int64(len(s))
}

// function adds a function without parameters and results, and returns its code.
func (g *guest) function() *asm {
	f := &asm{g: g, index: uint32(len(g.module.Imports) + 3 + len(g.extra))}
	g.extra = append(g.extra, f)
	return f
}

// build returns the module.
func (g *guest) build() []byte {
	m := g.module
	add := func(name string, code *asm, params, results string) {
		m.Exports = append(m.Exports, binary.Export{Name: name, Index: uint32(len(m.Imports) + len(m.Functions))})
		m.Functions = append(m.Functions, g.typeOf(letters(params), letters(results)))
		m.Codes = append(m.Codes, binary.Code{Locals: []binary.Local{{Count: 4, Type: binary.I32}}, Body: append(code.b, byte(binary.OpEnd))})
	}
	add(Marker, &asm{}, "", "")
	add(exportAlloc, g.alloc, "i", "i")
	add(exportCall, g.call, "iii", "I")
	for i, f := range g.extra {
		add(fmt.Sprintf("f%d", i), f, "", "")
	}
	if g.init != nil {
		add(exportInit, g.init, "", "")
	}
	m.Types = g.module.Types
	if m.Memories == nil {
		m.Memories = []binary.Limits{{Min: pages}}
	}
	m.Exports = append(m.Exports, binary.Export{Name: exportMemory, Kind: binary.ExternMemory})
	return m.Encode()
}

// asm is the code of a function. It has four locals of type i32 behind its parameters.
type asm struct {
	g     *guest
	b     []byte
	index uint32
}

func (a *asm) op(ops ...binary.Opcode) *asm {
	for _, op := range ops {
		a.b = append(a.b, byte(op))
	}
	return a
}

func (a *asm) i32(v int64) *asm {
	a.b = binary.AppendS32(append(a.b, byte(binary.OpI32Const)), int32(v))
	return a
}

func (a *asm) i64(v int64) *asm {
	a.b = binary.AppendS64(append(a.b, byte(binary.OpI64Const)), v)
	return a
}

// with appends an instruction with an index: of a local, a function, a label.
func (a *asm) with(op binary.Opcode, index uint32) *asm {
	a.b = binary.AppendU32(append(a.b, byte(op)), index)
	return a
}

// open begins a block, loop or if without a result.
func (a *asm) open(op binary.Opcode) *asm {
	a.b = append(a.b, byte(op), 0x40)
	return a
}

// memory appends a load or store at the address on the stack.
func (a *asm) memory(op binary.Opcode) *asm {
	a.b = append(a.b, byte(op), 0, 0)
	return a
}

// host calls an import with constants. What it returns stays on the stack.
func (a *asm) host(name string, args ...int64) *asm {
	for i, f := range hostFunctions() {
		if f.Name != name {
			continue
		}
		if len(args) != len(f.Params) {
			panic(name + ": wrong number of arguments")
		}
		for j, v := range args {
			if f.Params[j] == binary.I64 {
				a.i64(v)
			} else {
				a.i32(v)
			}
		}
		return a.with(binary.OpCall, uint32(i))
	}
	panic("no import " + name)
}

// drop calls an import and drops what it returns.
func (a *asm) drop(name string, args ...int64) *asm {
	return a.host(name, args...).op(binary.OpDrop)
}

// returns ends the function with the output.
func (a *asm) returns(output string) *asm {
	ptr, n := a.g.text(output)
	return a.i64(ptr<<32 | n)
}

// keep calls an import, which writes at most 100 bytes at the end of a row of what was kept, and keeps how many it says
// there are as well: a byte each. The row is what data returns.
func (a *asm) keep(row int64, name string, args ...int64) *asm {
	at := int64(spareAt) + row*101
	a.i32(at)
	a.host(name, append(args, at+1, 100)...)
	return a.memory(binary.OpI32Store8)
}

// kept ends the function with an output whose data are the rows.
func (a *asm) kept(rows int64) *asm {
	n := rows * 101
	head := []byte{0x85, outputOK, byte(majorBytes) | 25, byte(n >> 8), byte(n)}
	at := int64(spareAt - len(head))
	a.store(at, head).store(spareAt+n, []byte{0x80, 0x80, 0x80})
	return a.i64(at<<32 | (int64(len(head)) + n + 3))
}

// store writes bytes into memory.
func (a *asm) store(at int64, b []byte) *asm {
	for i, c := range b {
		a.i32(at + int64(i)).i32(int64(c)).memory(binary.OpI32Store8)
	}
	return a
}

// row returns what keep has kept.
func row(data []byte, i int) (n int, value string) {
	data = data[i*101:]
	n = int(int8(data[0]))
	return n, string(data[1 : 1+max(0, min(n, 100))])
}

// okay is the output of an entry that has nothing to tell.
const okay = "\x85\x00\xf6\x80\x80\x80"

// load returns the actor that the guest is.
func (g *guest) load(t testing.TB) *Actor {
	t.Helper()
	return loadCode(t, g.build())
}

func loadCode(t testing.TB, code []byte) *Actor {
	t.Helper()
	return loadInto(t, engine(), code)
}

func loadInto(t testing.TB, e *wasm.Engine, code []byte) *Actor {
	t.Helper()
	m, err := e.Load(context.Background(), code, dialect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return New(m, "guest")
}

// world returns a world with the actors g, of the module guest, and p, a puppet. Fuel and gas cost what they cost by default.
func world(t testing.TB, a actor.Actor) *script.World {
	t.Helper()
	w := script.New(t)
	native := dispatch.Code{Actor: script.Native(puppet.Program{}, false)}
	w.Bind("puppet", native)
	w.Bind("guest", native) // until g is there: not all guests can be instantiated
	for to, module := range map[actor.Address]actor.ModuleID{"g": "guest", "p": "puppet"} {
		msg := actor.Message{Kind: actor.KindInstantiate, To: to, Module: module}
		if res := w.Send(context.Background(), "setup", msg); res.Err != nil || res.Fault != nil {
			t.Fatal(res.Err, res.Fault)
		}
	}
	w.Bind("guest", dispatch.Code{Actor: a})
	w.D.Gas = nil
	return w
}

// send sends a message.
func send(t testing.TB, w *script.World, to actor.Address, body string) dispatch.Result {
	t.Helper()
	res := w.Send(context.Background(), "alice", actor.Message{To: to, Body: []byte(body)})
	if res.Fault != nil {
		t.Fatal(res.Fault)
	}
	return res
}

// trace sends a message, drops what it does to the state, and returns what happened.
func trace(t testing.TB, w *script.World, to actor.Address, body string) (dispatch.Result, *dispatch.Trace) {
	t.Helper()
	tx := w.Part.Begin()
	defer tx.Rollback()
	var tr dispatch.Trace
	cmd := &state.Command{Op: state.OpMessage, Sequence: 100, Time: 5e18, Seed: [32]byte{7}, Sender: "alice",
		Message: actor.Message{To: to, Body: []byte(body)}}
	res := w.D.Run(t.Context(), tx, cmd, &tr)
	if res.Fault != nil {
		t.Fatal(res.Fault)
	}
	return res, &tr
}

// run sends a message to a guest in a world of its own.
func (g *guest) run(t testing.TB) dispatch.Result {
	t.Helper()
	return send(t, world(t, g.load(t)), "g", "")
}

// fails checks how a call has failed.
func fails(t testing.TB, res dispatch.Result, code, message string) {
	t.Helper()
	if res.Err == nil || res.Err.Code != code || res.Err.Message != message {
		t.Errorf("got  %v\nwant %s: %s", res.Err, code, message)
	}
}

// succeeds returns the data of a call.
func succeeds(t testing.TB, res dispatch.Result) []byte {
	t.Helper()
	if res.Err != nil {
		t.Fatal(res.Err)
	}
	return res.Data
}
