package binary_test

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// To build a module is to fill one in.
func ExampleModule_Encode() {
	body := []byte{byte(binary.OpLocalGet), 0}
	body = binary.AppendConst(body, binary.I32, 1)
	body = append(body, byte(binary.OpI32Add), byte(binary.OpEnd))
	m := &binary.Module{
		Types:     []binary.FuncType{{Params: []binary.ValueType{binary.I32}, Results: []binary.ValueType{binary.I32}}},
		Functions: []uint32{0},
		Exports:   []binary.Export{{Name: "next", Kind: binary.ExternFunc, Index: 0}},
		Codes:     []binary.Code{{Body: body}},
	}
	fmt.Println(len(m.Encode()), "bytes")
	// Output: 41 bytes
}

func ExampleWalk() {
	body := []byte{byte(binary.OpLocalGet), 0, byte(binary.OpI32Const), 0x7f, byte(binary.OpI32Add), byte(binary.OpEnd)}
	err := binary.Walk(body, func(in binary.Instr) error {
		fmt.Println(in.Pos, in.Op)
		return nil
	})
	fmt.Println(err)
	// Output:
	// 0 local.get
	// 2 i32.const
	// 4 i32.add
	// 5 end
	// <nil>
}

func ExampleRules_Check() {
	m := &binary.Module{
		Types:     []binary.FuncType{{}},
		Functions: []uint32{0},
		Codes:     []binary.Code{{Locals: []binary.Local{{Count: 1 << 31, Type: binary.I32}}, Body: []byte{byte(binary.OpEnd)}}},
	}
	rules := binary.Rules{Locals: 1000}
	fmt.Println(rules.Check(m))
	// Output: wasm: code section: function 0: its locals: 2147483648 is over the limit of 1000
}
