package template_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/guest/rust"
	"github.com/troupe-run/troupe/runtime/guest/template"
)

// render writes a project into a folder of its own.
func render(t *testing.T, language string) string {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	files, err := template.Render(language, template.Project{Name: "tally", Version: "v0.0.0", Source: source})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The tests of cmd/troupe make a project in each language, build it and run it. Here is what the tools of the language say
// of it, without a network.

// TestGo checks a project as its author would.
func TestGo(t *testing.T) {
	dir := render(t, "go")
	for _, args := range [][]string{{"vet", "./..."}, {"test", "./..."}, {"mod", "verify"}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestRust checks a project with the SDK in it.
func TestRust(t *testing.T) {
	cargo := os.Getenv("CARGO")
	if cargo == "" {
		cargo = "cargo"
	}
	if _, err := exec.LookPath(cargo); err != nil {
		t.Skip("cargo is not there: ", err)
	}
	dir := render(t, "rust")
	if err := os.CopyFS(filepath.Join(dir, "troupe"), rust.Sources); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(cargo, "test", "--offline", "--locked", "--target-dir", t.TempDir())
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "1 passed") {
		t.Errorf("cargo test: %v\n%s", err, out)
	}
}

// TestProjects looks at what all languages have in common.
func TestProjects(t *testing.T) {
	left := regexp.MustCompile(`\{\{\w*\}\}`)
	for _, language := range template.Languages() {
		dir := render(t, language)
		sources, written := dir, language
		if in, classic := strings.CutPrefix(language, "wasmbus-"); classic {
			sources, written = filepath.Join(dir, "actor"), in
		}
		if lang, err := toolchain.Detect(sources); err != nil || string(lang) != written {
			t.Errorf("%s is taken for %q, %v", language, lang, err)
		}
		if !manifest.Is(dir) {
			t.Errorf("%s has no manifest", language)
		}
		files, err := template.Render(language, template.Project{Name: "tally", Version: "v1.2.3"})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"README.md", ".gitignore", "troupe.yaml", "testdata/tally.txt"} {
			if files[want] == nil {
				t.Errorf("%s has no %s, only %q", language, want, slices.Sorted(maps.Keys(files)))
			}
		}
		for name, text := range files {
			if left.MatchString(name) || left.Match(text) || strings.HasSuffix(name, ".tmpl") {
				t.Errorf("%s: something is left to fill in in %s", language, name)
			}
		}
	}
	if _, err := template.Render("cobol", template.Project{}); err == nil || !strings.Contains(err.Error(), `none for "cobol", only for as, `) {
		t.Errorf("a project in cobol: %v", err)
	}
}

// TestGoVersions checks that a new project asks for the dependencies that this module has.
func TestGoVersions(t *testing.T) {
	files, err := template.Render("go", template.Project{Name: "tally", Version: "v1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	ours := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	gomod, gosum := ours("go.mod"), ours("go.sum")
	lines := 0
	for line := range strings.Lines(string(files["go.mod"])) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && strings.HasPrefix(fields[1], "v") && fields[0] != "require" {
			if lines++; !strings.Contains(gomod, fields[0]+" "+fields[1]) {
				t.Errorf("go.mod has another version of %s than %s", fields[0], fields[1])
			}
		}
	}
	for line := range strings.Lines(string(files["go.sum"])) {
		if !strings.Contains(gosum, line) {
			t.Errorf("go.sum does not have %s", line)
		}
	}
	if goVersion := regexp.MustCompile(`(?m)^go .*$`); goVersion.FindString(string(files["go.mod"])) != goVersion.FindString(gomod) || lines != 2 {
		t.Errorf("the project has\n%s\nwith %d dependencies", files["go.mod"], lines)
	}
}
