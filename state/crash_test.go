package state

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/state/simdisk"
)

const (
	crashBatches = 60
	batchKeys    = 4
)

// padding makes tables and log rotations come up within few batches.
var padding = make([]byte, 1500)

// work applies batches from, from+1, … to a store on disk until one fails. Each sets the same keys to its number, and one
// key of its own. It returns how many were acknowledged before the disk crashed.
func work(disk *simdisk.Disk, from int) (acked int, err error) {
	acked = from - 1
	s, err := Open("db", &Options{FS: disk, MemTableSize: 64 << 10, CacheSize: 1 << 20})
	if err != nil {
		return acked, err
	}
	for i := from; i < from+crashBatches; i++ {
		b := s.NewBatch()
		for k := range batchKeys {
			b.Set([]byte{'k', byte('0' + k)}, append([]byte(strconv.Itoa(i)+" "), padding...))
		}
		b.Set(fmt.Appendf(nil, "own%04d", i), nil)
		p, err := s.Apply(b)
		if err == nil {
			err = p.Wait()
		}
		if err != nil {
			return acked, errors.Join(err, s.Close())
		}
		if _, crashed := disk.Crashed(); !crashed {
			acked = i
		}
	}
	return acked, s.Close()
}

// check opens the store on disk and returns the last batch in it. All batches up to that must be there, and whole.
func check(t testing.TB, disk *simdisk.Disk, where string) int {
	t.Helper()
	s, err := Open("db", &Options{FS: disk, MemTableSize: 64 << 10, CacheSize: 1 << 20})
	if err != nil {
		t.Fatalf("%s: open: %v", where, err)
	}
	defer s.Close()
	last, err := lastBatch(s)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	return last
}

func lastBatch(s *Store) (int, error) {
	last := -1
	for k := range batchKeys {
		v, _, err := s.Get([]byte{'k', byte('0' + k)})
		if err != nil {
			return 0, err
		}
		n := 0
		_, _ = fmt.Sscan(string(v), &n)
		if last >= 0 && n != last {
			return 0, fmt.Errorf("torn batch: key %d has %d, the others %d", k, n, last)
		}
		last = n
	}
	it, err := s.Iter([]byte("own"), []byte("owo"))
	if err != nil {
		return 0, err
	}
	n := 0
	for ok := it.First(); ok; ok = it.Next() {
		if n++; string(it.Key()) != fmt.Sprintf("own%04d", n) {
			return 0, fmt.Errorf("batch %d is missing, there is %s", n, it.Key())
		}
	}
	if err := it.Close(); err != nil {
		return 0, err
	}
	if n != last {
		return 0, fmt.Errorf("there are %d batches, the last is %d", n, last)
	}
	return last, nil
}

// every thins the matrices out: of all operations each one is tried with half of the settings.
var every = flag.Int("every", 2, "crash and fail at every n-th operation; 1 takes a while")

func stride() int {
	if testing.Short() || raceEnabled {
		return 17
	}
	return *every
}

func TestCrash(t *testing.T) {
	for i, loss := range []int{0, 10, 50, 100} {
		t.Run(fmt.Sprintf("loss=%d", loss), func(t *testing.T) {
			t.Parallel()
			runs := 0
			for n := 1 + i%stride(); ; n += stride() {
				disk := simdisk.New()
				disk.CrashAt(n, loss, uint64(n))
				acked, err := work(disk, 1)
				if err != nil {
					t.Fatalf("crash at %d: the doomed process: %v", n, err)
				}
				after, crashed := disk.Crashed()
				if !crashed {
					break
				}
				runs++
				where := fmt.Sprintf("crash at %d, loss %d", n, loss)
				// Crash again during recovery, at a place that moves along.
				after.CrashAt(1+n%40, loss, uint64(n))
				check(t, after, where)
				if again, crashed := after.Crashed(); crashed {
					after, where = again, where+", and in recovery"
				}
				last := check(t, after, where)
				if last < acked {
					t.Fatalf("%s: batch %d was acknowledged, the last one left is %d", where, acked, last)
				}
				if _, err := work(after, last+1); err != nil {
					t.Fatalf("%s: work goes on: %v", where, err)
				}
				if got := check(t, after, where); got != last+crashBatches {
					t.Fatalf("%s: %d batches in the end, want %d", where, got, last+crashBatches)
				}
			}
			t.Logf("%d runs", runs)
		})
	}
}

func TestFault(t *testing.T) {
	clean := simdisk.New()
	if _, err := work(clean, 1); err != nil {
		t.Fatal(err)
	}
	for i, errno := range []error{syscall.EIO, syscall.ENOSPC} {
		for _, forever := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v,forever=%t", errno, forever), func(t *testing.T) {
				t.Parallel()
				failed := 0
				end := clean.Count(simdisk.All)
				for n := 1 + i; n <= end; n += 2*stride() + 1 {
					if faultAt(t, n, errno, forever) {
						failed++
					}
				}
				t.Logf("%d operations, %d runs failed", end, failed)
			})
		}
	}
}

// faultAt runs the work with operation n failing, and then looks at what is left on the healed disk.
func faultAt(t *testing.T, n int, errno error, forever bool) (failed bool) {
	t.Helper()
	disk := simdisk.New()
	if forever {
		disk.FailFrom(n, errno, simdisk.All)
	} else {
		disk.FailAt(n, errno, simdisk.All)
	}
	type result struct {
		acked int
		err   error
	}
	done := make(chan result, 1)
	go func() {
		acked, err := work(disk, 1)
		done <- result{acked, err}
	}()
	var r result
	select {
	case r = <-done:
	case <-time.After(2 * time.Minute):
		t.Fatalf("%v at operation %d: hangs", errno, n)
	}
	disk.Heal()
	where := fmt.Sprintf("%v at operation %d (%v)", errno, n, r.err)
	if last := check(t, disk, where); last < r.acked {
		t.Fatalf("%s: batch %d was acknowledged, the last one left is %d", where, r.acked, last)
	}
	return r.err != nil
}

func TestFaultSticks(t *testing.T) {
	disk := simdisk.New()
	var told atomic.Pointer[error]
	s := openTest(t, "db", &Options{FS: disk, OnFault: func(err error) {
		if told.Swap(&err) != nil {
			t.Error("told twice")
		}
	}})
	put(t, s, "a", "1")
	snap := s.Snapshot()
	disk.FailAt(disk.Ops()+1, syscall.EIO)
	b := s.NewBatch()
	b.Set([]byte("a"), []byte("2"))
	p, err := s.Apply(b)
	if err == nil {
		err = p.Wait()
		if again := p.Wait(); again == nil {
			t.Fatal("a second Wait must be refused")
		}
	}
	// The log is written beside the caller: it is up to the scheduler whether Apply or Wait hears of the failure first.
	if !errors.Is(err, ErrFailed) || !errors.Is(err, syscall.EIO) {
		t.Fatalf("the write that failed: %v", err)
	}
	b = s.NewBatch()
	b.Set([]byte("a"), []byte("3"))
	if _, err := s.Apply(b); !errors.Is(err, ErrFailed) {
		t.Fatalf("apply: %v", err)
	}
	if _, _, err := s.Get([]byte("a")); !errors.Is(err, ErrFailed) {
		t.Fatalf("get: %v", err)
	}
	if _, _, err := snap.Get([]byte("a")); !errors.Is(err, ErrFailed) {
		t.Fatalf("snapshot: %v", err)
	}
	if _, err := s.Iter(nil, nil); !errors.Is(err, ErrFailed) {
		t.Fatalf("iter: %v", err)
	}
	if err := s.Checkpoint("copy"); !errors.Is(err, ErrFailed) {
		t.Fatalf("checkpoint: %v", err)
	}
	ops := disk.Ops()
	if err := s.Close(); !errors.Is(err, ErrFailed) {
		t.Fatalf("close: %v", err)
	}
	if disk.Ops() != ops {
		t.Errorf("%d operations reached the disk after the failure", disk.Ops()-ops)
	}
	waitFor(t, func() bool { return told.Load() != nil })
	s = openTest(t, "db", &Options{FS: disk})
	want(t, s, "a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
