package examples

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/npm"
	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/capability"
)

var sign = flag.Bool("sign", false, "build the modules that are in the repository, and sign them with new keys")

// A built module is in the repository as it runs, so that nobody needs a compiler. The source is beside it.
type built struct {
	source, file string
	claims       claims.Module
	// manifest, if not empty, is one that knows the module by its key, and copy the file of a copy.
	manifest, copy string
}

func modules() []built {
	samples := filepath.Join("..", "runtime", "guest", "wasmbus", "sample")
	sample := func(name, alias string, caps ...string) built {
		return built{source: filepath.Join(samples, name), file: filepath.Join(samples, name+".wasm"), claims: claims.Module{Name: name, Alias: alias, Caps: caps}}
	}
	example := func(name, called string, caps ...string) built {
		return built{filepath.Join(name, "guest", "c"), filepath.Join(name, name+".wasm"), claims.Module{Name: called, Caps: caps},
			filepath.Join(name, "wasmcloud.yaml"), filepath.Join(samples, name+".wasm")}
	}
	return []built{
		example("echo", "Echo", capability.HTTPServer),
		example("kvcounter", "KVCounter", capability.HTTPServer, capability.KeyValue),
		sample("busy", "", capability.HTTPServer),
		sample("dice", "dice", capability.HTTPServer, capability.Logging, capability.NumberGen),
		sample("mailbox", "mailbox", capability.HTTPServer, capability.KeyValue, capability.Messaging, capability.Logging),
		sample("relay", "relay", capability.HTTPServer, capability.KeyValue, capability.Messaging, capability.HTTPClient, capability.Blobstore, "example:any"),
		sample("spin", "spin", capability.HTTPServer),
		sample("twice", "twice", capability.HTTPServer, capability.KeyValue, capability.Messaging),
	}
}

// compiler is the one that has made the modules: others make other bytes of the same sources, and so does it where it finds the
// program wasm-opt.
const compiler = "clang version 14."

func sameCompiler() bool {
	version, _ := exec.Command("clang", "--version").Output()
	_, err := exec.LookPath("wasm-opt")
	return err != nil && strings.Contains(string(version), compiler)
}

// TestModules checks that the modules in the repository are those of the sources, and that their claims are as they should be.
// The keys that sign them are thrown away: whoever changes a source signs all of them with new ones, by -sign, and with one
// account.
func TestModules(t *testing.T) {
	account := newKey(t, claims.AccountKey)
	same := sameCompiler()
	for _, m := range modules() {
		code := build(t, m.source)
		claimed := m.claims
		claimed.Subject, claimed.Revision, claimed.Version = newKey(t, claims.ModuleKey).Public(), 1, "1.0.0"
		fresh, err := claims.SignModule(account, code, claimed)
		if err != nil {
			t.Fatal(err)
		}
		if *sign {
			if err := os.WriteFile(m.file, fresh, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		stored, err := os.ReadFile(m.file)
		if err != nil {
			t.Fatal(err)
		}
		is, _, err := claims.OpenModule(stored)
		if err != nil {
			t.Fatalf("%s: %v", m.file, err)
		}
		if m.manifest != "" {
			knows(t, m.manifest, is.Subject)
		}
		if m.copy != "" {
			copies(t, m.copy, stored)
		}
		want, _, err := claims.OpenModule(fresh)
		if err != nil {
			t.Fatal(err)
		}
		if is.Name != want.Name || is.Alias != want.Alias || !slices.Equal(is.Caps, want.Caps) {
			t.Errorf("%s claims %+v, not %+v: run this test with -sign", m.file, is, want)
		}
		if same && is.Hash != want.Hash {
			t.Errorf("%s is not made of %s: run this test with -sign", m.file, m.source)
		}
	}
}

// moduleKeys matches the public keys of modules.
var moduleKeys = regexp.MustCompile(`\bM[A-Z2-7]{55}\b`)

// knows checks that a manifest names the key of a module and no other, or with -sign makes it do so.
func knows(t *testing.T, file, key string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	now := moduleKeys.ReplaceAll(text, []byte(key))
	if !bytes.Contains(now, []byte(key)) {
		t.Errorf("%s names no module by its key", file)
	}
	if *sign {
		if err := os.WriteFile(file, now, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(text, now) {
		t.Errorf("%s names another module than %s: run this test with -sign", file, key)
	}
}

// copies checks that a file is a copy, or with -sign makes it one.
func copies(t *testing.T, file string, of []byte) {
	t.Helper()
	if *sign {
		if err := os.WriteFile(file, of, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if is, err := os.ReadFile(file); err != nil || !bytes.Equal(is, of) {
		t.Errorf("%s is no copy any more: run this test with -sign (%v)", file, err)
	}
}

// TestLocks checks the lock files of the manifests that name these modules, or with -sign writes them.
func TestLocks(t *testing.T) {
	for _, name := range classics {
		for _, file := range manifests {
			m, err := manifest.Open(filepath.Join(name, file))
			if err != nil {
				t.Fatal(err)
			}
			codes, err := m.Codes(t.Context(), npm.Library{})
			if err != nil {
				t.Fatal(err)
			}
			want := manifest.LockOf(codes).Format()
			if *sign {
				if err := os.WriteFile(m.Path(m.LockName()), want, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if is, err := os.ReadFile(m.Path(m.LockName())); err != nil || !bytes.Equal(is, want) {
				t.Errorf("%s/%s is not that of the module: run this test with -sign (%v)", name, m.LockName(), err)
			}
		}
	}
}

func newKey(t *testing.T, kind nkeys.PrefixByte) claims.Key {
	t.Helper()
	k, err := claims.NewKey(kind)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// build compiles a folder of C. It skips the test if there is no compiler.
func build(t *testing.T, folder string) []byte {
	t.Helper()
	readAll(t, folder)
	readAll(t, filepath.Join("..", "runtime", "guest", "wasmbus"))
	lang, err := toolchain.Detect(folder)
	if err != nil {
		t.Fatal(err)
	}
	code, err := toolchain.Build(t.Context(), folder, lang)
	var missing *toolchain.MissingError
	if errors.As(err, &missing) {
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// readAll reads the files of a folder, so that the go command knows what the result of a test depends on.
func readAll(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, own...) {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			if _, err := os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}
