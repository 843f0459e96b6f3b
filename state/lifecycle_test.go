package state

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/state/simdisk"
)

func TestUseAfterClose(t *testing.T) {
	for _, opts := range []*Options{nil, {FS: simdisk.New()}} {
		dir := ""
		if opts != nil {
			dir = "db"
		}
		s := openTest(t, dir, opts)
		put(t, s, "a", "1")
		b := s.NewBatch()
		b.Set([]byte("b"), nil)
		snap := s.Snapshot()
		it, err := snap.Iter(nil, nil)
		if err != nil || !it.First() {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		_, _, getErr := s.Get([]byte("a"))
		_, iterErr := s.Iter(nil, nil)
		_, applyErr := s.Apply(b)
		_, _, snapErr := snap.Get([]byte("a"))
		_, snapIterErr := snap.Iter(nil, nil)
		it.Next()
		_, _, lateErr := s.Snapshot().Get([]byte("a"))
		for i, err := range []error{getErr, iterErr, applyErr, snapErr, snapIterErr, it.Err(), lateErr, s.Checkpoint("x"), s.Close()} {
			if !errors.Is(err, ErrClosed) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if it.Valid() || it.Key() != nil || it.Value() != nil || s.Metrics() != (Metrics{}) {
			t.Error("a closed store still answers")
		}
		if b.Set(nil, nil); b.Len() != 0 || b.Count() != 0 {
			t.Error("an applied batch still takes")
		}
		late := s.NewBatch()
		late.Set([]byte("c"), nil)
		late.Close()
		if err := errors.Join(it.Close(), snap.Close(), snap.Close()); err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
}

func TestBatchTwice(t *testing.T) {
	s := openTest(t, "", nil)
	defer s.Close()
	b := s.NewBatch()
	b.Set([]byte("a"), []byte("1"))
	if b.Count() != 1 || b.Len() == 0 {
		t.Errorf("count %d, length %d", b.Count(), b.Len())
	}
	p, err := s.Apply(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(b); !errors.Is(err, ErrClosed) {
		t.Errorf("again: %v", err)
	}
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}
	empty, err := s.Apply(s.NewBatch())
	if err != nil || empty.Wait() != nil {
		t.Errorf("an empty batch: %v", err)
	}
	b = s.NewBatch()
	b.DeleteRange([]byte("a"), []byte("b"))
	if p, err = s.Apply(b); err != nil || p.Wait() != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Get([]byte("a")); ok || err != nil {
		t.Errorf("deleted: %t, %v", ok, err)
	}
}

func TestIter(t *testing.T) {
	s := openTest(t, "", nil)
	defer s.Close()
	put(t, s, "a", "1", "b", "2", "c", "3", "d", "4")
	it, err := s.Iter([]byte("b"), []byte("d"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "bb", "later")
	for i, c := range []struct {
		move func() bool
		key  string
	}{
		{it.First, "b"}, {it.Next, "c"}, {it.Next, ""}, {it.Prev, "c"}, {it.Last, "c"}, {it.Prev, "b"}, {it.Prev, ""}, {it.Next, "b"},
		{func() bool { return it.SeekGE([]byte("bb")) }, "c"}, {func() bool { return it.SeekLT([]byte("c")) }, "b"},
		{func() bool { return it.SeekGE([]byte("x")) }, ""}, {func() bool { return it.SeekLT([]byte("b")) }, ""},
	} {
		if ok := c.move(); ok != (c.key != "") || string(it.Key()) != c.key || it.Valid() != ok {
			t.Errorf("move %d: %t, %q, want %q", i, ok, it.Key(), c.key)
		}
	}
	if err := it.Close(); err != nil {
		t.Error(err)
	}
}

func TestCheckpointFails(t *testing.T) {
	clean := simdisk.New()
	if _, err := work(clean, 1); err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		disk := clean.Clone()
		s := openTest(t, "db", &Options{FS: disk})
		base := disk.Ops()
		// Operations in another directory are none of the store's business; those in its own are.
		disk.FailAt(base+n, syscall.ENOSPC)
		err := s.Checkpoint("copy")
		used := disk.Ops() - base
		disk.Heal()
		if err == nil && used < n {
			_ = s.Close()
			break
		}
		if err == nil {
			_ = s.Close() // a cleaning-up that nobody misses
			continue
		}
		if s.Err() == nil {
			if _, err := disk.Stat("copy"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("failing at %d leaves something behind: %v", n, err)
			}
			if last, err := lastBatch(s); last != crashBatches || err != nil {
				t.Errorf("failing at %d harms the store: %d, %v", n, last, err)
			}
		}
		_ = s.Close()
	}
}

func TestRestore(t *testing.T) {
	disk := simdisk.New()
	if _, err := work(disk, 1); err != nil {
		t.Fatal(err)
	}
	opts := &Options{FS: disk}
	s := openTest(t, "db", opts)
	if err := s.Checkpoint("copy"); err != nil {
		t.Fatal(err)
	}
	if err := s.Checkpoint("copy"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("twice: %v", err)
	}
	put(t, s, "own9999", "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Restore("copy", "db", opts); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a store: %v", err)
	}
	if err := Restore("nowhere", "new", opts); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("from nowhere: %v", err)
	}
	if err := Restore("copy", "new", opts); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, "new", opts)
	if last, err := lastBatch(s); last != crashBatches || err != nil {
		t.Errorf("restored: %d, %v", last, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range disk.Files() {
		if !strings.HasPrefix(path, "/copy/") || strings.HasSuffix(path, "LOCK") {
			continue
		}
		rotten := disk.Clone()
		if changed, err := rotten.Corrupt(path, simdisk.FlipBit(300, 3)); !changed {
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := Restore("copy", "bad", &Options{FS: rotten}); err == nil {
			t.Errorf("a checkpoint with a broken %s is restored", path)
		}
		if _, err := rotten.Stat("bad"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("broken %s: something is left behind", path)
		}
	}
}

func TestMemoryCheckpoint(t *testing.T) {
	s := openTest(t, "", nil)
	defer s.Close()
	put(t, s, "a", "1")
	if err := s.Checkpoint("copy"); err != nil {
		t.Fatal(err)
	}
	opts := &Options{FS: s.fs}
	if err := Restore("copy", "new", opts); err != nil {
		t.Fatal(err)
	}
	r := openTest(t, "new", opts)
	want(t, r, "a", "1")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestHammer uses everything at once, and closes in the middle of it.
func TestHammer(t *testing.T) {
	before := runtime.NumGoroutine()
	s := openTest(t, "db", &Options{FS: simdisk.New(), MemTableSize: 64 << 10})
	var wg sync.WaitGroup
	check := func(err error) bool {
		if err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		return err == nil
	}
	pending := make(chan *Pending, 16)
	wg.Go(func() {
		defer close(pending)
		for i := 0; ; i++ {
			b := s.NewBatch()
			b.Set([]byte("a"), []byte(strconv.Itoa(i)))
			b.Set(fmt.Appendf(nil, "k%d", i%1000), make([]byte, 500))
			p, err := s.Apply(b)
			if !check(err) {
				return
			}
			pending <- p
		}
	})
	wg.Go(func() {
		for p := range pending {
			check(p.Wait())
		}
	})
	for range 2 {
		wg.Go(func() {
			for {
				snap := s.Snapshot()
				_, _, err := snap.Get([]byte("a"))
				it, iterErr := snap.Iter(nil, nil)
				if iterErr == nil {
					for ok := it.First(); ok; ok = it.Next() {
					}
					iterErr = it.Close()
				}
				_ = s.Metrics()
				if closeErr := snap.Close(); !check(errors.Join(err, iterErr, closeErr)) {
					return
				}
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	noLeak(t, before)
}

// noLeak waits for goroutines to end.
func noLeak(t *testing.T, before int) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); runtime.NumGoroutine() > before; {
		if time.Now().After(until) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, there were %d\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestNoLeakAfterFault(t *testing.T) {
	before := runtime.NumGoroutine()
	for n := 1; n < 420; n += 11 {
		faultAt(t, n, syscall.EIO, true)
	}
	noLeak(t, before)
}
