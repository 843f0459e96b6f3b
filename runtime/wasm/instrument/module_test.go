package instrument_test

import (
	"strings"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// function is a function of a module written by hand. It is exported by its name, if it has one.
type function struct {
	name   string
	t      binary.FuncType
	locals []binary.Local
	body   string // for wasmtest.Assemble
}

// signature makes a type: "i32 i64 : f32" takes two values and returns one.
func signature(text string) (t binary.FuncType) {
	before, after, _ := strings.Cut(text, ":")
	return binary.FuncType{Params: valueTypes(before), Results: valueTypes(after)}
}

func valueTypes(text string) (types []binary.ValueType) {
	for name := range strings.FieldsSeq(text) {
		for _, t := range []binary.ValueType{binary.I32, binary.I64, binary.F32, binary.F64, binary.FuncRef} {
			if t.String() == name {
				types = append(types, t)
			}
		}
	}
	return types
}

// locals makes locals, one of each named type.
func locals(text string) (all []binary.Local) {
	for _, t := range valueTypes(text) {
		all = append(all, binary.Local{Count: 1, Type: t})
	}
	return all
}

// module makes a module of functions, each with the type of its index, and a memory of one page that may grow to four.
func module(functions ...function) *binary.Module {
	most := uint32(4)
	m := &binary.Module{
		Memories: []binary.Limits{{Min: 1, Max: &most}},
		Exports:  []binary.Export{{Name: "memory", Kind: binary.ExternMemory}},
	}
	for i, f := range functions {
		m.Types = append(m.Types, f.t)
		m.Functions = append(m.Functions, uint32(i))
		m.Codes = append(m.Codes, binary.Code{Locals: f.locals, Body: wasmtest.Assemble(f.body)})
		if f.name != "" {
			m.Exports = append(m.Exports, binary.Export{Name: f.name, Index: uint32(i)})
		}
	}
	return m
}

// unit is a table by which every instruction costs 1.
func unit(exact bool) *instrument.Table {
	t := &instrument.Table{Name: "unit", Exact: exact}
	for i := range t.Cost {
		t.Cost[i] = 1
	}
	for i := range t.Misc {
		t.Misc[i] = 1
	}
	return t
}

// weighted is a table by which instructions differ, and everything that can be paid is.
func weighted(exact bool) *instrument.Table {
	t := &instrument.Table{
		Name: "weighted", Exact: exact,
		Branch: 13, Local: 3, FreeLocals: 2, BulkByte: 2, BulkElement: 5, Page: 1000,
	}
	for i := range t.Cost {
		t.Cost[i] = uint32(1 + i%7)
	}
	for i := range t.Misc {
		t.Misc[i] = uint32(2 + i%5)
	}
	return t
}
