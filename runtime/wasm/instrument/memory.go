package instrument

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

const (
	pageBytes   = 1 << 16
	wasmPages   = 1 << 16 // the pages of 32 bits of addresses
	growFailure = -1
)

// checkMemory takes the limits of memory from the module. It refuses data that instantiation would find outside of
// memory: in the rewritten module, whose memory is larger from the beginning, it would not.
func (r *rewriter) checkMemory() error {
	if r.spaces.ImportedMemories > 0 {
		return fmt.Errorf("the module imports its memory, it must declare it")
	}
	if len(r.m.Memories) > 1 {
		return fmt.Errorf("the module has %d memories, it may have 1", len(r.m.Memories))
	}
	if len(r.m.Memories) == 1 {
		memory := r.m.Memories[0]
		r.minPages, r.maxPages = memory.Min, min(r.o.MaxPages, wasmPages)
		if memory.Max != nil {
			r.maxPages = min(r.maxPages, *memory.Max)
		}
		if r.minPages > r.maxPages {
			return fmt.Errorf("memory begins with %d pages, and may have %d", r.minPages, r.maxPages)
		}
	}
	for i, d := range r.m.Data {
		if d.Passive {
			continue
		}
		offset, err := binary.DecodeConst(d.Offset)
		if err != nil {
			return fmt.Errorf("data segment %d: offset: %w", i, err)
		}
		if offset.Op != binary.OpI32Const {
			return fmt.Errorf("data segment %d: its offset is %v, it must be i32.const", i, offset.Op)
		}
		if end, size := offset.Imm[0]+uint64(len(d.Init)), uint64(r.minPages)*pageBytes; end > size {
			return fmt.Errorf("data segment %d: %d bytes at %d are outside of the memory of %d bytes",
				i, len(d.Init), offset.Imm[0], size)
		}
	}
	return nil
}

// growType is the type of the function that stands for memory.grow: how many pages to add, to the pages before or -1.
var growType = binary.FuncType{Params: []binary.ValueType{binary.I32}, Results: []binary.ValueType{binary.I32}}

// growCode returns the function that stands for memory.grow.
func (r *rewriter) growCode() binary.Code {
	const delta = 0
	var b code
	b.index(binary.OpLocalGet, delta)
	b.i32(int32(r.maxPages))
	b.index(binary.OpGlobalGet, r.pages)
	b.op(binary.OpI32Sub, binary.OpI32GtU)
	b.openIf()
	b.i32(growFailure)
	b.op(binary.OpReturn, binary.OpEnd)
	if t := r.o.Gas; t != nil && t.Page > 0 {
		r.payLength(&b, payment{length: delta, rate: t.Page})
	}
	b.index(binary.OpGlobalGet, r.pages) // the result
	b.index(binary.OpGlobalGet, r.pages)
	b.index(binary.OpLocalGet, delta)
	b.op(binary.OpI32Add)
	b.index(binary.OpGlobalSet, r.pages)
	b.op(binary.OpEnd)
	return binary.Code{Body: b}
}
