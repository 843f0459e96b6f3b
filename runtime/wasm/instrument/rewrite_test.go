package instrument_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// global makes a global with the value 7.
func global(t binary.ValueType, mutable bool) binary.Global {
	return binary.Global{GlobalType: binary.GlobalType{Type: t, Mutable: mutable}, Init: binary.EncodeConst(t, 7)}
}

// TestGlobals checks that all mutable globals can be reached from outside, imported ones too, and that no index moves.
func TestGlobals(t *testing.T) {
	m := module(function{name: "run", t: signature("i32 : i32"), body: `
		global.get 3 i32.const 1 i32.add global.set 3 global.get 0 global.get 3 i32.add end`})
	m.Imports = []binary.Import{
		{Module: "host", Name: "constant", Kind: binary.ExternGlobal, Global: binary.GlobalType{Type: binary.I32}},
		{Module: "host", Name: "variable", Kind: binary.ExternGlobal, Global: binary.GlobalType{Type: binary.I64, Mutable: true}},
	}
	m.Globals = []binary.Global{global(binary.F64, false), global(binary.I32, true), global(binary.F32, true)}
	info, err := instrument.Rewrite(m, instrument.Options{Gas: unit(false), MaxPages: 4, Depth: 10})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"troupe:g1", "troupe:g3", "troupe:g4", "troupe:gas", "troupe:exhausted", "troupe:depth", "troupe:pages"}
	if !slices.Equal(info.Globals, want) {
		t.Fatalf("globals %q, want %q", info.Globals, want)
	}
	if info.Fresh != "" || info.Start {
		t.Errorf("%+v", info)
	}
	host := &binary.Module{
		Globals: []binary.Global{global(binary.I32, false), global(binary.I64, true)},
		Exports: []binary.Export{
			{Name: "constant", Kind: binary.ExternGlobal, Index: 0}, {Name: "variable", Kind: binary.ExternGlobal, Index: 1},
		},
	}
	ctx := context.Background()
	for _, e := range engines {
		r := wazero.NewRuntimeWithConfig(ctx, e.config())
		defer r.Close(ctx)
		if _, err := r.InstantiateWithConfig(ctx, host.Encode(), wazero.NewModuleConfig().WithName("host")); err != nil {
			t.Fatal(err)
		}
		inst, err := r.InstantiateWithConfig(ctx, m.Encode(), wazero.NewModuleConfig().WithName("guest"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range info.Globals {
			if _, ok := inst.ExportedGlobal(name).(api.MutableGlobal); !ok {
				t.Errorf("%s: %s is not there, or not mutable", e.name, name)
			}
		}
		inst.ExportedGlobal("troupe:g3").(api.MutableGlobal).Set(20)
		if got := call(inst, "run", 8, 0); got.trap != "" || got.results[0] != 28 || got.gas != 0 || got.depth != 10 {
			t.Errorf("%s: %v", e.name, got)
		}
		if v := inst.ExportedGlobal("troupe:g3").Get(); v != 21 {
			t.Errorf("%s: the global is %d, want 21", e.name, v)
		}
	}
}

// TestIndicesStay checks calls, exports, elements and the start function of a module with imports.
func TestIndicesStay(t *testing.T) {
	m := module(
		function{name: "run", t: signature("i32 : i32"), body: `
			local.get 0 call 0 i32.const 1 call_indirect 0 0 i32.const 1 memory.grow i32.add end`},
		function{t: signature("i32 : i32"), body: `local.get 0 i32.const 100 i32.add end`},
		function{body: `global.get 0 i32.const 5 i32.add global.set 0 end`})
	m.Imports = []binary.Import{{Module: "host", Name: "double", Type: 0}}
	m.Exports = append(m.Exports, binary.Export{Name: "double", Index: 0}, binary.Export{Name: "table", Kind: binary.ExternTable})
	for i := range m.Exports {
		if m.Exports[i].Name == "run" {
			m.Exports[i].Index = 1
		}
	}
	m.Globals = []binary.Global{global(binary.I32, true)}
	m.Tables = []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Min: 3}}}
	m.Elements = []binary.Element{{
		Offset: binary.EncodeConst(binary.I32, 0), Type: binary.FuncRef, Functions: []uint32{0, 2},
	}}
	start := uint32(3)
	m.Start = &start
	m.Customs = []binary.Custom{{Name: "mine", Data: []byte("kept")}}
	info, err := instrument.Rewrite(m, instrument.Options{Gas: unit(true), MaxPages: 4, Depth: 10})
	if err != nil {
		t.Fatal(err)
	}
	if !info.Start || m.Start != nil {
		t.Errorf("%+v, start %v", info, m.Start)
	}
	if len(m.Customs) != 1 || string(m.Customs[0].Data) != "kept" {
		t.Errorf("custom sections are %v", m.Customs)
	}
	ctx := context.Background()
	for _, e := range engines {
		r := wazero.NewRuntimeWithConfig(ctx, e.config())
		defer r.Close(ctx)
		var inst api.Module
		_, err := r.NewHostModuleBuilder("host").NewFunctionBuilder().WithFunc(func(x uint32) uint32 {
			// The host sees what is left, and may take from it.
			setGas(inst, readCounters(inst).gas-1000)
			return 2 * x
		}).Export("double").Instantiate(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if inst, err = r.Instantiate(ctx, m.Encode()); err != nil {
			t.Fatal(err)
		}
		if got := call(inst, instrument.StartFunction, 5); got.trap != "" || got.gas != 0 {
			t.Errorf("%s: start: %v", e.name, got)
		}
		if v := inst.ExportedGlobal("troupe:g0").Get(); v != 12 {
			t.Errorf("%s: after start the global is %d, want 12", e.name, v)
		}
		if got := call(inst, "run", 2000, 4); got.trap != "" || got.results[0] != 109 || got.gas != 2000-1000-8-4 {
			t.Errorf("%s: %v", e.name, got)
		}
		if got := call(inst, "run", 1005, 4); !got.outOfGas() {
			t.Errorf("%s: gas that the host took: %v", e.name, got)
		}
	}
}

// TestHostTakesGasInLoop checks that the module sees what a host function does to gas, in a loop too.
func TestHostTakesGasInLoop(t *testing.T) {
	m := module(function{name: "run", t: signature("i32 : i32"), body: `
		loop call 0 local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end local.get 0 end`})
	m.Types = append(m.Types, binary.FuncType{})
	m.Imports = []binary.Import{{Module: "host", Name: "take", Type: 1}}
	m.Exports[1].Index = 1
	if _, err := instrument.Rewrite(m, instrument.Options{Gas: unit(false), MaxPages: 4, Depth: 10}); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, e := range engines {
		r := wazero.NewRuntimeWithConfig(ctx, e.config())
		defer r.Close(ctx)
		var inst api.Module
		var seen []int64
		if _, err := r.NewHostModuleBuilder("host").NewFunctionBuilder().WithFunc(func() {
			seen = append(seen, readCounters(inst).gas)
			setGas(inst, readCounters(inst).gas-100)
		}).Export("take").Instantiate(ctx); err != nil {
			t.Fatal(err)
		}
		var err error
		if inst, err = r.Instantiate(ctx, m.Encode()); err != nil {
			t.Fatal(err)
		}
		got := call(inst, "run", 1000, 3)
		if got.trap != "" || got.gas != 1000-1-3*106-3 {
			t.Errorf("%s: %v", e.name, got)
		}
		if want := []int64{998, 892, 786}; !slices.Equal(seen, want) {
			t.Errorf("%s: the host saw %d, want %d", e.name, seen, want)
		}
		if got := call(inst, "run", 250, 4); !got.outOfGas() || got.trap == "" {
			t.Errorf("%s: out of gas by the host: %v", e.name, got)
		}
	}
}

// TestFresh checks what makes an instance good for one call only.
func TestFresh(t *testing.T) {
	for body, want := range map[string]string{
		`i32.const 0 ref.null funcref table.set 0`:              "table.set",
		`ref.null funcref i32.const 0 table.grow 0 drop`:        "table.grow",
		`i32.const 0 ref.null funcref i32.const 0 table.fill 0`: "table.fill",
		`i32.const 0 i32.const 0 i32.const 0 table.copy 0 0`:    "table.copy",
		`i32.const 0 i32.const 0 i32.const 0 table.init 0 0`:    "table.init",
		`i32.const 0 i32.const 0 i32.const 0 memory.init 0`:     "memory.init",
		`data.drop 0`: "data.drop",
		`elem.drop 0`: "elem.drop",
		`i32.const 0 table.get 0 drop table.size 0 drop`:     "",
		`i32.const 0 i32.const 0 i32.const 0 memory.copy`:    "",
		`i32.const 0 i32.const 0 i32.const 0 memory.fill`:    "",
		`i32.const 1 memory.grow drop`:                       "",
		`block br 0 data.drop 0 i32.const 0 table.set 0 end`: "",
		`i32.const 0 if data.drop 0 else elem.drop 0 end`:    "data.drop",
	} {
		m := module(function{body: body + " end"})
		m.Tables = []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Min: 1}}}
		m.Elements = []binary.Element{{Mode: binary.Passive, Type: binary.FuncRef}}
		one := uint32(1)
		m.DataCount, m.Data = &one, []binary.Data{{Passive: true}}
		info, err := instrument.Rewrite(m, instrument.Options{Gas: unit(false), MaxPages: 4})
		if err != nil || !strings.Contains(info.Fresh, want) || (info.Fresh == "") != (want == "") {
			t.Errorf("%s: %q, %v, want %q", body, info.Fresh, err, want)
		}
		instantiate(t, wazero.NewRuntimeConfigInterpreter(), m.Encode())
	}
	m := module(function{body: `end`})
	m.Globals = []binary.Global{global(binary.FuncRef, false), global(binary.FuncRef, true)}
	info, err := instrument.Rewrite(m, instrument.Options{MaxPages: 4})
	if err != nil || info.Fresh != "global 1 is a mutable funcref" || slices.Contains(info.Globals, "troupe:g1") {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestRefusals checks that what cannot be rewritten is refused with its reason, and left as it was.
func TestRefusals(t *testing.T) {
	pages := instrument.Options{MaxPages: 4}
	for _, k := range []struct {
		name   string
		change func(*binary.Module)
		o      instrument.Options
		want   string
	}{
		{"export", func(m *binary.Module) { m.Exports[0].Name = "troupe:gas" }, pages, `export "troupe:gas" begins with "troupe:"`},
		{"prefix", func(m *binary.Module) { m.Exports[0].Name = "troupe:" }, pages, `export "troupe:" begins`},
		{"memory", func(m *binary.Module) { m.Memories[0] = binary.Limits{Min: 5} }, pages, "begins with 5 pages, and may have 4"},
		{"memories", func(m *binary.Module) { m.Memories = append(m.Memories, binary.Limits{}) }, pages, "2 memories"},
		{"imported memory", func(m *binary.Module) {
			m.Imports = []binary.Import{{Kind: binary.ExternMemory}}
		}, pages, "imports its memory"},
		{"codes", func(m *binary.Module) { m.Codes = nil }, pages, "1 functions have 0 codes"},
		{"type", func(m *binary.Module) { m.Functions[0] = 9 }, pages, "function 0: its type 9 does not exist"},
		{"call", func(m *binary.Module) { m.Codes[0].Body = wasmtest.Assemble("call 7 end") }, pages, "function 7 does not exist"},
		{"call_indirect", func(m *binary.Module) { m.Codes[0].Body = wasmtest.Assemble("call_indirect 7 0 end") }, pages, "type 7 does not exist"},
		{"block", func(m *binary.Module) { m.Codes[0].Body = wasmtest.Assemble("block 7 end end") }, pages, "block at byte 0: its type"},
		{"code", func(m *binary.Module) { m.Codes[0].Body = []byte{0x41} }, pages, "function 0: "},
		{"offset", func(m *binary.Module) { m.Data = []binary.Data{{Offset: []byte{0x23, 0, 0x0b}}} }, pages, "it must be i32.const"},
		{"offset, bad", func(m *binary.Module) { m.Data = []binary.Data{{Offset: []byte{0x23}}} }, pages, "data segment 0: offset"},
		{"depth", func(*binary.Module) {}, instrument.Options{MaxPages: 4, Depth: 1901}, "1901 calls is asked for, more than 1900"},
	} {
		t.Run(k.name, func(t *testing.T) {
			make := func() *binary.Module {
				m := module(function{name: "run", t: signature("i32 : i32"), body: `local.get 0 memory.grow end`})
				k.change(m)
				return m
			}
			m := make()
			_, err := instrument.Rewrite(m, k.o)
			if err == nil || !strings.Contains(err.Error(), k.want) || !strings.HasPrefix(err.Error(), "rewriting a wasm module: ") {
				t.Errorf("%v, want %q", err, k.want)
			}
			if !reflect.DeepEqual(m, make()) {
				t.Error("the module is changed")
			}
		})
	}
}

// TestTables checks which gas tables are refused.
func TestTables(t *testing.T) {
	const most = 1 << 24
	for _, k := range []struct {
		change func(*instrument.Table)
		want   string
	}{
		{func(g *instrument.Table) { g.Cost[0x6a] = most + 1 }, "i32.add is 16777217, more than 16777216"},
		{func(g *instrument.Table) { g.Misc[10] = most + 1 }, "0xfc 10 is"},
		{func(g *instrument.Table) { g.Branch = most + 1 }, "Branch is"},
		{func(g *instrument.Table) { g.Local = most + 1 }, "Local is"},
		{func(g *instrument.Table) { g.BulkByte = most + 1 }, "BulkByte is"},
		{func(g *instrument.Table) { g.BulkElement = most + 1 }, "BulkElement is"},
		{func(g *instrument.Table) { g.Page = most + 1 }, "Page is"},
		{func(g *instrument.Table) { g.Cost[binary.OpBrIf] = 0 }, "br_if costs nothing"},
		{func(g *instrument.Table) { g.Cost[binary.OpCall] = 0 }, "call costs nothing"},
		{func(g *instrument.Table) { g.Cost[binary.OpCall], g.Branch = 0, 1 }, ""},
		{func(g *instrument.Table) {
			*g = instrument.Table{Branch: most, Local: most, BulkByte: most, Page: most}
		}, ""},
	} {
		table := unit(false)
		k.change(table)
		_, err := instrument.Rewrite(module(function{body: `end`}), instrument.Options{Gas: table, MaxPages: 4})
		if (err == nil) != (k.want == "") || err != nil && !strings.Contains(err.Error(), k.want) {
			t.Errorf("%v, want %q", err, k.want)
		}
	}
}

// TestRewriteSharesNothing checks that the bytes and slices that the module was made of stay as they are, even where they
// have room for more.
func TestRewriteSharesNothing(t *testing.T) {
	wasm := wasmtest.Generate(4, 400)
	kept := slices.Clone(wasm)
	m, err := binary.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	m.Exports = append(make([]binary.Export, 0, 100), m.Exports...)
	m.Globals = append(make([]binary.Global, 0, 100), m.Globals...)
	before, exports, globals := *m, m.Exports[:cap(m.Exports)], m.Globals[:cap(m.Globals)]
	if _, err := instrument.Rewrite(m, instrument.Options{Gas: unit(false), MaxPages: 4, Depth: 9}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(wasm, kept) || exports[len(before.Exports)].Name != "" || globals[len(before.Globals)].Init != nil {
		t.Error("what the module was made of is changed")
	}
	if !slices.Equal(before.Encode(), kept) {
		t.Error("the parts of the module are changed")
	}
}

// TestVersion pins what modules are rewritten to. Compiled code is kept under Version, and calls are logged with the gas
// that they used: if this fails for a good reason, raise Version.
func TestVersion(t *testing.T) {
	h := sha256.New()
	add := func(m *binary.Module) {
		for _, o := range options(weighted) {
			h.Write(rewritten(t, m.Encode(), o))
		}
	}
	for _, p := range programs {
		add(p.m())
	}
	for _, k := range kernels {
		add(k.m())
	}
	m := module(function{name: "run", t: signature("i32 : i32"), body: wide(90, 60)}, function{body: `end`})
	m.Codes[0].Locals = []binary.Local{{Count: 90, Type: binary.I32}}
	add(m)
	add(module(function{name: "run", t: signature("f64 i32 : f64"), body: `
		i32.const 0 local.get 1 i64.load i64.store
		i32.const 0 i32.const 0 local.get 1 memory.copy
		local.get 1 memory.grow drop memory.size drop
		local.get 0 f64.const 2 f64.add end`}))
	add(module(function{name: "run", t: signature("i32 : i32"),
		body: strings.Repeat("i32.const 0 local.get 0 i32.store ", 3000) + "local.get 0 call 0 end"}))
	const version, want = 2, "c76d22851c7c317c"
	if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); instrument.Version != version || got != want {
		t.Errorf("version %d rewrites to %s, was %d and %s", instrument.Version, got, version, want)
	}
}

func ExampleRewrite() {
	m, err := binary.Parse(wasmtest.Generate(2, 100))
	if err != nil {
		fmt.Println(err)
		return
	}
	table := &instrument.Table{Name: "one", Branch: 1} // only branches cost something
	info, err := instrument.Rewrite(m, instrument.Options{Gas: table, MaxPages: 16, Depth: 100})
	fmt.Println(info.Pages, info.MaxPages, info.Globals[len(info.Globals)-4:], err)
	// Output: 1 3 [troupe:gas troupe:exhausted troupe:depth troupe:pages] <nil>
}
