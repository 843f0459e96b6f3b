package query

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// take ranges over a watch until it has n notices.
func take(t *testing.T, r *Router, opts WatchOptions, n int) (list []Notice) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for notice, err := range r.Watch(ctx, opts) {
		if err != nil {
			t.Fatalf("after %d notices: %v", len(list), err)
		}
		if list = append(list, notice); len(list) == n {
			return list
		}
	}
	t.Fatal("the watch ended without an error")
	return nil
}

// expect is what a watch must tell, worked out from the log and the list of actors.
func (r *rig) expect(opts WatchOptions) (list []Notice) {
	r.t.Helper()
	addresses := map[uint64]actor.Address{}
	for token := ""; ; {
		page, err := r.Actors("", MaxLimit, token)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, a := range page.Actors {
			addresses[a.Number] = a.Address
		}
		if token = page.Token; token == "" {
			break
		}
	}
	both := !opts.Keys && !opts.Events
	for from := opts.From + 1; ; from++ {
		entries, err := r.Log(from, 1)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(entries) == 0 {
			return list
		}
		n := Notice{Sequence: from, Time: time.Unix(0, entries[0].Command.Time).UTC()}
		for _, c := range entries[0].Receipt.Changes {
			k, err := state.ParseKey(r.partition.AppendKey(nil, c.Key))
			if err != nil {
				r.t.Fatal(err)
			}
			who := addresses[k.Number]
			if k.Space == state.State && (opts.Keys || both) && (opts.Actor == "" || opts.Actor == who) && bytes.HasPrefix(k.Rest, opts.Prefix) {
				n.Changes = append(n.Changes, Change{Actor: who, Key: k.Rest, Value: c.Value, Deleted: c.Deleted})
			}
		}
		for _, ev := range entries[0].Receipt.Events {
			if (opts.Events || both) && (opts.Actor == "" || opts.Actor == ev.Actor) && (opts.EventTypes == nil || slices.Contains(opts.EventTypes, ev.Type)) {
				n.Events = append(n.Events, ev)
			}
		}
		if n.Changes != nil || n.Events != nil {
			list = append(list, n)
		}
	}
}

// watches are kinds of watch that the tests try.
var watches = []WatchOptions{
	{},
	{Keys: true},
	{Events: true},
	{Events: true, EventTypes: []string{"bell", "instantiate"}},
	{Actor: "cell/3"},
	{Actor: "cell/3", Keys: true, Prefix: []byte("k1")},
	{Keys: true, Prefix: []byte("k2")},
	{Actor: "cell/4", Events: true, EventTypes: []string{"bell"}},
	{Actor: "system/0", Keys: true},
	{Prefix: []byte("k2"), EventTypes: []string{"bell"}},
}

// orders returns a random tree of messages.
func orders(rng *rand.Rand, depth int) string {
	var list []string
	for range 1 + rng.IntN(4) {
		switch n := rng.IntN(10); {
		case n < 3:
			list = append(list, fmt.Sprintf("set k%d v%d", rng.IntN(30), rng.IntN(1000)))
		case n < 4:
			list = append(list, fmt.Sprintf("del k%d", rng.IntN(30)))
		case n < 5:
			list = append(list, "emit bell")
		case n < 6 && depth > 0:
			list = append(list, "fail broken")
		case n < 9 && depth == 0:
			kind, verb := "cell", "send"
			if rng.IntN(4) == 0 {
				kind = "system"
			}
			if rng.IntN(2) == 0 {
				verb = "try"
			}
			list = append(list, fmt.Sprintf("%s %s/%d %s", verb, kind, rng.IntN(8), orders(rng, depth+1)))
		}
	}
	if depth > 0 {
		return strings.Join(list, ";")
	}
	return strings.Join(list, "\n")
}

// write runs transactions of random trees.
func (r *rig) write(seed uint64, n int) {
	rng := rand.New(rand.NewPCG(seed, 7))
	for range n {
		r.submit(dispatch.Request{Sender: "tester", Message: actor.Message{
			To: actor.Address(fmt.Sprintf("cell/%d", rng.IntN(8))), Body: []byte(orders(rng, 0))}})
	}
}

func same(t *testing.T, what string, got, want []Notice) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("%s: notice %d is\n%+v\nwant\n%+v", what, i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d notices, want %d", what, len(got), len(want))
	}
}

func TestWatchOfThePast(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	r.write(1, 400)
	for _, opts := range watches {
		for _, from := range []uint64{0, 1, 57, 390} {
			opts.From = from
			want := r.expect(opts)
			if from == 0 && len(want) < 4 {
				t.Fatalf("%+v: only %d notices are expected: the test tests nothing", opts, len(want))
			}
			// With an empty cache, and with one that knows everybody.
			for _, router := range []*Router{New(r.exec, 0), r.Router} {
				if len(want) > 0 {
					same(t, fmt.Sprintf("%+v", opts), take(t, router, opts, len(want)), want)
				}
			}
		}
	}
}

// A watch that is cut off again and again and resumed behind the last notice tells everything once, while others write.
func TestWatchResumes(t *testing.T) {
	r := newRig(t, dispatch.Options{Group: 8})
	r.write(2, 20)
	var writers, watchers sync.WaitGroup
	for seed := range uint64(4) {
		writers.Go(func() { r.write(seed, 200) })
	}
	written := make(chan struct{})
	go func() { writers.Wait(); r.send("cell/3", "set k1last 1", "set k2 1"); close(written) }()
	got := make([][]Notice, len(watches))
	start := make([]uint64, len(watches))
	for i, opts := range watches {
		watchers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 3))
			opts.From = uint64(rng.IntN(100))
			start[i] = opts.From
			for {
				select {
				case <-written:
					return
				default:
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.IntN(15)+1)*time.Millisecond)
				limit := rng.IntN(60) + 1
				for n, err := range r.Watch(ctx, opts) {
					if err != nil {
						if !errors.Is(err, context.DeadlineExceeded) {
							t.Error(err)
						}
						break
					}
					got[i] = append(got[i], n)
					opts.From = n.Sequence
					if limit--; limit == 0 {
						break
					}
				}
				cancel()
			}
		})
	}
	watchers.Wait()
	for i, opts := range watches {
		opts.From = start[i]
		want := r.expect(opts)
		if n := len(got[i]); n > 0 {
			opts.From = got[i][n-1].Sequence
		}
		if missing := len(want) - len(got[i]); missing > 0 {
			got[i] = append(got[i], take(t, r.Router, opts, missing)...)
		}
		same(t, fmt.Sprintf("%+v", opts), got[i], want)
	}
}

func TestWatchWaits(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	seq := r.send("cell/a", "set k 1").Sequence
	got := make(chan []Notice)
	go func() { got <- take(t, r.Router, WatchOptions{Actor: "cell/late", Keys: true, From: seq + 2}, 2) }()
	time.Sleep(5 * time.Millisecond)
	r.send("cell/late", "set k before")
	r.send("cell/a", "set k 2")
	r.send("cell/late", "set k first", "set l x")
	r.send("cell/late", "emit bell")
	r.send("cell/a", "try cell/late set k lost;fail broken")
	r.send("cell/late", "del k")
	list := <-got
	want := []Notice{
		{Sequence: seq + 3, Changes: []Change{{"cell/late", []byte("k"), []byte("first"), false}, {"cell/late", []byte("l"), []byte("x"), false}}},
		{Sequence: seq + 6, Changes: []Change{{"cell/late", []byte("k"), nil, true}}},
	}
	for i := range list {
		if list[i].Time.IsZero() {
			t.Error("a notice without a time")
		}
		list[i].Time = time.Time{}
	}
	same(t, "late", list, want)
}

func TestWatchEnds(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	seq := r.send("cell/a", "set k 1").Sequence
	end := func(ctx context.Context, opts WatchOptions) error {
		for _, err := range r.Watch(ctx, opts) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	reason := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(5*time.Millisecond, func() { cancel(reason) })
	if err := end(ctx, WatchOptions{}); !errors.Is(err, reason) {
		t.Errorf("the end of the context: %v", err)
	}
	code(t, end(t.Context(), WatchOptions{Actor: "No Body"}), actor.CodeInvalidAddress)
	time.AfterFunc(5*time.Millisecond, func() { r.exec.Close() })
	if err := end(t.Context(), WatchOptions{From: seq}); !errors.Is(err, dispatch.ErrClosed) {
		t.Errorf("the end of the host: %v", err)
	}
	if err := end(t.Context(), WatchOptions{}); !errors.Is(err, dispatch.ErrClosed) {
		t.Errorf("after the end of the host: %v", err)
	}
}

func TestWatchOfWhatIsNotKept(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	r.write(3, 20)
	batch := r.store.NewBatch()
	for seq := range uint64(10) {
		batch.Delete(r.partition.AppendReceipt(nil, seq))
	}
	if _, err := r.store.Apply(batch); err != nil {
		t.Fatal(err)
	}
	head := r.send("cell/a", "set k 1").Sequence
	for _, who := range []actor.Address{"", "cell/3", "cell/unborn"} {
		for _, err := range r.Watch(t.Context(), WatchOptions{Actor: who, From: 3}) {
			if !errors.Is(err, ErrTooOld) || !strings.Contains(err.Error(), "the receipts behind transaction 3, ") {
				t.Fatalf("%q: %v", who, err)
			}
		}
	}
	if list := take(t, r.Router, WatchOptions{From: 9}, 1); list[0].Sequence <= 9 || list[0].Sequence > head {
		t.Errorf("from the first that is kept: %+v", list)
	}
}

// Whoever a receipt shows to have been written to is named in it, system code aside: so a watch of everybody does not
// search the records of a million actors.
func TestReceiptsNameWhoWrote(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	r.write(4, 300)
	r.submit(dispatch.Request{Sender: "bob", Message: actor.Message{Kind: actor.KindInstantiate, To: "shop", Module: "cell", Admin: "bob"}})
	r.send("shop", "set k 1", "try cell/new set k 1;fail broken")
	entries, err := r.Log(0, MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	v := r.exec.View()
	defer v.Release()
	searched := 0
	for _, e := range entries {
		o := owners{Router: New(r.exec, 0), view: v, known: map[uint64]actor.Address{}}
		system := false
		for _, c := range e.Receipt.Changes {
			if k, err := state.ParseKey(r.partition.AppendKey(nil, c.Key)); err == nil && k.Space == state.State {
				o.known[k.Number] = ""
			}
		}
		o.missing = len(o.known)
		if err := o.askReceipt(e.Receipt); err != nil {
			t.Fatal(err)
		}
		system = bytes.Contains(e.Command.Message.Body, []byte("system/"))
		if o.missing > 0 && !system {
			t.Errorf("transaction %d: %d of %v are not named in %+v", e.Receipt.Sequence, o.missing, o.known, e.Receipt)
		}
		if o.missing > 0 {
			searched++
		}
	}
	if searched == 0 {
		t.Error("no system code has run: the test of the search tests nothing")
	}
}

// Every path gives its view back: when the host is closed, nothing holds on to a snapshot.
func TestViewsAreReleased(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	r.write(5, 50)
	r.send("cell/3", "set a 1", "set b 1")
	v := r.exec.View()
	for _, to := range []actor.Address{"cell/3", "cell/unborn", "ghost", "?", ""} {
		for _, body := range []string{"get a", "fail broken", "panic", "burn"} {
			r.Smart(t.Context(), to, []byte(body))
		}
		r.Get(to, []byte("a"))
		r.Scan(to, Range{Limit: 1})
		r.Actor(to)
		for _, all := range []bool{false, true} {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
			for range r.Watch(ctx, WatchOptions{Actor: to}) {
				if !all {
					break
				}
			}
			cancel()
		}
	}
	r.Actors("", 1, "")
	r.Modules()
	for _, seq := range []uint64{0, 5, 1000} {
		r.Receipt(seq)
		r.Command(seq)
		r.Trace(seq)
		r.Log(seq, 3)
	}
	r.ReceiptOf("none")
	r.Head()
	v.Release()
	if _, _, err := v.Get([]byte("x")); err != nil {
		t.Fatal("the executor has given its view up:", err)
	}
	r.exec.Close()
	if _, _, err := v.Get([]byte("x")); !errors.Is(err, state.ErrClosed) {
		t.Errorf("a view was not released: %v", err)
	}
}

// late is a source that is overtaken: before a view reaches whoever asked for it, there is a later one.
type late struct {
	Source
	overtake func()
}

func (l late) View() *dispatch.View {
	v := l.Source.View()
	l.overtake()
	return v
}

// A watch that is about to wait, and does not know the latest transaction, must not wait for the one behind it.
func TestWatchIsWokenUp(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	seq := r.send("cell/a", "set k 1").Sequence
	sent := 0
	source := late{r.exec, func() {
		if sent++; sent <= 3 {
			r.send("cell/a", "stamp k")
		}
	}}
	got := take(t, New(source, 0), WatchOptions{Actor: "cell/a", Keys: true, From: seq}, 3)
	for i, n := range got {
		if n.Sequence != seq+1+uint64(i) {
			t.Errorf("notice %d is of transaction %d, want %d", i, n.Sequence, seq+1+uint64(i))
		}
	}
}
