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

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/npm"
)

func TestLock(t *testing.T) {
	dir := t.TempDir()
	lock, err := manifest.ReadLock(dir)
	if lock != nil || err != nil {
		t.Fatalf("without a file: %v, %v, want nothing", lock, err)
	}
	if err := lock.Check("a", manifest.Hash{1}); err != nil {
		t.Errorf("without a lock file: %v", err)
	}
	lock = manifest.Lock{"b": {2}, "a": {1}, "123": {0x12}}
	if err := os.WriteFile(filepath.Join(dir, manifest.LockFile), lock.Format(), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := manifest.ReadLock(dir)
	if err != nil || !bytes.Equal(got.Format(), lock.Format()) || len(got) != 3 {
		t.Errorf("read %v, %v, want %v", got, err, lock)
	}
	if err := got.Check("a", manifest.Hash{1}); err != nil {
		t.Error(err)
	}
	err = got.Check("a", manifest.Hash{3})
	var changed *manifest.ChangedError
	if !errors.As(err, &changed) {
		t.Fatalf("a changed module: %v", err)
	}
	for _, part := range []string{"module a ", manifest.Hash{1}.String(), manifest.Hash{3}.String(), "--update-lock"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %s", err, part)
		}
	}
	if err := got.Check("c", manifest.Hash{1}); err == nil || !strings.Contains(err.Error(), "--update-lock") {
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
	if lock := manifest.LockOf(list); len(lock) != 2 || lock.Check("b", list[0].Hash) != nil {
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
