package wasmtest

import (
	"fmt"
	"math/rand/v2"

	wasm "github.com/troupe-run/troupe/runtime/wasm/binary"
)

// The functions that Generate exports beside f0, f1 and so on, and the globals beside g0, g1 and so on.
const (
	Run    = "run"
	Budget = "budget"
)

// Generate returns a random module, which depends on its arguments alone. It is valid, has no imports, and keeps to
// binary.Rules with all features but reference types. size is about how many instructions it has.
//
// It exports its memory, all its functions, among them Run from (i32, i64, f64) to i64, and its mutable globals. Every
// call ends, because each function and each round of a loop takes 1 from the global Budget, which begins with some
// hundreds; at 0 they return. A caller sets it again before the next call. A call may trap, by a division, a conversion,
// an indirect call or an unreachable, but it stays within the first page of memory, and within 1,000 nested calls.
//
// In modules of even seeds it cannot be seen which NaN a NaN is: such a module gives the same everywhere, rewritten or
// not. In those of odd seeds it can.
func Generate(seed uint64, size int) []byte {
	g := &generator{
		rand:   rand.New(rand.NewPCG(seed, 0x7740)),
		size:   max(size, 1),
		hidden: seed%2 == 0,
	}
	g.declare()
	for i := range g.m.Functions {
		g.function(i)
	}
	return g.m.Encode()
}

// The layout of generated modules.
const (
	memoryPages    = 1
	memoryMaxPages = 3
	budgetGlobal   = 0
	passiveData    = 1 // index of the segment
	dataBytes      = 64
)

var numberTypes = []wasm.ValueType{wasm.I32, wasm.I64, wasm.F32, wasm.F64}

// generator makes one module.
type generator struct {
	rand   *rand.Rand
	size   int  // instructions that may still be added, about
	hidden bool // NaNs are made equal before they can be seen

	m       wasm.Module
	runType uint32
	passing uint32 // type index of a block from i32 to i32

	// Of the function at hand:
	out    []byte
	locals []wasm.ValueType // parameters first; the last two are for hide
	labels []label          // innermost last
	nested int              // expressions and statements around the next one
}

// label is what a branch can go to, and the values that it takes there.
type label struct{ types []wasm.ValueType }

// chance reports true once in n times.
func (g *generator) chance(n int) bool { return g.rand.IntN(n) == 0 }

func pick[T any](g *generator, from []T) T { return from[g.rand.IntN(len(from))] }

// declare makes everything but the codes.
func (g *generator) declare() {
	m := &g.m
	for range 3 + g.rand.IntN(4) {
		m.Types = append(m.Types, wasm.FuncType{Params: g.types(4), Results: g.types(2)})
	}
	g.passing = uint32(len(m.Types))
	m.Types = append(m.Types, wasm.FuncType{Params: []wasm.ValueType{wasm.I32}, Results: []wasm.ValueType{wasm.I32}})
	g.runType = uint32(len(m.Types))
	m.Types = append(m.Types, wasm.FuncType{
		Params: []wasm.ValueType{wasm.I32, wasm.I64, wasm.F64}, Results: []wasm.ValueType{wasm.I64},
	})
	for range 2 + g.rand.IntN(6) {
		m.Functions = append(m.Functions, uint32(g.rand.IntN(len(m.Types))))
	}
	run := uint32(len(m.Functions))
	m.Functions = append(m.Functions, g.runType)
	if g.chance(6) {
		start := uint32(len(m.Functions))
		m.Types = append(m.Types, wasm.FuncType{})
		m.Functions = append(m.Functions, uint32(len(m.Types)-1))
		m.Start = &start
	}
	for i := range m.Functions {
		m.Exports = append(m.Exports, wasm.Export{Name: fmt.Sprintf("f%d", i), Index: uint32(i)})
	}
	m.Exports = append(m.Exports, wasm.Export{Name: Run, Index: run})
	g.declareState()
}

// types returns at most n types of numbers.
func (g *generator) types(n int) []wasm.ValueType {
	types := make([]wasm.ValueType, g.rand.IntN(n+1))
	for i := range types {
		types[i] = pick(g, numberTypes)
	}
	return types
}

// declareState makes the globals, the memory and the table.
func (g *generator) declareState() {
	m := &g.m
	m.Globals = []wasm.Global{{
		GlobalType: wasm.GlobalType{Type: wasm.I32, Mutable: true},
		Init:       wasm.EncodeConst(wasm.I32, uint64(100+g.rand.IntN(900))),
	}}
	m.Exports = append(m.Exports, wasm.Export{Name: Budget, Kind: wasm.ExternGlobal, Index: budgetGlobal})
	for range 2 + g.rand.IntN(5) {
		t := pick(g, numberTypes)
		mutable := !g.chance(4)
		if mutable {
			name := fmt.Sprintf("g%d", len(m.Globals))
			m.Exports = append(m.Exports, wasm.Export{Name: name, Kind: wasm.ExternGlobal, Index: uint32(len(m.Globals))})
		}
		m.Globals = append(m.Globals, wasm.Global{
			GlobalType: wasm.GlobalType{Type: t, Mutable: mutable},
			Init:       wasm.EncodeConst(t, g.bits(t)),
		})
	}
	most := uint32(memoryMaxPages)
	m.Memories = []wasm.Limits{{Min: memoryPages, Max: &most}}
	m.Exports = append(m.Exports, wasm.Export{Name: "memory", Kind: wasm.ExternMemory})
	data := make([]byte, dataBytes)
	for i := range data {
		data[i] = byte(g.rand.Uint32())
	}
	segments := uint32(2)
	m.DataCount = &segments
	m.Data = []wasm.Data{
		{Offset: wasm.EncodeConst(wasm.I32, uint64(g.rand.IntN(1000))), Init: data},
		{Passive: true, Init: data},
	}
	size := uint32(len(m.Functions) + 2) // the last elements are null
	m.Tables = []wasm.Table{{Type: wasm.FuncRef, Limits: wasm.Limits{Min: size, Max: &size}}}
	var elements []uint32
	for i := range m.Functions {
		elements = append(elements, uint32(i))
	}
	m.Elements = []wasm.Element{{Offset: wasm.EncodeConst(wasm.I32, 0), Type: wasm.FuncRef, Functions: elements}}
}

// bits returns those of a number, which is often one at the edge of something. It is no NaN if NaNs are hidden.
func (g *generator) bits(t wasm.ValueType) uint64 {
	edges := map[wasm.ValueType][]uint64{
		wasm.I32: {0, 1, 2, 7, 31, 0x7fffffff, 0x80000000, 0xffffffff},
		wasm.I64: {0, 1, 63, 1 << 31, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1},
		wasm.F32: {0, 0x80000000, 0x3f800000, 0xbf000000, 0x7f800000, 0xff800000, 0x4f000000, 1},
		wasm.F64: {0, 1 << 63, 0x3ff0000000000000, 0xbfe0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
			0x43e0000000000000, 1},
	}[t]
	switch {
	case !g.chance(3):
		return pick(g, edges)
	case t == wasm.F32 && !g.hidden && g.chance(3):
		return uint64(0x7f800001 + g.rand.Uint32N(1<<23-1)) // NaNs, those that signal too
	case t == wasm.F64 && !g.hidden && g.chance(3):
		return 0xfff0000000000001 + g.rand.Uint64N(1<<52-1)
	case t.IsFloat():
		return edges[2] + g.rand.Uint64N(1<<20)
	case t == wasm.I32:
		return uint64(g.rand.Uint32())
	}
	return g.rand.Uint64()
}

// function makes the code of a function.
func (g *generator) function(i int) {
	t := g.m.Types[g.m.Functions[i]]
	own := g.types(6)
	own = append(own, wasm.F32, wasm.F64)
	g.locals = append(append([]wasm.ValueType(nil), t.Params...), own...)
	g.labels = []label{{t.Results}}
	g.out, g.nested = nil, 0
	share := g.size / (len(g.m.Functions) - i)
	rest := g.size - share
	g.size = share

	g.returnIfSpent()
	for g.size > 0 {
		g.statement()
	}
	for _, r := range t.Results {
		g.seen(r)
	}
	g.op(wasm.OpEnd)
	g.size += rest

	var locals []wasm.Local
	for _, l := range own {
		locals = append(locals, wasm.Local{Count: 1, Type: l})
	}
	g.m.Codes = append(g.m.Codes, wasm.Code{Locals: locals, Body: g.out})
}

// returnIfSpent takes 1 from the budget and returns if it was empty. What it returns is constant: to compute it could take
// a way back to where this is.
func (g *generator) returnIfSpent() {
	g.spend()
	g.op(wasm.OpIf)
	g.out = append(g.out, emptyBlock)
	for _, r := range g.labels[0].types {
		g.out = wasm.AppendConst(g.out, r, 0)
	}
	g.op(wasm.OpReturn, wasm.OpEnd)
}

// spend takes 1 from the budget and leaves whether it was empty.
func (g *generator) spend() {
	g.index(wasm.OpGlobalGet, budgetGlobal)
	g.out = wasm.AppendConst(g.out, wasm.I32, 0)
	g.op(wasm.OpI32LeS)
	g.index(wasm.OpGlobalGet, budgetGlobal)
	g.out = wasm.AppendConst(g.out, wasm.I32, 1)
	g.op(wasm.OpI32Sub)
	g.index(wasm.OpGlobalSet, budgetGlobal)
}

func (g *generator) op(ops ...wasm.Opcode) {
	for _, op := range ops {
		if op > 0xff {
			g.out = wasm.AppendU32(append(g.out, byte(op>>8)), uint32(op&0xff))
		} else {
			g.out = append(g.out, byte(op))
		}
	}
}

func (g *generator) index(op wasm.Opcode, indices ...uint32) {
	g.op(op)
	for _, i := range indices {
		g.out = wasm.AppendU32(g.out, i)
	}
}
