package manifest_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
)

// TestParse reads the manifests and lock files in testdata. With -rewrite it writes what comes out.
func TestParse(t *testing.T) {
	datadriven.Walk(t, "testdata/parse", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "manifest":
				m, err := manifest.Parse("troupe.yaml", []byte(d.Input), env)
				if err != nil {
					return place(t, err)
				}
				return render(m)
			case "lock":
				l, err := manifest.ParseLock("troupe.lock", []byte(d.Input))
				if err != nil {
					return place(t, err)
				}
				return string(l.Format())
			}
			d.Fatalf(t, "there is no command %s", d.Cmd)
			return ""
		})
	})
}

// place checks that an error says where it is.
func place(t *testing.T, err error) string {
	t.Helper()
	var e *manifest.Error
	if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 {
		t.Errorf("%v (%T) does not say where it is", err, err)
	}
	return err.Error() + "\n"
}

func render(m *manifest.Manifest) string {
	var b strings.Builder
	if m.Form != manifest.TroupeForm {
		fmt.Fprintf(&b, "form %s name=%q\n", m.Form, m.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Labels)) {
		fmt.Fprintf(&b, "label %s=%q\n", name, m.Labels[name])
	}
	if c := m.Chain; c != nil {
		fmt.Fprintf(&b, "chain prefix=%q id=%q names=%t\n", c.Prefix, c.ID, c.Names)
	}
	for _, mod := range m.Modules {
		fmt.Fprintf(&b, "module %s native=%q wasm=%q source=%q language=%q", mod.Name, mod.Native, mod.Wasm, mod.Source, mod.Language)
		if mod.Package != nil {
			fmt.Fprintf(&b, " package=%s file=%q sum=%s", mod.Package, mod.File, mod.Sum)
		}
		if mod.URL != "" {
			fmt.Fprintf(&b, " url=%s sum=%s", mod.URL, mod.Sum)
		}
		if mod.Reference != "" {
			fmt.Fprintf(&b, " reference=%s", mod.Reference)
		}
		if mod.Instances > 0 {
			fmt.Fprintf(&b, " instances=%d", mod.Instances)
		}
		if e := mod.Expect; e != nil {
			fmt.Fprintf(&b, " expect=%s,%s,%q", e.Key, e.Issuer, e.Capabilities)
		}
		b.WriteByte('\n')
	}
	for _, a := range m.Actors {
		fmt.Fprintf(&b, "actor %s module=%s sender=%s admin=%q %s\n", a.Address, a.Module, a.Sender, string(a.Admin), a.Body)
	}
	for _, p := range m.Providers {
		fmt.Fprintf(&b, "provider %s kind=%q address=%q contract=%s key=%q plain=%t config=%q\n", p.Name, p.Kind, string(p.Address), p.Contract, p.Key, p.Plain, p.Config)
	}
	for _, l := range m.Links {
		fmt.Fprintf(&b, "link %s → %s contract=%s name=%s values=%q\n", l.Actor, l.Provider, l.Contract, l.Name, l.Values)
	}
	for _, a := range m.Trust {
		fmt.Fprintf(&b, "trust %s token=%q\n", a.Key, a.Token)
	}
	for _, s := range m.Scripts {
		fmt.Fprintf(&b, "script %s\n", s)
	}
	for _, e := range m.Problems {
		fmt.Fprintf(&b, "problem %v\n", e)
	}
	for _, e := range m.Warnings {
		fmt.Fprintf(&b, "warning %v\n", e)
	}
	return b.String()
}

// write makes a folder with files. A name that ends in a slash is a folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// fails checks that an error has a text, in which DIR stands for a folder.
func fails(t *testing.T, err error, dir, want string) {
	t.Helper()
	if want = strings.ReplaceAll(want, "DIR", dir); err == nil || !strings.Contains(filepath.ToSlash(err.Error()), filepath.ToSlash(want)) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestLoad(t *testing.T) {
	dir := write(t, map[string]string{
		"troupe.yaml": "modules:\n  a: {source: a}\n  b: {source: b, language: rust}\n  c: {wasm: c.wasm}\nscripts: [./x//y.txt]\n",
		"a/main.go":   "", "b/": "", "c.wasm": "", "x/y.txt": "",
	})
	if !manifest.Is(dir) || manifest.Is(filepath.Join(dir, "a")) {
		t.Error("Is does not know which folder has a manifest")
	}
	m, err := manifest.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := []any{m.Dir, m.Modules[0].Language, m.Modules[1].Language, m.Scripts[0], m.Path(m.Scripts[0])}; fmt.Sprint(got) !=
		fmt.Sprint([]any{dir, "go", "rust", "x/y.txt", filepath.Join(dir, "x", "y.txt")}) {
		t.Errorf("got %v", got)
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no folder", nil, "DIR/none: no such file"},
		{"no manifest", map[string]string{"none/x": ""}, "DIR/none/troupe.yaml: no such file"},
		{"a manifest that is a folder", map[string]string{"none/troupe.yaml/x": ""}, "is a directory"},
		{"no sources", manifestOf("modules: {a: {source: a}}", "a/x"), "troupe.yaml:1:23: DIR/none/a holds no sources: it needs go.mod"},
		{"no folder of sources", manifestOf("modules: {a: {source: a}}"), "troupe.yaml:1:23: there is no a"},
		{"sources that are a file", manifestOf("modules: {a: {source: a}}", "a"), "a is a file, not a folder with sources"},
		{"no module", manifestOf("modules: {a: {wasm: a.wasm}}"), "troupe.yaml:1:21: there is no a.wasm"},
		{"a module that is a folder", manifestOf("modules: {a: {wasm: a}}", "a/x"), "a is no file"},
		{"no script", manifestOf("modules: {}\nscripts:\n  - a.txt\n"), "troupe.yaml:3:5: there is no a.txt"},
		{"too large", manifestOf("#" + strings.Repeat("x", 64<<10)), "DIR/none/troupe.yaml has more than 65536 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := write(t, test.files)
			_, err := manifest.Load(filepath.Join(dir, "none"))
			fails(t, err, dir, test.want)
		})
	}
}

func manifestOf(text string, files ...string) map[string]string {
	all := map[string]string{"none/troupe.yaml": text}
	for _, f := range files {
		all["none/"+f] = ""
	}
	return all
}

// TestLoadStaysInside checks that no link leads out of the folder of a manifest.
func TestLoadStaysInside(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights that a test may not have")
	}
	dir := write(t, map[string]string{
		"app/troupe.yaml": "modules: {a: {wasm: a.wasm}}", "outside.wasm": "\x00asm", "sources/a.c": "",
		"other/troupe.yaml": "modules: {a: {source: a}}",
	})
	for link, target := range map[string]string{"app/a.wasm": "../outside.wasm", "other/a": "../sources"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := manifest.Load(filepath.Join(dir, "app"))
	fails(t, err, dir, "troupe.yaml:1:21: a.wasm cannot be read, or a link in it leads out of the folder of the manifest")
	_, err = manifest.Load(filepath.Join(dir, "other"))
	fails(t, err, dir, "troupe.yaml:1:23: a cannot be read")
}
