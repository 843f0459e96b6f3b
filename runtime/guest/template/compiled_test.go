package template_test

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/actortest"
	"github.com/troupe-run/troupe/runtime/guest/c"
	"github.com/troupe-run/troupe/runtime/guest/rust"
)

// TestRust and TestC make a project with the SDK in it, build it, and run it as the one in Go is run.
func TestRust(t *testing.T) {
	dir := renderWith(t, toolchain.Rust, "troupe", rust.Sources)
	counts(t, dir, toolchain.Rust)
	cargo := os.Getenv("CARGO")
	if cargo == "" {
		cargo = "cargo"
	}
	cmd := exec.Command(cargo, "test", "--offline", "--locked", "--target-dir", t.TempDir())
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "1 passed") {
		t.Errorf("cargo test: %v\n%s", err, out)
	}
}

func TestC(t *testing.T) {
	dir := renderWith(t, toolchain.C, ".", c.Sources)
	counts(t, dir, toolchain.C)
}

// renderWith is render with the files of an SDK in a folder of the project.
func renderWith(t *testing.T, language toolchain.Language, folder string, sources embed.FS) string {
	t.Helper()
	dir := render(t, string(language))
	err := fs.WalkDir(sources, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sources, name)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		return os.WriteFile(file, text, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// counts builds a counter and sends it what a counter takes.
func counts(t *testing.T, dir string, language toolchain.Language) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // where cargo works
	code, err := toolchain.Build(t.Context(), dir, language)
	var missing *toolchain.MissingError
	if errors.As(err, &missing) {
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	h := actortest.New(t, nil)
	h.Install("tally", code)
	h.MustSend("alice", "tally/a", `{"add": {"n": 5}}`)
	if r := h.MustSend("bob", "tally/a", `{"add": {"n": 2}}`); string(r.Data) != "\x07" {
		t.Errorf("the total is %x", r.Data)
	}
	for body, want := range map[string]string{
		`"reset"`:                              "unauthorized: bob has not made this counter",
		`{"add": {"n": 18446744073709551615}}`: "full: the counter stands at 7 and cannot take 18446744073709551615 more",
	} {
		if _, err := h.Send("bob", "tally/a", body); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("bob sends %s: %v, want %q", body, err, want)
		}
	}
	h.AssertState("tally/a", `{"owner": "alice", "total": 7}`)
	h.MustSend("alice", "tally/a", `"reset"`)
	h.AssertState("tally/a", `{"owner": "alice", "total": 0}`)
}
