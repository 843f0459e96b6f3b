package wasmbus

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/script"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/wasi"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// The engine and the dialect of all tests. When they have run, nothing may be left of the calls.
var (
	engine = sync.OnceValue(func() *wasm.Engine {
		e, err := wasm.NewEngine(wasm.Options{})
		if err != nil {
			panic(err)
		}
		return e
	})
	dialect = sync.OnceValue(Dialect)
)

func TestMain(m *testing.M) {
	code := m.Run()
	if s := engine().Stats(); code == 0 && s.Instances != s.Idle {
		fmt.Printf("%d instances are still in use\n", s.Instances-s.Idle)
		code = 1
	}
	engine().Close()
	os.Exit(code)
}

// guest is a module that is put together. It has five locals of type i32 behind the parameters of __guest_call.
type guest struct {
	from string // the module that it imports from
	call string // the instructions of __guest_call
	init string // those of wapc_init, none if empty
	// pages is how large the memory is.
	pages uint32
	data  []string // one behind the other, from dataAt on

	imports []wasm.HostFunc
}

// Where guests of the tests have what they are given.
const (
	dataAt  = 1 << 10
	opAt    = 1 << 16
	msgAt   = 1 << 20
	replyAt = 6 << 20
	pages   = 192
)

func newGuest() *guest {
	return &guest{from: Module, pages: pages, imports: Dialect().Host}
}

// text puts a text into the memory that the module begins with, and returns instructions that say where it is.
func (g *guest) text(s string) string {
	at := dataAt
	for _, d := range g.data {
		at += len(d)
	}
	g.data = append(g.data, s)
	return fmt.Sprintf(" i32.const %d i32.const %d ", at, len(s))
}

// The instructions of which guests consist. A name behind a dollar is an import.
const (
	takes    = " i32.const 65536 i32.const 1048576 call $__guest_request "
	echoes   = " i32.const 1048576 local.get 1 call $__guest_response i32.const 1 "
	succeeds = " i32.const 1 "
	// fetches takes what a __host_call came to, which is on the stack, and answers with it, right or not.
	fetches = ` if
		call $__host_response_len local.set 2  i32.const 6291456 call $__host_response
	else
		call $__host_error_len local.set 2  i32.const 6291456 call $__host_error
	end
	i32.const 6291456 local.get 2 call $__guest_response `
)

// asks calls somebody through the host. The result stays on the stack.
func (g *guest) asks(link, namespace, operation, payload string) string {
	return g.text(link) + g.text(namespace) + g.text(operation) + g.text(payload) + " call $__host_call "
}

// forwards calls somebody through the host with the payload of the operation. The result stays on the stack.
func (g *guest) forwards(link, namespace, operation string) string {
	return takes + g.text(link) + g.text(namespace) + g.text(operation) + " i32.const 1048576 local.get 1 call $__host_call "
}

// answers hands over a text.
func (g *guest) answers(s string) string { return g.text(s) + " call $__guest_response " }

// build returns the module. It imports all that there is, so that the indices are those of the list.
func (g *guest) build() []byte {
	m := binary.Module{Memories: []binary.Limits{{Min: g.pages}}}
	typeOf := func(params, results []binary.ValueType) uint32 {
		m.Types = append(m.Types, binary.FuncType{Params: params, Results: results})
		return uint32(len(m.Types) - 1)
	}
	index := map[string]string{}
	for _, f := range g.imports {
		if f.Module == g.from || f.Module == wasi.Module {
			index["$"+f.Name] = fmt.Sprint(len(m.Imports))
			m.Imports = append(m.Imports, binary.Import{Module: f.Module, Name: f.Name, Type: typeOf(f.Params, f.Results)})
		}
	}
	function := func(name, text, params, results string) {
		m.Exports = append(m.Exports, binary.Export{Name: name, Index: uint32(len(m.Imports) + len(m.Functions))})
		m.Functions = append(m.Functions, typeOf(types(params), types(results)))
		m.Codes = append(m.Codes, binary.Code{Locals: []binary.Local{{Count: 5, Type: binary.I32}},
			Body: wasmtest.Assemble(named(text, index) + " end")})
	}
	function(exportCall, g.call, "ii", "i")
	if g.init != "" {
		function("wapc_init", g.init, "", "")
	}
	at := uint64(dataAt)
	for _, d := range g.data {
		m.Data = append(m.Data, binary.Data{Offset: binary.EncodeConst(binary.I32, at), Init: []byte(d)})
		at += uint64(len(d))
	}
	m.Exports = append(m.Exports, binary.Export{Name: exportMemory, Kind: binary.ExternMemory})
	return m.Encode()
}

// named puts the numbers of imports in the place of their names.
func named(text string, index map[string]string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if n, ok := index[w]; ok {
			words[i] = n
		}
	}
	return strings.Join(words, " ")
}

// load returns the actor that the guest is.
func (g *guest) load(t testing.TB) *Actor {
	t.Helper()
	return loadCode(t, g.build())
}

func loadCode(t testing.TB, code []byte) *Actor {
	t.Helper()
	m, err := engine().Load(context.Background(), code, dialect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return New(m, "guest", Options{})
}

// A world is one in which actors can be started and linked.
type world struct {
	*script.World
	rows *rows
	t    testing.TB
}

// rows is who lives at capability.Address here: it writes what it is given.
type rows struct {
	capability.Keeper
	pending map[string][]byte
}

func (r *rows) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if env.Sender != "setup" {
		return r.Keeper.Execute(ctx, env, msg)
	}
	for key, value := range r.pending {
		env.State.Set([]byte(key), value)
	}
	return actor.Response{}, nil
}

func newWorld(t testing.TB) *world {
	w := &world{script.New(t), &rows{}, t}
	w.D.Gas = nil
	w.Bind(actor.ModuleID(capability.Address), dispatch.CodeOf(w.rows))
	w.put("n", []byte{0, 0, 0, 0, 0})
	return w
}

// put writes a row of capability.Address.
func (w *world) put(key string, value []byte) {
	w.t.Helper()
	w.rows.pending = map[string][]byte{key: value}
	if res := w.Send(context.Background(), "setup", actor.Message{To: capability.Address}); res.Err != nil || res.Fault != nil {
		w.t.Fatal(res.Err, res.Fault)
	}
}

// start starts an actor with claims.
func (w *world) start(name actor.Address, a *Actor, caps ...string) *capability.Actor {
	w.t.Helper()
	w.Bind(actor.ModuleID(name), dispatch.CodeOf(a))
	row := &capability.Actor{Address: name, Key: "M" + strings.Repeat("A", 55), Issuer: "A" + strings.Repeat("A", 55), Caps: caps, Instances: 1}
	w.put("a/"+string(name), row.Encode())
	return row
}

// provide binds a provider in Go and links actors to it.
func (w *world) provide(p capability.Provider, code actor.Actor, actors ...actor.Address) {
	w.t.Helper()
	w.Bind(actor.ModuleID(p.Address.Kind()), dispatch.CodeOf(code))
	w.put("p/"+p.Name, p.Encode())
	for _, a := range actors {
		l := capability.Link{Actor: a, Contract: p.Contract, Name: capability.DefaultLink, Provider: p.Name}
		w.put("l/"+string(a)+"\x00"+p.Contract+"\x00"+l.Name, l.Encode())
	}
}

// send sends an invocation.
func (w *world) send(to actor.Address, operation, payload string) dispatch.Result {
	w.t.Helper()
	inv := capability.Invocation{Operation: operation, Payload: []byte(payload)}
	res := w.Send(context.Background(), "alice", actor.Message{To: to, Body: inv.Encode()})
	if res.Fault != nil {
		w.t.Fatal(res.Fault)
	}
	return res
}

// run sends an operation to the guest, in a world of its own.
func (g *guest) run(t testing.TB, payload string) dispatch.Result {
	t.Helper()
	w := newWorld(t)
	w.start("guest", g.load(t))
	return w.send("guest", "Test.Run", payload)
}

// fails checks how a call has failed.
func fails(t testing.TB, res dispatch.Result, code, message string) {
	t.Helper()
	if res.Err == nil || res.Err.Code != code || unadvised(res.Err.Message) != message {
		t.Errorf("got  %v\nwant %s: %s", res.Err, code, message)
	}
}

// answered checks what a call has answered.
func answered(t testing.TB, res dispatch.Result, want string) {
	t.Helper()
	if res.Err != nil || unadvised(string(res.Data)) != want {
		t.Errorf("got %.300q, %v\nwant %.300q", res.Data, res.Err, want)
	}
}

// unadvised is a text without what to do, which is for package capability to say.
func unadvised(text string) string {
	text, _, _ = strings.Cut(text, ": troupe ")
	return text
}
