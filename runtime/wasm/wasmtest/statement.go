package wasmtest

import wasm "github.com/troupe-run/troupe/runtime/wasm/binary"

// deepest bounds how far expressions and statements nest.
const deepest = 8

// statement adds instructions that leave the stack as it was.
func (g *generator) statement() {
	g.size--
	g.nested++
	defer func() { g.nested-- }()
	if g.nested > deepest || g.size <= 0 {
		g.op(wasm.OpNop)
		return
	}
	switch g.rand.IntN(16) {
	case 0, 1, 2:
		g.setLocal()
	case 3:
		g.setGlobal()
	case 4, 5:
		g.store()
	case 6:
		g.expression(pick(g, numberTypes))
		g.op(wasm.OpDrop)
	case 7:
		g.choice()
	case 8:
		g.block()
	case 9, 10:
		g.loop()
	case 11:
		g.callFor(nil)
	case 12:
		g.bulk()
	case 13:
		g.table()
	case 14:
		g.jump()
	case 15:
		g.passThrough()
	}
}

func (g *generator) statements() {
	for range 1 + g.rand.IntN(3) {
		g.statement()
	}
}

// inside adds what is between the start of a block, of which branches take the values to its label, and its end.
func (g *generator) inside(types []wasm.ValueType, fill func()) {
	g.labels = append(g.labels, label{types})
	fill()
	g.labels = g.labels[:len(g.labels)-1]
}

func (g *generator) setLocal() {
	own := len(g.locals) - 2
	if own == 0 {
		g.op(wasm.OpNop)
		return
	}
	i := g.rand.IntN(own)
	g.expression(g.locals[i])
	g.index(wasm.OpLocalSet, uint32(i))
}

func (g *generator) setGlobal() {
	i := 1 + g.rand.IntN(len(g.m.Globals)-1)
	if !g.m.Globals[i].Mutable {
		g.op(wasm.OpNop)
		return
	}
	g.seen(g.m.Globals[i].Type)
	g.index(wasm.OpGlobalSet, uint32(i))
}

var stores = map[wasm.ValueType][]wasm.Opcode{
	wasm.I32: {wasm.OpI32Store, wasm.OpI32Store8, wasm.OpI32Store16},
	wasm.I64: {wasm.OpI64Store, wasm.OpI64Store8, wasm.OpI64Store16, wasm.OpI64Store32},
	wasm.F32: {wasm.OpF32Store},
	wasm.F64: {wasm.OpF64Store},
}

func (g *generator) store() {
	t := pick(g, numberTypes)
	g.address(0xfff0)
	g.seen(t)
	g.index(pick(g, stores[t]), 0, uint32(g.rand.IntN(9)))
}

// address adds an expression for a number of the bits of a mask.
func (g *generator) address(mask uint64) {
	g.expression(wasm.I32)
	g.out = wasm.AppendConst(g.out, wasm.I32, mask)
	g.op(wasm.OpI32And)
}

func (g *generator) choice() {
	g.expression(wasm.I32)
	g.op(wasm.OpIf)
	g.out = append(g.out, emptyBlock)
	g.inside(nil, func() {
		g.statements()
		if g.chance(2) {
			g.op(wasm.OpElse)
			g.statements()
		}
	})
	g.op(wasm.OpEnd)
}

func (g *generator) block() {
	g.op(wasm.OpBlock)
	g.out = append(g.out, emptyBlock)
	g.inside(nil, func() {
		g.statements()
		g.jumpIf()
		g.statements()
	})
	g.op(wasm.OpEnd)
}

// loop adds a loop in a block. Its first instructions leave the block when the budget is empty.
func (g *generator) loop() {
	g.op(wasm.OpBlock)
	g.out = append(g.out, emptyBlock)
	g.inside(nil, func() {
		g.op(wasm.OpLoop)
		g.out = append(g.out, emptyBlock)
		g.inside(nil, func() {
			g.spend()
			g.index(wasm.OpBrIf, 1)
			g.statements()
			g.expression(wasm.I32)
			g.index(wasm.OpBrIf, 0)
			if g.chance(2) {
				g.statements()
			}
		})
		g.op(wasm.OpEnd)
	})
	g.op(wasm.OpEnd)
}

// passThrough adds a block that takes and leaves a value; a loop takes it in each round.
func (g *generator) passThrough() {
	types := []wasm.ValueType{wasm.I32}
	g.expression(wasm.I32)
	op := pick(g, []wasm.Opcode{wasm.OpBlock, wasm.OpLoop, wasm.OpIf})
	if op == wasm.OpIf {
		g.expression(wasm.I32)
	}
	g.op(op)
	g.out = wasm.AppendS64(g.out, int64(g.passing))
	g.inside(types, func() {
		if op == wasm.OpLoop {
			g.returnIfSpent()
		}
		g.statements()
		g.expression(wasm.I32)
		g.op(wasm.OpI32Xor)
		if g.chance(2) {
			g.expression(wasm.I32)
			g.index(wasm.OpBrIf, 0)
		}
		if op == wasm.OpIf && g.chance(2) {
			g.op(wasm.OpElse)
			g.op(wasm.OpI32Clz)
		}
	})
	g.op(wasm.OpEnd, wasm.OpDrop)
}

func (g *generator) bulk() {
	switch g.rand.IntN(8) {
	case 0, 1:
		g.address(0x7fff)
		g.expression(wasm.I32)
		g.address(0x1ff)
		g.op(wasm.OpMemoryFill)
		g.out = append(g.out, 0)
	case 2, 3:
		g.address(0x7fff)
		g.address(0x7fff)
		g.address(0x1ff)
		g.op(wasm.OpMemoryCopy)
		g.out = append(g.out, 0, 0)
	case 4, 5:
		g.address(0x7fff)
		g.address(0x3f)
		g.address(0x03)
		g.index(wasm.OpMemoryInit, passiveData)
		g.out = append(g.out, 0)
	case 6:
		g.out = wasm.AppendConst(g.out, wasm.I32, pick(g, []uint64{0, 1, 2, 0xffffffff}))
		g.op(wasm.OpMemoryGrow)
		g.out = append(g.out, 0)
		g.op(wasm.OpDrop)
	case 7:
		if g.chance(4) {
			g.index(wasm.OpDataDrop, passiveData)
		} else {
			g.op(wasm.OpNop)
		}
	}
}

// table adds nested blocks of which a br_table leaves one.
func (g *generator) table() {
	n := 1 + g.rand.IntN(4)
	for range n {
		g.op(wasm.OpBlock)
		g.out = append(g.out, emptyBlock)
		g.labels = append(g.labels, label{})
	}
	g.expression(wasm.I32)
	count := g.rand.IntN(6)
	g.index(wasm.OpBrTable, uint32(count))
	for range count + 1 {
		g.out = wasm.AppendU32(g.out, uint32(g.rand.IntN(n)))
	}
	if g.chance(3) {
		g.unreachable()
	}
	for range n {
		g.op(wasm.OpEnd)
		g.labels = g.labels[:len(g.labels)-1]
		if g.chance(2) {
			g.statement()
		}
	}
}

// goTo adds a branch to a label, with the values that it takes. Other values may lie below.
func (g *generator) goTo(l uint32) {
	for _, t := range g.labels[len(g.labels)-1-int(l)].types {
		g.seen(t)
	}
	if int(l) == len(g.labels)-1 && g.chance(2) {
		g.op(wasm.OpReturn)
	} else {
		g.index(wasm.OpBr, l)
	}
}

// jump adds an if that leaves some block, or the module, and instructions behind that which are not reached.
func (g *generator) jump() {
	g.expression(wasm.I32)
	g.op(wasm.OpI32Eqz, wasm.OpIf)
	g.out = append(g.out, emptyBlock)
	g.inside(nil, func() {
		if g.chance(4) {
			g.expression(pick(g, numberTypes))
		}
		if g.chance(8) {
			g.op(wasm.OpUnreachable)
		} else {
			g.goTo(uint32(g.rand.IntN(len(g.labels))))
		}
		g.unreachable()
	})
	g.op(wasm.OpEnd)
}

// jumpIf adds a br_if to a label.
func (g *generator) jumpIf() {
	l := uint32(g.rand.IntN(len(g.labels)))
	types := g.labels[len(g.labels)-1-int(l)].types
	for _, t := range types {
		g.seen(t)
	}
	g.expression(wasm.I32)
	g.index(wasm.OpBrIf, l)
	for range types {
		g.op(wasm.OpDrop)
	}
}

// unreachable adds instructions to where none is reached.
func (g *generator) unreachable() {
	switch g.rand.IntN(5) {
	case 0:
		g.op(wasm.OpDrop)
	case 1:
		g.op(wasm.OpI32Add, wasm.OpF32ConvertI32S, wasm.OpF32Add, wasm.OpDrop)
	case 2:
		g.op(wasm.OpSelect, wasm.OpUnreachable)
	case 3:
		g.op(wasm.OpMemoryGrow)
		g.out = append(g.out, 0)
		g.op(wasm.OpIf)
		g.out = append(g.out, emptyBlock)
		g.inside(nil, g.statements)
		g.op(wasm.OpElse, wasm.OpEnd)
	case 4:
		g.statements()
	}
}
