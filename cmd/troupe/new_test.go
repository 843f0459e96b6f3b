package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/runtime/guest/template"
)

// troupe runs a command line, and returns the exit code and what was printed.
func troupe(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p, err := program()
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	p.Name, p.Stdin, p.Stdout, p.Stderr = "troupe", strings.NewReader(""), &out, &errs
	return p.Run(t.Context(), args), out.String(), errs.String()
}

// must is troupe for what must succeed.
func must(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	code, stdout, stderr := troupe(t, args...)
	if code != command.ExitOK {
		t.Fatalf("troupe %q ended with %d:\n%s%s", args, code, stdout, stderr)
	}
	return stdout
}

// TestNew makes a project in each language and does with it what its README.md says. All of them say the same.
func TestNew(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a project of each language")
	}
	source, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TROUPE_CACHE", t.TempDir())
	t.Setenv("GOPROXY", "off")
	first := ""
	for _, language := range template.Languages() {
		t.Run(language, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "tally")
			must(t, "new", language, dir, "--source", source)
			code, out, errs := troupe(t, "test", dir, "--update")
			if code == command.ExitNotFound && strings.Contains(errs, "is needed and is not there") {
				t.Skip(errs)
			}
			if code != command.ExitOK || !strings.Contains(out, "updated  "+filepath.Join(dir, "testdata", "tally.txt")) {
				t.Fatalf("test --update ended with %d:\n%s%s", code, out, errs)
			}
			text, err := os.ReadFile(filepath.Join(dir, "testdata", "tally.txt"))
			if err != nil {
				t.Fatal(err)
			}
			says := string(text)
			if first == "" {
				first = says
			}
			if says != first || strings.Contains(says, "error:") {
				t.Errorf("the transcript is\n%s\nand was\n%s", says, first)
			}
			for _, want := range []string{
				": full: the counter stands at 7 and cannot take 18446744073709551615 more\n", ": unauthorized: bob has not made this counter\n",
				"\nquery tally/a \"total\"\n----\n7\n", "\nowner: \"alice\"\ntotal: 0\n",
			} {
				if !strings.Contains(says, want) {
					t.Errorf("the transcript lacks %q:\n%s", want, says)
				}
			}
			if out := must(t, "build", dir); !strings.Contains(out, "built tally  "+language+", ") {
				t.Errorf("build says %q", out)
			}
			if out := must(t, "test", dir); !strings.HasPrefix(out, "1 transcript: 1 ok in ") {
				t.Errorf("test says %q", out)
			}
			if out := must(t, "run", dir); !strings.Contains(out, "└─ alice → tally/a  instantiate tally") {
				t.Errorf("run says %q", out)
			}
			for _, file := range []string{filepath.Join("build", "tally.wasm"), "troupe.lock", "README.md"} {
				if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
					t.Error(err)
				}
			}
			file := filepath.Join(t.TempDir(), "x.wasm")
			must(t, "build", dir, "--to", filepath.Dir(file))
			if code, _, errs := troupe(t, "new", language, dir); code != command.ExitDirectory || !strings.Contains(errs, "is not empty: new overwrites nothing") {
				t.Errorf("new in a folder that is full ended with %d: %s", code, errs)
			}
		})
	}
	if first == "" {
		t.Error("no project was built")
	}
}
