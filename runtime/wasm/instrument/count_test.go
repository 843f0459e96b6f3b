package instrument_test

import (
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// counting returns the module with a global "count" that is increased before every single instruction by what it costs.
// It is the meaning of a table, spelled out: no blocks, no branches, no schemes.
func counting(t testing.TB, wasm []byte, table *instrument.Table) []byte {
	t.Helper()
	m, err := binary.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	first := len(m.Spaces().Globals)
	c := counter{table: table, count: uint32(first), length: uint32(first + 1), result: uint32(first + 2)}
	for _, valueType := range []binary.ValueType{binary.I64, binary.I32, binary.I32} {
		m.Globals = append(m.Globals, binary.Global{
			GlobalType: binary.GlobalType{Type: valueType, Mutable: true}, Init: binary.EncodeConst(valueType, 0),
		})
	}
	m.Exports = append(m.Exports, binary.Export{Name: "count", Kind: binary.ExternGlobal, Index: c.count})
	for i := range m.Codes {
		code := &m.Codes[i]
		c.body, c.out = code.Body, nil
		locals := 0
		for _, l := range code.Locals {
			locals += int(l.Count)
		}
		c.add(uint64(max(0, locals-int(table.FreeLocals))) * uint64(table.Local))
		if err := binary.Walk(code.Body, c.instruction); err != nil {
			t.Fatal(err)
		}
		code.Body = c.out
	}
	return m.Encode()
}

type counter struct {
	table                 *instrument.Table
	count, length, result uint32 // globals
	body, out             []byte
}

func (c *counter) global(op binary.Opcode, i uint32) {
	c.out = binary.AppendU32(append(c.out, byte(op)), i)
}

// add increases the count by a number.
func (c *counter) add(n uint64) {
	c.global(binary.OpGlobalGet, c.count)
	c.out = binary.AppendConst(c.out, binary.I64, n)
	c.out = append(c.out, byte(binary.OpI64Add))
	c.global(binary.OpGlobalSet, c.count)
}

// addLength increases the count by the length times a rate.
func (c *counter) addLength(rate uint32) {
	c.global(binary.OpGlobalGet, c.length)
	c.out = append(c.out, byte(binary.OpI64ExtendI32U))
	c.out = binary.AppendConst(c.out, binary.I64, uint64(rate))
	c.out = append(c.out, byte(binary.OpI64Mul))
	c.global(binary.OpGlobalGet, c.count)
	c.out = append(c.out, byte(binary.OpI64Add))
	c.global(binary.OpGlobalSet, c.count)
}

func (c *counter) instruction(in binary.Instr) error {
	cost := uint64(0)
	if in.Op < 256 {
		cost = uint64(c.table.Cost[in.Op])
	} else {
		cost = uint64(c.table.Misc[in.Op&0xff])
	}
	rate := uint32(0)
	switch in.Op {
	case binary.OpLoop, binary.OpIf, binary.OpElse, binary.OpEnd, binary.OpBr, binary.OpBrIf, binary.OpBrTable,
		binary.OpReturn, binary.OpCall, binary.OpCallIndirect:
		cost += uint64(c.table.Branch)
	case binary.OpMemoryFill, binary.OpMemoryCopy, binary.OpMemoryInit:
		rate = c.table.BulkByte
	case binary.OpTableGrow, binary.OpTableFill, binary.OpTableCopy, binary.OpTableInit:
		rate = c.table.BulkElement
	}
	c.add(cost)
	if rate > 0 || in.Op == binary.OpMemoryGrow {
		c.global(binary.OpGlobalSet, c.length)
		c.global(binary.OpGlobalGet, c.length)
	}
	if rate > 0 {
		c.addLength(rate)
	}
	c.out = append(c.out, c.body[in.Pos:in.End]...)
	if in.Op == binary.OpMemoryGrow {
		c.global(binary.OpGlobalSet, c.result)
		c.global(binary.OpGlobalGet, c.result)
		c.out = binary.AppendConst(c.out, binary.I32, 0xffffffff)
		c.out = append(c.out, byte(binary.OpI32Ne), byte(binary.OpIf), 0x40)
		c.addLength(c.table.Page)
		c.out = append(c.out, byte(binary.OpEnd))
		c.global(binary.OpGlobalGet, c.result)
	}
	return nil
}
