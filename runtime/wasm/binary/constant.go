package binary

import "encoding/binary"

// readConst reads the constant expression at the start of b and returns its instruction and its length with the end.
func readConst(b []byte) (Instr, int, *Error) {
	// The offset of nearly every segment of data is i32.const, and there may be a hundred thousand of them.
	if len(b) > 0 && b[0] == byte(OpI32Const) {
		if v, end := readSigned(b, 1, 32); end > 0 && end < len(b) && b[end] == byte(OpEnd) {
			return Instr{Op: OpI32Const, End: end, Imm: [2]uint64{uint64(uint32(v))}}, end + 1, nil
		}
	}
	var w walker
	w.start(b)
	if !w.next() {
		return Instr{}, 0, w.err
	}
	first := w.Instr
	switch first.Op {
	case OpI32Const, OpI64Const, OpF32Const, OpF64Const, OpGlobalGet, OpRefNull, OpRefFunc:
	default:
		w.fail(first.Pos, "%v in a constant expression", first.Op)
		return Instr{}, 0, w.err
	}
	if !w.next() {
		return Instr{}, 0, w.err
	}
	switch w.Op {
	case OpEnd:
		return first, w.End, nil
	case OpI32Const, OpI64Const, OpGlobalGet:
		w.fail(w.Pos, "a constant expression of several instructions: extended-const is not supported")
	default:
		w.fail(w.Pos, "%v follows the one instruction of a constant expression", w.Op)
	}
	return Instr{}, 0, w.err
}

// DecodeConst returns the one instruction of a constant expression: a constant, global.get, ref.null or ref.func.
func DecodeConst(expr []byte) (Instr, error) {
	in, end, err := readConst(expr)
	if err == nil && end != len(expr) {
		err = &Error{Offset: end, Section: "code", Reason: "bytes follow a constant expression"}
	}
	if err != nil {
		return Instr{}, err
	}
	return in, nil
}

// EncodeConst returns a constant expression, its end included. bits are those of the number, in the low half for types
// of 32 bits; a reference is null, whatever bits are.
func EncodeConst(t ValueType, bits uint64) []byte {
	return append(AppendConst(nil, t, bits), byte(OpEnd))
}

// AppendConst appends the instruction that pushes a constant; see EncodeConst.
func AppendConst(dst []byte, t ValueType, bits uint64) []byte {
	switch t {
	case I32:
		return AppendS32(append(dst, byte(OpI32Const)), int32(bits))
	case I64:
		return AppendS64(append(dst, byte(OpI64Const)), int64(bits))
	case F32:
		return binary.LittleEndian.AppendUint32(append(dst, byte(OpF32Const)), uint32(bits))
	case F64:
		return binary.LittleEndian.AppendUint64(append(dst, byte(OpF64Const)), bits)
	default:
		return append(dst, byte(OpRefNull), byte(t))
	}
}
