package vm_test

import (
	"slices"
	"strings"

	wasm "github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// function is a function of a contract that is written by hand. It is exported by its name.
type function struct {
	name      string
	signature string // "i32 i32 : i32"
	locals    string
	body      string // for wasmtest.Assemble, the end included
}

// The functions that every contract needs. allocate returns the region at argument, whatever is asked for.
var (
	allocate   = function{name: "allocate", signature: "i32 : i32", body: "i32.const 64 end"}
	deallocate = function{name: "deallocate", signature: "i32 :", body: "end"}
	marker     = function{name: "interface_version_8", body: "end"}
)

// Where things lie in the memory of assembled contracts.
const (
	argument   = 64  // region for what the host allocates, of 64 KiB
	result     = 96  // region of resultSize bytes that entry points return
	given      = 128 // regions that imports are given, one after the other, four at most
	empty      = 176 // region with room for 96 bytes
	resultSize = 5
	bytesAt    = 4096 // of the regions that imports are given
)

func parsed(types string) (list []wasm.ValueType) {
	for name := range strings.FieldsSeq(types) {
		for _, t := range []wasm.ValueType{wasm.I32, wasm.I64, wasm.F32, wasm.F64, wasm.FuncRef, wasm.ExternRef} {
			if t.String() == name {
				list = append(list, t)
			}
		}
	}
	return list
}

func typeOf(signature string) wasm.FuncType {
	params, results, _ := strings.Cut(signature, ":")
	return wasm.FuncType{Params: parsed(params), Results: parsed(results)}
}

// imported is an import of env.
type imported struct{ name, signature string }

// assembled makes a module of four pages. The functions have the indices behind those of the imports. The regions at given
// have the lengths.
func assembled(imports []imported, lengths []int, functions ...function) *wasm.Module {
	m := &wasm.Module{
		Memories: []wasm.Limits{{Min: 4}},
		Exports:  []wasm.Export{{Name: "memory", Kind: wasm.ExternMemory}},
	}
	for _, i := range imports {
		m.Imports = append(m.Imports, wasm.Import{Module: "env", Name: i.name, Type: uint32(len(m.Types))})
		m.Types = append(m.Types, typeOf(i.signature))
	}
	for _, f := range functions {
		code := wasm.Code{Body: wasmtest.Assemble(f.body)}
		for _, t := range parsed(f.locals) {
			code.Locals = append(code.Locals, wasm.Local{Count: 1, Type: t})
		}
		m.Exports = append(m.Exports, wasm.Export{Name: f.name, Index: uint32(len(m.Types))})
		m.Functions = append(m.Functions, uint32(len(m.Types)))
		m.Types = append(m.Types, typeOf(f.signature))
		m.Codes = append(m.Codes, code)
	}
	put := func(at int, b []byte) {
		m.Data = append(m.Data, wasm.Data{Offset: wasm.EncodeConst(wasm.I32, uint64(at)), Init: b})
	}
	put(argument, regionBytes(3<<16, 1<<16, 0))
	put(result, regionBytes(bytesAt, resultSize, resultSize))
	put(empty, regionBytes(2<<16, 96, 0))
	for i, n := range lengths {
		put(given+12*i, regionBytes(bytesAt, uint32(max(n, 96)), uint32(n)))
	}
	return m
}

func regionBytes(offset, capacity, length uint32) []byte {
	return slices.Concat(le(offset), le(capacity), le(length))
}

// ordinary is a contract with the functions that it needs, and these.
func ordinary(functions ...function) *wasm.Module {
	return assembled(nil, nil, append([]function{allocate, deallocate, marker}, functions...)...)
}
