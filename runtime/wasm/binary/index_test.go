package binary

import (
	"reflect"
	"testing"
)

func TestSpaces(t *testing.T) {
	m := sample()
	s := m.Spaces()
	if want := []uint32{1, 0, 1}; !reflect.DeepEqual(s.Functions, want) {
		t.Errorf("functions have the types %d, want %d", s.Functions, want)
	}
	got := []int{s.ImportedFunctions, s.ImportedTables, s.ImportedMemories, s.ImportedGlobals, len(s.Tables), len(s.Memories), len(s.Globals)}
	if want := []int{1, 1, 1, 2, 2, 1, 9}; !reflect.DeepEqual(got, want) {
		t.Errorf("counts are %d, want %d", got, want)
	}
	if s.Tables[0].Type != ExternRef || s.Tables[1].Type != FuncRef || !s.Globals[1].Mutable || s.Globals[3].Type != I64 {
		t.Errorf("what is imported does not come first: %+v", s)
	}
	if m.ImportedFuncs() != 1 {
		t.Errorf("%d imported functions", m.ImportedFuncs())
	}
}

func TestFuncType(t *testing.T) {
	m := sample()
	for i, want := range []uint32{1, 0, 1} {
		if got, ok := m.FuncType(uint32(i)); !ok || !reflect.DeepEqual(got, m.Types[want]) {
			t.Errorf("function %d has the type %v, %v", i, got, ok)
		}
	}
	for _, i := range []uint32{3, 1<<32 - 1} {
		if got, ok := m.FuncType(i); ok {
			t.Errorf("function %d has the type %v, but there is none", i, got)
		}
	}
	m.Functions[0] = 99
	if _, ok := m.FuncType(1); ok {
		t.Error("a function has a type that is not there")
	}
}

func TestExports(t *testing.T) {
	m := sample()
	if i, ok := m.ExportedFunc("run"); !ok || i != 2 {
		t.Errorf("run is function %d, %v", i, ok)
	}
	for _, name := range []string{"memory", "none"} {
		if i, ok := m.ExportedFunc(name); ok {
			t.Errorf("%s is function %d", name, i)
		}
	}
	if e, ok := m.Export("memory"); !ok || e.Kind != ExternMemory {
		t.Errorf("memory is %v, %v", e, ok)
	}
}

func TestBlockType(t *testing.T) {
	m := sample()
	all := instrs(t, body(
		ops(byte(OpBlock), emptyBlock, byte(OpEnd)),
		ops(byte(OpBlock), byte(F64), byte(OpEnd)),
		ops(byte(OpBlock), 1, byte(OpEnd)),
		ops(byte(OpBlock), 0x83, 0, byte(OpEnd)),
		ops(byte(OpBlock), byte(ExternRef), byte(OpEnd)),
	))
	want := []FuncType{{}, {Results: []ValueType{F64}}, m.Types[1], {}, {Results: []ValueType{ExternRef}}}
	for i, w := range want {
		got, ok := m.BlockType(all[2*i].Imm[0])
		if ok != (i != 3) || !reflect.DeepEqual(got, w) {
			t.Errorf("block %d has the type %v, %v, want %v", i, got, ok, w)
		}
	}
}

func TestConstants(t *testing.T) {
	for _, test := range []struct {
		typ  ValueType
		bits uint64
		op   Opcode
		imm  uint64
	}{
		{I32, 1<<32 - 2, OpI32Const, 1<<32 - 2},
		{I64, 1 << 63, OpI64Const, 1 << 63},
		{F32, 0x7fc00000, OpF32Const, 0x7fc00000},
		{F64, 0x7ff8000000000000, OpF64Const, 0x7ff8000000000000},
		{FuncRef, 0, OpRefNull, uint64(FuncRef)},
	} {
		in, err := DecodeConst(EncodeConst(test.typ, test.bits))
		if err != nil || in.Op != test.op || in.Imm[0] != test.imm {
			t.Errorf("%v %#x is %v %#x, %v", test.typ, test.bits, in.Op, in.Imm[0], err)
		}
	}
	for _, expr := range [][]byte{nil, {0x41}, {0x41, 0}, {0x41, 0, 0x0b, 0x0b}, {0x0b}, {0x42, 0, 0x42, 0, 0x0b}} {
		if in, err := DecodeConst(expr); err == nil {
			t.Errorf("%x is %v", expr, in)
		}
	}
}
