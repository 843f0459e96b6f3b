package wasmbus

import (
	"fmt"
	"slices"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/fuel"
	"github.com/troupe-run/troupe/runtime/wasm/wasi"
)

// entryCall is the number of the export in Dialect.Entry.
const entryCall = 0

// initFuel bounds what is run when a module is loaded: a few seconds.
const initFuel = 20_000_000_000

// Dialect returns the dialect: what a module may be, what it costs, and what the host does for it. To an engine modules of
// two dialects are two modules, so a process makes one and keeps it.
func Dialect() *wasm.Dialect {
	return &wasm.Dialect{
		Name:    Module,
		Version: 1,
		Rules: binary.Rules{MemoryPages: MaxPages, Locals: 2000, BulkMemory: true, SignExt: true,
			SatFloat: true, MultiValue: true, Floats: true},
		Check:    check,
		Gas:      fuel.Table("wasmbus-1"),
		MaxPages: MaxPages,
		Depth:    MaxDepth,
		Host:     append(imports(), wasi.Functions(worldOf)...),
		Init:     inits,
		InitFuel: initFuel,
		Entry:    []string{entryCall: exportCall},
	}
}

// Is reports whether a module was made for this dialect, right or not: whether it imports from wasmbus or wapc, or exports
// __guest_call.
func Is(m *binary.Module) bool {
	if slices.ContainsFunc(m.Imports, func(i binary.Import) bool { return i.Module == Module || i.Module == ModuleOld }) {
		return true
	}
	_, ok := m.Export(exportCall)
	return ok
}

// check tells whether a module has the exports. What it imports is judged by the engine.
func check(m *binary.Module) error {
	index, ok := m.ExportedFunc(exportCall)
	if !ok {
		return fmt.Errorf("wasmbus: the module does not export a function %s: it must be (func (param i32 i32) (result i32)), "+
			"which the guest libraries of wasmbus and waPC add", exportCall)
	}
	if t, ok := m.FuncType(index); !ok || !slices.Equal(t.Params, types("ii")) || !slices.Equal(t.Results, types("i")) {
		return fmt.Errorf("wasmbus: the export %s takes %v and returns %v: it must take two i32 and return one", exportCall, t.Params, t.Results)
	}
	if e, ok := m.Export(exportMemory); !ok || e.Kind != binary.ExternMemory {
		return fmt.Errorf("wasmbus: a memory must be exported as %q", exportMemory)
	}
	return nil
}

// types returns a type for each letter: i stands for i32.
func types(letters string) []binary.ValueType {
	return slices.Repeat([]binary.ValueType{binary.I32}, len(letters))
}
