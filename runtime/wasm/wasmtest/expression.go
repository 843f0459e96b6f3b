package wasmtest

import wasm "github.com/troupe-run/troupe/runtime/wasm/binary"

// seen adds an expression whose value can be seen from outside, or by what does not treat all NaNs alike.
func (g *generator) seen(t wasm.ValueType) {
	g.expression(t)
	g.hide(t)
}

// hide replaces a NaN on the top of the stack by one that is always the same, if NaNs are to be hidden.
func (g *generator) hide(t wasm.ValueType) {
	if !g.hidden || !t.IsFloat() {
		return
	}
	i, equal, nan := uint32(len(g.locals)-2), wasm.OpF32Eq, uint64(0x7fc00000)
	if t == wasm.F64 {
		i, equal, nan = i+1, wasm.OpF64Eq, 0x7ff8000000000000
	}
	g.index(wasm.OpLocalTee, i)
	g.out = wasm.AppendConst(g.out, t, nan)
	g.index(wasm.OpLocalGet, i)
	g.index(wasm.OpLocalGet, i)
	g.op(equal, wasm.OpSelect)
}

// expression adds instructions that leave a value of the type.
func (g *generator) expression(t wasm.ValueType) {
	g.size--
	g.nested++
	defer func() { g.nested-- }()
	if g.nested > deepest || g.size <= 0 {
		g.leaf(t)
		return
	}
	switch g.rand.IntN(16) {
	default:
		g.leaf(t)
	case 0, 1, 2:
		g.binary(t)
	case 3, 4:
		g.unary(t)
	case 5:
		g.load(t)
	case 6:
		g.convert(t)
	case 7:
		g.expression(t)
		g.expression(t)
		g.expression(wasm.I32)
		g.op(wasm.OpSelect)
	case 8:
		g.choose(t)
	case 9:
		g.blockValue(t)
	case 10:
		g.callFor([]wasm.ValueType{t})
	case 11:
		g.teeLocal(t)
	}
}

// leaf adds an instruction that leaves a value by itself.
func (g *generator) leaf(t wasm.ValueType) {
	start := g.rand.IntN(len(g.locals))
	switch g.rand.IntN(4) {
	case 0, 1:
		for i := range g.locals {
			if j := (start + i) % len(g.locals); g.locals[j] == t {
				g.index(wasm.OpLocalGet, uint32(j))
				return
			}
		}
	case 2:
		for i := range g.m.Globals {
			if i != budgetGlobal && g.m.Globals[i].Type == t {
				g.index(wasm.OpGlobalGet, uint32(i))
				return
			}
		}
		if t == wasm.I32 {
			g.op(wasm.OpMemorySize)
			g.out = append(g.out, 0)
			return
		}
	}
	g.out = wasm.AppendConst(g.out, t, g.bits(t))
}

func (g *generator) teeLocal(t wasm.ValueType) {
	g.expression(t)
	for i, l := range g.locals[:len(g.locals)-2] {
		if l == t {
			g.index(wasm.OpLocalTee, uint32(i))
			return
		}
	}
}

// span is a run of opcodes of instructions with the same types.
type span struct{ first, last wasm.Opcode }

var binaries = map[wasm.ValueType]span{
	wasm.I32: {wasm.OpI32Add, wasm.OpI32Rotr}, wasm.I64: {wasm.OpI64Add, wasm.OpI64Rotr},
	wasm.F32: {wasm.OpF32Add, wasm.OpF32Copysign}, wasm.F64: {wasm.OpF64Add, wasm.OpF64Copysign},
}

// binary adds an instruction on two values.
func (g *generator) binary(t wasm.ValueType) {
	if t == wasm.I32 && g.chance(3) {
		g.compare()
		return
	}
	s := binaries[t]
	op := s.first + wasm.Opcode(g.rand.IntN(int(s.last-s.first)+1))
	g.expression(t)
	g.expression(t)
	switch op {
	case wasm.OpI32DivS, wasm.OpI32DivU, wasm.OpI32RemS, wasm.OpI32RemU:
		g.odd(t, wasm.OpI32Or)
	case wasm.OpI64DivS, wasm.OpI64DivU, wasm.OpI64RemS, wasm.OpI64RemU:
		g.odd(t, wasm.OpI64Or)
	case wasm.OpF32Copysign, wasm.OpF64Copysign:
		g.hide(t) // the sign of a NaN is copied too
	}
	g.op(op)
}

// odd makes the divisor on the top of the stack odd, and so not 0, but for once in a while.
func (g *generator) odd(t wasm.ValueType, or wasm.Opcode) {
	if !g.chance(10) {
		g.out = wasm.AppendConst(g.out, t, 1)
		g.op(or)
	}
}

func (g *generator) compare() {
	t := pick(g, numberTypes)
	s := map[wasm.ValueType]span{
		wasm.I32: {wasm.OpI32Eq, wasm.OpI32GeU}, wasm.I64: {wasm.OpI64Eq, wasm.OpI64GeU},
		wasm.F32: {wasm.OpF32Eq, wasm.OpF32Ge}, wasm.F64: {wasm.OpF64Eq, wasm.OpF64Ge},
	}[t]
	g.expression(t)
	g.expression(t)
	g.op(s.first + wasm.Opcode(g.rand.IntN(int(s.last-s.first)+1)))
}

var unaries = map[wasm.ValueType][]wasm.Opcode{
	wasm.I32: {wasm.OpI32Clz, wasm.OpI32Ctz, wasm.OpI32Popcnt, wasm.OpI32Eqz, wasm.OpI32Extend8S, wasm.OpI32Extend16S},
	wasm.I64: {wasm.OpI64Clz, wasm.OpI64Ctz, wasm.OpI64Popcnt, wasm.OpI64Extend8S, wasm.OpI64Extend16S,
		wasm.OpI64Extend32S},
	wasm.F32: {wasm.OpF32Abs, wasm.OpF32Neg, wasm.OpF32Ceil, wasm.OpF32Floor, wasm.OpF32Trunc, wasm.OpF32Nearest,
		wasm.OpF32Sqrt},
	wasm.F64: {wasm.OpF64Abs, wasm.OpF64Neg, wasm.OpF64Ceil, wasm.OpF64Floor, wasm.OpF64Trunc, wasm.OpF64Nearest,
		wasm.OpF64Sqrt},
}

func (g *generator) unary(t wasm.ValueType) {
	g.expression(t)
	g.op(pick(g, unaries[t]))
}

var loads = map[wasm.ValueType][]wasm.Opcode{
	wasm.I32: {wasm.OpI32Load, wasm.OpI32Load8S, wasm.OpI32Load8U, wasm.OpI32Load16S, wasm.OpI32Load16U},
	wasm.I64: {wasm.OpI64Load, wasm.OpI64Load8S, wasm.OpI64Load8U, wasm.OpI64Load16S, wasm.OpI64Load16U,
		wasm.OpI64Load32S, wasm.OpI64Load32U},
	wasm.F32: {wasm.OpF32Load},
	wasm.F64: {wasm.OpF64Load},
}

func (g *generator) load(t wasm.ValueType) {
	g.address(0xfff0)
	g.index(pick(g, loads[t]), 0, uint32(g.rand.IntN(9)))
}

// conversion is an instruction from another type.
type conversion struct {
	from wasm.ValueType
	op   wasm.Opcode
}

var conversions = map[wasm.ValueType][]conversion{
	wasm.I32: {
		{wasm.I64, wasm.OpI32WrapI64}, {wasm.F32, wasm.OpI32ReinterpretF32},
		{wasm.F32, wasm.OpI32TruncSatF32S}, {wasm.F32, wasm.OpI32TruncSatF32U}, {wasm.F64, wasm.OpI32TruncSatF64S},
		{wasm.F64, wasm.OpI32TruncSatF64U}, {wasm.F32, wasm.OpI32TruncF32S}, {wasm.F64, wasm.OpI32TruncF64U},
	},
	wasm.I64: {
		{wasm.I32, wasm.OpI64ExtendI32S}, {wasm.I32, wasm.OpI64ExtendI32U}, {wasm.F64, wasm.OpI64ReinterpretF64},
		{wasm.F32, wasm.OpI64TruncSatF32S}, {wasm.F32, wasm.OpI64TruncSatF32U}, {wasm.F64, wasm.OpI64TruncSatF64S},
		{wasm.F64, wasm.OpI64TruncSatF64U}, {wasm.F32, wasm.OpI64TruncF32U}, {wasm.F64, wasm.OpI64TruncF64S},
	},
	wasm.F32: {
		{wasm.I32, wasm.OpF32ConvertI32S}, {wasm.I32, wasm.OpF32ConvertI32U}, {wasm.I64, wasm.OpF32ConvertI64S},
		{wasm.I64, wasm.OpF32ConvertI64U}, {wasm.F64, wasm.OpF32DemoteF64}, {wasm.I32, wasm.OpF32ReinterpretI32},
	},
	wasm.F64: {
		{wasm.I32, wasm.OpF64ConvertI32S}, {wasm.I32, wasm.OpF64ConvertI32U}, {wasm.I64, wasm.OpF64ConvertI64S},
		{wasm.I64, wasm.OpF64ConvertI64U}, {wasm.F32, wasm.OpF64PromoteF32}, {wasm.I64, wasm.OpF64ReinterpretI64},
	},
}

func (g *generator) convert(t wasm.ValueType) {
	c := pick(g, conversions[t])
	g.expression(c.from)
	if c.op == wasm.OpI32ReinterpretF32 || c.op == wasm.OpI64ReinterpretF64 {
		g.hide(c.from)
	}
	g.op(c.op)
}

// choose adds an if whose two ways leave a value.
func (g *generator) choose(t wasm.ValueType) {
	types := []wasm.ValueType{t}
	g.expression(wasm.I32)
	g.op(wasm.OpIf)
	g.out = append(g.out, byte(t))
	g.inside(types, func() {
		g.expression(t)
		g.op(wasm.OpElse)
		if g.chance(3) {
			g.statement()
		}
		if g.chance(6) {
			g.goTo(uint32(g.rand.IntN(len(g.labels))))
			g.unreachable()
		} else {
			g.expression(t)
		}
	})
	g.op(wasm.OpEnd)
}

// blockValue adds a block that leaves a value, by its end or by a branch.
func (g *generator) blockValue(t wasm.ValueType) {
	g.op(wasm.OpBlock)
	g.out = append(g.out, byte(t))
	g.inside([]wasm.ValueType{t}, func() {
		if g.chance(2) {
			g.statement()
		}
		g.expression(t)
		if g.chance(2) {
			g.expression(wasm.I32)
			g.index(wasm.OpBrIf, 0)
		}
		if g.chance(4) {
			g.jump()
		}
	})
	g.op(wasm.OpEnd)
}

// callFor adds a call of a function with these results, or of any function, whose results are dropped, if they are nil.
// Where there is none it adds an expression.
func (g *generator) callFor(results []wasm.ValueType) {
	functions := g.m.Functions
	if g.m.Start != nil {
		functions = functions[:len(functions)-1]
	}
	start := g.rand.IntN(len(functions))
	for i := range functions {
		f := (start + i) % len(functions)
		t := g.m.Types[functions[f]]
		if results != nil && (len(t.Results) != 1 || t.Results[0] != results[0]) {
			continue
		}
		for _, p := range t.Params {
			g.expression(p)
		}
		if g.chance(2) {
			g.index(wasm.OpCall, uint32(f))
		} else {
			g.callee(f)
			g.index(wasm.OpCallIndirect, functions[f], 0)
		}
		if results == nil {
			for range t.Results {
				g.op(wasm.OpDrop)
			}
		}
		return
	}
	g.leaf(results[0])
}

// callee adds the element for call_indirect, which is now and then one that traps.
func (g *generator) callee(f int) {
	if g.chance(12) {
		f = g.rand.IntN(len(g.m.Functions) + 4)
	}
	g.out = wasm.AppendConst(g.out, wasm.I32, uint64(f))
}
