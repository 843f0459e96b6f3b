package actortest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/state/simdisk"
)

// The workload of the crash and fault tests: transactions with trees three deep, every way to ask for replies, leaves
// that fail, and request ids. Some trees are caught halfway up, some are rolled back as a whole.
const workloadSize = 60

func workload(i int) dispatch.Request {
	modes := []string{"never", "success", "error", "always"}
	var b strings.Builder
	fmt.Fprintf(&b, "set last={sequence}\nappend log=%d,\nset pad={fill:1500}\nemit done i=%d\n", i, i)
	fmt.Fprintf(&b, "call p/tick\n  set last={sequence}\n")
	fmt.Fprintf(&b, "call p/c%d id=1 reply=%s\n  set last={sequence}\n  append log=%d,\n", i%7, modes[i%4], i)
	fmt.Fprintf(&b, "  call p/g%d id=2 reply=%s\n    set last={sequence}\n    append log=%d,\n    delete gone\n", i%3, modes[i/4%4], i)
	if i%3 == 0 {
		fmt.Fprintf(&b, "    fail broke: leaf %d\n", i)
	}
	b.WriteString("  on reply\n    set reply={code}\non reply\n  set reply={code}\n")
	switch i % 6 {
	case 1:
		fmt.Fprintf(&b, "create x%d module=p admin=p/%d reply=error\n  set born={sequence}\n", i, (i+3)%5)
	case 4:
		fmt.Fprintf(&b, "migrate x%d module=p reply=error\n  set moved={sequence}\n", i-3)
	}
	return dispatch.Request{ID: fmt.Sprintf("r%d", i), Sender: "alice",
		Message: actor.Message{To: actor.Address(fmt.Sprintf("p/%d", i%5)), Body: []byte(b.String())}}
}

// small makes tables, log rotations and cache evictions come up within few transactions.
func small(disk *simdisk.Disk) *world.Options {
	o := &world.Options{Disk: disk, NoTraces: true}
	o.Host.Store = state.Options{MemTableSize: 64 << 10, CacheSize: 1 << 20}
	o.Host.Executor.CacheBytes = 16 << 10
	return o
}

// open opens the world that is on a disk, with the actors of the workload.
func open(disk *simdisk.Disk) (*world.World, error) {
	w, err := world.Open(small(disk))
	if err != nil {
		return nil, err
	}
	if err := w.Bind("p", puppet.Actor{}); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// A ledger is what everybody was told while the workload ran.
type ledger struct {
	mu    sync.Mutex
	acked map[string]state.Receipt // by request id
	heads map[uint64]state.Hash    // seen by readers
	value uint64                   // the greatest that readers have seen, a sequence
	err   error                    // the first that a client met
}

func newLedger() *ledger {
	return &ledger{acked: map[string]state.Receipt{}, heads: map[uint64]state.Hash{}}
}

// run executes the workload with so many clients, while readers look all the time, and notes what they are told. It ends
// early if the world crashes or fails.
func (l *ledger) run(w *world.World, clients int) {
	if err := w.Bind("p", puppet.Actor{}); err != nil {
		l.err = err
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	var readers, writers sync.WaitGroup
	readers.Go(func() {
		for ctx.Err() == nil {
			l.look(w)
			time.Sleep(20 * time.Microsecond)
		}
	})
	var next atomic.Int64
	for range clients {
		writers.Go(func() {
			for {
				i := int(next.Add(1))
				if i > workloadSize {
					return
				}
				if i%3 == 0 && !l.send(w, i-1) { // which another client may be sending as well
					return
				}
				if !l.send(w, i) {
					return
				}
				if i == workloadSize/2 {
					_, _ = w.Snapshot() // the disk may crash or fail under it, which must do no harm
				}
			}
		})
	}
	writers.Wait()
	stop()
	readers.Wait()
}

func (l *ledger) send(w *world.World, i int) bool {
	req := workload(i)
	r, err := w.Do(context.Background(), req)
	l.mu.Lock()
	defer l.mu.Unlock()
	if r == nil {
		if l.err == nil {
			l.err = err
		}
		return false
	}
	l.acked[req.ID] = *r
	return true
}

// look reads what a user could read, and notes it unless the disk has crashed before it was told.
func (l *ledger) look(w *world.World) {
	var head state.Head
	var values []uint64
	err := w.Use(func(h *runtime.Host) (err error) {
		if head, err = h.Reader().Head(); err != nil {
			return err
		}
		values = append(values, head.Sequence)
		raw, _, err := h.Get("p/tick", []byte("last"))
		if err != nil {
			return err
		}
		answer, err := h.Query(context.Background(), "p/tick", []byte("get last\ndata {it}"))
		for _, b := range [][]byte{raw, answer} {
			if n, convErr := strconv.ParseUint(string(b), 10, 64); convErr == nil {
				values = append(values, n)
			}
		}
		return err
	})
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heads[head.Sequence] = head.Root
	for _, n := range values {
		l.value = max(l.value, n)
	}
}

// check compares what is left with what everybody was told, and with itself.
func (l *ledger) check(w *world.World) error {
	head, err := w.Head()
	if err != nil {
		return err
	}
	return w.Use(func(h *runtime.Host) error {
		for id, was := range l.acked {
			now, err := h.Reader().Receipt(was.Sequence)
			if err != nil {
				return fmt.Errorf("request %s was acknowledged as transaction %d: %w", id, was.Sequence, err)
			}
			if string(now.Append(nil)) != string(was.Append(nil)) {
				return fmt.Errorf("request %s was acknowledged as transaction %d, which is another one now", id, was.Sequence)
			}
		}
		for seq, root := range l.heads {
			if seq == 0 {
				continue
			}
			now, err := h.Reader().Receipt(seq)
			if err != nil {
				return fmt.Errorf("a reader saw transaction %d, which was lost: %w", seq, err)
			}
			if now.Root != root {
				return fmt.Errorf("a reader saw transaction %d with another root", seq)
			}
		}
		if l.value > head.Sequence {
			return fmt.Errorf("a reader saw what transaction %d wrote, the last one left is %d", l.value, head.Sequence)
		}
		return sound(w, h, head)
	})
}

// sound checks that a world agrees with itself: the log, executed again, gives the receipts, and the receipts give the
// state.
func sound(w *world.World, h *runtime.Host, head state.Head) error {
	again, err := h.Verify(context.Background())
	if err != nil {
		return err
	}
	if again.Sequence != head.Sequence || again.Root != head.Root {
		return fmt.Errorf("the replay ends at %d %s, the head is %d %s", again.Sequence, again.Root, head.Sequence, head.Root)
	}
	want := map[string]string{}
	for seq := uint64(1); seq <= head.Sequence; seq++ {
		r, err := h.Reader().Receipt(seq)
		if err != nil {
			return err
		}
		for _, c := range r.Changes {
			switch space := state.Space(c.Key[0]); {
			case space != state.Actors && space != state.State:
			case c.Deleted:
				delete(want, c.Key)
			default:
				want[c.Key] = string(c.Value)
			}
		}
	}
	have, err := rows(w)
	if err != nil {
		return err
	}
	if !maps.Equal(want, have) {
		return fmt.Errorf("the receipts up to %d tell of %d rows, the store has %d, or other ones", head.Sequence, len(want), len(have))
	}
	return nil
}

// rows returns the records of all actors and all their keys, as they are stored.
func rows(w *world.World) (map[string]string, error) {
	all := map[string]string{}
	actors, err := w.Actors("")
	if err != nil {
		return nil, err
	}
	var p state.Partition
	for _, a := range actors {
		record := state.Actor{Number: a.Number, Module: a.Module, Creator: a.Creator, Admin: a.Admin, Created: a.Created}
		all[string(p.AppendActor(nil, a.Address)[2:])] = string(record.Append(nil))
		pairs, err := w.State(a.Address)
		if err != nil {
			return nil, err
		}
		for _, pair := range pairs {
			all[string(p.AppendState(nil, a.Number, pair.Key)[2:])] = string(pair.Value)
		}
	}
	return all, nil
}

// finish sends every request once more, and checks that each has one effect and one receipt: the same as before if it
// was durable.
func (l *ledger) finish(w *world.World) error {
	if err := w.Bind("p", puppet.Actor{}); err != nil && !strings.Contains(err.Error(), "bound already") {
		return err
	}
	before, err := w.Head()
	if err != nil {
		return err
	}
	told := map[string]state.Receipt{}
	for round := range 2 {
		for i := 1; i <= workloadSize; i++ {
			req := workload(i)
			r, err := w.Do(context.Background(), req)
			if r == nil {
				return fmt.Errorf("request %s goes on: %w", req.ID, err)
			}
			if was, ok := l.acked[req.ID]; ok && string(was.Append(nil)) != string(r.Append(nil)) {
				return fmt.Errorf("request %s was transaction %d, repeated it is %d", req.ID, was.Sequence, r.Sequence)
			}
			if was, ok := told[req.ID]; round == 1 && (!ok || string(was.Append(nil)) != string(r.Append(nil))) {
				return fmt.Errorf("request %s was transaction %d, and then %d", req.ID, was.Sequence, r.Sequence)
			}
			told[req.ID] = *r
		}
	}
	effects := map[string]int{}
	head, err := w.Head()
	if err != nil {
		return err
	}
	return w.Use(func(h *runtime.Host) error {
		for seq := uint64(1); seq <= head.Sequence; seq++ {
			cmd, err := h.Reader().Command(seq)
			if err != nil {
				return err
			}
			if cmd.Op == state.OpMessage {
				effects[cmd.RequestID]++
			}
		}
		for id, n := range effects {
			if n != 1 {
				return fmt.Errorf("request %q stands in the log %d times", id, n)
			}
		}
		if len(effects) != workloadSize || head.Sequence < before.Sequence {
			return errors.New("requests are missing in the log")
		}
		return sound(w, h, head)
	})
}
