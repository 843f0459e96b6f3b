package state

import (
	"errors"
	"syscall"
	"testing"

	"github.com/troupe-run/troupe/state/simdisk"
)

// TestCheckpointFailsAnywhere lets each operation of a checkpoint fail in turn. One outside of the store's directory must do the
// store no harm, and leave nothing behind; whatever happens, the directory is free once the store is closed.
func TestCheckpointFailsAnywhere(t *testing.T) {
	harmless := 0
	for n := 1; n < 100; n++ {
		disk := simdisk.New()
		s := openTest(t, "db", &Options{FS: disk})
		put(t, s, "a", "1")
		disk.FailAt(disk.Count(simdisk.All)+n, syscall.EIO, simdisk.All)
		err := s.Checkpoint("copy")
		disk.Heal()
		if err != nil && !errors.Is(err, syscall.EIO) {
			t.Errorf("operation %d: %v", n, err)
		}
		if failed := s.Err(); failed == nil && err != nil {
			harmless++
			if names, err := disk.List("copy"); err == nil {
				t.Errorf("operation %d: a checkpoint that failed left %v", n, names)
			}
			put(t, s, "b", "2")
			if err := s.Checkpoint("copy"); err != nil {
				t.Errorf("operation %d: the next checkpoint: %v", n, err)
			}
		}
		if err := s.Close(); err != nil && s.Err() == nil {
			t.Errorf("operation %d: close: %v", n, err)
		}
		s = openTest(t, "db", &Options{FS: disk})
		want(t, s, "a", "1")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if harmless < 10 {
		t.Errorf("%d failures did no harm, there are more operations outside of the directory", harmless)
	}
}

// TestLockAfterPanic checks that a store in which Pebble has panicked gives its directory free when it is closed.
func TestLockAfterPanic(t *testing.T) {
	disk := simdisk.New()
	s := openTest(t, "db", &Options{FS: disk})
	put(t, s, "a", "1")
	func() {
		var err error
		defer s.catch("a test", &err)
		panic("in Pebble")
	}()
	if err := s.Close(); !errors.Is(err, ErrFailed) {
		t.Errorf("close: %v", err)
	}
	s = openTest(t, "db", &Options{FS: disk})
	want(t, s, "a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
