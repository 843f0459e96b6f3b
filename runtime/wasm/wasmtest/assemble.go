package wasmtest

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	wasm "github.com/troupe-run/troupe/runtime/wasm/binary"
)

// Assemble encodes instructions that are written as in the text format, unfolded, with numbers in the place of names:
//
//	block i32                  ;; a result; or a number: the index of a type
//	  local.get 0
//	  i32.load 8               ;; the offset, or nothing; the alignment is 0
//	  br_table 0 1 0           ;; the default last
//	  call_indirect 3 0        ;; the type, the table
//	  f64.const nan:7ff8000000000001
//	end
//
// It is for text in the source of a test: what it does not understand makes it panic.
func Assemble(text string) []byte {
	a := assembler{tokens: tokens(text)}
	for len(a.tokens) > 0 {
		a.instruction()
	}
	return a.out
}

// assembler turns tokens into out.
type assembler struct {
	tokens []string
	out    []byte
}

// tokens splits a text, without its comments.
func tokens(text string) (all []string) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, ";;")
		all = append(all, strings.Fields(line)...)
	}
	return all
}

// opcodes gives the instructions by name. That of select without a type counts.
var opcodes = func() map[string]wasm.Opcode {
	byName := map[string]wasm.Opcode{}
	for _, first := range []wasm.Opcode{0, 0xfc00} {
		for op := first; op < first+0x100; op++ {
			if _, ok := byName[op.String()]; !ok {
				byName[op.String()] = op
			}
		}
	}
	return byName
}()

var valueTypes = map[string]wasm.ValueType{
	"i32": wasm.I32, "i64": wasm.I64, "f32": wasm.F32, "f64": wasm.F64, "funcref": wasm.FuncRef, "externref": wasm.ExternRef,
}

// emptyBlock is the type of a block without parameters and results.
const emptyBlock = 0x40

func (a *assembler) instruction() {
	name := a.tokens[0]
	op, ok := opcodes[name]
	if !ok {
		panic(fmt.Sprintf("wasmtest: no instruction %q", name))
	}
	a.tokens = a.tokens[1:]
	if op > 0xff {
		a.out = wasm.AppendU32(append(a.out, byte(op>>8)), uint32(op&0xff))
	} else {
		a.out = append(a.out, byte(op))
	}
	switch {
	case op == wasm.OpBlock || op == wasm.OpLoop || op == wasm.OpIf:
		a.blockType()
	case op == wasm.OpBrTable:
		n := 0
		for n < len(a.tokens) && a.isNumber(n) {
			n++
		}
		a.out = wasm.AppendU32(a.out, uint32(n-1))
		a.indices(n)
	case op >= wasm.OpI32Load && op <= wasm.OpI64Store32:
		a.out = append(a.out, 0)
		if a.isNumber(0) {
			a.indices(1)
		} else {
			a.out = append(a.out, 0)
		}
	case op == wasm.OpI32Const || op == wasm.OpI64Const || op == wasm.OpF32Const || op == wasm.OpF64Const:
		a.constant(op)
	case op == wasm.OpMemorySize || op == wasm.OpMemoryGrow || op == wasm.OpMemoryFill:
		a.out = append(a.out, 0)
	case op == wasm.OpMemoryCopy:
		a.out = append(a.out, 0, 0)
	case op == wasm.OpMemoryInit:
		a.indices(1)
		a.out = append(a.out, 0)
	case op == wasm.OpRefNull:
		a.out = append(a.out, byte(valueTypes[a.next()]))
	default:
		a.indices(numbers[op])
	}
}

// numbers says how many indices follow an instruction.
var numbers = map[wasm.Opcode]int{
	wasm.OpBr: 1, wasm.OpBrIf: 1, wasm.OpCall: 1, wasm.OpCallIndirect: 2, wasm.OpLocalGet: 1, wasm.OpLocalSet: 1,
	wasm.OpLocalTee: 1, wasm.OpGlobalGet: 1, wasm.OpGlobalSet: 1, wasm.OpTableGet: 1, wasm.OpTableSet: 1,
	wasm.OpRefFunc: 1, wasm.OpDataDrop: 1, wasm.OpElemDrop: 1, wasm.OpTableGrow: 1, wasm.OpTableSize: 1,
	wasm.OpTableFill: 1, wasm.OpTableInit: 2, wasm.OpTableCopy: 2,
}

func (a *assembler) next() string {
	if len(a.tokens) == 0 {
		panic("wasmtest: the text ends within an instruction")
	}
	token := a.tokens[0]
	a.tokens = a.tokens[1:]
	return token
}

// isNumber reports whether the token n is there and is a number.
func (a *assembler) isNumber(n int) bool {
	if n >= len(a.tokens) {
		return false
	}
	_, err := strconv.ParseUint(a.tokens[n], 0, 32)
	return err == nil
}

func (a *assembler) indices(n int) {
	for range n {
		v, err := strconv.ParseUint(a.next(), 0, 32)
		if err != nil {
			panic(fmt.Sprintf("wasmtest: %v", err))
		}
		a.out = wasm.AppendU32(a.out, uint32(v))
	}
}

func (a *assembler) blockType() {
	switch {
	case a.isNumber(0):
		v, _ := strconv.ParseInt(a.next(), 0, 33)
		a.out = wasm.AppendS64(a.out, v)
	case len(a.tokens) > 0 && valueTypes[a.tokens[0]] != 0:
		a.out = append(a.out, byte(valueTypes[a.next()]))
	default:
		a.out = append(a.out, emptyBlock)
	}
}

// constant appends a number. Integers may be written with or without a sign.
func (a *assembler) constant(op wasm.Opcode) {
	token := a.next()
	size := 64
	if op == wasm.OpI32Const || op == wasm.OpF32Const {
		size = 32
	}
	var bits uint64
	var err error
	if digits, ok := strings.CutPrefix(token, "nan:"); ok {
		bits, err = strconv.ParseUint(digits, 16, size)
	} else if op == wasm.OpI32Const || op == wasm.OpI64Const {
		var v int64
		if v, err = strconv.ParseInt(token, 0, size); err != nil {
			bits, err = strconv.ParseUint(token, 0, size)
		} else {
			bits = uint64(v)
		}
	} else {
		var v float64
		v, err = strconv.ParseFloat(token, size)
		if bits = math.Float64bits(v); size == 32 {
			bits = uint64(math.Float32bits(float32(v)))
		}
	}
	if err != nil {
		panic(fmt.Sprintf("wasmtest: %v", err))
	}
	switch op {
	case wasm.OpI32Const:
		a.out = wasm.AppendS32(a.out, int32(bits))
	case wasm.OpI64Const:
		a.out = wasm.AppendS64(a.out, int64(bits))
	case wasm.OpF32Const:
		a.out = binary.LittleEndian.AppendUint32(a.out, uint32(bits))
	case wasm.OpF64Const:
		a.out = binary.LittleEndian.AppendUint64(a.out, bits)
	}
}
