package runtime_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// exported returns the names that a file declares for others, methods aside.
func exported(f *ast.File) (names []*ast.Ident) {
	for _, decl := range f.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				names = append(names, decl.Name)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name)
				case *ast.ValueSpec:
					names = append(names, spec.Names...)
				}
			}
		}
	}
	return slices.DeleteFunc(names, func(name *ast.Ident) bool { return !name.IsExported() })
}

// standardNames are the exported names of the standard library's package runtime, on any system.
var standardNames = sync.OnceValues(func() (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(build.Default.GOROOT, "src", "runtime", "*.go"))
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if f.Name.Name == "runtime" {
			for _, name := range exported(f) {
				names[name.Name] = true
			}
		}
	}
	if !names["GOOS"] {
		return nil, fmt.Errorf("the sources of the standard package runtime are not in %s", build.Default.GOROOT)
	}
	return names, nil
})

// runtimeNamesAreNew checks that no exported name of our package runtime is one of the standard one: a tool that adds
// imports by name must not be able to choose the wrong package.
func runtimeNamesAreNew(tree *sourceTree) (found []string) {
	standard, err := standardNames()
	if err != nil {
		return []string{err.Error()}
	}
	for _, f := range tree.files {
		if f.dir() != "runtime" || f.isTest() {
			continue
		}
		for _, name := range exported(f.ast) {
			if standard[name.Name] {
				found = append(found, fmt.Sprintf("%s: the standard package runtime exports %s too", f.at(name.Pos()), name.Name))
			}
		}
	}
	return found
}

func TestRuntimeNamesAreNew(t *testing.T) {
	holds(t, runtimeNamesAreNew)
	catches(t, runtimeNamesAreNew, []breach{
		{"right", map[string]string{"runtime/a.go": "package runtime\n\ntype Host struct{}\n\nfunc (Host) Version() {}\n\nvar version, stack int\n"}, ""},
		{"elsewhere", map[string]string{"dispatch/a.go": "package dispatch\n\ntype Frame struct{}\n"}, ""},
		{"type", map[string]string{"runtime/a.go": "package runtime\n\ntype Frame struct{}\n"}, "exports Frame too"},
		{"func", map[string]string{"runtime/a.go": "package runtime\n\nfunc Version() {}\n"}, "exports Version too"},
		{"value", map[string]string{"runtime/a.go": "package runtime\n\nconst A, GOOS = 1, 2\n"}, "exports GOOS too"},
	})
}
