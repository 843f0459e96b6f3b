package actortest_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/state/simdisk"
)

// full runs every case of the crash, fault and corruption tests. Without it they take samples:
//
//	go test ./runtime/actortest -run 'Crash|Fault|Rot' -crash.full -timeout 30m
var full = flag.Bool("crash.full", false, "crash at every operation, not at samples of them")

// stride is how many operations a sample passes over; tests of different losses begin at different ones.
func stride(sample int) int {
	switch {
	case *full:
		return 1
	case testing.Short() || raceEnabled:
		return 8 * sample
	}
	return sample
}

// TestCrash lets the disk crash before each write operation, with more or less of what was not synced lost, and crash
// again while the host recovers. Then everything that anybody was told must still be true.
func TestCrash(t *testing.T) {
	clean := simdisk.New()
	l := newLedger()
	w, err := world.Open(small(clean))
	if err != nil {
		t.Fatal(err)
	}
	l.run(w, 1)
	if err := w.Close(); err != nil || l.err != nil {
		t.Fatal(err, l.err)
	}
	ops := clean.Ops()
	for i, loss := range []int{0, 10, 50, 100} {
		t.Run(fmt.Sprintf("loss=%d", loss), func(t *testing.T) {
			t.Parallel()
			runs, again := 0, 0
			for n := 1 + i; n <= ops; n += stride(17) {
				crashed, twice, err := crashAt(n, loss)
				if err != nil {
					t.Fatalf("crash at operation %d, loss %d: %v", n, loss, err)
				}
				if crashed {
					runs++
				}
				if twice {
					again++
				}
			}
			t.Logf("%d operations, %d crashes, %d of them twice", ops, runs, again)
		})
	}
}

// crashAt runs the workload with a crash before write operation n.
func crashAt(n, loss int) (crashed, twice bool, err error) {
	disk := simdisk.New()
	// Readers and clients get their chance to be told too much: the operation waits for them a little.
	disk.Before(n, func() { time.Sleep(500 * time.Microsecond) })
	disk.CrashAt(n, loss, uint64(n))
	w, err := world.Open(small(disk))
	if err != nil {
		return false, false, err
	}
	defer w.Close()
	l := newLedger()
	l.run(w, 1+n%3)
	after, crashed := disk.Crashed()
	if !crashed {
		return false, false, l.err
	}
	after.CrashAt(1+n*7%40, loss, uint64(n)) // during recovery, at a place that moves along
	if err := w.Reopen(); err != nil {
		return true, false, err
	}
	after.Heal() // the second crash may still have been to come
	if _, twice = after.Crashed(); twice {
		if err := w.Reopen(); err != nil {
			return true, true, fmt.Errorf("after the crash during recovery: %w", err)
		}
	}
	if err := l.check(w); err != nil {
		return true, twice, err
	}
	if err := l.finish(w); err != nil {
		return true, twice, err
	}
	if err := w.Reopen(); err != nil {
		return true, twice, err
	}
	return true, twice, l.check(w)
}
