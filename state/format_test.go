package state

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/troupe-run/troupe/state/simdisk"
)

// files returns name and content of everything in a directory.
func files(t *testing.T, disk *simdisk.Disk) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, path := range disk.Files() {
		b, err := disk.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m[path] = string(b)
	}
	return m
}

func TestForeign(t *testing.T) {
	disk := simdisk.New()
	db, err := pebble.Open("db", &pebble.Options{FS: disk, Logger: logger{&failure{}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Set([]byte("theirs"), []byte("1"), pebble.Sync); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := files(t, disk)
	for _, readOnly := range []bool{false, true} {
		_, err = Open("db", &Options{FS: disk, ReadOnly: readOnly})
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "another program") {
			t.Fatalf("got %v", err)
		}
	}
	if after := files(t, disk); !reflect.DeepEqual(before, after) {
		t.Error("the directory was touched")
	}
	for path := range before {
		if strings.Contains(path, "OPTIONS") {
			if err := disk.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err = Open("db", &Options{FS: disk}); !errors.Is(err, ErrFormat) {
		t.Fatalf("without its OPTIONS file: %v", err)
	}
}

func TestFormatVersion(t *testing.T) {
	for _, c := range []struct{ row, text string }{
		{"troupe/state 3", "newer release"},
		{"troupe/state 1", "release that wrote it"},
		{"troupe/state 0", "release that wrote it"},
		{"something", "the format row says"},
		{"", "none says which format"},
	} {
		disk := simdisk.New()
		s := openTest(t, "db", &Options{FS: disk})
		if c.row == "" {
			b := s.NewBatch()
			b.Delete(formatKey())
			b.Set([]byte("a"), nil)
			p, err := s.Apply(b)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Wait(); err != nil {
				t.Fatal(err)
			}
		} else {
			put(t, s, string(formatKey()), c.row)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := Open("db", &Options{FS: disk})
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%q: %v", c.row, err)
		}
	}
	s := newStore("db", "db", simdisk.New(), Options{})
	if err := s.checkName("troupe.state.7"); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a newer comparer: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir+"/none", &Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read-only, no directory: %v", err)
	}
	if _, err := Open(dir, &Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read-only, no store: %v", err)
	}
	if err := os.WriteFile(dir+"/file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir+"/file", nil); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("a file: %v", err)
	}
	if err := os.WriteFile(dir+"/000012.sst", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil); !errors.Is(err, ErrFormat) {
		t.Errorf("pieces of a store: %v", err)
	}
	s := openTest(t, dir+"/db", nil)
	t.Chdir(dir)
	for _, same := range []string{dir + "/db", dir + "/db/", "db", "./db"} {
		if _, err := Open(same, nil); !errors.Is(err, ErrLocked) {
			t.Errorf("%s: %v", same, err)
		}
	}
	put(t, s, "a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, "db", &Options{ReadOnly: true})
	want(t, s, "a", "1")
	b := s.NewBatch()
	b.Set([]byte("a"), []byte("2"))
	if _, err := s.Apply(b); err == nil {
		t.Error("a read-only store takes a batch")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
