package binary

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// oneFunction returns a module with a memory, a table, a global that changes and one that does not, and a function of
// type 0, () -> (), with this code.
func oneFunction(code Code) *Module {
	return &Module{
		Types:     []FuncType{{}, {Params: []ValueType{I32}, Results: []ValueType{I32}}},
		Functions: []uint32{0},
		Tables:    []Table{{FuncRef, Limits{Min: 1, Max: ref[uint32](1)}}},
		Memories:  []Limits{{Min: 1}},
		Globals:   []Global{{GlobalType{I32, true}, EncodeConst(I32, 0)}, {GlobalType{I32, false}, EncodeConst(I32, 0)}},
		Codes:     []Code{code},
	}
}

func withBody(code ...byte) *Module { return oneFunction(Code{Body: body(code)}) }

// plain allows no feature and has the limits that hold by default.
var plain = Rules{}

type checkCase struct {
	name   string
	rules  Rules
	module *Module
	where  string // section; empty if the module is accepted
	want   string
}

func (c checkCase) run(t *testing.T) {
	t.Helper()
	err := c.rules.Check(c.module)
	if c.where == "" {
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		return
	}
	var refusal *Error
	if !errors.As(err, &refusal) {
		t.Errorf("%s: accepted, want %q", c.name, c.want)
		return
	}
	if refusal.Section != c.where || !strings.Contains(refusal.Reason, c.want) {
		t.Errorf("%s: got %q, want section %q and %q", c.name, err, c.where, c.want)
	}
	if refusal.Offset != -1 {
		t.Errorf("%s: a module that was not parsed has no offsets, but the error has %d", c.name, refusal.Offset)
	}
}

func TestCheckLimits(t *testing.T) {
	many := func(n int) []FuncType { return make([]FuncType, n) }
	i32s := func(n int) []ValueType {
		types := make([]ValueType, n)
		for i := range types {
			types[i] = I32
		}
		return types
	}
	locals := func(runs ...Local) *Module { return oneFunction(Code{Locals: runs, Body: body()}) }
	nested := func(n int) *Module {
		var code []byte
		for range n {
			code = append(code, byte(OpBlock), emptyBlock)
		}
		for range n {
			code = append(code, byte(OpEnd))
		}
		return withBody(code...)
	}
	brTable := func(n int) *Module {
		code := append(ops(byte(OpI32Const), 0, byte(OpBrTable)), AppendU32(nil, uint32(n))...)
		return withBody(append(code, make([]byte, n+1)...)...)
	}
	two := []uint32{1, 1}
	for _, test := range []checkCase{
		{"empty", plain, &Module{}, "", ""},
		{"a function", plain, withBody(), "", ""},
		{"bytes", Rules{Bytes: 100}, &Module{Size: 101}, "header", "bytes of the module: 101 is over the limit of 100"},
		{"bytes by default", plain, &Module{Size: 16<<20 + 1}, "header", "over the limit of 16777216"},
		{"none", Rules{Types: -1}, &Module{Types: many(1)}, "type", "types: 1 is over the limit of 0"},
		{"types", Rules{Types: 2}, &Module{Types: many(3)}, "type", "types: 3 is over the limit of 2"},
		{"as many types", Rules{Types: 3}, &Module{Types: many(3)}, "", ""},
		{"functions", Rules{Functions: 1}, &Module{Functions: two}, "function", "functions: 2 is over the limit of 1"},
		{"parameters", Rules{Params: 2}, &Module{Types: []FuncType{{}, {Params: i32s(3)}}}, "type", "type 1: parameters: 3 is over the limit of 2"},
		{"results", Rules{Results: 2, MultiValue: true}, &Module{Types: []FuncType{{Results: i32s(3)}}}, "type", "type 0: results: 3 is over the limit of 2"},
		{"results without multi-value", Rules{Results: 5}, &Module{Types: []FuncType{{Results: i32s(2)}}}, "type", "type 0: results: 2 is over the limit of 1"},
		{"total parameters", Rules{TotalParams: 2}, &Module{
			Types:   []FuncType{{Params: i32s(1)}},
			Imports: []Import{{Kind: ExternFunc}, {Kind: ExternFunc}, {Kind: ExternFunc}},
		}, "function", "parameters of all functions: 3 is over the limit of 2"},
		{"locals", Rules{Locals: 10}, locals(Local{6, I32}, Local{5, I64}), "code", "function 0: its locals: 11 is over the limit of 10"},
		{"as many locals", Rules{Locals: 11}, locals(Local{6, I32}, Local{5, I64}), "", ""},
		{"four billion locals", plain, locals(Local{math.MaxUint32, I32}), "code", "function 0: its locals: 4294967295 is over the limit of 10000"},
		{"more than four billion locals", plain, locals(Local{math.MaxUint32, I32}, Local{math.MaxUint32, I32}), "code", "8589934590 is over"},
		{"total locals", Rules{TotalLocals: 10}, &Module{
			Types: many(1), Functions: []uint32{0, 0},
			Codes: []Code{{Locals: []Local{{6, I32}}, Body: body()}, {Locals: []Local{{5, I32}}, Body: body()}},
		}, "code", "locals of all functions: 11 is over the limit of 10"},
		{"imports", Rules{Imports: 1}, &Module{Imports: make([]Import, 2)}, "import", "imports: 2 is over the limit of 1"},
		{"exports", Rules{Exports: 1}, &Module{Exports: make([]Export, 2)}, "export", "exports: 2 is over the limit of 1"},
		{"globals", Rules{Globals: 1}, &Module{Globals: make([]Global, 2)}, "global", "globals: 2 is over the limit of 1"},
		{"tables", plain, &Module{Tables: make([]Table, 2)}, "table", "tables: 2 is over the limit of 1"},
		{"tables, one imported", plain, &Module{Tables: make([]Table, 1), Imports: []Import{{Kind: ExternTable}}}, "table", "tables: 2 is over the limit of 1"},
		{"table minimum", Rules{TableElements: 5}, &Module{Tables: []Table{{FuncRef, Limits{Min: 6}}}}, "table", "table 0: minimum: 6 is over the limit of 5"},
		{"table maximum", Rules{TableElements: 5}, &Module{Tables: []Table{{FuncRef, Limits{Min: 1, Max: ref[uint32](6)}}}}, "table", "table 0: maximum: 6 is over the limit of 5"},
		{"table without maximum", Rules{TableMaxRequired: true}, &Module{Tables: []Table{{FuncRef, Limits{Min: 1}}}}, "table", "table 0: it has no maximum"},
		{"imported table without maximum", Rules{TableMaxRequired: true}, &Module{
			Imports: []Import{{Module: "a", Name: "b", Kind: ExternTable, Table: Table{Type: FuncRef}}},
		}, "import", `import 0, "a"."b": it has no maximum`},
		{"memory", plain, &Module{Memories: []Limits{{Min: 513}}}, "memory", "memory 0: initial pages: 513 is over the limit of 512"},
		{"imported memory", Rules{MemoryPages: 1}, &Module{Imports: []Import{{Kind: ExternMemory, Memory: Limits{Min: 2}}}}, "import", "initial pages: 2 is over the limit of 1"},
		{"two memories", plain, &Module{Memories: []Limits{{}, {}}}, "memory", "2 memories: multi-memory"},
		{"segments of data", Rules{DataSegments: 1}, &Module{Data: make([]Data, 2)}, "data", "segments of data: 2 is over the limit of 1"},
		{"bytes of data", Rules{DataBytes: 3}, &Module{Data: []Data{{Init: []byte("ab")}, {Init: []byte("cd")}}}, "data", "4 is over the limit of 3"},
		{"segments of elements", Rules{ElementSegments: 1}, &Module{Elements: make([]Element, 2)}, "element", "segments of elements: 2 is over the limit of 1"},
		{"elements", Rules{TableElements: 3}, &Module{Elements: []Element{{Functions: two}, {Exprs: make([][]byte, 2)}}}, "element", "elements of all segments: 4 is over the limit of 3"},
		{"body", Rules{BodyBytes: 3}, withBody(1, 1, 1), "code", "function 0: bytes of its body: 4 is over the limit of 3"},
		{"br_table", Rules{BrTable: 3}, brTable(4), "code", "function 0: labels of br_table: 4 is over the limit of 3"},
		{"as many labels", Rules{BrTable: 4}, brTable(4), "", ""},
		{"a million labels", plain, brTable(200_000), "code", "labels of br_table: 200000 is over the limit of 10000"},
		{"nesting", Rules{Nesting: 3}, nested(4), "code", "function 0: nested blocks: 4 is over the limit of 3"},
		{"as deep", Rules{Nesting: 4}, nested(4), "", ""},
		{"nesting by default", plain, nested(5001), "code", "nested blocks: 5001 is over the limit of 5000"},
		{"work", Rules{Work: 23_319}, locals(Local{50, I32}), "code", "function 0: its work, most of it for its instructions: 23320 is over the limit of 23319"},
		{"as much work", Rules{Work: 23_320}, locals(Local{50, I32}), "", ""},
		{"total work", Rules{TotalWork: 23_319}, locals(Local{50, I32}), "code",
			"work of all functions, of which function 0 has 23320, most of it for its instructions: 23320 is over the limit of 23319"},
		{"as much total work", Rules{TotalWork: 23_320}, locals(Local{50, I32}), "", ""},
		{"no end of work", Rules{Locals: math.MaxInt, TotalLocals: math.MaxInt, Work: math.MaxInt, TotalWork: 1 << 39},
			locals(Local{math.MaxUint32, I32}), "code", "is over the limit of 549755813888"},
	} {
		test.run(t)
	}
}

func TestCheckFeatures(t *testing.T) {
	typed := func(p ValueType) *Module { return &Module{Types: []FuncType{{Params: []ValueType{p}}}} }
	local := func(p ValueType) *Module { return oneFunction(Code{Locals: []Local{{1, p}}, Body: body()}) }
	bulk := Rules{BulkMemory: true}
	refs := Rules{ReferenceTypes: true}
	float := Rules{Floats: true}
	withData := func(code ...byte) *Module {
		m := withBody(code...)
		m.Data, m.DataCount = []Data{{Passive: true}}, ref[uint32](1)
		m.Elements = []Element{{Mode: Passive, Type: FuncRef, Functions: []uint32{0}}}
		return m
	}
	fill := ops(byte(OpI32Const), 0, byte(OpI32Const), 0, byte(OpI32Const), 0, 0xfc, 11, 0)
	for _, test := range []checkCase{
		{"parameter", plain, typed(F64), "type", "type 0: a parameter, of type f64, needs floats"},
		{"parameter, allowed", float, typed(F64), "", ""},
		{"reference", plain, typed(ExternRef), "type", "of type externref, needs reference types"},
		{"reference, allowed", refs, typed(ExternRef), "", ""},
		{"vector", everything, typed(0x7b), "type", `"SIMD"`},
		{"local", plain, local(F32), "code", "function 0: a local, of type f32, needs floats"},
		{"global", plain, &Module{Globals: []Global{{GlobalType{F32, false}, EncodeConst(F32, 0)}}}, "global", "global 0, of type f32, needs floats"},
		{"imported global", plain, &Module{Imports: []Import{{Kind: ExternGlobal, Global: GlobalType{Type: F32}}}}, "import", "needs floats"},
		{"arithmetic", plain, withBody(byte(OpUnreachable), byte(OpF32Add)), "code", "function 0: f32.add needs floats"},
		{"comparison", plain, withBody(byte(OpUnreachable), byte(OpF64Ge)), "code", "f64.ge needs floats"},
		{"conversion", plain, withBody(byte(OpUnreachable), byte(OpI64TruncF32U)), "code", "i64.trunc_f32_u needs floats"},
		{"reinterpretation", plain, withBody(byte(OpUnreachable), byte(OpF64ReinterpretI64)), "code", "needs floats"},
		{"load", plain, withBody(byte(OpUnreachable), byte(OpF32Load), 2, 0), "code", "f32.load needs floats"},
		{"constant", plain, withBody(byte(OpF32Const), 0, 0, 0, 0, byte(OpDrop)), "code", "f32.const needs floats"},
		{"block", plain, withBody(byte(OpUnreachable), byte(OpBlock), byte(F64), byte(OpUnreachable), byte(OpEnd), byte(OpDrop)), "code", "block, of type f64, needs floats"},
		{"floats allowed", float, withBody(byte(OpUnreachable), byte(OpF32Add), byte(OpDrop)), "", ""},
		{"wrap", plain, withBody(byte(OpUnreachable), byte(OpI32WrapI64), byte(OpI64ExtendI32U), byte(OpDrop)), "", ""},
		{"saturating", float, withBody(byte(OpUnreachable), 0xfc, 7), "code", "i64.trunc_sat_f64_u needs saturating conversions"},
		{"saturating without floats", Rules{SatFloat: true}, withBody(byte(OpUnreachable), 0xfc, 0), "code", "i32.trunc_sat_f32_s needs floats"},
		{"saturating, allowed", Rules{SatFloat: true, Floats: true}, withBody(byte(OpUnreachable), 0xfc, 0, byte(OpDrop)), "", ""},
		{"sign extension", plain, withBody(byte(OpUnreachable), byte(OpI64Extend32S)), "code", "i64.extend32_s needs sign extension"},
		{"sign extension, allowed", Rules{SignExt: true}, withBody(byte(OpUnreachable), byte(OpI32Extend8S), byte(OpDrop)), "", ""},
		{"memory.fill", plain, withBody(fill...), "code", "memory.fill needs bulk memory"},
		{"memory.fill, allowed", bulk, withBody(fill...), "", ""},
		{"data count", plain, &Module{DataCount: ref[uint32](0)}, "data count", "needs bulk memory"},
		{"passive data", plain, &Module{Data: []Data{{Passive: true}}}, "data", "segment 0, which is passive, needs bulk memory"},
		{"passive elements", plain, &Module{Elements: []Element{{Mode: Passive, Type: FuncRef}}}, "element", "segment 0, which is passive, needs bulk memory"},
		{"declared elements", bulk, &Module{Elements: []Element{{Mode: Declarative, Type: FuncRef}}}, "element", "needs reference types"},
		{"expressions", bulk, &Module{Elements: []Element{{Mode: Passive, Type: FuncRef, Exprs: [][]byte{EncodeConst(FuncRef, 0)}}}}, "element", "needs reference types"},
		{"table.init", bulk, withData(byte(OpUnreachable), 0xfc, 12, 0, 0), "code", "table.init needs reference types"},
		{"table.copy", refs, withBody(byte(OpUnreachable), 0xfc, 14, 0, 0), "code", "table.copy needs bulk memory"},
		{"elem.drop", Rules{BulkMemory: true, ReferenceTypes: true}, withData(0xfc, 13, 0), "", ""},
		{"table.grow", bulk, withBody(byte(OpUnreachable), 0xfc, 15, 0), "code", "table.grow needs reference types"},
		{"table.get", bulk, withBody(byte(OpUnreachable), byte(OpTableGet), 0), "code", "table.get needs reference types"},
		{"ref.null", bulk, withBody(byte(OpRefNull), byte(FuncRef), byte(OpDrop)), "code", "ref.null needs reference types"},
		{"ref.func", bulk, withBody(byte(OpRefFunc), 0, byte(OpDrop)), "code", "ref.func needs reference types"},
		{"select with a type", plain, withBody(byte(OpUnreachable), byte(OpSelectTyped), 1, byte(I32)), "code", "select needs reference types"},
		{"select of floats", refs, withBody(byte(OpUnreachable), byte(OpSelectTyped), 1, byte(F32)), "code", "needs floats"},
		{"table of references", plain, &Module{Tables: []Table{{ExternRef, Limits{}}}}, "table", "table 0, of type externref, needs reference types"},
		{"block with an index", plain, withBody(byte(OpBlock), 0, byte(OpEnd)), "code", "block with a type index needs multi-value"},
		{"block with an index, allowed", Rules{MultiValue: true}, withBody(byte(OpBlock), 0, byte(OpEnd)), "", ""},
	} {
		test.run(t)
	}
}

func TestCheckIndices(t *testing.T) {
	drop := byte(OpDrop)
	noMemory := func(code ...byte) *Module { m := withBody(code...); m.Memories = nil; return m }
	noTable := func(code ...byte) *Module { m := withBody(code...); m.Tables = nil; return m }
	for _, test := range []checkCase{
		{"local", plain, withBody(byte(OpLocalGet), 0, drop), "code", "function 0: local.get: local 0 is not there, of 0"},
		{"parameter", plain, &Module{
			Types: []FuncType{{Params: []ValueType{I32}}}, Functions: []uint32{0}, Codes: []Code{{Body: body(ops(byte(OpLocalGet), 0, drop))}},
		}, "", ""},
		{"global", plain, withBody(byte(OpGlobalGet), 2, drop), "code", "global.get: global 2 is not there, of 2"},
		{"constant global", plain, withBody(byte(OpI32Const), 0, byte(OpGlobalSet), 1), "code", "global.set of global 1, which cannot change"},
		{"call", plain, withBody(byte(OpCall), 1), "code", "call: function 1 is not there, of 1"},
		{"call_indirect type", plain, withBody(byte(OpI32Const), 0, byte(OpCallIndirect), 2, 0), "code", "call_indirect: type 2 is not there, of 2"},
		{"call_indirect table", plain, withBody(byte(OpI32Const), 0, byte(OpCallIndirect), 0, 1), "code", "call_indirect: table 1 is not there, of 1"},
		{"call_indirect without table", plain, noTable(byte(OpI32Const), 0, byte(OpCallIndirect), 0, 0), "code", "table 0 is not there, of 0"},
		{"load without memory", plain, noMemory(byte(OpI32Const), 0, byte(OpI32Load), 0, 0, drop), "code", "i32.load: there is no memory"},
		{"memory.size without memory", plain, noMemory(byte(OpMemorySize), 0, drop), "code", "memory.size: there is no memory"},
		{"memory.copy without memory", everything, noMemory(byte(OpUnreachable), 0xfc, 10, 0, 0), "code", "memory.copy: there is no memory"},
		{"label", plain, withBody(byte(OpBr), 1), "code", "br to label 1, but only 1 blocks are open"},
		{"block type", everything, withBody(byte(OpBlock), 2, byte(OpEnd)), "code", "block: type 2 is not there, of 2"},
		{"ref.func", everything, withBody(byte(OpRefFunc), 1, drop), "code", "ref.func: function 1 is not there"},
		{"table.get", everything, withBody(byte(OpUnreachable), byte(OpTableGet), 1, drop), "code", "table.get: table 1"},
		{"table.copy", everything, withBody(byte(OpUnreachable), 0xfc, 14, 0, 1), "code", "table.copy: table 1"},
		{"table.size", everything, withBody(0xfc, 16, 1, drop), "code", "table.size: table 1"},
		{"table.init", everything, withBody(byte(OpUnreachable), 0xfc, 12, 0, 0), "code", "table.init: segment 0 is not there, of 0"},
		{"elem.drop", everything, withBody(0xfc, 13, 0), "code", "elem.drop: segment 0"},
		{"memory.init", everything, withBody(byte(OpUnreachable), 0xfc, 8, 0, 0), "code", "memory.init: there is no data count"},
		{"data.drop", everything, func() *Module { m := withBody(0xfc, 9, 0); m.DataCount = ref[uint32](0); return m }(), "code", "data.drop: segment 0 is not there, of 0"},

		{"import type", plain, &Module{Imports: []Import{{Kind: ExternFunc, Type: 0}}}, "import", "type 0 is not there, of 0"},
		{"import kind", plain, &Module{Imports: []Import{{Kind: 7}}}, "import", "kind 7 is unknown"},
		{"function type", plain, &Module{Functions: []uint32{3}, Codes: make([]Code, 1)}, "function", "function 0: type 3 is not there, of 0"},
		{"function without code", plain, &Module{Functions: []uint32{3}}, "code", "1 functions are declared"},
		{"export", plain, &Module{Exports: []Export{{"a", ExternFunc, 0}}}, "export", `export 0, "a": func 0 is not there, of 0`},
		{"export of a memory", plain, &Module{Exports: []Export{{"a", ExternMemory, 0}}}, "export", "memory 0 is not there, of 0"},
		{"start", plain, &Module{Start: ref[uint32](0)}, "start", "function 0 is not there, of 0"},
		{"start with parameters", plain, &Module{
			Types: []FuncType{{Params: []ValueType{I32}}}, Functions: []uint32{0}, Codes: []Code{{Body: body()}}, Start: ref[uint32](0),
		}, "start", "function 0 has parameters or results"},
		{"global of a later one", plain, &Module{Globals: []Global{
			{GlobalType{I32, false}, EncodeConst(I32, 1)}, {GlobalType{I32, false}, body(ops(byte(OpGlobalGet), 0))},
		}}, "global", "global 1: imported global 0 is not there, of 0"},
		{"global of one that changes", plain, &Module{
			Imports: []Import{{Kind: ExternGlobal, Global: GlobalType{I32, true}}},
			Globals: []Global{{GlobalType{I32, false}, body(ops(byte(OpGlobalGet), 0))}},
		}, "global", "global 1: its value is global 0, which can change"},
		{"global of another type", plain, &Module{Globals: []Global{{GlobalType{I64, false}, EncodeConst(I32, 1)}}}, "global", "of type i32, not i64"},
		{"global without a value", plain, &Module{Globals: []Global{{GlobalType{I64, false}, nil}}}, "global", "no constant expression"},
		{"global with two", plain, &Module{Globals: []Global{{GlobalType{I32, false}, append(EncodeConst(I32, 0), 0)}}}, "global", "no constant expression"},
		{"element table", plain, &Module{Elements: []Element{{Type: FuncRef, Offset: EncodeConst(I32, 0)}}}, "element", "segment 0: table 0 is not there"},
		{"element function", plain, &Module{
			Tables: []Table{{Type: FuncRef}}, Elements: []Element{{Type: FuncRef, Offset: EncodeConst(I32, 0), Functions: []uint32{4}}},
		}, "element", "segment 0: function 4 is not there, of 0"},
		{"element type", everything, &Module{
			Tables: []Table{{Type: ExternRef}}, Elements: []Element{{Type: FuncRef, Offset: EncodeConst(I32, 0)}},
		}, "element", "elements of type funcref for a table of externref"},
		{"element mode", everything, &Module{Elements: []Element{{Mode: 3, Type: FuncRef}}}, "element", "none that there is"},
		{"data without memory", plain, &Module{Data: []Data{{Offset: EncodeConst(I32, 0)}}}, "data", "segment 0: there is no memory"},
		{"data offset", plain, &Module{Memories: []Limits{{}}, Data: []Data{{Offset: EncodeConst(I64, 0)}}}, "data", "segment 0: the offset of a segment: its value is of type i64"},
	} {
		test.run(t)
	}
}

// An error within code names the byte of the input.
func TestCheckOffset(t *testing.T) {
	code := withBody(byte(OpNop), byte(OpNop), byte(OpCall), 7).Encode()
	m, err := Parse(code)
	if err != nil {
		t.Fatal(err)
	}
	for _, rules := range []Rules{{}, {BodyBytes: 1}} {
		var refusal *Error
		if !errors.As(rules.Check(m), &refusal) {
			t.Fatal("accepted")
		}
		want := m.Codes[0].Offset
		if rules.BodyBytes == 0 {
			want += 2
		}
		if refusal.Offset != want || want < 10 {
			t.Errorf("%v: the offset is %d, want %d", refusal, refusal.Offset, want)
		}
	}
}

// What Check counts for Work is what the compiler makes of the code, also where it ends early. Every function begins with
// three edges and a depth of 3.
func TestCheckWork(t *testing.T) {
	get := ops(byte(OpI32Const), 0)
	drop := ops(byte(OpDrop))
	block := func(op Opcode, parts ...[]byte) []byte {
		return slices.Concat(ops(byte(op), emptyBlock), slices.Concat(parts...), ops(byte(OpEnd)))
	}
	end := block(OpIf)
	tests := []struct {
		name                 string
		code                 []byte
		peak, loops          int
		edges, joins         uint64
		depth, run           uint64 // of the block at the end
		carried, way, climbs uint64
	}{
		{"nothing", body(), 0, 0, 3, 0, 3, 3, 0, 0, 6},
		{"stack", body(get, get, get, drop, drop, drop), 3, 0, 3, 0, 3, 3, 0, 0, 6},
		{"store", body(get, get, ops(byte(OpI32Store), 2, 0), get, drop), 2, 0, 3, 0, 3, 3, 0, 0, 6},
		{"a block", body(block(OpBlock)), 0, 0, 4, 1, 4, 4, 0, 3, 9},
		{"a branch that ends one", body(block(OpBlock, ops(byte(OpBr), 0))), 0, 0, 4, 1, 4, 4, 0, 3, 9},
		{"no way out of one", body(block(OpBlock, ops(byte(OpUnreachable)))), 0, 0, 4, 0, 4, 4, 0, 0, 9},
		{"if", body(get, ops(byte(OpIf), byte(I32)), get, get, drop, ops(byte(OpElse)), get, ops(byte(OpEnd)), drop), 2, 0, 7, 2, 5, 0, 2, 8, 20},
		{"if without else", body(get, end), 1, 0, 7, 2, 5, 0, 0, 8, 20},
		{"ifs", body(get, end, get, end), 1, 0, 11, 4, 7, 0, 0, 10, 42},
		{"ifs within each other", body(get, block(OpIf, get, end)), 1, 0, 11, 4, 5, 0, 0, 14, 40},
		{"unreachable", body(block(OpBlock, ops(byte(OpUnreachable)), get, get, drop, drop), get, drop), 1, 0, 4, 0, 4, 4, 0, 0, 9},
		{"return", body(get, drop, ops(byte(OpReturn), byte(OpBlock), byte(I32)), get, get, drop, ops(byte(OpEnd)), drop), 1, 0, 4, 1, 3, 3, 0, 3, 9},
		{"br_table", body(get, ops(byte(OpBrTable), 3, 0, 0, 0, 0)), 1, 0, 7, 4, 3, 3, 0, 12, 18},
		{"br_if", body(block(OpBlock, get, ops(byte(OpBrIf), 0), get, ops(byte(OpBrIf), 0))), 1, 0, 8, 3, 4, 0, 0, 12, 25},
		{"a branch with a value", body(ops(byte(OpBlock), byte(I32)), get, ops(byte(OpBr), 0, byte(OpEnd)), drop), 1, 0, 4, 1, 4, 4, 1, 3, 9},
		{"call", body(get, get, ops(byte(OpCallIndirect), 1, 0), drop), 2, 0, 3, 0, 3, 3, 0, 0, 6},
		{"loop", body(block(OpLoop, get, ops(byte(OpBrIf), 0))), 1, 1, 11, 2, 8, 4, 0, 5, 46},
		{"two loops and one within", body(block(OpLoop, block(OpLoop)), block(OpLoop, block(OpLoop))), 0, 2, 27, 4, 19, 4, 0, 11, 254},
		{"fill", body(get, get, get, ops(0xfc, 11, 0)), 3, 1, 10, 0, 8, 8, 0, 0, 43},
		{"copy", body(get, get, get, ops(0xfc, 10, 0, 0)), 3, 0, 6, 0, 5, 5, 0, 0, 18},
		{"dead else", body(ops(byte(OpUnreachable)), get, ops(byte(OpIf), emptyBlock, byte(OpElse)), get, drop, ops(byte(OpEnd))), 0, 0, 3, 0, 3, 3, 0, 0, 6},
		{"dead loop", body(ops(byte(OpUnreachable)), block(OpLoop, get, ops(byte(OpBrIf), 0))), 0, 1, 3, 0, 3, 3, 0, 0, 6},
	}
	for _, test := range tests {
		m := oneFunction(Code{Body: test.code})
		if err := compiles(t, engine(t), m.Encode()); err != nil {
			t.Errorf("%s: the test itself: %v", test.name, err)
		}
		rules := everything.withDefaults()
		f := bodyChecker{checker: &checker{rules: rules, m: m, Spaces: m.Spaces()}}
		if err := f.check(0); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if f.peak != test.peak || f.deeper != uint64(test.loops) {
			t.Errorf("%s: a stack of %d and %d loops, want %d and %d", test.name, f.peak, f.deeper, test.peak, test.loops)
		}
		e := &f.effort
		got := [...]uint64{e.edges, e.joins, e.at.depth, e.at.run, e.carried, e.way, e.climbs}
		if want := [...]uint64{test.edges, test.joins, test.depth, test.run, test.carried, test.way, test.climbs}; got != want {
			t.Errorf("%s: edges, joins, depth, run, carried, way, climbs: %d, want %d", test.name, got, want)
		}
	}
}

// A variable counts where the compiler has to look for its value in other blocks.
func TestCheckVariables(t *testing.T) {
	get := func(i byte) []byte { return ops(byte(OpLocalGet), i, byte(OpDrop)) }
	set := func(i byte) []byte { return ops(byte(OpI32Const), 0, byte(OpLocalSet), i) }
	next := ops(byte(OpBlock), emptyBlock, byte(OpEnd))
	for _, test := range []struct {
		name                  string
		code                  []byte
		read, assigned, reads uint64
	}{
		{"none", body(), 0, 0, 0},
		{"read", body(get(0)), 1, 0, 3},
		{"read twice", body(get(0), get(0)), 1, 0, 6},
		{"assigned", body(set(0)), 0, 0, 0},
		{"assigned and read", body(set(0), get(0)), 0, 0, 0},
		{"assigned and read elsewhere", body(set(0), next, get(0)), 1, 1, 4},
		{"read and assigned", body(get(0), set(0)), 1, 1, 3},
		{"another", body(set(0), get(1)), 1, 0, 3},
		{"never", body(ops(byte(OpUnreachable)), get(0), set(0)), 0, 0, 0},
	} {
		m := oneFunction(Code{Body: test.code, Locals: []Local{{2, I32}}})
		f := bodyChecker{checker: &checker{rules: everything.withDefaults(), m: m, Spaces: m.Spaces()}}
		for range 2 { // nothing is left of the function before
			if err := f.check(0); err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			if e := &f.effort; e.read != test.read || e.assigned != test.assigned || e.reads != test.reads {
				t.Errorf("%s: %d are read, %d assigned, in %d steps, want %d, %d, %d", test.name, e.read, e.assigned, e.reads,
					test.read, test.assigned, test.reads)
			}
		}
	}
}

// Functions of a few kilobytes that would keep a compiler busy for minutes, or take gigabytes, are refused.
func TestCheckRefusesBombs(t *testing.T) {
	repeat := func(n int, part func(i int) []byte) []byte {
		var b []byte
		for i := range n {
			b = append(b, part(i)...)
		}
		return b
	}
	same := func(part ...byte) func(int) []byte { return func(int) []byte { return part } }
	read := func(i int) []byte { return append(AppendU32([]byte{byte(OpLocalGet)}, uint32(i)), byte(OpDrop)) }
	loop := same(byte(OpLoop), emptyBlock)
	again := same(byte(OpLocalGet), 0, byte(OpBrIf), 0, byte(OpEnd))
	for name, code := range map[string]Code{
		"loops one after the other": {Body: body(repeat(30_000, same(byte(OpLoop), emptyBlock, byte(OpLocalGet), 0, byte(OpBrIf), 0, byte(OpEnd)))),
			Locals: []Local{{1, I32}}},
		"nested loops over locals":     {Locals: []Local{{1000, I32}}, Body: body(repeat(1000, loop), repeat(1000, read), repeat(1000, again))},
		"fewer loops over more locals": {Locals: []Local{{2000, I32}}, Body: body(repeat(150, loop), repeat(2000, read), repeat(150, again))},
		"ifs over locals":              {Locals: []Local{{2000, I32}}, Body: body(repeat(3000, same(byte(OpLocalGet), 0, byte(OpIf), emptyBlock, byte(OpEnd))), repeat(2000, read))},
		"fills":                        {Locals: []Local{{1, I32}}, Body: body(repeat(2000, same(byte(OpLocalGet), 0, byte(OpLocalGet), 0, byte(OpLocalGet), 0, 0xfc, 11, 0)))},
		"br_ifs over locals": {Locals: []Local{{100, I32}}, Body: body(ops(byte(OpBlock), emptyBlock), repeat(4000, same(byte(OpLocalGet), 0, byte(OpBrIf), 0)),
			ops(byte(OpEnd)), repeat(100, read))},
		"calls through tables": {Locals: []Local{{1, I32}}, Body: body(repeat(30_000, same(byte(OpLocalGet), 0, byte(OpLocalGet), 0, byte(OpCallIndirect), 1, 0, byte(OpDrop))))},
		"ifs over a deep stack": {Locals: []Local{{1, I32}}, Body: body(
			repeat(20_000, same(byte(OpLocalGet), 0)),
			repeat(2000, same(byte(OpLocalGet), 0, byte(OpIf), emptyBlock, byte(OpEnd))),
			repeat(20_000, same(byte(OpDrop))))},
	} {
		m := oneFunction(code)
		if err := everything.Check(m); err == nil || !strings.Contains(err.Error(), "work") {
			t.Errorf("%s, %d bytes: got %v", name, len(m.Encode()), err)
		}
	}
}
