// Package toolchain compiles folders of sources to WebAssembly modules, each by the compiler that its language has
// anyway: go, cargo, asc or clang.
//
//	lang, err := toolchain.Detect(folder)
//	wasm, err := toolchain.Build(ctx, folder, lang)
//
// # Guarantees
//
// Nothing is written into the folder. The same sources, at whatever path, and the same tools give the same bytes: paths,
// times and version control leave no trace in a module. A tool that is missing is a *MissingError, which says what to
// install; a tool that fails is a *FailedError with what it printed.
//
// # What it is not
//
// It downloads nothing by itself and looks at no module: whether a host takes what was built, the host decides.
package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Language is what the sources in a folder are written in.
type Language string

// The languages.
const (
	Go             Language = "go"
	Rust           Language = "rust"
	AssemblyScript Language = "as"
	C              Language = "c"
)

// language is what there is to know about one.
type language struct {
	// marks are the files that tell the language, as patterns of filepath.Match.
	marks []string
	// sources are the patterns of the files that a build reads.
	sources []string
	build   func(ctx context.Context, folder, out string) error
	// more returns further folders with sources of the module.
	more func(ctx context.Context, folder string) ([]string, error)
}

// lookup returns the language, nil if there is none of the name.
func lookup(l Language) *language {
	switch l {
	case Go:
		return &language{[]string{"go.mod", "*.go"}, []string{"*.go", "go.mod", "go.sum"}, buildGo, foldersGo}
	case Rust:
		return &language{[]string{"Cargo.toml"}, []string{"*.rs", "*.toml", "Cargo.lock"}, buildRust, nil}
	case AssemblyScript:
		return &language{[]string{"asconfig.json", "package.json"}, []string{"*.ts", "*.json"}, buildAssemblyScript, nil}
	case C:
		return &language{[]string{"*.c"}, []string{"*.c", "*.h", flagsFile}, buildC, nil}
	}
	return nil
}

// Languages returns all languages, in the order in which Detect tries them.
func Languages() []Language { return []Language{Go, Rust, AssemblyScript, C} }

// Known reports whether l is one of Languages.
func (l Language) Known() bool { return lookup(l) != nil }

// Detect returns the language of the sources in a folder. The error says what would tell it.
func Detect(folder string) (Language, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	for _, l := range Languages() {
		for _, e := range entries {
			if !e.IsDir() && matches(lookup(l).marks, e.Name()) {
				return l, nil
			}
		}
	}
	var marks []string
	for _, l := range Languages() {
		marks = append(marks, strings.Join(lookup(l).marks, " or ")+" for "+string(l))
	}
	return "", fmt.Errorf("%s holds no sources: it needs %s", folder, strings.Join(marks, ", "))
}

func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, _ := filepath.Match(p, name); ok {
			return true
		}
	}
	return false
}

// Build compiles the sources in a folder and returns the module.
func Build(ctx context.Context, folder string, l Language) ([]byte, error) {
	lang := lookup(l)
	if lang == nil {
		return nil, fmt.Errorf("there is no language %q; there are %s", l, names())
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(folder); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, &fs.PathError{Op: "build", Path: folder, Err: errors.New("it is not a folder")}
	}
	dir, err := os.MkdirTemp("", "troupe-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "module.wasm")
	if err := lang.build(ctx, folder, out); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	return os.ReadFile(out)
}

func names() string {
	var list []string
	for _, l := range Languages() {
		list = append(list, string(l))
	}
	return strings.Join(list, ", ")
}
