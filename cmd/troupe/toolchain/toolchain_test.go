package toolchain_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
)

// write makes a folder with files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDetect(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		want  toolchain.Language
		fails string
	}{
		{"a Go module", map[string]string{"go.mod": "", "main.go": ""}, toolchain.Go, ""},
		{"a Go package", map[string]string{"main.go": ""}, toolchain.Go, ""},
		{"Rust", map[string]string{"Cargo.toml": "", "src/lib.rs": ""}, toolchain.Rust, ""},
		{"AssemblyScript", map[string]string{"asconfig.json": ""}, toolchain.AssemblyScript, ""},
		{"npm", map[string]string{"package.json": ""}, toolchain.AssemblyScript, ""},
		{"C", map[string]string{"actor.c": "", "troupe.h": ""}, toolchain.C, ""},
		{"a folder of that name is no file", map[string]string{"x.c/y": ""}, "", "holds no sources: it needs go.mod or *.go for go, Cargo.toml for rust, "},
		{"nothing", nil, "", "holds no sources"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := toolchain.Detect(write(t, test.files))
			switch {
			case test.fails == "" && (got != test.want || err != nil):
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			case test.fails != "" && (err == nil || !strings.Contains(err.Error(), test.fails)):
				t.Errorf("got %v, want %q", err, test.fails)
			}
		})
	}
	if _, err := toolchain.Detect(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of a folder that is not there: %v", err)
	}
}

func TestBuildNeedsAFolderAndALanguage(t *testing.T) {
	dir := write(t, map[string]string{"file": ""})
	for _, test := range []struct {
		folder string
		l      toolchain.Language
		want   string
	}{
		{dir, "cobol", `there is no language "cobol"; there are go, rust, as, c`},
		{filepath.Join(dir, "nowhere"), toolchain.Go, "no such file"},
		{filepath.Join(dir, "file"), toolchain.Go, "it is not a folder"},
	} {
		if _, err := toolchain.Build(t.Context(), test.folder, test.l); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s in %s: %v, want %q", test.l, test.folder, err, test.want)
		}
	}
}

var magic = []byte("\x00asm\x01\x00\x00\x00")

// guests are the smallest sources of each language that has an export.
var guests = map[toolchain.Language]map[string]string{
	toolchain.Go: {
		"go.mod":  "module guest\n\ngo 1.24\n",
		"main.go": "package main\n\n//go:wasmexport answer\nfunc answer() int32 { return 42 }\n\nfunc main() {}\n",
	},
	toolchain.Rust: {
		"Cargo.toml": "[package]\nname = \"guest\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n",
		"src/lib.rs": "#[no_mangle]\npub extern \"C\" fn answer(v: i32) -> i32 { assert!(v > 0, \"positive\"); 42 }\n",
	},
	toolchain.AssemblyScript: {
		"asconfig.json":     `{"entries": ["assembly/index.ts"], "targets": {"release": {"optimizeLevel": 3}}}`,
		"assembly/index.ts": "export function answer(): i32 { return 42 }\n",
	},
	toolchain.C: {
		"a.c": "#include \"b.h\"\n__attribute__((export_name(\"answer\"))) int answer(void) { return ANSWER; }\n",
		"b.h": "#define ANSWER 42\n",
	},
}

// broken are sources with a mistake, and what the tool says of it.
var broken = map[toolchain.Language]struct{ file, text, want string }{
	toolchain.Go:             {"main.go", "package main\n\nfunc main() { nonsense() }\n", "./main.go:3:15: undefined: nonsense"},
	toolchain.Rust:           {"src/lib.rs", "fn f() { nonsense() }\n", "cannot find function `nonsense`"},
	toolchain.AssemblyScript: {"assembly/index.ts", "export function f(): i32 { return nonsense }\n", "Cannot find name 'nonsense'"},
	toolchain.C:              {"a.c", "int f(void) { return nonsense; }\n", "a.c:1:22: error: use of undeclared identifier 'nonsense'"},
}

func TestBuild(t *testing.T) {
	for _, l := range toolchain.Languages() {
		t.Run(string(l), func(t *testing.T) {
			t.Setenv("TROUPE_CACHE", t.TempDir()) // where cargo works
			dir := write(t, guests[l])
			before := tree(t, dir)
			got, err := toolchain.Build(t.Context(), dir, l)
			var missing *toolchain.MissingError
			if errors.As(err, &missing) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(got, magic) || !bytes.Contains(got, []byte("answer")) {
				t.Errorf("%d bytes are no module that exports answer", len(got))
			}
			if bytes.Contains(got, []byte(dir)) {
				t.Error("the module tells where it was built")
			}
			if after := tree(t, dir); l != toolchain.Rust && !slices.Equal(before, after) {
				t.Errorf("the folder has %q, and had %q", after, before)
			}
			again, err := toolchain.Build(t.Context(), write(t, guests[l]), l)
			if err != nil || !bytes.Equal(got, again) {
				t.Errorf("built at another place, it is not the same (%v)", err)
			}

			wrong := broken[l]
			if err := os.WriteFile(filepath.Join(dir, wrong.file), []byte(wrong.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err = toolchain.Build(t.Context(), dir, l)
			var failed *toolchain.FailedError
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), wrong.want) {
				t.Errorf("with a mistake: %v, want a FailedError with %q", err, wrong.want)
			}
		})
	}
}

// tree lists what is in a folder.
func tree(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		files = append(files, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestBuildWithoutTools checks that a tool that is missing is told with what to install.
func TestBuildWithoutTools(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, v := range []string{"CARGO", "ASC", "WASM_CC"} {
		t.Setenv(v, "")
	}
	for l, want := range map[toolchain.Language]string{
		toolchain.Go: "go.dev", toolchain.Rust: "rustup", toolchain.AssemblyScript: "npm install", toolchain.C: "lld",
	} {
		_, err := toolchain.Build(t.Context(), write(t, guests[l]), l)
		var missing *toolchain.MissingError
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), want) || missing.Language != l {
			t.Errorf("%s: %v, want a MissingError that names %q", l, err, want)
		}
	}
}

// script writes a program for the shell and names it by a variable of the environment.
func script(t *testing.T, variable, text string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("it needs a shell")
	}
	path := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(variable, path)
}

func TestBuildIsCancelled(t *testing.T) {
	script(t, "ASC", "exec sleep 600\n")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("enough"))
	defer cancel()
	start := time.Now()
	_, err := toolchain.Build(ctx, write(t, guests[toolchain.AssemblyScript]), toolchain.AssemblyScript)
	if err == nil || err.Error() != "enough" || time.Since(start) > time.Minute {
		t.Errorf("ended with %v after %v, want the cause at once", err, time.Since(start))
	}
}

// TestOutputIsBounded checks that of what a tool prints the end is kept, where tools say how it went.
func TestOutputIsBounded(t *testing.T) {
	script(t, "ASC", "i=0; while [ $i -lt 20000 ]; do echo 'one more line of it' >&2; i=$((i+1)); done; echo 'the last word' >&2; exit 1\n")
	_, err := toolchain.Build(t.Context(), write(t, guests[toolchain.AssemblyScript]), toolchain.AssemblyScript)
	var failed *toolchain.FailedError
	if !errors.As(err, &failed) || len(failed.Output) > 70<<10 || !strings.HasSuffix(failed.Output, "the last word\n") {
		t.Errorf("got %.300v", err)
	}
}

// TestRustSaysWhatIsMissing checks the words for the mistake that most who build Rust for the first time make.
func TestRustSaysWhatIsMissing(t *testing.T) {
	t.Setenv("TROUPE_CACHE", t.TempDir())
	script(t, "CARGO", "echo \"error[E0463]: can't find crate for core; the wasm32-unknown-unknown target may not be installed\" >&2; exit 101\n")
	_, err := toolchain.Build(t.Context(), write(t, guests[toolchain.Rust]), toolchain.Rust)
	var missing *toolchain.MissingError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "rustup target add wasm32-unknown-unknown") {
		t.Errorf("got %v", err)
	}
	script(t, "CARGO", `echo '{"reason":"compiler-artifact","filenames":["libx.rlib"]}'`)
	_, err = toolchain.Build(t.Context(), write(t, guests[toolchain.Rust]), toolchain.Rust)
	if err == nil || !strings.Contains(err.Error(), "cdylib") {
		t.Errorf("a crate that is no cdylib: %v", err)
	}
}

func TestSources(t *testing.T) {
	dir := write(t, map[string]string{
		"go.mod": "module m\n\ngo 1.24\n", "shared/shared.go": "package shared\n", "other/other.go": "package other\n",
		"guest/main.go":                "package main\n\nimport _ \"m/shared\"\n\nfunc main() {}\n",
		"as/asconfig.json":             "",
		"as/assembly/a.ts":             "",
		"as/assembly/notes.txt":        "",
		"as/node_modules/x/index.ts":   "",
		"as/.hidden/index.ts":          "",
		"c/a.c":                        "",
		"c/include/a.h":                "",
		"rust/Cargo.toml":              "",
		"rust/src/lib.rs":              "",
		"rust/target/release/x/lib.rs": "",
	})
	for _, test := range []struct {
		folder string
		l      toolchain.Language
		want   []string
	}{
		{"guest", toolchain.Go, []string{"guest/main.go", "shared/shared.go"}},
		{"as", toolchain.AssemblyScript, []string{"as/asconfig.json", "as/assembly/a.ts"}},
		{"c", toolchain.C, []string{"c/a.c", "c/include/a.h"}},
		{"rust", toolchain.Rust, []string{"rust/Cargo.toml", "rust/src/lib.rs"}},
	} {
		sources, err := toolchain.Locate(t.Context(), filepath.Join(dir, test.folder), test.l)
		if err != nil {
			t.Fatal(err)
		}
		got, err := sources.Files()
		for i, file := range got {
			rel, relErr := filepath.Rel(dir, file)
			err = errors.Join(err, relErr)
			got[i] = filepath.ToSlash(rel)
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, %v, want %q", test.l, got, err, test.want)
		}
	}
	sources, err := toolchain.Locate(t.Context(), filepath.Join(dir, "nowhere"), toolchain.C)
	if err == nil {
		_, err = sources.Files()
	}
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of a folder that is not there: %v", err)
	}
	if _, err := toolchain.Locate(t.Context(), dir, "cobol"); err == nil {
		t.Error("of a language that is not there: no error")
	}
	// A project that cannot be understood is still watched.
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("nonsense"), 0o644); err != nil {
		t.Fatal(err)
	}
	sources, err = toolchain.Locate(t.Context(), filepath.Join(dir, "guest"), toolchain.Go)
	var failed *toolchain.FailedError
	if !errors.As(err, &failed) {
		t.Errorf("of a broken project: %v", err)
	}
	if files, err := sources.Files(); len(files) != 1 || err != nil {
		t.Errorf("a broken project has the files %q, %v", files, err)
	}
}
