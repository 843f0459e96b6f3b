package corpus_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/bench/conformance/corpus"
)

// TestNames checks that names and sums are names of one contract each.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range corpus.All() {
		if seen[c.Name] || seen[c.Sum] || len(c.Sum) != 64 && c.From.Registry != "here" {
			t.Errorf("%s: the name or the sum %s is taken, or is none", c.Name, c.Sum)
		}
		seen[c.Name], seen[c.Sum] = true, true
	}
}

// TestLoad fetches everything and checks that a file that is not what it should be is fetched again.
func TestLoad(t *testing.T) {
	contracts := corpus.All()
	found, err := corpus.Library{}.Load(t.Context(), contracts)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contracts {
		if !strings.HasPrefix(string(found[c.Name]), "\x00asm") {
			t.Errorf("%s is no WebAssembly", c.Name)
		}
	}
	hackatom := contracts[2:3]
	dir := t.TempDir()
	file := filepath.Join(dir, hackatom[0].Sum+".wasm")
	if err := os.WriteFile(file, []byte("rotten"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err = corpus.Library{Dir: dir}.Load(t.Context(), hackatom)
	if err != nil || len(found["hackatom"]) != 232040 {
		t.Fatalf("%d bytes, %v", len(found["hackatom"]), err)
	}
	if b, _ := os.ReadFile(file); len(b) != 232040 {
		t.Fatalf("the rotten file was kept")
	}
}

// TestRefused checks that a package that is not the pinned one is refused, and that the error names it.
func TestRefused(t *testing.T) {
	c := corpus.All()[2]
	c.Sum = strings.Repeat("0", 64)
	if _, err := (corpus.Library{Dir: t.TempDir()}).Load(t.Context(), []corpus.Contract{c}); err == nil ||
		!strings.Contains(err.Error(), "hackatom") || !strings.Contains(err.Error(), "want 0000") {
		t.Errorf("a wrong sum: %v", err)
	}
	c.From.Registry = "attic"
	if _, err := (corpus.Library{Dir: t.TempDir()}).Load(t.Context(), []corpus.Contract{c}); err == nil ||
		!strings.Contains(err.Error(), `"attic"`) {
		t.Errorf("a wrong registry: %v", err)
	}
}
