package binary

import "fmt"

// immediate is what follows an opcode.
type immediate byte

const (
	refused    immediate = iota
	none                 // nothing
	opening              // a block type; opens a block
	middle               // nothing; else
	closing              // nothing; end
	label                // a label
	labels               // a vector of labels and one more
	index                // an index
	twoIndices           // two indices
	access               // an alignment and an offset
	zeroByte             // the byte 0
	integer              // a signed number
	float                // the bits of a float
	types                // a vector of value types
	refType              // a reference type
	misc                 // a number that goes on with the opcode
)

// immediates gives what follows every opcode of one byte.
var immediates = func() (t [256]immediate) {
	for op := range t {
		switch {
		case op == prefixMisc:
			t[op] = misc
		case names[op] != "":
			t[op] = none
		}
	}
	for op := OpI32Load; op <= OpI64Store32; op++ {
		t[op] = access
	}
	for op := OpLocalGet; op <= OpTableSet; op++ {
		t[op] = index
	}
	t[OpBlock], t[OpLoop], t[OpIf] = opening, opening, opening
	t[OpElse], t[OpEnd] = middle, closing
	t[OpBr], t[OpBrIf], t[OpBrTable] = label, label, labels
	t[OpCall], t[OpRefFunc] = index, index
	t[OpCallIndirect] = twoIndices
	t[OpI32Const], t[OpI64Const], t[OpF32Const], t[OpF64Const] = integer, integer, float, float
	t[OpSelectTyped], t[OpRefNull] = types, refType
	t[OpMemorySize], t[OpMemoryGrow] = zeroByte, zeroByte
	return t
}()

// alignments gives the exponent of the bytes that each load and store moves, from i32.load on.
var alignments = [...]byte{2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2}

// Block types that are no index are kept as their byte with a bit that no index has.
const (
	emptyBlock     = 0x40
	shortBlockType = 1 << 63
)

// refusedOpcode says why an instruction is refused: by the feature that it belongs to, if it has one.
func refusedOpcode(b byte) string {
	feature := ""
	switch {
	case b >= 0x06 && b <= 0x0a || b == 0x18 || b == 0x19 || b == 0x1f:
		feature = "exception handling"
	case b == 0x12 || b == 0x13:
		feature = "tail call"
	case b == 0x14 || b == 0x15 || b >= 0xd3 && b <= 0xd6:
		feature = "typed function references"
	case b == 0xfb:
		feature = "garbage collection"
	case b == 0xfd:
		feature = "SIMD"
	case b == 0xfe:
		feature = "threads"
	default:
		return fmt.Sprintf("unknown instruction %#02x", b)
	}
	return fmt.Sprintf("instruction %#02x is of the proposal %q, which is not supported", b, feature)
}

// refusedType says why a value type is refused.
func refusedType(b byte) string {
	feature := ""
	switch b {
	case 0x7b:
		feature = "SIMD"
	case 0x69, 0x74:
		feature = "exception handling"
	case 0x68, 0x75:
		feature = "stack switching"
	case 0x63, 0x64:
		feature = "typed function references"
	case 0x78, 0x77, 0x73, 0x72, 0x71, 0x6e, 0x6d, 0x6c, 0x6b, 0x6a:
		feature = "garbage collection"
	default:
		return fmt.Sprintf("%#02x, which is no value type", b)
	}
	return fmt.Sprintf("%#02x of the proposal %q, which is not supported", b, feature)
}
