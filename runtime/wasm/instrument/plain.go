package instrument

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// call rewrites call and call_indirect.
func (b *body) call(in binary.Instr) error {
	index := in.Imm[0]
	if in.Op == binary.OpCall {
		if index >= uint64(len(b.r.spaces.Functions)) {
			return fmt.Errorf("call at byte %d: function %d does not exist", in.Pos, index)
		}
		index = uint64(b.r.spaces.Functions[index])
	}
	if index >= uint64(len(b.r.m.Types)) {
		return fmt.Errorf("%v at byte %d: type %d does not exist", in.Op, in.Pos, index)
	}
	t := &b.r.m.Types[index]
	b.slots += uint64(len(t.Params) + len(t.Results))
	b.calls = true
	b.keep(in)
	if b.loops > 0 {
		b.copyGas()
	}
	b.close()
	return nil
}

// plain rewrites the instructions that go on to the next one.
func (b *body) plain(in binary.Instr) {
	switch in.Op {
	case binary.OpMemorySize:
		b.code.index(binary.OpGlobalGet, b.r.pages)
	case binary.OpMemoryGrow:
		b.growMemory()
	case binary.OpMemoryFill, binary.OpMemoryCopy:
		b.payLength(func(gas *Table) uint32 { return gas.BulkByte })
		b.keep(in)
	case binary.OpMemoryInit:
		b.payLength(func(gas *Table) uint32 { return gas.BulkByte })
		b.keep(in)
		b.cannotReset(in)
	case binary.OpTableGrow, binary.OpTableFill, binary.OpTableCopy, binary.OpTableInit:
		b.payLength(func(gas *Table) uint32 { return gas.BulkElement })
		b.keep(in)
		b.cannotReset(in)
	case binary.OpTableSet, binary.OpDataDrop, binary.OpElemDrop:
		b.keep(in)
		b.cannotReset(in)
	default:
		b.keep(in)
	}
	if makesValue(in.Op) {
		b.slots++
	}
}

// cannotReset notes that the instruction changes what is neither memory nor a global, or depends on it.
func (b *body) cannotReset(in binary.Instr) {
	b.r.cannotReset(fmt.Sprintf("it uses %v", in.Op))
}

// payLength charges for the length on the top of the stack, which stays there.
func (b *body) payLength(rate func(*Table) uint32) {
	gas := b.r.o.Gas
	if gas == nil || rate(gas) == 0 {
		return
	}
	p := b.payment(b.loops > 0)
	p.rate = rate(gas)
	p.length = b.local(&b.scratch.length, binary.I32)
	b.code.index(binary.OpLocalTee, p.length)
	b.r.payLength(&b.code, p)
}

// growMemory calls what stands for memory.grow, which may change gas.
func (b *body) growMemory() {
	b.r.grow = true
	b.code.index(binary.OpCall, b.r.growFunction())
	if b.loops > 0 {
		b.copyGas()
	}
}
