package binary

import (
	"fmt"
	"math"
	"math/bits"
)

// effort is what a compiler will have to do for one function, as far as that can be told while the instructions go by. It
// follows how wazero's optimizing compiler cuts a function into blocks and turns variables into values, and counts what
// that takes more than linear time for. Numbers that it cannot know are not below the true ones.
//
// The blocks are a tree, in which each lies below the one that dominates it. In code of blocks and loops a depth in this
// tree can be told at once: where ways meet it is not more than one below the least deep of them.
type effort struct {
	count        uint64 // of instructions
	instructions uint64 // what they take each by itself
	edges        uint64 // from block to block
	climbs       uint64 // depths of all edges: from each the compiler climbs the tree
	joins        uint64 // edges to where ways meet
	carried      uint64 // values that these edges carry, without variables
	arity        uint64 // the most that one of them carries
	way          uint64 // steps back from all joins to the one before, in which each variable is looked for
	reads        uint64 // steps back from all reads of a variable to where it is known

	block    uint64 // the number of the current one
	at       place
	locals   []local
	read     uint64 // variables read in other blocks than they were assigned in
	assigned uint64 // those of them that are assigned at all
}

// place is where a block lies.
type place struct {
	depth uint64 // in the tree
	run   uint64 // blocks since ways met last: there every variable that was asked for has a value
}

// local is what there is to know of a variable.
type local struct {
	block          uint64 // of the last assignment
	read, assigned bool
}

// followedLocals is how many variables of a function are told apart. Those above count as being read and assigned
// everywhere.
const followedLocals = 1 << 16

// begin forgets the function before.
func (e *effort) begin(locals uint64) {
	known := e.locals
	if n := min(locals, followedLocals); uint64(cap(known)) < n {
		known = make([]local, n)
	} else {
		known = known[:n]
		clear(known)
	}
	rest := locals - uint64(len(known))
	*e = effort{locals: known, block: 1, at: place{1, 1}, read: rest, assigned: rest}
	e.instructions = functionWork + times(locals, localWork)
	e.guard()
}

// edge counts an edge from the current block.
func (e *effort) edge() {
	e.edges++
	e.climbs += e.at.depth
}

// next goes on in a new block that is reached from the current one only.
func (e *effort) next() {
	e.edge()
	e.at.depth++
	e.at.run++
	e.block++
}

// guard is a look at what gas is left, which instrumentation puts here.
func (e *effort) guard() {
	e.next()
	e.next()
	e.edge()
}

// join counts an edge from the current block to the label of a block that is open.
func (e *effort) join(f *frame) {
	e.joins++
	e.way += e.at.run
	e.edge()
	n := uint64(f.results)
	if f.loop {
		n = uint64(f.params)
	} else {
		if f.joins == 0 || e.at.depth < f.joined.depth {
			f.joined.depth = e.at.depth
		}
		f.joined.run = e.at.run
		f.joins++
	}
	e.carried += n
	e.arity = max(e.arity, n)
}

// table counts the labels of a br_table.
func (e *effort) table(labels int) { e.instructions += uint64(labels) * labelWork }

// loop begins one: ways may meet at its head.
func (e *effort) loop(f *frame) {
	e.join(f)
	e.next()
	e.at.run = 0
	e.guard()
}

// end closes a block. Live says that its end is reached from above.
func (e *effort) end(f *frame, live bool) {
	switch {
	case f.loop && live:
		e.next()
		return
	case f.loop:
		e.at = f.opened
		e.next()
		return
	case live:
		e.join(f)
	}
	if f.bare {
		e.at = f.opened // past an if without else
		e.next()
		e.join(f)
	}
	if f.joins == 0 {
		e.at = f.opened
		e.next()
		return
	}
	e.block++
	e.at.depth = f.joined.depth + 1
	e.at.run = 0
	if f.joins == 1 {
		e.at.run = f.joined.run + 1
	}
}

// get counts a read of a variable.
func (e *effort) get(i uint64) {
	if i >= uint64(len(e.locals)) {
		e.reads += e.at.run
		return
	}
	l := &e.locals[i]
	if l.assigned && l.block == e.block {
		return
	}
	e.reads += e.at.run
	if !l.read {
		l.read = true
		e.read++
		if l.assigned {
			e.assigned++
		}
	}
}

// set counts an assignment to a variable.
func (e *effort) set(i uint64) {
	if i >= uint64(len(e.locals)) {
		return
	}
	l := &e.locals[i]
	l.block = e.block
	if !l.assigned {
		l.assigned = true
		if l.read {
			e.assigned++
		}
	}
}

// What things take, in units of Rules.Work, as the slowest of many shapes showed it.
const (
	functionWork = 14_000
	localWork    = 50    // of a variable, used or not
	valueWork    = 1_000 // of a parameter or result of a call
	edgeWork     = 2_000
	climbWork    = 20    // of a step up the tree: blocks that are many are not in the processor's caches
	searchWork   = 18    // of a step back to where a variable is known
	labelWork    = 5_000 // of a label of br_table
	carryWork    = 800
	liveWork     = 65 // of a value that is kept, an edge
	uselessWork  = 2  // see total

	// Many instructions of one function do not fit into the processor's caches. From so many on each takes twice as long,
	// and from twice as many on three times, which is the most.
	manyInstructions = 1 << 15
	fillWork         = 100_000
	copyWork         = 60_000
)

// total returns the work of the function, at most math.MaxInt64, and what most of it is for. Peak is the greatest height
// of the operand stack, loops how many are within each other.
func (e *effort) total(peak, loops uint64) (sum uint64, most string) {
	if loops > 0 { // instrumentation keeps gas in a variable, in loops
		e.read++
		e.assigned++
	}
	all := e.read + e.arity
	var greatest uint64
	for _, part := range []struct {
		work uint64
		what string
	}{
		{e.instructions + times(e.instructions, min(e.count, 2*manyInstructions))/manyInstructions + times(e.edges, edgeWork), "its instructions"},
		{times(e.climbs, climbWork), "blocks and branches behind one another"},
		{times(times(e.way, e.read)+e.reads, searchWork), "variables that are read far from where they are assigned"},
		{times(times(e.joins, e.assigned)+e.carried, carryWork), "variables and branches"},
		{times(e.edges, e.read+peak, liveWork), "values that are kept across branches"},
		// The compiler removes values of variables that are needless where ways meet. For each of them it looks at all that
		// the branch carries, and starts again as often as loops nest.
		{times(e.joins, all, all, 1+loops, uselessWork), "variables in loops within each other"},
	} {
		sum = min(sum+part.work, math.MaxInt64)
		if part.work >= greatest {
			greatest, most = part.work, part.what
		}
	}
	return sum, most
}

// times returns the product, at most math.MaxInt64.
func times(factors ...uint64) uint64 {
	product := uint64(1)
	for _, n := range factors {
		high, low := bits.Mul64(product, n)
		if high > 0 || low > math.MaxInt64 {
			return math.MaxInt64
		}
		product = low
	}
	return product
}

// take adds what an instruction takes by itself.
func (e *effort) take(op Opcode) {
	e.count++
	switch {
	case op < miscOpcode:
		e.instructions += uint64(instructionWork[op])
	case op < OpMemoryInit:
		e.instructions += 2_500
	case op == OpMemoryFill || op == OpTableFill:
		// It becomes a loop.
		e.instructions += fillWork
		e.guard()
		e.next()
		e.next()
		e.edge()
		e.next()
	default:
		e.instructions += copyWork
		e.guard()
	}
}

// values adds what the parameters and results of a call take.
func (e *effort) values(t *FuncType) {
	e.instructions += uint64(len(t.Params)+len(t.Results)) * valueWork
}

// instructionWork is what each instruction of one byte takes by itself, with what instrumentation adds.
var instructionWork = func() (w [256]uint16) {
	set := func(n uint16, first, last Opcode) {
		for op := first; op <= last; op++ {
			w[op] = n
		}
	}
	set(700, 0, 255)
	set(200, OpDrop, OpDrop)
	set(200, OpLocalGet, OpLocalTee)
	set(400, OpI32Const, OpF64Const)
	set(20, OpUnreachable, OpNop)
	set(5_000, OpCall, OpCall)
	set(45_000, OpCallIndirect, OpCallIndirect)
	set(600, OpSelect, OpSelectTyped)
	set(8_000, OpTableGet, OpTableSet)
	set(8_000, OpI32Load, OpI64Store32)
	set(4_000, OpMemoryGrow, OpMemoryGrow)
	set(4_500, OpI32DivS, OpI32RemU)
	set(4_500, OpI64DivS, OpI64RemU)
	for _, first := range []Opcode{OpF32Abs, OpF64Abs} {
		set(1_500, first, first+1)
		set(5_500, first+2, first+10)
		set(11_000, first+11, first+12) // min and max
		set(2_000, first+13, first+13)
	}
	set(6_000, OpI32TruncF32S, OpI32TruncF64U)
	set(6_000, OpI64TruncF32S, OpI64TruncF64U)
	return w
}()

// workError refuses a module for its work.
func workError(what, most string, work uint64, limit int) *Error {
	return refuse("code", "%s, most of it for %s: %d is over the limit of %d", what, most, work, max(limit, 0))
}

// heaviest is the function with the most work, for an error about the sum.
type heaviest struct {
	function int
	work     uint64
	most     string
}

func (h *heaviest) see(function int, work uint64, most string) {
	if work >= h.work {
		*h = heaviest{function, work, most}
	}
}

func (h *heaviest) refuse(sum uint64, limit int) *Error {
	return workError(fmt.Sprintf("work of all functions, of which function %d has %d", h.function, h.work), h.most, sum, limit)
}
