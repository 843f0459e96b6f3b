package instrument

import "github.com/troupe-run/troupe/runtime/wasm/binary"

// emptyBlock is the type of a block that takes and leaves nothing.
const emptyBlock = 0x40

// code is instructions, as they are encoded.
type code []byte

// op appends instructions without immediates.
func (c *code) op(ops ...binary.Opcode) {
	for _, op := range ops {
		*c = append(*c, byte(op))
	}
}

// index appends an instruction on a local, a global, a label or a function.
func (c *code) index(op binary.Opcode, i uint32) {
	*c = binary.AppendU32(append(*c, byte(op)), i)
}

// i32 and i64 append a constant.
func (c *code) i32(v int32) { *c = binary.AppendConst(*c, binary.I32, uint64(uint32(v))) }
func (c *code) i64(v int64) { *c = binary.AppendConst(*c, binary.I64, uint64(v)) }

// openIf appends an if that takes nothing and leaves nothing.
func (c *code) openIf() { *c = append(*c, byte(binary.OpIf), emptyBlock) }
