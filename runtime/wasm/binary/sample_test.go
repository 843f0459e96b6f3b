package binary

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

func ref[T any](v T) *T { return &v }

// body concatenates instructions and ends them.
func body(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return append(b, byte(OpEnd))
}

func ops(op ...byte) []byte { return op }

// sample returns a module that has something in every section, in each of its forms.
func sample() *Module {
	null := append([]byte{byte(OpRefNull), byte(FuncRef)}, byte(OpEnd))
	return &Module{
		Types: []FuncType{
			{},
			{Params: []ValueType{I32, I64}, Results: []ValueType{I32}},
			{Params: []ValueType{F32, F64, FuncRef, ExternRef}, Results: []ValueType{I32, I64}},
		},
		Imports: []Import{
			{Module: "env", Name: "f", Kind: ExternFunc, Type: 1},
			{Module: "env", Name: "table", Kind: ExternTable, Table: Table{ExternRef, Limits{Min: 1}}},
			{Module: "env", Name: "memory", Kind: ExternMemory, Memory: Limits{Min: 1, Max: ref[uint32](200)}},
			{Module: "env", Name: "base", Kind: ExternGlobal, Global: GlobalType{Type: I32}},
			{Module: "env", Name: "\u00e9", Kind: ExternGlobal, Global: GlobalType{Type: F64, Mutable: true}},
		},
		Functions: []uint32{0, 1},
		Tables:    []Table{{FuncRef, Limits{Min: 2, Max: ref[uint32](300)}}},
		Globals: []Global{
			{GlobalType{I32, true}, EncodeConst(I32, 1<<32-5)},
			{GlobalType{I64, false}, EncodeConst(I64, 1<<63)},
			{GlobalType{F32, false}, EncodeConst(F32, 0x7fc00000)},
			{GlobalType{F64, false}, EncodeConst(F64, 0x7ff8000000000000)},
			{GlobalType{FuncRef, false}, body(ops(byte(OpRefFunc), 2))},
			{GlobalType{ExternRef, true}, EncodeConst(ExternRef, 0)},
			{GlobalType{I32, false}, body(ops(byte(OpGlobalGet), 0))},
		},
		Exports: []Export{{"run", ExternFunc, 2}, {"t", ExternTable, 1}, {"memory", ExternMemory, 0}, {"", ExternGlobal, 8}},
		Start:   ref[uint32](1),
		Elements: []Element{
			{Table: 1, Offset: EncodeConst(I32, 0), Type: FuncRef, Functions: []uint32{1, 2}},
			{Mode: Passive, Type: FuncRef, Functions: []uint32{0}},
			{Mode: Declarative, Type: FuncRef, Functions: []uint32{2, 1}},
			{Table: 1, Offset: body(ops(byte(OpGlobalGet), 0)), Type: FuncRef, Exprs: [][]byte{null, body(ops(byte(OpRefFunc), 1))}},
			{Mode: Passive, Type: ExternRef, Exprs: [][]byte{EncodeConst(ExternRef, 0)}},
			{Mode: Declarative, Type: FuncRef, Exprs: [][]byte{body(ops(byte(OpRefFunc), 0))}},
			{Offset: EncodeConst(I32, 0), Type: ExternRef, Exprs: [][]byte{EncodeConst(ExternRef, 0)}},
			{Mode: Passive, Type: FuncRef},
			{Mode: Passive, Type: ExternRef},
		},
		DataCount: ref[uint32](2),
		Codes: []Code{
			{Body: body(ops(byte(OpNop)))},
			{Locals: []Local{{200, I32}, {0, F64}, {1, FuncRef}}, Body: body(
				ops(byte(OpLocalGet), 0, byte(OpIf), byte(I32), byte(OpI32Const), 0x7f, byte(OpElse), byte(OpI32Const), 0xc0, 0x00, byte(OpEnd)),
				ops(byte(OpBlock), 0x40, byte(OpLoop), 0x40, byte(OpLocalGet), 0, byte(OpBrTable), 2, 0, 1, 1, byte(OpEnd), byte(OpEnd)),
			)},
		},
		Data:    []Data{{Offset: EncodeConst(I32, 16), Init: []byte("hello")}, {Passive: true, Init: []byte{0, 1, 2}}},
		Customs: []Custom{{"name", []byte{0, 1, 0}}, {"", []byte{}}},
	}
}

// everything allows what sample has, and every feature, under the limits that hold by default.
var everything = Rules{
	Tables: 2, BulkMemory: true, ReferenceTypes: true, SignExt: true, SatFloat: true, MultiValue: true, Floats: true,
}

// A build of a guest by the Go toolchain, once for all tests.
var buildGoGuest = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	const source = `package main

import "fmt"

//go:wasmexport call
func call(a, b int32, f float64) int64 { fmt.Println(a, b, f); return int64(a) * int64(f) }

func main() {}
`
	for name, text := range map[string]string{"main.go": source, "go.mod": "module guest\n\ngo 1.26\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", "guest.wasm", ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, &exec.Error{Name: string(out), Err: err}
	}
	return os.ReadFile(filepath.Join(dir, "guest.wasm"))
})

// goGuest returns a guest as the Go toolchain builds it, of some megabytes.
func goGuest(t testing.TB) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a guest")
	}
	code, err := buildGoGuest()
	if err != nil {
		t.Fatal(err)
	}
	return code
}
