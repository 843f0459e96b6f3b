package binary

import "strings"

// trait is what an instruction needs: a feature, or a memory.
type trait byte

const (
	traitFloats trait = 1 << iota
	traitSignExt
	traitReferences
	traitMemory
	traitBulk
	traitSatFloat
)

// refusedTraits returns the traits that no instruction of the module may have.
func (c *checker) refusedTraits() (t trait) {
	refuse := func(when bool, what trait) {
		if when {
			t |= what
		}
	}
	refuse(!c.rules.Floats, traitFloats)
	refuse(!c.rules.SignExt, traitSignExt)
	refuse(!c.rules.ReferenceTypes, traitReferences)
	refuse(!c.rules.BulkMemory, traitBulk)
	refuse(!c.rules.SatFloat, traitSatFloat)
	refuse(len(c.Memories) == 0, traitMemory)
	return t
}

// needsTrait says what the current instruction needs and is not there.
func (f *bodyChecker) needsTrait(t trait) *Error {
	feature := ""
	switch {
	case t&traitFloats != 0:
		feature = floats
	case t&traitSatFloat != 0:
		feature = satFloat
	case t&traitSignExt != 0:
		feature = signExt
	case t&traitBulk != 0:
		feature = bulkMemory
	case t&traitReferences != 0:
		feature = referenceTypes
	default:
		return refuse("code", "%v: there is no memory", f.Op)
	}
	return needs("code", f.Op.String(), feature)
}

// traits gives what every instruction of one byte needs.
var traits = func() (t [256]trait) {
	for op, name := range names {
		if strings.Contains(name, "f32") || strings.Contains(name, "f64") {
			t[op] |= traitFloats
		}
		if immediates[op] == access || immediates[op] == zeroByte {
			t[op] |= traitMemory
		}
	}
	for op := OpI32Extend8S; op <= OpI64Extend32S; op++ {
		t[op] |= traitSignExt
	}
	for _, op := range []Opcode{OpSelectTyped, OpTableGet, OpTableSet, OpRefNull, OpRefIsNull, OpRefFunc} {
		t[op] |= traitReferences
	}
	return t
}()

// miscTraits gives what the instructions with the prefix 0xfc need.
var miscTraits = [...]trait{
	traitFloats | traitSatFloat, traitFloats | traitSatFloat, traitFloats | traitSatFloat, traitFloats | traitSatFloat,
	traitFloats | traitSatFloat, traitFloats | traitSatFloat, traitFloats | traitSatFloat, traitFloats | traitSatFloat,
	traitBulk | traitMemory, traitBulk, traitBulk | traitMemory, traitBulk | traitMemory, // memory.init to memory.fill
	traitBulk | traitReferences, traitBulk | traitReferences, traitBulk | traitReferences, // table.init to table.copy
	traitReferences, traitReferences, traitReferences,
}

// effects gives by how much an instruction of one byte changes the height of the operand stack. Calls and those that
// open, close or leave blocks are not among them.
var effects = func() (e [256]int8) {
	set := func(effect int8, first, last Opcode) {
		for op := first; op <= last; op++ {
			e[op] = effect
		}
	}
	set(-1, OpDrop, OpDrop)
	set(-2, OpSelect, OpSelectTyped)
	set(1, OpLocalGet, OpLocalGet)
	set(-1, OpLocalSet, OpLocalSet)
	set(1, OpGlobalGet, OpGlobalGet)
	set(-1, OpGlobalSet, OpGlobalSet)
	set(-2, OpTableSet, OpTableSet)
	set(-2, OpI32Store, OpI64Store32)
	set(1, OpMemorySize, OpMemorySize)
	set(1, OpI32Const, OpF64Const)
	set(-1, OpI32Eq, OpI32GeU)
	set(-1, OpI64Eq, OpF64Ge)
	set(0, OpI64Eqz, OpI64Eqz)
	set(-1, OpI32Add, OpI32Rotr)
	set(-1, OpI64Add, OpI64Rotr)
	set(-1, OpF32Add, OpF32Copysign)
	set(-1, OpF64Add, OpF64Copysign)
	set(1, OpRefNull, OpRefNull)
	set(1, OpRefFunc, OpRefFunc)
	return e
}()

// miscEffects is as effects, for the instructions with the prefix 0xfc.
var miscEffects = [...]int8{0, 0, 0, 0, 0, 0, 0, 0, -3, 0, -3, -3, -3, 0, -3, -1, 1, -3}
