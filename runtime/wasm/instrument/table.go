package instrument

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// Table is what instructions cost. It is data, so that a dialect brings its own. All numbers are units of gas, at most
// 1<<24.
type Table struct {
	Name string

	Cost [256]uint32 // by opcode
	Misc [32]uint32  // by n, of the opcodes 0xfc n

	// Branch is added for the instructions that gas is counted at: loop, if, else, end, br, br_if, br_table, return, call
	// and call_indirect. With Cost it must not be 0 for those that can go round in a circle.
	Branch uint32

	Local      uint32 // for each local beyond FreeLocals, when a function is entered; parameters do not count
	FreeLocals uint32

	BulkByte    uint32 // for each byte of memory.fill, memory.copy and memory.init
	BulkElement uint32 // for each element of table.grow, table.fill, table.copy and table.init
	Page        uint32 // for each page that memory.grow adds

	Exact bool // the scheme; see the package
}

// maxPrice bounds the numbers of a table, so that no sum of the costs of a program overflows before it is looked at.
const maxPrice = 1 << 24

// price returns what the instruction costs by itself.
func (t *Table) price(op binary.Opcode) uint64 {
	var cost uint64
	if op < 256 {
		cost = uint64(t.Cost[op])
	} else if n := op & 0xff; int(n) < len(t.Misc) {
		cost = uint64(t.Misc[n])
	}
	if accounts(op) {
		cost += uint64(t.Branch)
	}
	return cost
}

// accounts reports whether gas is counted at the instruction: control can part or come together there.
func accounts(op binary.Opcode) bool {
	switch op {
	case binary.OpLoop, binary.OpIf, binary.OpElse, binary.OpEnd, binary.OpBr, binary.OpBrIf, binary.OpBrTable,
		binary.OpReturn, binary.OpCall, binary.OpCallIndirect:
		return true
	}
	return false
}

// locals returns what the locals of a function cost.
func (t *Table) locals(n uint64) uint64 {
	if n <= uint64(t.FreeLocals) {
		return 0
	}
	return (n - uint64(t.FreeLocals)) * uint64(t.Local)
}

// check refuses tables by which a program could run for ever, or gas overflow.
func (t *Table) check() error {
	bad := func(what string, v uint32) error {
		return fmt.Errorf("gas table %q: %s is %d, more than %d", t.Name, what, v, maxPrice)
	}
	for op, v := range t.Cost {
		if v > maxPrice {
			return bad(binary.Opcode(op).String(), v)
		}
	}
	for n, v := range t.Misc {
		if v > maxPrice {
			return bad(fmt.Sprintf("opcode 0xfc %d", n), v)
		}
	}
	for _, p := range []struct {
		what string
		v    uint32
	}{{"Branch", t.Branch}, {"Local", t.Local}, {"BulkByte", t.BulkByte}, {"BulkElement", t.BulkElement}, {"Page", t.Page}} {
		if p.v > maxPrice {
			return bad(p.what, p.v)
		}
	}
	for _, op := range []binary.Opcode{
		binary.OpBr, binary.OpBrIf, binary.OpBrTable, binary.OpCall, binary.OpCallIndirect,
	} {
		if t.price(op) == 0 {
			return fmt.Errorf("gas table %q: %v costs nothing, so that a program could run for ever: give it or Branch a cost",
				t.Name, op)
		}
	}
	return nil
}
