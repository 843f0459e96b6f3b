package instrument

import "github.com/troupe-run/troupe/runtime/wasm/binary"

// payment is where a charge finds what it needs.
type payment struct {
	// copied says that the local copy holds what is left too. Inside of loops it saves reading the global in each round,
	// and what is written to the global is there when an instruction traps or a host function looks.
	copied bool
	copy   uint32

	length uint32 // local of type i32 with the length to be paid
	rate   uint32 // price of one
}

// left pushes what is left of gas.
func (r *rewriter) left(c *code, p payment) {
	if p.copied {
		c.index(binary.OpLocalGet, p.copy)
	} else {
		c.index(binary.OpGlobalGet, r.gas)
	}
}

// setLeft pops what is left of gas.
func (r *rewriter) setLeft(c *code, p payment) {
	if p.copied {
		c.index(binary.OpLocalTee, p.copy)
	}
	c.index(binary.OpGlobalSet, r.gas)
}

// pay subtracts a sum from gas.
func (r *rewriter) pay(c *code, p payment, sum uint64) {
	r.left(c, p)
	c.i64(int64(sum))
	c.op(binary.OpI64Sub)
	r.setLeft(c, p)
}

// trapIfNegative ends the module if gas is below 0.
func (r *rewriter) trapIfNegative(c *code, p payment) {
	r.left(c, p)
	c.i64(0)
	c.op(binary.OpI64GeS)
	r.trapUnless(c, 0)
}

// trapUnless pops a condition and ends the module if it does not hold. A reason that is not 0 is noted. The trap is in an
// else, because wazero's compiler puts that behind the function, and its opposite in the way of what runs.
func (r *rewriter) trapUnless(c *code, reason int32) {
	c.openIf()
	c.op(binary.OpElse)
	if reason != 0 {
		c.i32(reason)
		c.index(binary.OpGlobalSet, r.exhausted)
	}
	c.op(binary.OpUnreachable, binary.OpEnd)
}

// payLength subtracts the price of a length from gas, and ends the module if it is too much.
func (r *rewriter) payLength(c *code, p payment) {
	r.left(c, p)
	c.index(binary.OpLocalGet, p.length)
	c.op(binary.OpI64ExtendI32U)
	if p.rate != 1 {
		c.i64(int64(p.rate))
		c.op(binary.OpI64Mul)
	}
	c.op(binary.OpI64Sub)
	r.setLeft(c, p)
	r.trapIfNegative(c, p)
}
