package vm_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// engine is the one of all tests.
var engine *wasm.Engine

func TestMain(m *testing.M) {
	var err error
	if engine, err = wasm.NewEngine(wasm.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	engine.Close()
	os.Exit(status)
}

// contract loads a module.
func contract(t testing.TB, code []byte) *vm.Contract {
	t.Helper()
	m, err := engine.Load(context.Background(), code, vm.Dialect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return vm.New(m)
}

var probeCode = sync.OnceValues(func() ([]byte, error) { return os.ReadFile(filepath.Join("testdata", "probe.wasm")) })

// probe loads the contract of testdata/probe.
func probe(t testing.TB) *vm.Contract {
	t.Helper()
	code, err := probeCode()
	if err != nil {
		t.Fatal(err)
	}
	return contract(t, code)
}
