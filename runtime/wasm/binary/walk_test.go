package binary

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// instrs returns the instructions of a body.
func instrs(t *testing.T, code []byte) []Instr {
	t.Helper()
	var all []Instr
	if err := Walk(code, func(in Instr) error {
		in.Labels = slices.Clone(in.Labels)
		all = append(all, in)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWalkImmediates(t *testing.T) {
	inBlock := func(code ...byte) []byte {
		return slices.Concat(ops(byte(OpBlock), emptyBlock), code, ops(byte(OpEnd)))
	}
	tests := []struct {
		code []byte
		op   Opcode
		imm  [2]uint64
		text string
	}{
		{ops(0x00), OpUnreachable, [2]uint64{}, "unreachable"},
		{ops(0x0c, 0x80, 0x00), OpBr, [2]uint64{0, 0}, "br"},
		{inBlock(0x0d, 1), OpBrIf, [2]uint64{1, 0}, "br_if"},
		{ops(0x10, 0xe5, 0x8e, 0x26), OpCall, [2]uint64{624485, 0}, "call"},
		{ops(0x11, 3, 0x80, 0x80, 0x80, 0x80, 0), OpCallIndirect, [2]uint64{3, 0}, "call_indirect"},
		{ops(0x11, 0xff, 1, 2), OpCallIndirect, [2]uint64{255, 2}, "call_indirect"},
		{ops(0x1b), OpSelect, [2]uint64{}, "select"},
		{ops(0x1c, 1, 0x7c), OpSelectTyped, [2]uint64{0x7c, 0}, "select"},
		{ops(0x22, 0x7f), OpLocalTee, [2]uint64{127, 0}, "local.tee"},
		{ops(0x24, 0xff, 0xff, 0xff, 0xff, 0x0f), OpGlobalSet, [2]uint64{1<<32 - 1, 0}, "global.set"},
		{ops(0x26, 1), OpTableSet, [2]uint64{1, 0}, "table.set"},
		{ops(0x28, 2, 0x80, 1), OpI32Load, [2]uint64{2, 128}, "i32.load"},
		{ops(0x37, 3, 4), OpI64Store, [2]uint64{3, 4}, "i64.store"},
		{ops(0x3e, 0x80, 0, 0xff, 0xff, 0xff, 0xff, 0x0f), OpI64Store32, [2]uint64{0, 1<<32 - 1}, "i64.store32"},
		{ops(0x3f, 0), OpMemorySize, [2]uint64{}, "memory.size"},
		{ops(0x41, 0x7f), OpI32Const, [2]uint64{1<<32 - 1, 0}, "i32.const"},
		{ops(0x41, 0x80, 0x80, 0x80, 0x80, 0x78), OpI32Const, [2]uint64{1 << 31, 0}, "i32.const"},
		{ops(0x41, 0xc0, 0), OpI32Const, [2]uint64{64, 0}, "i32.const"},
		{ops(0x42, 0x7f), OpI64Const, [2]uint64{1<<64 - 1, 0}, "i64.const"},
		{ops(0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f), OpI64Const, [2]uint64{1 << 63, 0}, "i64.const"},
		{ops(0x43, 1, 2, 3, 4), OpF32Const, [2]uint64{0x04030201, 0}, "f32.const"},
		{ops(0x44, 1, 2, 3, 4, 5, 6, 7, 8), OpF64Const, [2]uint64{0x0807060504030201, 0}, "f64.const"},
		{ops(0xd0, 0x6f), OpRefNull, [2]uint64{0x6f, 0}, "ref.null"},
		{ops(0xd2, 9), OpRefFunc, [2]uint64{9, 0}, "ref.func"},
		{ops(0xfc, 0x87, 0), OpI64TruncSatF64U, [2]uint64{}, "i64.trunc_sat_f64_u"},
		{ops(0xfc, 8, 5, 0), OpMemoryInit, [2]uint64{5, 0}, "memory.init"},
		{ops(0xfc, 9, 6), OpDataDrop, [2]uint64{6, 0}, "data.drop"},
		{ops(0xfc, 10, 0, 0), OpMemoryCopy, [2]uint64{}, "memory.copy"},
		{ops(0xfc, 11, 0), OpMemoryFill, [2]uint64{}, "memory.fill"},
		{ops(0xfc, 12, 1, 2), OpTableInit, [2]uint64{1, 2}, "table.init"},
		{ops(0xfc, 13, 3), OpElemDrop, [2]uint64{3, 0}, "elem.drop"},
		{ops(0xfc, 14, 1, 2), OpTableCopy, [2]uint64{1, 2}, "table.copy"},
		{ops(0xfc, 17, 4), OpTableFill, [2]uint64{4, 0}, "table.fill"},
	}
	for _, test := range tests {
		all := instrs(t, body(test.code))
		in := all[len(all)-2]
		if all[0].Op == OpBlock {
			in = all[1]
		}
		if got := in.Imm; in.Op != test.op || got != test.imm && immediates[byte(test.op)] != none {
			t.Errorf("%x: %v with %d, want %v with %d", test.code, in.Op, got, test.op, test.imm)
		}
		if in.Op.String() != test.text {
			t.Errorf("%x is called %v, want %s", test.code, in.Op, test.text)
		}
	}
}

// Instructions follow each other without gaps, and end with the end of the function.
func TestWalkPositions(t *testing.T) {
	for _, code := range sample().Codes {
		pos := 0
		for _, in := range instrs(t, code.Body) {
			if in.Pos != pos || in.End <= pos {
				t.Errorf("%v is at %d to %d, want it to begin at %d", in.Op, in.Pos, in.End, pos)
			}
			pos = in.End
		}
		if pos != len(code.Body) {
			t.Errorf("the last instruction ends at %d of %d", pos, len(code.Body))
		}
	}
}

func TestWalkLabels(t *testing.T) {
	all := instrs(t, body(ops(byte(OpLoop), emptyBlock, byte(OpBrTable), 3, 0, 1, 0x80, 0, 1, byte(OpEnd))))
	if got, want := all[1].Labels, []uint32{0, 1, 0, 1}; !slices.Equal(got, want) {
		t.Errorf("labels are %d, want %d", got, want)
	}
}

func TestWalkRefuses(t *testing.T) {
	tests := []struct {
		name   string
		code   []byte
		offset int
		want   string
	}{
		{"nothing", nil, 0, "the body ends before 1 of its blocks"},
		{"no end", ops(1), 1, "the body ends before 1"},
		{"no inner end", body(ops(byte(OpBlock), emptyBlock)), 3, "the body ends before 1"},
		{"bytes after the end", body(ops(byte(OpEnd), 1)), 1, "2 bytes follow"},
		{"else", body(ops(byte(OpElse))), 0, "else without an if"},
		{"else in a block", body(ops(byte(OpBlock), emptyBlock, byte(OpElse), byte(OpEnd))), 2, "else without an if"},
		{"two elses", body(ops(byte(OpIf), emptyBlock, byte(OpElse), byte(OpElse), byte(OpEnd))), 3, "else without an if"},
		{"label", body(ops(byte(OpBr), 1)), 0, "br to label 1, but only 1 blocks"},
		{"large label", body(ops(byte(OpBrIf), 0xff, 0xff, 0xff, 0xff, 0x0f)), 0, "br_if to label 4294967295"},
		{"br_table label", body(ops(byte(OpBrTable), 1, 1, 0)), 0, "br_table to label 1"},
		{"br_table default", body(ops(byte(OpBrTable), 1, 0, 1)), 0, "br_table to label 1"},
		{"br_table count", body(ops(byte(OpBrTable), 0xff, 0xff, 0xff, 0xff, 0x0f)), 0, "claims 4294967295 labels"},
		{"br_table without default", ops(byte(OpBrTable), 1, 0), 0, "claims 1 labels and a default"},
		{"block type", body(ops(byte(OpBlock), 0x7b)), 1, `"SIMD"`},
		{"block type of two bytes", body(ops(byte(OpBlock), 0xc0, 0x7f, byte(OpEnd))), 1, "not an index"},
		{"block type too long", body(ops(byte(OpBlock), 0x80, 0x80, 0x80, 0x80, 0x80, 0)), 0, "longer than its type"},
		{"no block type", ops(byte(OpBlock)), 0, "block: the input ends"},
		{"alignment", body(ops(byte(OpI32Load), 3, 0)), 0, "aligned to 2^3 bytes"},
		{"alignment of a byte", body(ops(byte(OpI64Store8), 1, 0)), 0, "aligned to 2^1 bytes"},
		{"alignment of a number too large", body(ops(byte(OpI64Load), 0x80, 1, 0)), 0, "aligned to 2^128"},
		{"memory index", body(ops(byte(OpI32Load), 0x42, 1, 0)), 0, "multi-memory"},
		{"memory.grow of another", body(ops(byte(OpMemoryGrow), 1)), 1, "multi-memory"},
		{"memory.size in two bytes", body(ops(byte(OpMemorySize), 0x80, 0)), 1, "multi-memory"},
		{"memory.copy", body(ops(0xfc, 10, 0, 1)), 3, "multi-memory"},
		{"memory.copy cut off", ops(0xfc, 10, 0), 0, "memory.copy: the input ends"},
		{"select of two", body(ops(byte(OpSelectTyped), 2, 0x7f, 0x7f)), 0, "select has 2 types"},
		{"select of nothing", ops(byte(OpSelectTyped), 1), 0, "ends within"},
		{"select of a vector", body(ops(byte(OpSelectTyped), 1, 0x7b)), 2, `"SIMD"`},
		{"ref.null of a number", body(ops(byte(OpRefNull), 0x7f)), 1, "ref.null has the type i32, which is no reference type"},
		{"ref.null of a type", body(ops(byte(OpRefNull), 0x03)), 1, "typed function references"},
		{"ref.null of any", body(ops(byte(OpRefNull), 0x6e)), 1, `"garbage collection"`},
		{"constant", body(ops(byte(OpI32Const), 0x80, 0x80, 0x80, 0x80, 0x08)), 0, "i32.const: a number is longer"},
		{"float cut off", ops(byte(OpF64Const), 0, 0, 0, 0, 0, 0, 0), 0, "f64.const: the input ends"},
		{"unknown", body(ops(0x27)), 0, "unknown instruction 0x27"},
		{"exception", body(ops(0x08, 0)), 0, `0x08 is of the proposal "exception handling"`},
		{"try_table", body(ops(0x1f, 0)), 0, `"exception handling"`},
		{"tail call", body(ops(0x12, 0)), 0, `"tail call"`},
		{"call_ref", body(ops(0x14, 0)), 0, `"typed function references"`},
		{"structure", body(ops(0xfb, 0)), 0, `"garbage collection"`},
		{"vector", body(ops(0xfd, 12)), 0, `"SIMD"`},
		{"atomic", body(ops(0xfe, 0)), 0, `"threads"`},
		{"prefix", body(ops(0xfc, 18)), 0, "unknown instruction 0xfc 18"},
		{"prefix of a large number", body(ops(0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f)), 0, "unknown instruction 0xfc 4294967295"},
		{"prefix cut off", ops(0xfc), 0, "ends within"},
	}
	for _, test := range tests {
		err := Walk(test.code, func(Instr) error { return nil })
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Errorf("%s: got %v", test.name, err)
			continue
		}
		if refusal.Offset != test.offset || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %q, want offset %d and %q", test.name, err, test.offset, test.want)
		}
	}
}

func TestWalkStops(t *testing.T) {
	stop := errors.New("enough")
	n := 0
	err := Walk(body(ops(1, 1, 1)), func(Instr) error {
		n++
		if n == 2 {
			return stop
		}
		return nil
	})
	if err != stop || n != 2 {
		t.Errorf("got %v after %d instructions", err, n)
	}
}

// A walk allocates for its stacks, however many instructions there are.
func TestWalkAllocations(t *testing.T) {
	code := body(make([]byte, 0), slices.Repeat(ops(byte(OpBlock), emptyBlock, byte(OpI32Const), 0, byte(OpBrTable), 1, 0, 1, byte(OpEnd)), 10_000))
	if n := testing.AllocsPerRun(10, func() { _ = Walk(code, func(Instr) error { return nil }) }); n > 5 {
		t.Errorf("%v allocations for 50,000 instructions", n)
	}
}

// Every instruction that there is has a name of its own, but select, which has two numbers.
func TestOpcodeNames(t *testing.T) {
	seen := map[string]Opcode{}
	count := 0
	for op := range Opcode(256) {
		if (names[op] != "") != (immediates[op] != refused) && op != prefixMisc {
			t.Errorf("opcode %#x has a name or immediates, but not both", op)
		}
		if names[op] == "" {
			continue
		}
		count++
		if other, ok := seen[op.String()]; ok && op != OpSelectTyped {
			t.Errorf("%#x and %#x are both called %v", other, op, op)
		}
		seen[op.String()] = op
	}
	for op := miscOpcode; op <= OpTableFill; op++ {
		count++
		seen[op.String()] = op
	}
	// 172 of version 1, sign extension, the typed select, tables, references, and the prefix 0xfc.
	if want := 172 + 5 + 1 + 2 + 3 + 18; count != want || len(seen) != want-1 {
		t.Errorf("%d instructions with %d names, want %d", count, len(seen), want)
	}
	if got := Opcode(0xfd0c).String(); got != "opcode 0xfd0c" {
		t.Errorf("an instruction that is not there is called %s", got)
	}
	if len(miscNames) != 18 || len(miscTraits) != 18 || len(miscEffects) != 18 {
		t.Error("the tables of the prefix 0xfc differ in length")
	}
}
