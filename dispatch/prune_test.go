package dispatch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/state/simdisk"
)

// ticking is a clock that goes on by a minute whenever it is looked at.
func ticking() func() time.Time {
	var minutes atomic.Int64
	return func() time.Time { return time.Unix(1_700_000_000, 0).Add(time.Duration(minutes.Add(1)) * time.Minute) }
}

func submit(t testing.TB, e *Executor, id string) *state.Receipt {
	t.Helper()
	req := message("count")
	req.ID = id
	r, err := e.Submit(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checkPast fails if the history in g is anything else than whole behind the floor, and nothing before it.
func checkPast(t testing.TB, g interface {
	state.Getter
	Iter(lower, upper []byte) (*state.Iter, error)
}, floor state.Head) {
	t.Helper()
	p := state.Partition(0)
	stored, _, err := p.ReadFloor(g)
	if err != nil || stored != floor {
		t.Fatalf("the floor is %+v, %v, and should be %+v", stored, err, floor)
	}
	head, _, err := p.ReadHead(g)
	if err != nil {
		t.Fatal(err)
	}
	root := floor.Root
	for seq := floor.Sequence + 1; seq <= head.Sequence; seq++ {
		cmd, ok, err := p.ReadCommand(g, seq)
		if err != nil || !ok {
			t.Fatalf("command %d: %t, %v", seq, ok, err)
		}
		r, ok, err := p.ReadReceipt(g, seq)
		if err != nil || !ok {
			t.Fatalf("receipt %d: %t, %v", seq, ok, err)
		}
		if root = state.Extend(root, seq, cmd.Hash(), r.EffectsHash()); root != r.Root {
			t.Fatalf("transaction %d: the chain of roots is broken", seq)
		}
	}
	if root != head.Root {
		t.Fatal("the last root is another")
	}
	for _, s := range []state.Space{state.Log, state.Receipts, state.Traces} {
		lower, upper := p.Bounds(s)
		it, err := g.Iter(lower, upper)
		if err != nil {
			t.Fatal(err)
		}
		for ok := it.First(); ok; ok = it.Next() {
			k, err := state.ParseKey(it.Key())
			if err != nil || k.Number <= floor.Sequence {
				t.Fatalf("%s %d is behind the floor %d, %v", s, k.Number, floor.Sequence, err)
			}
		}
		if err := it.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPrune(t *testing.T) {
	store := openStore(t, "")
	e := start(t, store, goActors{"count": count}, Options{Clock: ticking(), KeepTraces: true})
	for i := range 3000 {
		submit(t, e, fmt.Sprint("id-", i))
	}
	head := e.Head()

	// 3,000 minutes are two days and two hours: a day's ids are known.
	got, err := e.Prune(t.Context(), Pruning{Before: 2500})
	if err != nil || got.Transactions != 2499 || got.Floor.Sequence != 2499 {
		t.Fatalf("%+v, %v", got, err)
	}
	v := e.View()
	if checkPast(t, v, got.Floor); v.Head != head {
		t.Errorf("the head has become %+v", v.Head)
	}
	v.Release()
	if got.RequestIDs != pruneStep-1 { // steps are not divided; the first transaction had no id
		t.Errorf("%d ids were forgotten", got.RequestIDs)
	}
	for _, tt := range []struct {
		i    int
		err  error
		data string
	}{{2900, nil, "2901"}, {2400, ErrNotKept, ""}, {1100, ErrNotKept, ""}, {500, nil, "3001"}} {
		req := message("count")
		req.ID = fmt.Sprint("id-", tt.i)
		r, err := e.Submit(t.Context(), req)
		if !errors.Is(err, tt.err) || err == nil && string(r.Data) != tt.data {
			t.Errorf("request %d again: %+v, %v", tt.i, r, err)
		}
		req.Message.Body = []byte("other")
		if _, err := e.Submit(t.Context(), req); !errors.Is(err, ErrRequestReused) {
			t.Errorf("request %d with another body: %v", tt.i, err)
		}
	}

	// Time passes, and what was written down for later is forgotten then.
	for i := range 1000 {
		submit(t, e, fmt.Sprint("later-", i))
	}
	got, err = e.Prune(t.Context(), Pruning{Age: 100 * time.Hour})
	if err != nil || got.Transactions != 0 || got.RequestIDs != 2499-pruneStep {
		t.Fatalf("%+v, %v", got, err)
	}
	if r := submit(t, e, "id-1100"); string(r.Data) != "4002" {
		t.Errorf("it got %s", r.Data)
	}
	if got, err = e.Prune(t.Context(), Pruning{Age: 10 * time.Minute, KnowIDs: -1}); err != nil || got.Floor.Sequence != e.Head().Sequence-11 {
		t.Fatalf("%+v, %v", got, err)
	}
	v = e.View()
	defer v.Release()
	checkPast(t, v, got.Floor)
	lower, _ := state.Partition(0).Bounds(state.Known)
	if it, err := v.Iter(lower, nil); err != nil || it.First() {
		t.Errorf("ids are left: %v", err)
	} else {
		it.Close()
	}
	if again, err := e.Prune(t.Context(), Pruning{Before: 1 << 60}); err != nil || again.Floor.Sequence != e.Head().Sequence-1 {
		t.Errorf("all but the last: %+v, %v", again, err)
	}
}

func TestPruneBySize(t *testing.T) {
	store, err := state.Open("db", &state.Options{FS: simdisk.New(), MemTableSize: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	e := start(t, store, goActors{"count": count}, Options{})
	for range 2000 {
		submit(t, e, "")
	}
	size := func(from uint64) uint64 {
		n, err := store.PastSize(0, from, 1<<40)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	all := size(1)
	got, err := e.Prune(t.Context(), Pruning{Bytes: all / 2})
	if err != nil || got.Transactions < 100 || got.Transactions > 1900 {
		t.Fatalf("of %d bytes: %+v, %v", all, got, err)
	}
	if left := size(got.Floor.Sequence + 1); left > all*2/3 { // memory becomes tables meanwhile
		t.Errorf("%d of %d bytes are left", left, all)
	}
	if got, err := e.Prune(t.Context(), Pruning{Bytes: all}); err != nil || got.Transactions != 0 {
		t.Errorf("once more: %+v, %v", got, err)
	}
}

func TestPruneBesideTransactions(t *testing.T) {
	e := start(t, openStore(t, ""), goActors{"count": count}, Options{Clock: ticking()})
	var wg sync.WaitGroup
	var end atomic.Bool
	for w := range 4 {
		wg.Go(func() {
			for i := 0; !end.Load(); i++ {
				id := fmt.Sprint(w, "-", i)
				first := submit(t, e, id)
				req := message("count")
				req.ID = id
				again, err := e.Submit(context.Background(), req)
				if err == nil && first.Sequence != again.Sequence || err != nil && !errors.Is(err, ErrNotKept) {
					t.Errorf("%s had effects %d and %+v, %v", id, first.Sequence, again, err)
				}
			}
		})
	}
	for range 20 {
		for e.Head().Sequence < 100 {
			time.Sleep(time.Millisecond)
		}
		got, err := e.Prune(t.Context(), Pruning{Before: e.Head().Sequence - 50})
		if err != nil {
			t.Error(err)
		}
		v := e.View()
		checkPast(t, v, got.Floor)
		v.Release()
	}
	end.Store(true)
	wg.Wait()
	e.Close()
	if _, err := e.Prune(t.Context(), Pruning{Before: 5}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// crashStore opens a store on a disk that crashes.
func crashStore(disk *simdisk.Disk) (*state.Store, *Executor, error) {
	store, err := state.Open("db", &state.Options{FS: disk, MemTableSize: 64 << 10, CacheSize: 1 << 20})
	if err != nil {
		return nil, nil, err
	}
	e, err := NewExecutor(store, Dispatcher{Resolver: goActors{"count": count}}, Options{Clock: ticking(), KeepTraces: true, Seed: func() [32]byte { return [32]byte{} }})
	return store, e, err
}

// pruneAndCrash fills a store and prunes it in between. It returns the ids that were acknowledged before the crash.
func pruneAndCrash(disk *simdisk.Disk) (acked []string, err error) {
	store, e, err := crashStore(disk)
	if err != nil {
		return nil, err
	}
	defer func() {
		e.Close()
		err = errors.Join(err, store.Close())
	}()
	if err := e.Bind(context.Background(), "count", "native", ""); err != nil {
		return nil, err
	}
	for round := range 3 {
		for i := range 30 {
			req := message("count")
			req.ID = fmt.Sprint(round, "-", i)
			if _, err := e.Submit(context.Background(), req); err != nil {
				return acked, err
			}
			if _, crashed := disk.Crashed(); !crashed {
				acked = append(acked, req.ID)
			}
		}
		if _, err := e.Prune(context.Background(), Pruning{Before: e.Head().Sequence - 5, KnowIDs: 40 * time.Minute}); err != nil {
			return acked, err
		}
		if err := store.ReclaimPast(context.Background(), 0, e.Head().Sequence-5); err != nil {
			return acked, err
		}
	}
	return acked, nil
}

func TestPruneCrash(t *testing.T) {
	runs, began := 0, time.Now()
	// Three passes, so that a slow machine leaves out none of the places altogether; it makes seven runs in each, however long they take.
	for n, pass := 1, 1; pass <= 3; n += 9 {
		disk := simdisk.New()
		disk.CrashAt(n, []int{0, 50, 100}[n%3], uint64(n))
		acked, err := pruneAndCrash(disk)
		if err != nil {
			t.Fatalf("crash at %d: the doomed process: %v", n, err)
		}
		after, crashed := disk.Crashed()
		if !crashed || runs >= 7*pass && time.Since(began) > 20*time.Second {
			pass, n = pass+1, 3*pass+1-9
			continue
		}
		runs++
		store, e, err := crashStore(after)
		if err != nil {
			t.Fatalf("crash at %d: %v", n, err)
		}
		floor, _, err := state.Partition(0).ReadFloor(store)
		if err != nil {
			t.Fatal(err)
		}
		checkPast(t, store, floor)
		head := e.Head()
		// Whoever asks again within the last forty minutes, which are as many transactions, causes nothing twice.
		for i, id := range acked {
			if len(acked)-i > 38 {
				continue
			}
			req := message("count")
			req.ID = id
			if r, err := e.Submit(context.Background(), req); err != nil && !errors.Is(err, ErrNotKept) || err == nil && r.Sequence > head.Sequence {
				t.Fatalf("crash at %d: %s again, of %d: %+v, %v", n, id, len(acked), r, err)
			}
		}
		if got, err := e.Prune(context.Background(), Pruning{Before: 40}); err != nil {
			t.Fatal(err)
		} else {
			checkPast(t, store, got.Floor)
		}
		e.Close()
		store.Close()
	}
	if t.Logf("%d runs", runs); runs < 20 {
		t.Error("too few")
	}
}
