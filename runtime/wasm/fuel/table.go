package fuel

import (
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// Table returns a table of that name that weighs instructions by what they take on common machines: one unit of fuel is
// about a quarter of a nanosecond. Fuel is exact in that it does not depend on the machine, and is checked at the entry of
// functions and at the heads of loops.
func Table(name string) instrument.Table {
	t := instrument.Table{
		Name:        name,
		Branch:      1,
		Local:       1,
		FreeLocals:  32,
		BulkByte:    1,
		BulkElement: 4,
		Page:        65536, // a new page is worth sixteen faults and must be cleared
	}
	for op := range t.Cost {
		t.Cost[op] = 1
	}
	for op := range t.Misc {
		t.Misc[op] = 4
	}
	price := func(n uint32, ops ...binary.Opcode) {
		for _, op := range ops {
			t.Cost[op] = n
		}
	}
	between := func(n uint32, first, last binary.Opcode) {
		for op := first; op <= last; op++ {
			t.Cost[op] = n
		}
	}
	price(0, binary.OpNop, binary.OpBlock, binary.OpLoop, binary.OpEnd, binary.OpElse, binary.OpDrop)
	between(2, binary.OpI32Load, binary.OpI64Store32)
	price(8, binary.OpCall)
	price(16, binary.OpCallIndirect)
	price(4, binary.OpBrTable, binary.OpGlobalSet)
	price(40, binary.OpMemoryGrow)
	between(12, binary.OpI32DivS, binary.OpI32RemU)
	between(20, binary.OpI64DivS, binary.OpI64RemU)
	// Arithmetic on floats is followed by a look at the result, because a NaN must be the same everywhere.
	between(6, binary.OpF32Abs, binary.OpF32Copysign)
	between(6, binary.OpF64Abs, binary.OpF64Copysign)
	price(20, binary.OpF32Div, binary.OpF32Sqrt, binary.OpF64Div, binary.OpF64Sqrt)
	return t
}
