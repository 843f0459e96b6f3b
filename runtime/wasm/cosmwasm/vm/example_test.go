package vm_test

import (
	"context"
	"fmt"
	"os"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

func Example() {
	code, err := os.ReadFile("testdata/probe.wasm")
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := vm.Analyze(code)
	fmt.Println(report.Entrypoints, report.Required, err)

	engine, err := wasm.NewEngine(wasm.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	module, err := engine.Load(context.Background(), code, vm.Dialect())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer module.Close()
	host := newWorld()
	_, usage, err := vm.New(module).Run(context.Background(), &vm.Call{
		Entry: "execute",
		Args:  [][]byte{[]byte(`{}`), []byte(`{}`), do("db_write", plain, text("key"), text("value"))},
		Gas:   100_000_000,
		Host:  host,
	})
	fmt.Println(host.store, usage.Used < 10_000_000, err)
	// Output:
	// [execute instantiate migrate query reply sudo] [iterator] <nil>
	// map[key:value] true <nil>
}
