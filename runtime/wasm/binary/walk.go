package binary

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Instr is one instruction of a body. What Imm holds depends on Op:
//
//	block, loop, if                  the block type, for Module.BlockType
//	br, br_if                        the label
//	call, ref.func                   the function
//	call_indirect                    the type, the table
//	local.*, global.*                the index
//	loads and stores                 the exponent of the alignment, the offset
//	i32.const, f32.const             the 32 bits
//	i64.const, f64.const             the 64 bits
//	table.get set size grow fill     the table
//	table.init                       the segment of elements, the table
//	table.copy                       the table copied to, the table copied from
//	memory.init, data.drop           the segment of data
//	elem.drop                        the segment of elements
//	select with a type, ref.null     the type
//
// and nothing that means anything otherwise. Labels are bounded by the blocks that are open; what the other indices name
// is there only if Rules.Check says so.
type Instr struct {
	Op       Opcode
	Pos, End int // the instruction is Body[Pos:End]
	Imm      [2]uint64
	Labels   []uint32 // of br_table, the default last; valid until the next instruction is read
}

// Walk calls fn for every instruction of a body, nested ones in the order of the text, the last end included. It checks
// that the instructions are known, that their immediates are well formed, that blocks and labels nest and that the body
// ends with its last end. It returns an *Error whose Offset counts from the start of the body, or what fn returns.
func Walk(body []byte, fn func(Instr) error) error {
	w := walker{blocks: make([]byte, 0, 64)}
	w.start(body)
	for w.next() {
		if err := fn(w.Instr); err != nil {
			return err
		}
	}
	if w.err != nil {
		return w.err
	}
	return nil
}

// walker reads the instructions of a body one after the other.
type walker struct {
	Instr
	body   []byte
	blocks []byte // opcodes of the blocks around the next instruction, the function first
	labels []uint32
	err    *Error
}

// start begins with a body. What earlier bodies needed in memory is used again.
func (w *walker) start(body []byte) {
	*w = walker{body: body, blocks: append(w.blocks[:0], byte(OpBlock)), labels: w.labels[:0]}
}

// fail ends the walk. It returns false for next to return.
func (w *walker) fail(pos int, format string, args ...any) bool {
	w.err = &Error{Offset: pos, Section: "code", Reason: fmt.Sprintf(format, args...)}
	return false
}

// next reads an instruction into w.Instr. It returns false after the last one and when w.err is set.
func (w *walker) next() bool {
	body, pos := w.body, w.End
	if uint(pos) >= uint(len(body)) || len(w.blocks) == 0 {
		return w.atEnd()
	}
	b := body[pos]
	w.Pos, w.Op = pos, Opcode(b)
	pos++
	// Most instructions have no immediate, or one of a single byte. They are read here, the others where they fail well.
	small := byte(0x80)
	if uint(pos) < uint(len(body)) {
		small = body[pos]
	}
	switch immediates[b] {
	case none:
		w.End = pos
		return true
	case index:
		if small < 0x80 {
			w.Imm[0], w.End = uint64(small), pos+1
			return true
		}
		return w.readIndex(pos)
	case label:
		if int(small) < len(w.blocks) && small < 0x80 {
			w.Imm[0], w.End = uint64(small), pos+1
			return true
		}
		return w.readIndex(pos) && w.checkLabel(uint32(w.Imm[0]))
	case opening:
		w.blocks = append(w.blocks, b)
		if small == emptyBlock {
			w.Imm[0], w.End = emptyBlock|shortBlockType, pos+1
			return true
		}
		return w.readBlockType(pos)
	case closing:
		w.blocks = w.blocks[:len(w.blocks)-1]
		w.End = pos
		return true
	case access:
		if pos+1 < len(body) && small <= alignments[b-byte(OpI32Load)] && body[pos+1] < 0x80 {
			w.Imm, w.End = [2]uint64{uint64(small), uint64(body[pos+1])}, pos+2
			return true
		}
		return w.readAccess(pos)
	case integer:
		if small < 0x80 && w.Op == OpI32Const {
			w.Imm[0], w.End = uint64(uint32(int8(small<<1)>>1)), pos+1
			return true
		}
		return w.readInteger(pos)
	}
	return w.readRare(b, pos)
}

// atEnd judges where the body ends.
func (w *walker) atEnd() bool {
	switch {
	case len(w.blocks) > 0:
		return w.fail(w.End, "the body ends before %d of its blocks", len(w.blocks))
	case w.End < len(w.body):
		return w.fail(w.End, "%d bytes follow the end of the function", len(w.body)-w.End)
	}
	return false
}

// readRare reads what follows the opcode b of a less common instruction.
func (w *walker) readRare(b byte, pos int) bool {
	switch immediates[b] {
	case middle:
		return w.readElse(pos)
	case float:
		return w.readFloat(pos)
	case labels:
		return w.readLabels(pos)
	case twoIndices:
		return w.readTwoIndices(pos)
	case zeroByte:
		return w.readZeros(pos, 1)
	case types:
		return w.readTypes(pos)
	case refType:
		return w.readRefType(pos)
	case misc:
		return w.readMisc(pos)
	}
	return w.fail(w.Pos, "%s", refusedOpcode(b))
}

func (w *walker) readElse(pos int) bool {
	top := &w.blocks[len(w.blocks)-1]
	if *top != byte(OpIf) {
		return w.fail(w.Pos, "else without an if")
	}
	*top = byte(OpElse)
	w.End = pos
	return true
}

// advance ends the instruction at end, or the walk if end is the failure of a number.
func (w *walker) advance(end int) bool {
	if end < 0 {
		return w.fail(w.Pos, "%v: %s", w.Op, lebFailure(end))
	}
	w.End = end
	return true
}

func (w *walker) readIndex(pos int) bool {
	v, end := readU32(w.body, pos)
	w.Imm[0] = uint64(v)
	return w.advance(end)
}

func (w *walker) readTwoIndices(pos int) bool {
	first, mid := readU32(w.body, pos)
	if mid < 0 {
		return w.advance(mid)
	}
	second, end := readU32(w.body, mid)
	w.Imm = [2]uint64{uint64(first), uint64(second)}
	return w.advance(end)
}

// readAccess reads the immediates of a load or store.
func (w *walker) readAccess(pos int) bool {
	if !w.readTwoIndices(pos) {
		return false
	}
	if align, most := w.Imm[0], uint64(alignments[w.Op-OpI32Load]); align > most {
		if align >= 1<<6 && align < 1<<7 {
			return w.fail(w.Pos, "%v names a memory: multi-memory is not supported", w.Op)
		}
		return w.fail(w.Pos, "%v is aligned to 2^%d bytes, more than the 2^%d that it reads or writes", w.Op, align, most)
	}
	return true
}

func (w *walker) readBlockType(pos int) bool {
	if pos < len(w.body) && w.body[pos]&0xc0 == 0x40 {
		b := w.body[pos]
		if b != emptyBlock && !ValueType(b).valid() {
			return w.fail(pos, "%v has the type %s", w.Op, refusedType(b))
		}
		w.Imm[0] = uint64(b) | shortBlockType
		w.End = pos + 1
		return true
	}
	v, end := readSigned(w.body, pos, 33)
	if v < 0 {
		return w.fail(pos, "%v has a type of more than one byte that is not an index", w.Op)
	}
	w.Imm[0] = uint64(v)
	return w.advance(end)
}

func (w *walker) readInteger(pos int) bool {
	if w.Op == OpI32Const {
		v, end := readSigned(w.body, pos, 32)
		w.Imm[0] = uint64(uint32(v))
		return w.advance(end)
	}
	v, end := readSigned(w.body, pos, 64)
	w.Imm[0] = uint64(v)
	return w.advance(end)
}

func (w *walker) readFloat(pos int) bool {
	rest := w.body[pos:]
	if w.Op == OpF32Const {
		if len(rest) < 4 {
			return w.advance(truncated)
		}
		w.Imm[0] = uint64(binary.LittleEndian.Uint32(rest))
		return w.advance(pos + 4)
	}
	if len(rest) < 8 {
		return w.advance(truncated)
	}
	w.Imm[0] = binary.LittleEndian.Uint64(rest)
	return w.advance(pos + 8)
}

func (w *walker) checkLabel(l uint32) bool {
	if uint64(l) >= uint64(len(w.blocks)) {
		return w.fail(w.Pos, "%v to label %d, but only %d blocks are open", w.Op, l, len(w.blocks))
	}
	return true
}

func (w *walker) readLabels(pos int) bool {
	n, pos := readU32(w.body, pos)
	if pos < 0 {
		return w.advance(pos)
	}
	if rest := len(w.body) - pos; uint64(n) >= uint64(rest) {
		return w.fail(w.Pos, "br_table claims %d labels and a default, but only %d bytes are left", n, rest)
	}
	w.labels = slices.Grow(w.labels[:0], int(n)+1)
	for range n + 1 {
		var l uint32
		if l, pos = readU32(w.body, pos); pos < 0 {
			return w.advance(pos)
		}
		if !w.checkLabel(l) {
			return false
		}
		w.labels = append(w.labels, l)
	}
	w.Labels = w.labels
	w.End = pos
	return true
}

// readZeros reads n bytes that name memories. There is only memory 0, and only one way to write it.
func (w *walker) readZeros(pos, n int) bool {
	for range n {
		if pos >= len(w.body) {
			return w.advance(truncated)
		}
		if w.body[pos] != 0 {
			return w.fail(pos, "%v names a memory other than 0: multi-memory is not supported", w.Op)
		}
		pos++
	}
	w.End = pos
	return true
}

func (w *walker) readTypes(pos int) bool {
	n, pos := readU32(w.body, pos)
	if pos < 0 {
		return w.advance(pos)
	}
	if n != 1 {
		return w.fail(w.Pos, "select has %d types, it must have 1", n)
	}
	if pos >= len(w.body) {
		return w.advance(truncated)
	}
	b := w.body[pos]
	if !ValueType(b).valid() {
		return w.fail(pos, "select has the type %s", refusedType(b))
	}
	w.Imm[0] = uint64(b)
	w.End = pos + 1
	return true
}

func (w *walker) readRefType(pos int) bool {
	if pos >= len(w.body) {
		return w.advance(truncated)
	}
	b := w.body[pos]
	switch t := ValueType(b); {
	case t.IsReference():
	case t.valid():
		return w.fail(pos, "ref.null has the type %v, which is no reference type", t)
	case b < 0x40 || b >= 0x80:
		return w.fail(pos, "ref.null has a type index: typed function references are not supported")
	default:
		return w.fail(pos, "ref.null has the type %s", refusedType(b))
	}
	w.Imm[0] = uint64(b)
	w.End = pos + 1
	return true
}

func (w *walker) readMisc(pos int) bool {
	n, pos := readU32(w.body, pos)
	if pos < 0 {
		return w.advance(pos)
	}
	if n > uint32(lastMisc) {
		return w.fail(w.Pos, "unknown instruction 0xfc %d", n)
	}
	w.Op = miscOpcode + Opcode(n)
	switch w.Op {
	case OpMemoryInit:
		return w.readIndex(pos) && w.readZeros(w.End, 1)
	case OpMemoryCopy:
		return w.readZeros(pos, 2)
	case OpMemoryFill:
		return w.readZeros(pos, 1)
	case OpTableInit, OpTableCopy:
		return w.readTwoIndices(pos)
	case OpDataDrop, OpElemDrop, OpTableGrow, OpTableSize, OpTableFill:
		return w.readIndex(pos)
	}
	w.End = pos
	return true
}
