package instrument

import (
	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// The canonical NaNs.
const (
	nan32 = 0x7fc00000
	nan64 = 0x7ff8000000000000
)

// canonicalized returns the type of the result of an instruction whose NaNs the format leaves open, or 0.
func canonicalized(op binary.Opcode) binary.ValueType {
	switch {
	case op >= binary.OpF32Ceil && op <= binary.OpF32Max:
		return binary.F32
	case op >= binary.OpF64Ceil && op <= binary.OpF64Max:
		return binary.F64
	}
	return 0
}

// hidesNaN reports whether an instruction that takes the float on the top of the stack does not let it be seen which NaN
// it is, if it is one: the NaN that comes out is made canonical anyway, or none comes out.
func hidesNaN(op binary.Opcode) bool {
	switch {
	case canonicalized(op) != 0,
		op >= binary.OpF32Eq && op <= binary.OpF64Ge,
		op >= binary.OpI32TruncF32S && op <= binary.OpI32TruncF64U,
		op >= binary.OpI64TruncF32S && op <= binary.OpI64TruncF64U,
		op >= binary.OpI32TruncSatF32S && op <= binary.OpI64TruncSatF64U,
		op == binary.OpDrop:
		return true
	}
	return false
}

// canonicalize replaces the float on the top of the stack by the canonical NaN if it is a NaN.
func (b *body) canonicalize() {
	use, bits, equal := &b.scratch.f32, uint64(nan32), binary.OpF32Eq
	if b.nan == binary.F64 {
		use, bits, equal = &b.scratch.f64, nan64, binary.OpF64Eq
	}
	x := b.local(use, b.nan)
	b.code.index(binary.OpLocalTee, x)
	b.code = binary.AppendConst(b.code, b.nan, bits)
	b.code.index(binary.OpLocalGet, x)
	b.code.index(binary.OpLocalGet, x)
	b.code.op(equal, binary.OpSelect)
}
