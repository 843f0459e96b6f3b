package npm_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/npm"
)

// pack returns the archive of a package: names and contents in turn.
func pack(t testing.TB, files ...string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for i := 0; i < len(files); i += 2 {
		h := &tar.Header{Name: files[i], Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(files[i+1]))}
		if target, ok := strings.CutPrefix(files[i+1], "link:"); ok {
			h = &tar.Header{Name: files[i], Typeflag: tar.TypeSymlink, Linkname: target}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := io.WriteString(w, files[i+1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// shop is a registry with one package, @troupe/coins@1.2.3.
type shop struct {
	archive []byte
	asked   int
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked++
	switch r.URL.Path {
	case "/npm/@troupe/coins/-/coins-1.2.3.tgz":
		w.Write(s.archive)
	case "/npm/coins/-/coins-1.0.0.tgz":
		w.Header().Set("Content-Length", fmt.Sprint(len(s.archive)))
		w.Write(s.archive[:len(s.archive)/2])
	case "/npm/coins/-/coins-5.0.0.tgz":
		http.Error(w, "out of order", http.StatusBadGateway)
	default:
		http.NotFound(w, r)
	}
}

// open opens the shop, as the only registry that is known.
func open(t *testing.T, files ...string) *shop {
	s := &shop{archive: pack(t, files...)}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Setenv("npm_config_registry", server.URL+"/npm/")
	t.Setenv("NPM_CONFIG_REGISTRY", "")
	t.Setenv("npm_config_userconfig", filepath.Join(t.TempDir(), "none"))
	return s
}

var coins = npm.Package{Name: "@troupe/coins", Version: "1.2.3"}

const wasm = "\x00asm and so on"

func TestFile(t *testing.T) {
	s := open(t, "package/package.json", "{}", "package/data/coin.wasm", wasm)
	l := npm.Library{Dir: filepath.Join(t.TempDir(), "cache", "npm")}
	for range 2 {
		got, err := l.File(t.Context(), coins, "data/coin.wasm", sha256.Sum256([]byte(wasm)))
		if err != nil || string(got) != wasm {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if s.asked != 1 {
		t.Errorf("the registry was asked %d times, want once", s.asked)
	}
	// What is in the cache is not trusted.
	files, err := os.ReadDir(l.Dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("the cache has %v, %v", files, err)
	}
	if err := os.WriteFile(filepath.Join(l.Dir, files[0].Name()), []byte("rotten"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := l.File(t.Context(), coins, "data/coin.wasm", sha256.Sum256([]byte(wasm)))
	if err != nil || string(got) != wasm || s.asked != 2 {
		t.Errorf("with a rotten cache: %q, %v, asked %d times", got, err, s.asked)
	}
}

func TestRefused(t *testing.T) {
	sum := sha256.Sum256([]byte(wasm))
	var hash *npm.HashError
	for _, test := range []struct {
		name  string
		p     npm.Package
		file  string
		files []string
		sum   [32]byte
		want  string
		is    func(error) bool
	}{
		{"no package", npm.Package{Name: "nothing", Version: "1.0.0"}, "a", nil, sum, "npm package nothing@1.0.0: the registry does not have it: GET http://",
			func(err error) bool { return errors.Is(err, npm.ErrNotFound) }},
		{"no file", coins, "data/coin.wasm", []string{"package/coin.wasm", wasm}, sum, "npm package @troupe/coins@1.2.3: it has no file data/coin.wasm", nil},
		{"another file", coins, "coin.wasm", []string{"package/coin.wasm", "evil"}, sum,
			fmt.Sprintf("coin.wasm has the SHA-256 %x, and %x is wanted", sha256.Sum256([]byte("evil")), sum),
			func(err error) bool { return errors.As(err, &hash) }},
		{"a link", coins, "coin.wasm", []string{"package/coin.wasm", "link:/etc/passwd"}, sum, "it has no file coin.wasm", nil},
		{"out of the package", coins, "coin.wasm", []string{"package/../coin.wasm", wasm, "../coin.wasm", "evil"}, sum, "coin.wasm has the SHA-256 ", nil},
		{"broken off", npm.Package{Name: "coins", Version: "1.0.0"}, "coin.wasm", []string{"package/coin.wasm", wasm}, sum, "the registry cannot be reached: unexpected EOF",
			func(err error) bool { return errors.Is(err, npm.ErrUnreachable) }},
		{"out of order", npm.Package{Name: "coins", Version: "5.0.0"}, "coin.wasm", nil, sum, "502 Bad Gateway",
			func(err error) bool { return errors.Is(err, npm.ErrUnreachable) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			open(t, test.files...)
			dir := t.TempDir()
			data, err := npm.Library{Dir: dir}.File(t.Context(), test.p, test.file, test.sum)
			if data != nil || err == nil || !strings.Contains(err.Error(), test.want) || test.is != nil && !test.is(err) {
				t.Errorf("got %q, %v, want %s", data, err, test.want)
			}
			if files, _ := os.ReadDir(dir); len(files) > 0 {
				t.Errorf("%v is left", files)
			}
		})
	}
	t.Run("no archive", func(t *testing.T) {
		s := open(t)
		s.archive = []byte("<html>")
		if _, err := (npm.Library{Dir: t.TempDir()}).File(t.Context(), coins, "a", sum); err == nil || !strings.Contains(err.Error(), "no archive of a package") {
			t.Error(err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		open(t)
		t.Setenv("npm_config_registry", "http://127.0.0.1:1")
		if _, err := (npm.Library{Dir: t.TempDir()}).File(t.Context(), coins, "a", sum); !errors.Is(err, npm.ErrUnreachable) {
			t.Error(err)
		}
		t.Setenv("npm_config_registry", "file:///tmp")
		if _, err := (npm.Library{Dir: t.TempDir()}).File(t.Context(), coins, "a", sum); err == nil || !strings.Contains(err.Error(), "no http or https address") {
			t.Error(err)
		}
	})
}

// TestTooLarge: an archive of a few bytes can unpack to very many.
func TestTooLarge(t *testing.T) {
	s := open(t)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: "package/a", Typeflag: tar.TypeReg, Size: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	z.Close()
	s.archive = b.Bytes()
	_, err := npm.Library{Dir: t.TempDir()}.File(t.Context(), coins, "a", [32]byte{})
	if err == nil || !strings.Contains(err.Error(), "it is too large: a has 1099511627776 bytes") {
		t.Error(err)
	}
}

// TestConfig: .npmrc names registries for all packages, and for those of a scope.
func TestConfig(t *testing.T) {
	s := open(t, "package/a", wasm)
	address := os.Getenv("npm_config_registry")
	for _, text := range []string{
		"; a comment\nregistry = \"" + address + "\"\n",
		"registry=http://127.0.0.1:1\n@troupe:registry=" + address,
	} {
		file := filepath.Join(t.TempDir(), ".npmrc")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("npm_config_registry", "")
		t.Setenv("npm_config_userconfig", file)
		s.asked = 0
		if _, err := (npm.Library{Dir: t.TempDir()}).File(t.Context(), coins, "a", sha256.Sum256([]byte(wasm))); err != nil || s.asked != 1 {
			t.Errorf("%s: %v, asked %d times", text, err, s.asked)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]npm.Package{
		"coins@1.2.3":              {Name: "coins", Version: "1.2.3"},
		"@troupe/coins@1.2.3-rc.1": {Name: "@troupe/coins", Version: "1.2.3-rc.1"},
		"coins":                    {}, "coins@^1.2.3": {}, "coins@latest": {}, "../coins@1.2.3": {}, "@a/b/c@1.2.3": {}, "coins@1.2.3/../x": {}, "": {},
		"a?b@1.0.0": {}, strings.Repeat("a", 400) + "@1.0.0": {},
	} {
		got, err := npm.Parse(text)
		if got != want || (err == nil) != (want != npm.Package{}) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
		if err == nil && got.String() != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}
