package wasm_test

import (
	"context"
	"fmt"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// A guest counts how often it was called, and asks the host for a step. Since every call sees the same instance, it
// counts to the same number each time.
func Example() {
	guest := binary.Module{
		Types:     []binary.FuncType{{Results: []binary.ValueType{binary.I32}}},
		Imports:   []binary.Import{{Module: "env", Name: "step", Kind: binary.ExternFunc}},
		Functions: []uint32{0},
		Globals: []binary.Global{{
			GlobalType: binary.GlobalType{Type: binary.I32, Mutable: true}, Init: binary.EncodeConst(binary.I32, 40),
		}},
		Exports: []binary.Export{{Name: "count", Kind: binary.ExternFunc, Index: 1}},
		Codes:   []binary.Code{{Body: wasmtest.Assemble("global.get 0 call 0 i32.add global.set 0 global.get 0 end")}},
	}
	gas := instrument.Table{Name: "one", Branch: 1}
	for op := range gas.Cost {
		gas.Cost[op] = 1
	}
	dialect := &wasm.Dialect{
		Name: "example", Version: 1, Gas: gas, Entry: []string{"count"},
		Host: []wasm.HostFunc{{
			Module: "env", Name: "step", Results: []binary.ValueType{binary.I32},
			Func: func(c *wasm.Call, stack []uint64) { stack[0] = uint64(c.User().(int)) },
		}},
	}

	engine, err := wasm.NewEngine(wasm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	module, err := engine.Load(context.Background(), guest.Encode(), dialect)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer module.Close()
	for _, fuel := range []int64{1000, 1000, 3} {
		err := module.Call(fuel, 2, func(c *wasm.Call) error {
			n, err := c.Invoke(0)
			if err != nil {
				return err
			}
			fmt.Println(uint32(n), "for", fuel-c.Fuel())
			return nil
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// 42 for 8
	// 42 for 8
	// out of fuel
}
