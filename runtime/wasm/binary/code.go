package binary

import "fmt"

// checkCodes judges the code of all functions.
func (c *checker) checkCodes() *Error {
	f := bodyChecker{checker: c, refused: c.refusedTraits()}
	locals, work := uint64(0), uint64(0)
	var most heaviest
	for i := range c.m.Codes {
		if err := f.check(i); err != nil {
			if err.Offset < 0 && f.code.Offset > 0 {
				err.Offset = f.code.Offset
			}
			err.Reason = fmt.Sprintf("function %d: %s", i+c.ImportedFunctions, err.Reason)
			return err
		}
		locals += f.locals - uint64(len(f.typ.Params))
		if err := within("code", "locals of all functions", locals, c.rules.TotalLocals); err != nil {
			return err
		}
		most.see(i+c.ImportedFunctions, f.work, f.most)
		if work += f.work; work > uint64(max(c.rules.TotalWork, 0)) {
			return most.refuse(work, c.rules.TotalWork)
		}
	}
	return nil
}

// bodyChecker judges one function after the other.
type bodyChecker struct {
	*checker
	walker
	refused trait // what instructions of these rules and this module must not need

	code   *Code
	typ    FuncType
	locals uint64 // parameters included

	// The operand stack is followed as far as its height goes, which is exact in valid code.
	frames        []frame
	height, peak  int
	loops, deeper uint64 // around the instruction, and the most so far
	effort        effort

	work uint64 // of the function, and what most of it is for
	most string
}

// frame is a block that is open.
type frame struct {
	base    int // height of the operand stack below its parameters
	params  int
	results int
	dead    bool // what follows within the block is never reached
	loop    bool
	bare    bool // an if without an else so far

	unreached bool   // the block itself is within what is never reached
	opened    place  // the block before
	joined    place  // the least deep of the blocks that branch to the end
	joins     uint64 // how many they are
}

func (f *bodyChecker) check(i int) *Error {
	f.code = &f.m.Codes[i]
	f.typ = f.m.Types[f.m.Functions[i]]
	if err := f.checkLocals(); err != nil {
		return err
	}
	if err := within("code", "bytes of its body", len(f.code.Body), f.rules.BodyBytes); err != nil {
		return err
	}
	f.start(f.code.Body)
	f.frames = append(f.frames[:0], frame{results: len(f.typ.Results)})
	f.height, f.peak, f.loops, f.deeper = 0, 0, 0, 0
	f.effort.begin(f.locals)
	for f.next() {
		if err := f.instr(); err != nil {
			return f.at(err)
		}
	}
	if f.err != nil {
		return f.at(f.err)
	}
	f.work, f.most = f.effort.total(uint64(f.peak), f.deeper)
	if f.work > uint64(max(f.rules.Work, 0)) {
		return workError("its work", f.most, f.work, f.rules.Work)
	}
	return nil
}

// at gives an error of the current instruction its place.
func (f *bodyChecker) at(err *Error) *Error {
	pos := f.Pos
	if err == f.err {
		pos = err.Offset
	}
	err.Offset = -1
	if f.code.Offset > 0 {
		err.Offset = f.code.Offset + pos
	}
	return err
}

func (f *bodyChecker) checkLocals() *Error {
	own := uint64(0)
	for _, l := range f.code.Locals {
		if err := f.valueType("code", "a local", l.Type); err != nil {
			return err
		}
		own += uint64(l.Count)
	}
	f.locals = own + uint64(len(f.typ.Params))
	return within("code", "its locals", own, f.rules.Locals)
}

// isDead reports whether the instruction that was read is never reached.
func (f *bodyChecker) isDead() bool { return f.frames[len(f.frames)-1].dead }

// join counts a branch to a label.
func (f *bodyChecker) join(label uint64) { f.effort.join(&f.frames[len(f.frames)-1-int(label)]) }

// instr judges the instruction that was read.
func (f *bodyChecker) instr() *Error {
	if !f.isDead() {
		f.effort.take(f.Op)
	}
	if f.Op >= miscOpcode {
		return f.misc()
	}
	if t := traits[f.Op] & f.refused; t != 0 {
		return f.needsTrait(t)
	}
	switch f.Op {
	case OpLocalGet, OpLocalSet, OpLocalTee:
		if f.Imm[0] >= f.locals {
			return f.missing("local", f.Imm[0], int(f.locals))
		}
		switch {
		case f.isDead():
		case f.Op == OpLocalGet:
			f.effort.get(f.Imm[0])
		default:
			f.effort.set(f.Imm[0])
		}
	case OpGlobalGet, OpGlobalSet:
		if f.Imm[0] >= uint64(len(f.Globals)) {
			return f.missing("global", f.Imm[0], len(f.Globals))
		}
		if f.Op == OpGlobalSet && !f.Globals[f.Imm[0]].Mutable {
			return refuse("code", "global.set of global %d, which cannot change", f.Imm[0])
		}
	case OpRefFunc:
		if f.Imm[0] >= uint64(len(f.Functions)) {
			return f.missing("function", f.Imm[0], len(f.Functions))
		}
	case OpTableGet, OpTableSet:
		if f.Imm[0] >= uint64(len(f.Tables)) {
			return f.missing("table", f.Imm[0], len(f.Tables))
		}
	case OpRefNull, OpSelectTyped:
		if err := f.valueType("code", f.Op.String(), ValueType(f.Imm[0])); err != nil {
			return err
		}
	case OpCall, OpCallIndirect:
		return f.call()
	case OpBlock, OpLoop, OpIf, OpElse, OpEnd, OpBr, OpBrIf, OpBrTable, OpReturn, OpUnreachable:
		return f.control()
	}
	f.push(int(effects[f.Op]))
	return nil
}

// push changes the height of the operand stack.
func (f *bodyChecker) push(n int) {
	f.height += n
	if f.height > f.peak && !f.frames[len(f.frames)-1].dead {
		f.peak = f.height
	}
}

func (f *bodyChecker) missing(what string, index uint64, n int) *Error {
	return refuse("code", "%v: %s %d is not there, of %d", f.Op, what, index, n)
}

func (f *bodyChecker) call() *Error {
	var t uint64
	if f.Op == OpCall {
		if f.Imm[0] >= uint64(len(f.Functions)) {
			return f.missing("function", f.Imm[0], len(f.Functions))
		}
		t = uint64(f.Functions[f.Imm[0]])
	} else {
		t = f.Imm[0]
		if t >= uint64(len(f.m.Types)) {
			return f.missing("type", t, len(f.m.Types))
		}
		if f.Imm[1] >= uint64(len(f.Tables)) {
			return f.missing("table", f.Imm[1], len(f.Tables))
		}
		if f.Tables[f.Imm[1]].Type != FuncRef {
			return refuse("code", "call_indirect: table %d does not hold functions", f.Imm[1])
		}
		f.push(-1)
	}
	typ := &f.m.Types[t]
	f.effort.values(typ)
	f.push(-len(typ.Params))
	f.push(len(typ.Results))
	return nil
}

// control judges an instruction that opens, closes or leaves blocks.
func (f *bodyChecker) control() *Error {
	top := &f.frames[len(f.frames)-1]
	live := !top.dead
	switch f.Op {
	case OpBlock, OpLoop, OpIf:
		return f.open()
	case OpElse:
		if live {
			f.effort.join(top)
		}
		top.bare = false
		f.height = top.base + top.params
		if top.dead = top.unreached; !top.dead {
			f.effort.at = top.opened
			f.effort.next()
		}
		return nil
	case OpEnd:
		f.close(top)
		return nil
	case OpBrIf:
		if live {
			f.join(f.Imm[0])
			f.effort.next()
		}
		f.push(-1)
		return nil
	case OpBrTable:
		if err := within("code", "labels of br_table", len(f.Labels)-1, f.rules.BrTable); err != nil {
			return err
		}
		if live {
			f.effort.table(len(f.Labels))
			for _, label := range f.Labels {
				f.join(uint64(label))
			}
		}
	case OpBr:
		if live {
			f.join(f.Imm[0])
		}
	case OpReturn:
		if live {
			f.join(uint64(len(f.frames) - 1))
		}
	}
	top.dead = true
	return nil
}

// close ends the innermost block.
func (f *bodyChecker) close(top *frame) {
	if top.loop {
		f.loops--
	}
	if len(f.frames) > 1 && !top.unreached {
		f.effort.end(top, !top.dead)
	}
	base, results := top.base, top.results
	f.frames = f.frames[:len(f.frames)-1]
	if len(f.frames) > 0 {
		f.height = base
		f.push(results)
	}
}

func (f *bodyChecker) open() *Error {
	t, ok := f.m.BlockType(f.Imm[0])
	switch {
	case !ok:
		return f.missing("type", f.Imm[0], len(f.m.Types))
	case f.Imm[0]&shortBlockType == 0 && !f.rules.MultiValue:
		return needs("code", f.Op.String()+" with a type index", multiValue)
	}
	for _, r := range t.Results {
		if err := f.valueType("code", f.Op.String(), r); err != nil {
			return err
		}
	}
	if f.Op == OpIf {
		f.push(-1)
	}
	dead := f.isDead()
	f.frames = append(f.frames, frame{
		base: f.height - len(t.Params), params: len(t.Params), results: len(t.Results), dead: dead, unreached: dead,
		loop: f.Op == OpLoop, bare: f.Op == OpIf, opened: f.effort.at,
	})
	switch {
	case dead:
	case f.Op == OpLoop:
		f.effort.loop(&f.frames[len(f.frames)-1])
	case f.Op == OpIf:
		f.effort.next()
	}
	if f.Op == OpLoop {
		f.loops++
		f.deeper = max(f.deeper, f.loops)
	}
	return within("code", "nested blocks", len(f.frames)-1, f.rules.Nesting)
}

// misc judges an instruction with the prefix 0xfc.
func (f *bodyChecker) misc() *Error {
	n := f.Op - miscOpcode
	if t := miscTraits[n] & f.refused; t != 0 {
		return f.needsTrait(t)
	}
	switch f.Op {
	case OpMemoryInit, OpDataDrop:
		if f.m.DataCount == nil {
			return refuse("code", "%v: there is no data count section", f.Op)
		}
		if f.Imm[0] >= uint64(len(f.m.Data)) {
			return f.missing("segment", f.Imm[0], len(f.m.Data))
		}
	case OpTableInit, OpElemDrop:
		if f.Imm[0] >= uint64(len(f.m.Elements)) {
			return f.missing("segment", f.Imm[0], len(f.m.Elements))
		}
		if f.Op == OpTableInit && f.Imm[1] >= uint64(len(f.Tables)) {
			return f.missing("table", f.Imm[1], len(f.Tables))
		}
	case OpTableCopy:
		if far := max(f.Imm[0], f.Imm[1]); far >= uint64(len(f.Tables)) {
			return f.missing("table", far, len(f.Tables))
		}
	case OpTableGrow, OpTableSize, OpTableFill:
		if f.Imm[0] >= uint64(len(f.Tables)) {
			return f.missing("table", f.Imm[0], len(f.Tables))
		}
	}
	if f.Op == OpMemoryFill || f.Op == OpTableFill {
		f.deeper = max(f.deeper, f.loops+1)
	}
	f.push(int(miscEffects[n]))
	return nil
}
