package instrument

import "github.com/troupe-run/troupe/runtime/wasm/binary"

// stackBytes is how much of the engine's stack the calls of a module may need together. wazero's compiler grants 50 MB,
// and frames are not the same on every machine.
const stackBytes = 32 << 20

// Bounds of what a frame needs on the engine's stack: every value and every meeting of two values of a local may get a
// place of its own, which is not used again for another.
const (
	slotBytes  = 8
	frameSlots = 64 // for what every frame has
)

// makesValue reports whether an instruction, other than a call, leaves a value that is not a constant or in a local
// already.
func makesValue(op binary.Opcode) bool {
	switch op {
	case binary.OpNop, binary.OpDrop, binary.OpLocalGet, binary.OpLocalSet, binary.OpLocalTee, binary.OpGlobalSet,
		binary.OpI32Const, binary.OpI64Const, binary.OpF32Const, binary.OpF64Const:
		return false
	}
	return op < binary.OpI32Store || op > binary.OpI64Store32
}

// merge notes a place where control comes together: each local may have another value on each way, and so do the values
// that the ways leave on the stack.
func (b *body) merge(values int) {
	const own = 1 // the copy of gas
	b.slots += uint64(b.base) + own + uint64(values)
}

// weight returns what a call of the function takes from the depth.
func (b *body) weight() int32 {
	depth := uint64(b.r.o.Depth)
	bytes := (b.slots + uint64(b.base) + frameSlots) * slotBytes
	return int32(1 + min(bytes/(stackBytes/depth), depth))
}

// finish returns the body with what counts the depth around it. The guest's instructions are then in a block that stands
// where the label of the function was, so that all ways out lead to its end.
func (b *body) finish(t *binary.FuncType) []byte {
	weight := int32(0)
	if b.r.o.Depth > 0 {
		weight = b.weight()
	}
	if weight == 0 || weight == 1 && !b.calls {
		return append([]byte(nil), b.code...)
	}
	r := b.r
	out := make(code, 0, len(b.code)+48)
	out.index(binary.OpGlobalGet, r.depth)
	out.i32(weight)
	out.op(binary.OpI32GeS)
	r.trapUnless(&out, ExhaustedDepth)
	r.changeDepth(&out, -weight)
	out.op(binary.OpBlock)
	out = append(out, r.resultType(t.Results)...)
	out = append(out, b.code...)
	r.changeDepth(&out, weight)
	out.op(binary.OpEnd)
	return out
}

// changeDepth adds to the depth.
func (r *rewriter) changeDepth(c *code, change int32) {
	c.index(binary.OpGlobalGet, r.depth)
	c.i32(change)
	c.op(binary.OpI32Add)
	c.index(binary.OpGlobalSet, r.depth)
}
