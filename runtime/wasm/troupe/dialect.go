package troupe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/fuel"
	"github.com/troupe-run/troupe/runtime/wasm/wasi"
)

// The numbers of the exports in Dialect.Entry.
const (
	entryAlloc = iota
	entryCall
)

// initFuel bounds what _initialize may do: a few seconds.
const initFuel = 20_000_000_000

// Dialect returns the dialect: what a module may be, what it costs, and what the host does for it. To an engine modules of
// two dialects are two modules, so a process makes one and keeps it.
func Dialect() *wasm.Dialect {
	return &wasm.Dialect{
		Name:    Module,
		Version: Version,
		Rules: binary.Rules{MemoryPages: MaxPages, Locals: 2000, BulkMemory: true, SignExt: true,
			SatFloat: true, MultiValue: true, Floats: true},
		Check:    check,
		Gas:      fuel.Table("troupe-1"),
		MaxPages: MaxPages,
		Depth:    MaxDepth,
		Host:     hostFunctions(),
		Init:     []string{exportInit},
		InitFuel: initFuel,
		Entry:    []string{entryAlloc: exportAlloc, entryCall: exportCall},
	}
}

func hostFunctions() []wasm.HostFunc { return append(imports(), wasi.Functions(worldOf)...) }

// check tells whether a module was made for this ABI: that it has the exports, that it imports nothing which the host
// does not have, and that what a call changes can be put back.
func check(m *binary.Module) error {
	if err := checkMarker(m); err != nil {
		return err
	}
	for _, want := range []struct{ name, params, results string }{
		{Marker, "", ""}, {exportAlloc, "i", "i"}, {exportCall, "iii", "I"},
	} {
		if err := checkExport(m, want.name, signature{letters(want.params), letters(want.results)}); err != nil {
			return err
		}
	}
	if !exports(m, exportMemory, binary.ExternMemory) {
		return fmt.Errorf("troupe: a memory must be exported as %q", exportMemory)
	}
	if exports(m, exportInit, binary.ExternFunc) {
		if err := checkExport(m, exportInit, signature{}); err != nil {
			return err
		}
	}
	if err := checkImports(m); err != nil {
		return err
	}
	return checkDrops(m)
}

func checkMarker(m *binary.Module) error {
	var others []string
	for _, e := range m.Exports {
		if e.Name == Marker {
			return nil
		}
		if strings.HasPrefix(e.Name, markerPrefix) {
			others = append(others, fmt.Sprintf("%.40q", e.Name))
		}
	}
	switch {
	case len(others) > 0:
		return fmt.Errorf("troupe: the module was made for %s, this host has %q", strings.Join(others[:min(len(others), shown)], ", "), Marker)
	case exports(m, "_start", binary.ExternFunc):
		return fmt.Errorf("troupe: the module is a program that begins at _start, not an actor: it does not export %s "+
			"(in Go, build with -buildmode=c-shared, and import the package guest)", Marker)
	}
	return fmt.Errorf("troupe: the module is no actor: it does not export %s", Marker)
}

func exports(m *binary.Module, name string, kind binary.ExternKind) bool {
	e, ok := m.Export(name)
	return ok && e.Kind == kind
}

// checkDrops refuses data.drop: a segment that was dropped does not come back, so every call would need an instance of its
// own, which takes the host a hundred times as long. Compilers emit it for programs with threads only.
func checkDrops(m *binary.Module) error {
	for i := range m.Codes {
		err := binary.Walk(m.Codes[i].Body, func(in binary.Instr) error {
			if in.Op == binary.OpDataDrop {
				return fmt.Errorf("troupe: function %d drops a data segment, at byte %d: that is not supported (in C and Rust, build "+
					"without threads)", i, m.Codes[i].Offset+in.Pos)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// signature is the type of a function.
type signature struct{ params, results []binary.ValueType }

func (s signature) equal(t binary.FuncType) bool {
	return slices.Equal(s.params, t.Params) && slices.Equal(s.results, t.Results)
}

// String returns the signature as the text format has it.
func (s signature) String() string {
	var b strings.Builder
	b.WriteString("(func")
	for _, part := range []struct {
		word  string
		types []binary.ValueType
	}{{"param", s.params}, {"result", s.results}} {
		if len(part.types) > 0 {
			b.WriteString(" (" + part.word)
			for _, t := range part.types {
				b.WriteString(" " + t.String())
			}
			b.WriteString(")")
		}
	}
	return b.String() + ")"
}

// letters returns the types that the letters i and I stand for: i32 and i64.
func letters(s string) []binary.ValueType {
	list := make([]binary.ValueType, len(s))
	for i, l := range s {
		list[i] = binary.I32
		if l == 'I' {
			list[i] = binary.I64
		}
	}
	return list
}

func checkExport(m *binary.Module, name string, want signature) error {
	index, ok := m.ExportedFunc(name)
	if !ok {
		return fmt.Errorf("troupe: no function is exported as %s: it must be %s", name, want)
	}
	if t, ok := m.FuncType(index); !ok || !want.equal(t) {
		return fmt.Errorf("troupe: the export %s is %s, it must be %s", name, signature{t.Params, t.Results}, want)
	}
	return nil
}

func checkImports(m *binary.Module) error {
	have := map[[2]string]signature{}
	for _, f := range hostFunctions() {
		have[[2]string{f.Module, f.Name}] = signature{f.Params, f.Results}
	}
	var unknown []string
	for _, i := range m.Imports {
		want, ok := have[[2]string{i.Module, i.Name}]
		switch {
		case !ok || i.Kind != binary.ExternFunc:
			unknown = append(unknown, fmt.Sprintf("%s %.40q.%.40q", i.Kind, i.Module, i.Name))
		case !want.equal(m.Types[i.Type]):
			t := m.Types[i.Type]
			return fmt.Errorf("troupe: the import %q.%q is %s, the host has %s", i.Module, i.Name, signature{t.Params, t.Results}, want)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	more := ""
	if n := len(unknown) - shown; n > 0 {
		unknown, more = unknown[:shown], fmt.Sprintf(" and %d more", n)
	}
	return fmt.Errorf("troupe: the host has no %s%s", strings.Join(unknown, ", "), more)
}

// shown is how many unknown imports an error names.
const shown = 10
