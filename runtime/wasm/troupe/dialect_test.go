package troupe

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/fuel"
)

// TestRefusals checks what a module is told that was not made for this ABI.
func TestRefusals(t *testing.T) {
	without := func(name string) func(*binary.Module) {
		return func(m *binary.Module) {
			m.Exports = slices.DeleteFunc(m.Exports, func(e binary.Export) bool { return e.Name == name })
		}
	}
	exported := func(m *binary.Module, name string) *binary.Export {
		return &m.Exports[slices.IndexFunc(m.Exports, func(e binary.Export) bool { return e.Name == name })]
	}
	swap := func(name, by string) func(*binary.Module) {
		return func(m *binary.Module) { exported(m, name).Index = exported(m, by).Index }
	}
	imports := func(list ...binary.Import) func(*binary.Module) {
		return func(m *binary.Module) {
			for _, i := range list {
				m.Imports[0].Module, m.Imports[0].Name = i.Module, i.Name
				m.Imports = append([]binary.Import{m.Imports[0]}, m.Imports...)
			}
			m.Imports = m.Imports[1:]
			for i := range m.Exports {
				if m.Exports[i].Kind == binary.ExternFunc {
					m.Exports[i].Index += uint32(len(list) - 1)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		change func(m *binary.Module)
		want   string
	}{
		"any module":      {without(Marker), "the module is no actor: it does not export troupe_abi_1"},
		"another version": {func(m *binary.Module) { exported(m, Marker).Name = "troupe_abi_2" }, `the module was made for "troupe_abi_2", this host has "troupe_abi_1"`},
		"a program": {func(m *binary.Module) { exported(m, Marker).Name = "_start" },
			"the module is a program that begins at _start, not an actor: it does not export troupe_abi_1 (in Go, build with -buildmode=c-shared, " +
				"and import the package guest)"},
		"no alloc":          {without(exportAlloc), "no function is exported as troupe_alloc: it must be (func (param i32) (result i32))"},
		"no call":           {without(exportCall), "no function is exported as troupe_call: it must be (func (param i32 i32 i32) (result i64))"},
		"another alloc":     {swap(exportAlloc, exportCall), "the export troupe_alloc is (func (param i32 i32 i32) (result i64)), it must be (func (param i32) (result i32))"},
		"another marker":    {swap(Marker, exportAlloc), "the export troupe_abi_1 is (func (param i32) (result i32)), it must be (func)"},
		"no memory":         {without(exportMemory), `a memory must be exported as "memory"`},
		"a function memory": {func(m *binary.Module) { exported(m, exportMemory).Kind = binary.ExternFunc }, `a memory must be exported as "memory"`},
		"another initialize": {func(m *binary.Module) {
			m.Exports = append(m.Exports, binary.Export{Name: exportInit, Index: exported(m, exportAlloc).Index})
		}, "the export _initialize is (func (param i32) (result i32)), it must be (func)"},
		"an import of another module": {imports(binary.Import{Module: "env", Name: "abort"}), `the host has no func "env"."abort"`},
		"imports that are not there": {imports(binary.Import{Module: "troupe", Name: "sleep"}, binary.Import{Module: "env", Name: strings.Repeat("x", 100)}),
			`the host has no func "env"."` + strings.Repeat("x", 40) + `", func "troupe"."sleep"`},
		"an import of another type": {func(m *binary.Module) { m.Imports[0].Type = m.Imports[1].Type },
			`the import "troupe"."state_get" is (func (param i32 i32 i32 i32)), the host has (func (param i32 i32 i32 i32) (result i32))`},
		"a segment that is dropped": {func(m *binary.Module) {
			n := uint32(1)
			m.DataCount = &n
			m.Data = []binary.Data{{Passive: true, Init: []byte("x")}}
			m.Codes[0].Body = []byte{byte(binary.OpNop), 0xfc, 9, 0, byte(binary.OpEnd)}
		}, "function 0 drops a data segment, at byte "},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuest()
			g.call.returns(okay)
			m := must(binary.Parse(g.build()))
			c.change(m)
			loaded, err := engine().Load(t.Context(), m.Encode(), dialect())
			if err == nil {
				loaded.Close()
			}
			var refusal *wasm.Refusal
			if !errors.As(err, &refusal) || !strings.HasPrefix(err.Error(), "troupe: "+c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestManyImports checks that a long list of wrong imports makes no long error.
func TestManyImports(t *testing.T) {
	g := newGuest()
	g.call.returns(okay)
	m := must(binary.Parse(g.build()))
	for range 50 {
		m.Imports = append(m.Imports, binary.Import{Module: "env", Name: "nothing"})
	}
	for i := range m.Exports {
		if m.Exports[i].Kind == binary.ExternFunc {
			m.Exports[i].Index += 50
		}
	}
	_, err := engine().Load(t.Context(), m.Encode(), dialect())
	if err == nil || !strings.HasSuffix(err.Error(), " and 40 more") || len(err.Error()) > 500 {
		t.Error(err)
	}
}

// TestInstances checks that guests of all kinds are put back and used again: a new instance for each call would make them
// a hundred times slower.
func TestInstances(t *testing.T) {
	g := newGuest()
	g.call.returns(okay)
	for name, a := range map[string]*Actor{"assembled": g.load(t), "go": loadPlain(t)} {
		if why := a.module.Fresh(); why != "" {
			t.Errorf("%s: every call needs a new instance: %s", name, why)
		}
	}
}

// TestPageFee checks that a module with a large memory pays for it in each call.
func TestPageFee(t *testing.T) {
	gas := func(pages uint32) uint64 {
		g := newGuest()
		g.module.Memories = []binary.Limits{{Min: pages}}
		g.call.returns(okay)
		res, _ := trace(t, world(t, g.load(t)), "g", "")
		succeeds(t, res)
		return res.GasUsed
	}
	small, free, large := gas(16), gas(freePages), gas(freePages+10)
	if small != free || large != free+10*pageFuel/fuel.PerGas {
		t.Errorf("16 pages cost %d gas, %d cost %d, %d cost %d", small, freePages, free, freePages+10, large)
	}
}
