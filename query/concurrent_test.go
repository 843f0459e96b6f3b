package query

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/state/simdisk"
)

// pairOrder writes the sequence of the transaction to two actors, and twice to the first, all under the key n.
const pairOrder = "stamp n\nstamp m\nsend cell/right stamp n"

// reader reads what pairOrder wrote in every way, and checks that it is whole, and never older than what it has seen.
type reader struct {
	*Router
	seen uint64 // the latest sequence that any read has shown
}

func (r *reader) saw(what string, seq uint64, written string) error {
	if seq < r.seen {
		return fmt.Errorf("%s: sequence %d was read after %d", what, seq, r.seen)
	}
	r.seen = seq
	if written != strconv.FormatUint(seq, 10) {
		return fmt.Errorf("%s: transaction %d shows what %q wrote", what, seq, written)
	}
	return nil
}

func (r *reader) read(ctx context.Context) error {
	a, err := r.Smart(ctx, "cell/left", []byte("both cell/right n"))
	if err != nil {
		return err
	}
	left, right, _ := strings.Cut(string(a.Data), " ")
	if left != right {
		return fmt.Errorf("torn: left has %s, right has %s", left, right)
	}
	if err := r.saw("smart", a.Sequence, left); err != nil {
		return err
	}
	page, err := r.Scan("cell/left", Range{})
	if err != nil {
		return err
	}
	if len(page.Pairs) != 2 || string(page.Pairs[0].Value) != string(page.Pairs[1].Value) {
		return fmt.Errorf("torn: %q", page.Pairs)
	}
	if err := r.saw("scan", page.Sequence, string(page.Pairs[0].Value)); err != nil {
		return err
	}
	value, ok, err := r.Get("cell/right", []byte("n"))
	if err != nil || !ok {
		return fmt.Errorf("get: %v, %w", ok, err)
	}
	seq, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil {
		return err
	}
	return r.saw("get", seq, string(value))
}

// Every transaction writes its sequence to two actors. Whoever reads sees both, of the very sequence that the read says,
// and time never runs backward.
func TestReadsWhileOthersWrite(t *testing.T) {
	r := newRig(t, dispatch.Options{Group: 4})
	r.send("cell/left", pairOrder)
	var writers, readers sync.WaitGroup
	for range 3 {
		writers.Go(func() {
			for range 150 {
				r.send("cell/left", pairOrder)
			}
		})
	}
	var done atomic.Bool
	for range 3 {
		readers.Go(func() {
			reader := reader{Router: r.Router}
			for !done.Load() {
				if err := reader.read(t.Context()); err != nil {
					t.Error(err)
					return
				}
				if head, err := r.Head(); err != nil || head.Sequence < reader.seen {
					t.Errorf("the head is %d, but %d was read: %v", head.Sequence, reader.seen, err)
				}
			}
		})
	}
	writers.Wait()
	done.Store(true)
	readers.Wait()
}

// A disk that loses everything that was not synced does not lose what a reader or a watcher has seen.
func TestReadsAreDurable(t *testing.T) {
	for seed := range uint64(5) {
		disk := simdisk.New()
		disk.Delay(200*time.Microsecond, simdisk.Writes)
		disk.CrashAt(250+int(seed)*37, 100, seed)
		seen, ok := untilCrash(t, disk)
		if !ok {
			t.Fatalf("seed %d: nothing was read before the crash", seed)
		}
		after, _ := disk.Crashed()
		store, err := state.Open("dir", &state.Options{FS: after})
		if err != nil {
			t.Fatal(err)
		}
		r := startRig(t, store, dispatch.Options{})
		head, err := r.Head()
		if err != nil || head.Sequence < seen {
			t.Errorf("seed %d: transaction %d was seen, and lost: the head is %d (%v)", seed, seen, head.Sequence, err)
		}
		if err := errors.Join(r.exec.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	}
}

// untilCrash writes, reads and watches until the disk is gone, and returns the latest sequence that was seen.
func untilCrash(t *testing.T, disk *simdisk.Disk) (seen uint64, ok bool) {
	store, err := state.Open("dir", &state.Options{FS: disk})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	r := startRig(t, store, dispatch.Options{Group: 2})
	r.send("cell/left", pairOrder)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				req := dispatch.Request{Sender: "tester", Message: actor.Message{To: "cell/left", Body: []byte(pairOrder)}}
				if _, err := r.exec.Submit(ctx, req); err != nil {
					return
				}
			}
		})
	}
	reader := reader{Router: r.Router}
	// The disk goes on for those who do not know that it has crashed. What they see then counts for nothing.
	counts := func() bool {
		_, crashed := disk.Crashed()
		return !crashed
	}
	var read, watched uint64
	all.Go(func() {
		defer cancel()
		for {
			if err := reader.read(ctx); err != nil {
				t.Error(err)
				return
			}
			if !counts() {
				return
			}
			read = reader.seen
		}
	})
	all.Go(func() {
		for n, err := range r.Watch(ctx, WatchOptions{Actor: "cell/right"}) {
			if err != nil || !counts() {
				return
			}
			watched = n.Sequence
		}
	})
	all.Wait()
	r.exec.Close()
	if _, crashed := disk.Crashed(); !crashed {
		t.Fatal("the disk has not crashed")
	}
	return max(read, watched), read > 0
}
