package contexts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/claims"
)

func nodeKey(t testing.TB) string {
	t.Helper()
	k, err := claims.NewKey(claims.NodeKey)
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}

func TestStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "folder", "contexts.json")
	store := Open(file)
	if l, err := store.Load(); err != nil || len(l.Names()) != 0 {
		t.Fatalf("a store without a file has %v: %v", l, err)
	}
	a, b := Context{"http://127.0.0.1:1", nodeKey(t), "default"}, Context{"https://example.org", nodeKey(t), "work"}
	err := store.Change(func(l *List) error { return errors.Join(l.Add("a", a), l.Add("b", b), l.Use("b")) })
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file has rights %v: %v", info.Mode(), err)
	}
	l, err := store.Load()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := l.Find("a"); got != a || err != nil {
		t.Errorf("a is %v: %v", got, err)
	}
	if l.Current != "b" || l.At(b.URL) != "b" || l.At("http://elsewhere") != "" {
		t.Errorf("in use is %q, and at %s is %q", l.Current, b.URL, l.At(b.URL))
	}
	if _, err := l.Find("c"); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "there are a, b") {
		t.Errorf("c: %v", err)
	}
	// What fails changes nothing.
	if err := store.Change(func(l *List) error { return errors.Join(l.Remove("a"), l.Use("c")) }); !errors.Is(err, ErrNone) {
		t.Errorf("to use c: %v", err)
	}
	if err := store.Change(func(l *List) error { return l.Remove("b") }); err != nil {
		t.Fatal(err)
	}
	if l, err := store.Load(); err != nil || l.Current != "" || strings.Join(l.Names(), " ") != "a" {
		t.Errorf("behind it there are %v, and %q is in use: %v", l.Names(), l.Current, err)
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(files) != 1 {
		t.Errorf("in the folder there are %v", files)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(); err == nil || !strings.Contains(err.Error(), "chmod 600 "+file) {
		t.Errorf("a file that others can read: %v", err)
	}
}

func TestRefused(t *testing.T) {
	good := Context{"http://127.0.0.1:1", nodeKey(t), "default"}
	for _, c := range []struct {
		name string
		c    Context
		says string
	}{
		{"http://x", good, "is no name for a context"},
		{"", good, "is no name for a context"},
		{"a", Context{"127.0.0.1", good.Node, "default"}, "is no URL"},
		{"a", Context{good.URL, "N123", "default"}, "the key of the node"},
		{"a", Context{good.URL, good.Node, ""}, "names no key"},
	} {
		if err := new(List).Add(c.name, c.c); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q %v: %v, want %q", c.name, c.c, err, c.says)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"current":"a","contexts":{"a":{"url":"http://127.0.0.1:1","node":"` + nodeKey(f) + `","key":"default"}}}`))
	f.Add([]byte(`{"contexts":{"A":{}}}`))
	f.Add([]byte(`{"current":"x","contexts":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := &List{}
		if parse(text, l) != nil {
			return
		}
		for name, c := range l.Contexts {
			if err := check(name, &c); err != nil {
				t.Errorf("%s is accepted: %v", name, err)
			}
		}
	})
}
