package actortest_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/state/simdisk"
)

// TestFault lets each operation of the disk fail, reads included, once or for ever. The host must neither panic nor
// hang, everybody who is not served must be told why, and what is on the disk must be whole.
func TestFault(t *testing.T) {
	clean := simdisk.New()
	w, err := world.Open(small(clean))
	if err != nil {
		t.Fatal(err)
	}
	l := newLedger()
	l.run(w, 1)
	if err := w.Close(); err != nil || l.err != nil {
		t.Fatal(err, l.err)
	}
	ops := clean.Count(simdisk.All)
	for i, errno := range []error{syscall.EIO, syscall.ENOSPC} {
		for j, forever := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v,forever=%t", errno, forever), func(t *testing.T) {
				t.Parallel()
				runs, stopped := 0, 0
				for n := 1 + 2*i + j; n <= ops; n += stride(31) {
					failed, err := faultAt(n, errno, forever)
					if err != nil {
						t.Fatalf("%v at operation %d: %v", errno, n, err)
					}
					runs++
					if failed {
						stopped++
					}
				}
				t.Logf("%d operations, %d runs, %d of them stopped the host", ops, runs, stopped)
			})
		}
	}
}

func faultAt(n int, errno error, forever bool) (failed bool, err error) {
	disk := simdisk.New()
	if forever {
		disk.FailFrom(n, errno, simdisk.All)
	} else {
		disk.FailAt(n, errno, simdisk.All)
	}
	l := newLedger()
	done := make(chan error, 1)
	go func() { done <- l.runOn(disk, 1+n%3) }()
	select {
	case err = <-done:
	case <-time.After(5 * time.Minute):
		return true, errors.New("the host hangs")
	}
	if err != nil && !errors.Is(err, errno) {
		return true, fmt.Errorf("the error says nothing about the cause: %w", err)
	}
	failed = err != nil
	disk.Heal()
	w, err := open(disk)
	if err != nil {
		return failed, fmt.Errorf("after the disk has been healed: %w", err)
	}
	defer w.Close()
	if err := l.check(w); err != nil {
		return failed, err
	}
	return failed, l.finish(w)
}

// runOn opens a world on a disk, runs the workload and closes the world. The error is the first that anybody met.
func (l *ledger) runOn(disk *simdisk.Disk, clients int) error {
	w, err := world.Open(small(disk))
	if err != nil {
		return err
	}
	l.run(w, clients)
	err = l.err
	if stopped := w.Host().Err(); err == nil {
		err = stopped
	}
	if closed := w.Close(); err == nil {
		err = closed
	}
	return err
}

// TestSlowDisk checks that a disk that takes its time changes nothing but that.
func TestSlowDisk(t *testing.T) {
	disk := simdisk.New()
	disk.Delay(time.Millisecond)
	l := newLedger()
	if err := l.runOn(disk, 8); err != nil {
		t.Fatal(err)
	}
	disk.Heal()
	w, err := open(disk)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := errors.Join(l.check(w), l.finish(w)); err != nil {
		t.Fatal(err)
	}
}
