package wasm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// part is a function of a guest written by hand. What begins with "!" is not exported.
type part struct{ name, params, results, locals, body string }

// The functions of the zoo: one for each way of changing an instance or of ending.
var zooParts = []part{
	// bump adds 1 to the word at an address, and returns what was there.
	{"bump", "i32", "i32", "", `local.get 0 i32.load local.get 0 local.get 0 i32.load i32.const 1 i32.add i32.store end`},
	// global adds 1 to three mutable globals, and returns the sum of what they were.
	{"global", "", "i64", "i64", `
		global.get 0 i64.extend_i32_u global.get 1 i64.add global.get 2 i64.trunc_f64_s i64.add local.set 0
		global.get 0 i32.const 1 i32.add global.set 0
		global.get 1 i64.const 1 i64.add global.set 1
		global.get 2 f64.const 1 f64.add global.set 2
		local.get 0 end`},
	// dirty writes a word into each of so many pages of 4 KiB, from an address on.
	{"dirty", "i32 i32", "", "", `
		loop
			local.get 1 i32.eqz if return end
			local.get 0 local.get 0 i32.const -1 i32.xor i32.store
			local.get 0 i32.const 4096 i32.add local.set 0
			local.get 1 i32.const 1 i32.sub local.set 1
			br 0
		end end`},
	// grow adds pages, and returns how many there were.
	{"grow", "i32", "i32", "", `local.get 0 memory.grow end`},
	{"size", "", "i32", "", `memory.size end`},
	// spoil writes to memory and globals, grows, and traps.
	{"spoil", "", "", "", `
		i32.const 0 i32.const 90 call 2
		call 1 drop i32.const 3 memory.grow drop
		call !nothing
		unreachable end`},
	// spin writes to memory and globals as long as it may.
	{"spin", "", "", "i32", `
		loop
			local.get 0 i32.const 4 i32.add i32.const 131071 i32.and local.tee 0
			local.get 0 i32.store call 1 drop br 0
		end end`},
	// nest calls itself so often, and writes to memory on the way down.
	{"nest", "i32", "i32", "", `
		local.get 0 i32.eqz if i32.const 7 return end
		local.get 0 i32.const 8 i32.mul local.get 0 i32.store
		local.get 0 i32.const 1 i32.sub call 7 end`},
	{"divide", "i32 i32", "i32", "", `local.get 0 local.get 1 i32.div_s end`},
	{"truncate", "f64", "i32", "", `local.get 0 i32.trunc_f64_s end`},
	{"load", "i32", "i32", "", `local.get 0 i32.load end`},
	{"table", "i32", "", "", `local.get 0 call_indirect 0 0 end`},
	// host calls the host with a number, in the middle of changes, and returns its result and 1.
	{"host", "i32", "i32", "", `
		i32.const 4096 i32.const 20 call 2
		call 1 drop
		local.get 0 call !host
		i32.const 1 i32.add end`},
	{"add", "i32 i32", "i32", "", `local.get 0 local.get 1 i32.add end`},
	// twice calls the host twice, and returns the sum of the results and of what it was given. What it pays before that is
	// looked at later.
	{"twice", "i32", "i32", "", `
		local.get 0 i32.eqz if call !nothing end
		local.get 0 call !host nop nop nop nop
		local.get 0 if nop nop nop nop end
		local.get 0 call !host
		i32.add local.get 0 i32.add
		local.get 0 if nop nop nop nop end end`},
	{"!nothing", "", "", "", `end`},
}

// The imports of the zoo.
const zooImports = 1

// assemble makes a module with these functions behind its imports. "call 2" calls the function 2 of the list, "call !name"
// the function or import of that name.
func assemble(parts []part, imports []binary.Import, types []binary.FuncType) *binary.Module {
	m := &binary.Module{Types: types, Imports: imports}
	place := map[string]int{}
	for i, imp := range imports {
		place["!"+imp.Name] = i
	}
	for i, p := range parts {
		if _, ok := place[p.name]; !ok {
			place[p.name] = i + len(imports)
		}
	}
	for i, p := range parts {
		t := binary.FuncType{Params: valueTypes(p.params), Results: valueTypes(p.results)}
		m.Types = append(m.Types, t)
		m.Functions = append(m.Functions, uint32(len(m.Types)-1))
		var locals []binary.Local
		for _, l := range valueTypes(p.locals) {
			locals = append(locals, binary.Local{Count: 1, Type: l})
		}
		words := strings.Fields(p.body)
		for w := range words {
			if words[w] != "call" {
				continue
			}
			if n, ok := place[words[w+1]]; ok {
				words[w+1] = fmt.Sprint(n)
			} else {
				var n int
				fmt.Sscan(words[w+1], &n)
				words[w+1] = fmt.Sprint(n + len(imports))
			}
		}
		m.Codes = append(m.Codes, binary.Code{Locals: locals, Body: wasmtest.Assemble(strings.Join(words, " "))})
		if !strings.HasPrefix(p.name, "!") {
			m.Exports = append(m.Exports, binary.Export{Name: p.name, Index: uint32(i + len(imports))})
		}
	}
	return m
}

func valueTypes(text string) (types []binary.ValueType) {
	for name := range strings.FieldsSeq(text) {
		for _, t := range []binary.ValueType{binary.I32, binary.I64, binary.F32, binary.F64} {
			if t.String() == name {
				types = append(types, t)
			}
		}
	}
	return types
}

// zoo is a guest that can do everything that has to be put back. What it computes depends on nothing but what it is given,
// if every call sees the same instance. Its start function and its _initialize leave traces in memory and globals.
func zoo() *binary.Module {
	imports := []binary.Import{{Module: "env", Name: "host", Kind: binary.ExternFunc, Type: 1}}
	m := assemble(slices.Concat(zooParts, []part{
		{"!start", "", "", "", `i32.const 100 i32.const 41 i32.store i32.const 100 call bump drop call global drop end`},
		{"_initialize", "", "", "", `i32.const 200000 i32.const 11 i32.store i32.const 2 memory.grow drop call global drop end`},
	}), imports, []binary.FuncType{{}, {Params: valueTypes("i32"), Results: valueTypes("i32")}})
	start := uint32(zooImports + len(zooParts))
	m.Start = &start
	size := uint32(3)
	m.Tables = []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Min: 3, Max: &size}}}
	m.Elements = []binary.Element{{Type: binary.FuncRef, Offset: binary.EncodeConst(binary.I32, 0),
		Functions: []uint32{start - 1, zooImports}}} // nothing, bump
	m.Memories = []binary.Limits{{Min: 4}}
	m.Exports = append(m.Exports, binary.Export{Name: "memory", Kind: binary.ExternMemory})
	m.Globals = []binary.Global{
		{GlobalType: binary.GlobalType{Type: binary.I32, Mutable: true}, Init: binary.EncodeConst(binary.I32, 1000)},
		{GlobalType: binary.GlobalType{Type: binary.I64, Mutable: true}, Init: binary.EncodeConst(binary.I64, 1<<40)},
		{GlobalType: binary.GlobalType{Type: binary.F64, Mutable: true}, Init: binary.EncodeConst(binary.F64, 0x4059000000000000)},
	}
	m.Data = []binary.Data{
		{Offset: binary.EncodeConst(binary.I32, 0), Init: []byte("data at the start")},
		{Offset: binary.EncodeConst(binary.I32, 70000), Init: bytes.Repeat([]byte{0xaa, 0x55}, 5000)},
	}
	return m
}

// The entries of the dialect of the tests.
const (
	zooBump = iota
	zooGlobal
	zooDirty
	zooGrow
	zooSize
	zooSpoil
	zooSpin
	zooNest
	zooDivide
	zooTruncate
	zooLoad
	zooTable
	zooHost
	zooAdd
	zooTwice
	zooMissing
)

// testUser is what the host functions of the tests find: what the host does when the guest calls it.
type testUser func(c *Call, arg uint32) uint32

func testTable() instrument.Table {
	t := instrument.Table{Name: "test", Page: 100, BulkByte: 1}
	for i := range t.Cost {
		t.Cost[i] = 1
	}
	return t
}

func testDialect() *Dialect {
	d := &Dialect{
		Name: "test", Version: 1, MaxPages: 64, Depth: 200, Gas: testTable(), InitFuel: 1e6, Init: []string{"_initialize", "absent"},
		Rules: binary.Rules{BulkMemory: true, ReferenceTypes: true, SignExt: true, SatFloat: true, MultiValue: true, Floats: true},
	}
	for _, p := range zooParts[:len(zooParts)-1] {
		d.Entry = append(d.Entry, p.name)
	}
	d.Entry = append(d.Entry, "missing")
	d.Host = []HostFunc{{Module: "env", Name: "host", Params: valueTypes("i32"), Results: valueTypes("i32"),
		Func: func(c *Call, stack []uint64) {
			arg := uint32(stack[0])
			if u, ok := c.User().(testUser); ok {
				stack[0] = uint64(u(c, arg))
			}
		}}}
	return d
}

// engine makes an engine that is closed at the end of the test.
func engine(t testing.TB, o Options) *Engine {
	t.Helper()
	e, err := NewEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// loaded loads a module that is closed at the end of the test.
func loaded(t testing.TB, e *Engine, code []byte, d *Dialect) *Module {
	t.Helper()
	m, err := e.Load(context.Background(), code, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// eventually waits for something that happens soon after what was done.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in a minute not: %s", what)
		}
	}
}

// variants are all ways of running a guest. None may make a difference.
var variants = []struct {
	name string
	o    Options
}{
	{"compiler/pages", Options{Reset: ResetPages}},
	{"compiler/copy", Options{Reset: ResetCopy}},
	{"compiler/fresh", Options{Reset: ResetFresh}},
	{"compiler/no pool", Options{Idle: -1}},
	{"interpreter/pages", Options{Reset: ResetPages, Interpreter: true}},
	{"interpreter/copy", Options{Reset: ResetCopy, Interpreter: true}},
	{"interpreter/fresh", Options{Reset: ResetFresh, Interpreter: true}},
}

// needPaging skips a test on systems that do not tell which pages were written to. Linux does, where its tables can be
// read at all.
func needPaging(t *testing.T) {
	t.Helper()
	b, err := newPaging()
	if err == nil {
		b.Free()
		return
	}
	if f, opens := os.Open("/proc/self/pagemap"); opens == nil {
		f.Close()
		t.Fatal(err)
	}
	t.Skip(err)
}

// forVariants runs a test with an engine of each kind that there is on this system.
func forVariants(t *testing.T, test func(t *testing.T, e *Engine)) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			if v.o.Reset == ResetPages {
				needPaging(t)
			}
			test(t, engine(t, v.o))
		})
	}
}

func assembleBody(text string) []byte { return wasmtest.Assemble(text) }
