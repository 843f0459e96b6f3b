package state

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func openTest(t testing.TB, dir string, opts *Options) *Store {
	t.Helper()
	s, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s *Store, pairs ...string) {
	t.Helper()
	b := s.NewBatch()
	for i := 0; i < len(pairs); i += 2 {
		b.Set([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	p, err := s.Apply(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, g Getter, key, value string) {
	t.Helper()
	v, ok, err := g.Get([]byte(key))
	if err != nil || !ok || string(v) != value {
		t.Fatalf("get %q: got %q, %t, %v; want %q", key, v, ok, err, value)
	}
}

func TestStore(t *testing.T) {
	for _, c := range []struct{ name, dir string }{{"memory", ""}, {"disk", t.TempDir() + "/db"}} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			s := openTest(t, c.dir, nil)
			t.Log("open", time.Since(start))
			put(t, s, "a", "1", "b", "2")
			want(t, s, "a", "1")
			snap := s.Snapshot()
			put(t, s, "a", "3")
			want(t, snap, "a", "1")
			want(t, s, "a", "3")
			it, err := snap.Iter([]byte("a"), []byte("c"))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for ok := it.First(); ok; ok = it.Next() {
				got += fmt.Sprintf("%s=%s ", it.Key(), it.Value())
			}
			if got != "a=1 b=2 " || it.Err() != nil {
				t.Fatalf("got %q, %v", got, it.Err())
			}
			if c.dir != "" {
				if _, err := Open(c.dir, nil); !errors.Is(err, ErrLocked) {
					t.Fatalf("second handle: %v", err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if it.First() || !errors.Is(it.Err(), ErrClosed) {
				t.Fatal(it.Err())
			}
			if _, _, err := snap.Get([]byte("a")); !errors.Is(err, ErrClosed) {
				t.Fatal(err)
			}
			if _, _, err := s.Get([]byte("a")); !errors.Is(err, ErrClosed) {
				t.Fatal(err)
			}
			if c.dir == "" {
				return
			}
			s = openTest(t, c.dir, nil)
			want(t, s, "a", "3")
			if err := s.Checkpoint(c.dir + "/cp"); err != nil {
				t.Fatal(err)
			}
			if err := Restore(c.dir+"/cp", c.dir+"-restored", nil); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = openTest(t, c.dir+"-restored", &Options{FS: vfs.Default})
			want(t, s, "a", "3")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
