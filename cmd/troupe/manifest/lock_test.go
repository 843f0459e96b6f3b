package manifest_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/npm"
)

func TestLock(t *testing.T) {
	dir := write(t, map[string]string{"troupe.yaml": "modules: {}", "echo.yml": "modules: {}"})
	m, err := manifest.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := manifest.Open(filepath.Join(dir, "echo.yml"))
	if err != nil || other.LockName() != "echo.lock" || m.LockName() != manifest.LockFile {
		t.Fatalf("the lock files are %q and %q (%v)", m.LockName(), other.LockName(), err)
	}
	code := func(name string, p manifest.Pin) *manifest.Code {
		c := &manifest.Code{Module: &manifest.Module{Name: name}, Hash: p.Hash}
		if p.Key != "" {
			c.Claims = &claims.Module{Subject: p.Key, Issuer: p.Issuer}
		}
		return c
	}
	lock, err := m.ReadLock()
	if lock != nil || err != nil {
		t.Fatalf("without a file: %v, %v, want nothing", lock, err)
	}
	if err := m.CheckLock(lock, code("a", pin(1))); err != nil {
		t.Errorf("without a lock file: %v", err)
	}
	signed := manifest.Pin{Hash: manifest.Hash{3}, Key: echoKey, Issuer: issuerKey}
	lock = manifest.Lock{"b": pin(2), "a": pin(1), "123": pin(0x12), "echo": signed}
	if err := os.WriteFile(filepath.Join(dir, manifest.LockFile), lock.Format(), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := m.ReadLock()
	if err != nil || !bytes.Equal(got.Format(), lock.Format()) || len(got) != 4 || got["echo"] != signed {
		t.Errorf("read %v, %v, want %v", got, err, lock)
	}
	if err := errors.Join(m.CheckLock(got, code("a", pin(1))), m.CheckLock(got, code("echo", signed))); err != nil {
		t.Error(err)
	}
	forged, unsigned, stolen := signed, pin(3), signed
	forged.Key, stolen.Issuer = otherKey, otherIssuer
	for _, test := range []struct {
		name  string
		pin   manifest.Pin
		parts []string
	}{
		{"a", pin(3), []string{"module a ", manifest.Hash{1}.String(), manifest.Hash{3}.String()}},
		{"echo", forged, []string{"module echo ", "troupe.lock has the key " + echoKey, "it is now " + otherKey}},
		{"echo", unsigned, []string{"troupe.lock has the key " + echoKey, "it is now none"}},
		{"echo", stolen, []string{"troupe.lock has the issuer " + issuerKey, "it is now " + otherIssuer}},
	} {
		err := m.CheckLock(got, code(test.name, test.pin))
		var changed *manifest.ChangedError
		if !errors.As(err, &changed) {
			t.Fatalf("a changed module: %v", err)
		}
		for _, part := range append(test.parts, "--update-lock") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not name %s", err, part)
			}
		}
	}
	if err := m.CheckLock(got, code("c", pin(1))); err == nil || !strings.Contains(err.Error(), "--update-lock") {
		t.Errorf("a new module: %v", err)
	}
}

func TestCodes(t *testing.T) {
	wasm := []byte("\x00asm\x01\x00\x00\x00")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(wasm); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	dir := write(t, map[string]string{
		"troupe.yaml": "modules: {a: {wasm: a.wasm}, n: {native: n}, b: {wasm: b.wasm.gz}}", "a.wasm": string(wasm), "b.wasm.gz": packed.String(),
	})
	m, err := manifest.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := m.Codes(t.Context(), npm.Library{})
	if err != nil || len(list) != 2 || list[0].Module.Name != "a" || list[1].Module.Name != "b" {
		t.Fatalf("got %v, %v", list, err)
	}
	for _, c := range list {
		if !bytes.Equal(c.Wasm, wasm) || c.Hash != sha256.Sum256(wasm) {
			t.Errorf("module %s is %q, %s", c.Module.Name, c.Wasm, c.Hash)
		}
	}
	if lock := manifest.LockOf(list); len(lock) != 2 || m.CheckLock(lock, &list[0]) != nil {
		t.Errorf("the lock is %v", lock)
	}
	if _, err := m.Code(t.Context(), &m.Modules[1], npm.Library{}); err == nil {
		t.Error("a native module has code")
	}
	if err := os.WriteFile(filepath.Join(dir, "b.wasm.gz"), packed.Bytes()[:packed.Len()-9], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Codes(t.Context(), npm.Library{}); err == nil || !strings.Contains(err.Error(), "module b: ") {
		t.Errorf("of a file that is cut: %v", err)
	}
}
