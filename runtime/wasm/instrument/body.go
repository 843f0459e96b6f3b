package instrument

import (
	"fmt"
	"slices"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// body rewrites the body of one function.
//
// Gas is counted by segments: instructions that are all executed once the first of them is, unless one traps. The open
// segment is code[start:], and cost is what it costs so far. In the exact scheme a segment is paid where it ends, before
// the instruction that ends it; otherwise where it starts, which is why what pays is inserted when the segment is closed.
// What is left is looked at in the same places in both.
type body struct {
	r      *rewriter
	source []byte
	code   code

	start  int
	cost   uint64
	check  bool // what is left is looked at where the open segment is paid
	inLoop bool // the open segment starts inside of a loop

	frames []frame
	loops  int // of frames
	dead   int // 0: the instruction is reachable; 1 + the blocks opened since it was

	base    uint32 // the first local that is not the guest's
	scratch scratch

	nan   binary.ValueType // the last instruction may have left a NaN of this type, not made canonical yet; or 0
	calls bool             // the function calls others
	slots uint64           // values that the engine may have to keep on its stack

	charge code // room for what pays
}

// frame is an open block.
type frame struct {
	op       binary.Opcode // block, loop, if, or else in an if that has one
	targeted bool          // by a branch
	results  int
}

// scratch are the locals of a function that are not the guest's, by use: 0 is none, otherwise 1 + the index.
type scratch struct {
	locals []binary.Local
	gas    uint32 // i64: a copy of what is left
	length uint32 // i32: a length
	f32    uint32
	f64    uint32
}

// local returns the index of a local for the use, which it makes if there is none.
func (b *body) local(use *uint32, t binary.ValueType) uint32 {
	if *use == 0 {
		*use = 1 + b.base + uint32(len(b.scratch.locals))
		b.scratch.locals = append(b.scratch.locals, binary.Local{Count: 1, Type: t})
	}
	return *use - 1
}

// code rewrites the function i of those that are not imported.
func (r *rewriter) code(i int) (binary.Code, error) {
	c := &r.m.Codes[i]
	if t := r.m.Functions[i]; uint64(t) >= uint64(len(r.m.Types)) {
		return binary.Code{}, fmt.Errorf("its type %d does not exist", t)
	}
	t := &r.m.Types[r.m.Functions[i]]
	var locals uint64
	for _, l := range c.Locals {
		locals += uint64(l.Count)
	}
	b := &r.body
	*b = body{
		r: r, source: c.Body, code: b.code[:0], frames: b.frames[:0], charge: b.charge[:0],
		base: uint32(len(t.Params)) + uint32(locals), check: true,
	}
	b.frames = append(b.frames, frame{op: binary.OpBlock, results: len(t.Results)})
	if gas := r.o.Gas; gas != nil {
		b.enter(gas, gas.locals(locals))
	}
	if err := binary.Walk(c.Body, b.visit); err != nil {
		return binary.Code{}, err
	}
	return binary.Code{
		Locals: append(slices.Clip(c.Locals), b.scratch.locals...),
		Body:   b.finish(t),
		Offset: c.Offset,
	}, nil
}

// enter charges for locals. CosmWasm's metering does so before the first instruction, or with it if gas is counted
// there. In the exact scheme it looks at what the caller has left.
func (b *body) enter(gas *Table, locals uint64) {
	b.cost = locals
	if gas.Exact {
		if len(b.source) > 0 && !accounts(binary.Opcode(b.source[0])) {
			b.settle()
		}
		b.r.trapIfNegative(&b.code, payment{})
	}
}

// visit rewrites one instruction.
func (b *body) visit(in binary.Instr) error {
	if b.dead > 0 && b.skip(in.Op) {
		return nil
	}
	if b.nan != 0 && !hidesNaN(in.Op) {
		b.canonicalize()
	}
	b.nan = 0
	gas := b.r.o.Gas
	if gas != nil && b.dead == 0 {
		b.cost += gas.price(in.Op)
		if gas.Exact && accounts(in.Op) {
			b.settle()
		}
	}
	b.dead = 0
	if err := b.rewrite(in); err != nil {
		return err
	}
	b.nan = canonicalized(in.Op)
	return nil
}

// skip reports whether the instruction, which is not reachable, is left out. The end or else that makes instructions
// reachable again is not.
func (b *body) skip(op binary.Opcode) bool {
	switch op {
	case binary.OpBlock, binary.OpLoop, binary.OpIf:
		b.dead++
	case binary.OpEnd:
		if b.dead > 1 {
			b.dead--
			return true
		}
		return false
	case binary.OpElse:
		return b.dead > 1
	}
	return true
}

// rewrite appends the instruction, or what stands for it, and what goes before and after it.
func (b *body) rewrite(in binary.Instr) error {
	switch in.Op {
	case binary.OpBlock, binary.OpLoop, binary.OpIf:
		return b.open(in)
	case binary.OpElse:
		b.keep(in)
		b.frames[len(b.frames)-1].op = binary.OpElse
		b.close()
	case binary.OpEnd:
		b.end(in)
	case binary.OpBr, binary.OpBrIf:
		b.target(uint32(in.Imm[0]))
		b.leave(in, in.Op == binary.OpBr)
	case binary.OpBrTable:
		for _, label := range in.Labels {
			b.target(label)
		}
		b.leave(in, true)
	case binary.OpReturn:
		// To the label of the function, where what all ways out have in common is done.
		label := uint32(len(b.frames) - 1)
		b.target(label)
		b.code.index(binary.OpBr, label)
		b.close()
		b.dead = 1
	case binary.OpUnreachable:
		// The exact scheme forgets here what came up: CosmWasm's metering adds it to instructions that are not reached.
		b.leave(in, true)
	case binary.OpCall, binary.OpCallIndirect:
		return b.call(in)
	default:
		b.plain(in)
	}
	return nil
}

// keep appends the instruction as it is.
func (b *body) keep(in binary.Instr) { b.code = append(b.code, b.source[in.Pos:in.End]...) }

// open rewrites block, loop and if.
func (b *body) open(in binary.Instr) error {
	t, ok := b.r.m.BlockType(in.Imm[0])
	if !ok {
		return fmt.Errorf("%v at byte %d: its type does not exist", in.Op, in.Pos)
	}
	if in.Op == binary.OpLoop {
		b.copyGas()
	}
	b.keep(in)
	b.frames = append(b.frames, frame{op: in.Op, results: len(t.Results)})
	switch in.Op {
	case binary.OpLoop:
		b.close()
		b.loops++
		b.inLoop, b.check = true, true
		if gas := b.r.o.Gas; gas != nil && gas.Exact {
			b.r.trapIfNegative(&b.code, payment{})
		}
		b.merge(len(t.Params))
	case binary.OpIf:
		b.close()
	}
	return nil
}

// end rewrites end. What follows is in the same segment if control comes from above only.
func (b *body) end(in binary.Instr) {
	f := b.frames[len(b.frames)-1]
	b.frames = b.frames[:len(b.frames)-1]
	b.keep(in)
	if f.op == binary.OpLoop {
		b.loops--
		return
	}
	if f.targeted || f.op != binary.OpBlock || len(b.frames) == 0 {
		b.close()
		b.merge(f.results)
	}
}

// target notes a branch to the label.
func (b *body) target(label uint32) { b.frames[len(b.frames)-1-int(label)].targeted = true }

// leave rewrites an instruction that goes elsewhere, always or sometimes.
func (b *body) leave(in binary.Instr, always bool) {
	b.keep(in)
	b.close()
	if always {
		b.dead = 1
	}
}

// settle pays for the open segment before the instruction that ends it: the exact scheme.
func (b *body) settle() {
	if b.cost > 0 {
		b.r.pay(&b.code, payment{}, b.cost)
		b.cost = 0
	}
}

// close pays for the open segment where it starts, and opens the next one.
func (b *body) close() {
	if gas := b.r.o.Gas; gas != nil && !gas.Exact && (b.cost > 0 || b.check) {
		b.charge = b.charge[:0]
		p := b.payment(b.inLoop)
		if b.cost > 0 {
			b.r.pay(&b.charge, p, b.cost)
		}
		if b.check {
			b.r.trapIfNegative(&b.charge, p)
		}
		b.code = slices.Insert(b.code, b.start, b.charge...)
	}
	b.start, b.cost, b.check, b.inLoop = len(b.code), 0, false, b.loops > 0
}

// payment returns where gas is: in the scheme that is not exact, the local copy is up to date inside of loops.
func (b *body) payment(inLoop bool) payment {
	if !inLoop || b.r.o.Gas.Exact {
		return payment{}
	}
	return payment{copied: true, copy: b.local(&b.scratch.gas, binary.I64)}
}

// copyGas brings the local copy of gas up to date: before the outermost loop, and in loops when others may have changed
// the global.
func (b *body) copyGas() {
	if gas := b.r.o.Gas; gas == nil || gas.Exact {
		return
	}
	b.code.index(binary.OpGlobalGet, b.r.gas)
	b.code.index(binary.OpLocalSet, b.local(&b.scratch.gas, binary.I64))
}
