package vm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// The limits of a module (S63, S65, S67).
const (
	maxTable       = 2500
	maxImports     = 100
	maxFunctions   = 20_000
	maxParams      = 100
	maxTotalParams = 10_000
	maxResults     = 1
	maxLocals      = 100
	maxTotalLocals = 10_000
)

// rules are what package binary judges before check does. Where check has a limit it is the one that counts, so that the
// error is the reference VM's. The features are those that its compiler has: it says of a block with a type index that
// multi-value is not enabled, although it reads modules that have it. What is not named here is bounded as package binary
// does it, because the engine has to compile in a time that can be told, and to reset instances after each call.
func rules() binary.Rules {
	const loose = 1 << 40
	return binary.Rules{
		Bytes: maxBytes, DataBytes: maxBytes, BodyBytes: maxBytes, Tables: loose, TableElements: loose, MemoryPages: loose,
		Imports: loose, Functions: loose, Params: loose, TotalParams: loose, Results: loose, Types: loose, BrTable: loose,
		Exports: 100_000, ElementSegments: 100_000,
		BulkMemory: true, SignExt: true, SatFloat: true, Floats: true,
	}
}

// check judges a module as the reference VM does when it is stored, in the same order, and with the same errors.
func check(m *binary.Module) *Error {
	for _, step := range []func(*binary.Module) *Error{
		checkTables, checkMemories, checkVersion, checkExports, checkImports, checkCapabilities, checkFunctions, checkLinks,
	} {
		if err := step(m); err != nil {
			return err
		}
	}
	return nil
}

func checkTables(m *binary.Module) *Error {
	switch {
	case len(m.Tables) > 1:
		return invalid("Wasm contract must not have more than 1 table section")
	case len(m.Tables) == 1 && m.Tables[0].Max == nil:
		return invalid("Wasm contract must not have unbound table section")
	case len(m.Tables) == 1 && *m.Tables[0].Max > maxTable:
		return invalid("Wasm contract's first table section has a too large max limit")
	}
	return nil
}

func checkMemories(m *binary.Module) *Error {
	switch {
	case len(m.Memories) != 1:
		return invalid("Wasm contract must contain exactly one memory")
	case m.Memories[0].Min > maxPages:
		return invalid("Wasm contract memory's minimum must not exceed %d pages.", maxPages)
	case m.Memories[0].Max != nil:
		return invalid("Wasm contract memory's maximum must be unset. The host will set it for you.")
	}
	return nil
}

const (
	versionPrefix  = "interface_version_"
	version        = versionPrefix + "8"
	requiresPrefix = "requires_"
)

// functions returns the names that functions are exported by and that begin with a prefix.
func functions(m *binary.Module, prefix string) (names []string) {
	for _, e := range m.Exports {
		if e.Kind == binary.ExternFunc && strings.HasPrefix(e.Name, prefix) {
			names = append(names, e.Name)
		}
	}
	return names
}

func checkVersion(m *binary.Module) *Error {
	switch names := functions(m, versionPrefix); {
	case len(names) == 0:
		return invalid("Wasm contract missing a required marker export: interface_version_*")
	case len(names) > 1:
		return invalid("Wasm contract contains more than one marker export: interface_version_*")
	case names[0] != version:
		return invalid("Wasm contract has unknown interface_version_* marker export " +
			"(see https://github.com/CosmWasm/cosmwasm/blob/main/packages/vm/README.md)")
	}
	return nil
}

func checkExports(m *binary.Module) *Error {
	required := entryNames[:entryPoints]
	names := functions(m, "")
	for _, name := range required {
		if !slices.Contains(names, name) {
			return invalid("Wasm contract doesn't have required export: %q. Exports required by VM: %s.", name, quoted(required))
		}
	}
	return nil
}

func checkImports(m *binary.Module) *Error {
	if n := len(m.Imports); n > maxImports {
		return invalid("Import count exceeds limit. Imports: %d. Limit: %d.", n, maxImports)
	}
	for i := range m.Imports {
		name := fullName(&m.Imports[i])
		if findImport(&m.Imports[i]) == nil {
			return invalid("Wasm contract requires unsupported import: \"%s\". Required imports: %s. Available imports: %s.",
				name, set(allImports(m)), available())
		}
		if m.Imports[i].Kind != binary.ExternFunc {
			return invalid("Wasm contract requires non-function import: \"%s\". Right now, all supported imports are functions.", name)
		}
	}
	return nil
}

func fullName(i *binary.Import) string { return i.Module + "." + i.Name }

// findImport returns what the host has for an import, or nil.
func findImport(imp *binary.Import) *importFunc {
	if imp.Module != importModule {
		return nil
	}
	for i := range importFuncs {
		if importFuncs[i].name == imp.Name {
			return &importFuncs[i]
		}
	}
	return nil
}

func allImports(m *binary.Module) (names []string) {
	for i := range m.Imports {
		names = append(names, fullName(&m.Imports[i]))
	}
	return names
}

// available is the list of what there is to import.
func available() string {
	var names []string
	for i := range importFuncs {
		names = append(names, importModule+"."+importFuncs[i].name)
	}
	return quoted(names)
}

// required returns the capabilities that a module requires, sorted.
func required(m *binary.Module) []string {
	var names []string
	for _, name := range functions(m, requiresPrefix) {
		if name != requiresPrefix {
			names = append(names, strings.TrimPrefix(name, requiresPrefix))
		}
	}
	slices.Sort(names)
	return names
}

func checkCapabilities(m *binary.Module) *Error {
	lacking := slices.DeleteFunc(required(m), func(name string) bool { return slices.Contains(capabilities[:], name) })
	if len(lacking) > 0 {
		return invalid("Wasm contract requires unavailable capabilities: %s", set(lacking))
	}
	return nil
}

func checkFunctions(m *binary.Module) *Error {
	var params, results, totalParams, locals, totalLocals uint64
	for _, t := range m.Types {
		params, results = max(params, uint64(len(t.Params))), max(results, uint64(len(t.Results)))
	}
	for _, t := range m.Functions {
		if uint64(t) >= uint64(len(m.Types)) {
			return invalid("Wasm bytecode error: function uses unknown type index")
		}
		totalParams += uint64(len(m.Types[t].Params))
	}
	for i := range m.Codes {
		n := uint64(0)
		for _, l := range m.Codes[i].Locals {
			n += uint64(l.Count)
		}
		locals = max(locals, n)
		totalLocals += n
	}
	switch {
	case len(m.Codes) > maxFunctions:
		return invalid("Wasm contract contains more than %d functions", maxFunctions)
	case params > maxParams:
		return invalid("Wasm contract contains function with more than %d parameters", maxParams)
	case results > maxResults:
		return invalid("Wasm contract contains function with more than %d results", maxResults)
	case totalParams > maxTotalParams:
		return invalid("Wasm contract contains more than %d function parameters in total", maxTotalParams)
	case locals > maxLocals:
		return invalid("Wasm contract contains function with more than %d locals: %d", maxLocals, locals)
	case totalLocals > maxTotalLocals:
		return invalid("Wasm contract contains more than %d function locals in total: %d", maxTotalLocals, totalLocals)
	}
	return nil
}

// checkLinks judges what the reference VM finds out when it runs the module: that imports and exports are of the types
// that the host means.
func checkLinks(m *binary.Module) *Error {
	for i := range m.Imports {
		imp := &m.Imports[i]
		params, results := findImport(imp).signature()
		if uint64(imp.Type) >= uint64(len(m.Types)) {
			return invalid("Wasm bytecode error: import uses unknown type index")
		}
		if t := m.Types[imp.Type]; !slices.Equal(t.Params, params) || !slices.Equal(t.Results, results) {
			return fail(StaticValidation, "Error instantiating a Wasm module: Error instantiating module: Error while importing "+
				"%q.%q: incompatible import type. Expected %v -> %v but received %v -> %v",
				imp.Module, imp.Name, t.Params, t.Results, params, results)
		}
	}
	if e, ok := m.Export("memory"); !ok || e.Kind != binary.ExternMemory {
		return fail(StaticValidation, "Error instantiating a Wasm module: Could not get memory 'memory': Missing export memory")
	}
	for _, name := range entryNames {
		index, ok := m.ExportedFunc(name)
		if !ok {
			continue
		}
		t, _ := m.FuncType(index)
		for _, v := range slices.Concat(t.Params, t.Results) {
			if v != binary.I32 {
				return invalid("the export %s has a parameter or result of type %v: the host passes i32", name, v)
			}
		}
	}
	return nil
}

// maxNames bounds the text of a set of names, which a contract has chosen.
const maxNames = 200

// set lists names, of which there are some, sorted, each once, and leaves out those that do not fit.
func set(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	if text := "{" + list(names) + "}"; len(text) <= maxNames {
		return text
	}
	for n := len(names) - 1; n > 0; n-- {
		if text := fmt.Sprintf("{%s, ... %d more}", list(names[:n]), len(names)-n); len(text) <= maxNames {
			return text
		}
	}
	return fmt.Sprintf("{... %d elements}", len(names))
}

// list quotes names without escapes, as the reference VM does.
func list(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

func quoted(names []string) string { return "[" + list(names) + "]" }
