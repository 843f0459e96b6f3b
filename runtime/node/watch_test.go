package node_test

import (
	"context"
	"fmt"
	"iter"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// watching is a stream that somebody ranges over.
type watching struct {
	notices chan api.Notice
	ended   chan *api.Error
	stop    context.CancelFunc
}

func (r *rig) watch(k claims.Key, q api.WatchRequest) *watching {
	r.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	stream, err := r.node.Watch(ctx, r.call(k, "watch", q))
	if err != nil {
		r.t.Fatal(err)
	}
	w := &watching{make(chan api.Notice, 1024), make(chan *api.Error, 1), stop}
	r.t.Cleanup(stop)
	go func() {
		var last *api.Error
		for n, err := range stream {
			if err != nil {
				last = err
				break
			}
			w.notices <- n
		}
		w.ended <- last
	}()
	return w
}

func (w *watching) next(t testing.TB) api.Notice {
	t.Helper()
	select {
	case n := <-w.notices:
		return n
	case err := <-w.ended:
		t.Fatalf("the watch has ended: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("there is no notice")
	}
	return api.Notice{}
}

func (w *watching) end(t testing.TB, code api.Code) {
	t.Helper()
	select {
	case err := <-w.ended:
		if err == nil || err.Code != code {
			t.Errorf("the watch ends with %v, want %s", err, code)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the watch goes on")
	}
}

func (r *rig) send(to actor.Address, body string) uint64 {
	r.t.Helper()
	var receipt api.Receipt
	r.ok(r.operator, "send", api.SendRequest{To: to, Body: api.Bytes(body)}, &receipt)
	return receipt.Sequence
}

func TestWatch(t *testing.T) {
	before := goruntime.NumGoroutine()
	func() {
		r := newRig(t, setup{})
		first := r.send("puppet/a", "set k=1\nset x=2\nemit paid amount=5")
		all, now := r.watch(r.operator, api.WatchRequest{}), r.watch(r.operator, api.WatchRequest{Now: true})
		one := r.watch(r.operator, api.WatchRequest{Actor: "puppet/a", Keys: true, Prefix: api.Bytes("k"), From: first - 1})
		events := r.watch(r.operator, api.WatchRequest{Actor: "puppet/b", Events: true, EventTypes: []string{"sold"}})
		if n := one.next(t); n.Sequence != first || len(n.Changes) != 1 || string(n.Changes[0].Key) != "k" || len(n.Events) != 0 {
			t.Errorf("%+v", n)
		}
		// Now is when the call was taken.
		second := r.send("puppet/b", "set k=3\nemit paid amount=6\nemit sold what=x")
		third := r.send("puppet/a", "set k=4\nset x=5")
		if n := now.next(t); n.Sequence != second || len(n.Changes) != 1 {
			t.Errorf("%+v", n)
		}
		if n := events.next(t); n.Sequence != second || len(n.Events) != 1 || n.Events[0].Type != "sold" || len(n.Changes) != 0 {
			t.Errorf("%+v", n)
		}
		if n := one.next(t); n.Sequence != third || len(n.Changes) != 1 || string(n.Changes[0].Value) != "4" {
			t.Errorf("%+v", n)
		}
		var seen []uint64
		for len(seen) == 0 || seen[len(seen)-1] != third {
			seen = append(seen, all.next(t).Sequence)
		}
		if !slices.IsSorted(seen) || !slices.Contains(seen, first) || !slices.Contains(seen, second) {
			t.Errorf("%v", seen)
		}
		if s := r.node.Stats(); s.Watchers != 4 {
			t.Errorf("%d watchers", s.Watchers)
		}
		one.stop()
		one.end(t, api.CodeExpired)
		if err := r.node.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, w := range []*watching{all, now, events} {
			w.end(t, api.CodeUnavailable)
		}
		r.host.Close()
	}()
	settled(t, before+1)
}

func TestWatchEndsWithTheHost(t *testing.T) {
	r := newRig(t, setup{})
	w := r.watch(r.operator, api.WatchRequest{Now: true})
	r.send("puppet/a", "set k=1")
	w.next(t)
	r.host.Close()
	w.end(t, api.CodeUnavailable)
	if err := r.node.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestWatchIsRevoked checks that a watch tells nothing that its caller may not read any more.
func TestWatchIsRevoked(t *testing.T) {
	r := newRig(t, setup{})
	alice := r.caller(claims.Grant{Role: claims.Reader, Actors: []string{"puppet/a*"}})
	w, all := r.watch(alice, api.WatchRequest{Actor: "puppet/a", Now: true}), r.watch(alice, api.WatchRequest{Now: true})
	r.send("puppet/b", "call puppet/a\n  set k=1\nset k=2")
	for _, n := range []api.Notice{w.next(t), all.next(t)} {
		if len(n.Changes) != 1 || n.Changes[0].Actor != "puppet/a" || slices.ContainsFunc(n.Events, func(e actor.Event) bool { return e.Actor != "puppet/a" }) {
			t.Errorf("%+v", n)
		}
	}
	r.ok(r.operator, "revoke", api.RevokeRequest{Subject: alice.Public()}, new(api.Done))
	r.send("puppet/a", "set k=2")
	w.end(t, api.CodeForbidden)
	all.end(t, api.CodeForbidden)
}

func TestWatchEndsWithTheToken(t *testing.T) {
	r := newRig(t, setup{})
	c := &node.Call{Op: "watch", Payload: r.encode(api.JSON, api.WatchRequest{Now: true})}
	watch := func(life time.Duration) (iter.Seq2[api.Notice, *api.Error], *api.Error) {
		c.Bearer = r.token(r.operator, claims.Token{Issued: r.clock.now().Add(-time.Minute), Expires: r.clock.now().Add(life)})
		return r.node.Watch(t.Context(), c)
	}
	life := 1500 * time.Millisecond
	stream, err := watch(life)
	for ; err != nil && err.Code == api.CodeStale && life < time.Minute; life *= 2 { // a busy machine took longer to begin
		stream, err = watch(2 * life)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range stream {
		if err == nil || err.Code != api.CodeStale {
			t.Errorf("%v", err)
		}
	}
}

func TestPoll(t *testing.T) {
	r := newRig(t, setup{})
	var list api.Notices
	seqs := []uint64{r.send("puppet/a", "set k=1"), r.send("puppet/b", "set k=1"), r.send("puppet/a", "set k=2")}
	r.ok(r.operator, "watch", api.WatchRequest{Actor: "puppet/a", Limit: 1}, &list)
	if len(list.Notices) != 1 || list.Sequence != seqs[0] {
		t.Errorf("%+v", list)
	}
	r.ok(r.operator, "watch", api.WatchRequest{Actor: "puppet/a", From: list.Sequence}, &list)
	if len(list.Notices) != 1 || list.Notices[0].Sequence != seqs[2] || list.Sequence < seqs[2] {
		t.Errorf("%+v", list)
	}
	// Nothing in time; what was looked at need not be again.
	r.send("puppet/b", "set k=2")
	last := r.head()
	var none api.Notices
	start := time.Now()
	r.ok(r.operator, "watch", api.WatchRequest{Actor: "puppet/a", From: list.Sequence, Wait: 60}, &none)
	if len(none.Notices) != 0 || none.Sequence != last || time.Since(start) < 50*time.Millisecond {
		t.Errorf("%+v after %v", none, time.Since(start))
	}
	// It comes while it is waited for.
	done := make(chan api.Notices)
	c := r.call(r.operator, "watch", api.WatchRequest{Actor: "puppet/a", From: none.Sequence})
	go func() {
		var list api.Notices
		res := r.node.Handle(context.Background(), c)
		_ = api.DecodeAnswer(res.Type, res.Payload, &list)
		done <- list
	}()
	time.Sleep(20 * time.Millisecond)
	seq := r.send("puppet/a", "set k=3")
	if got := <-done; len(got.Notices) != 1 || got.Notices[0].Sequence != seq {
		t.Errorf("%+v", got)
	}
}

// TestWatcherThatNeverReads checks that it holds up nobody, is not fed without bound, and misses nothing when it reads on.
func TestWatcherThatNeverReads(t *testing.T) {
	r := newRig(t, setup{})
	stream, failed := r.node.Watch(t.Context(), r.call(r.operator, "watch", api.WatchRequest{Actor: "puppet/a", Now: true}))
	if failed != nil {
		t.Fatal(failed)
	}
	const many = 3000
	var got []uint64
	time.AfterFunc(20*time.Millisecond, func() { // the first notice
		if _, err := r.node.Do(context.Background(), node.Caller{}, "send", api.SendRequest{To: "puppet/a", As: "x", Body: api.Bytes("set k=0")}); err != nil {
			t.Errorf("%v", err)
		}
	})
	for n, err := range stream {
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			// It sleeps on the first notice while much more happens than its queue holds.
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for range many / 8 {
						if _, err := r.node.Do(context.Background(), node.Caller{}, "send", api.SendRequest{To: "puppet/a", As: "x", Body: api.Bytes("set k=1")}); err != nil {
							t.Errorf("%v", err)
							return
						}
					}
				})
			}
			wg.Wait()
		}
		if got = append(got, n.Sequence); n.Sequence == r.head() {
			break
		}
	}
	for i := 1; i < len(got); i++ {
		if got[i] != got[i-1]+1 {
			t.Fatalf("%d is behind %d", got[i], got[i-1])
		}
	}
	if len(got) != many+1 {
		t.Errorf("%d notices", len(got))
	}
}

// TestThousandWatchers runs as many watches while transactions come, and checks what each is told.
func TestThousandWatchers(t *testing.T) {
	r := newRig(t, setup{})
	const watchers, actors, each = 1000, 100, 10
	var wg sync.WaitGroup
	var told atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	ready := make(chan struct{}, watchers)
	bearer := r.token(r.operator, claims.Token{})
	for i := range watchers {
		who := actor.Address(fmt.Sprintf("puppet/%d", i%actors))
		c := &node.Call{Op: "watch", Payload: r.encode(api.JSON, api.WatchRequest{Actor: who, Keys: true, Now: true}), Bearer: bearer}
		stream, err := r.node.Watch(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			ready <- struct{}{}
			n, last := 0, uint64(0)
			for notice, err := range stream {
				if err != nil {
					t.Errorf("%v", err)
					return
				}
				if notice.Sequence <= last || len(notice.Changes) != 1 || notice.Changes[0].Actor != who {
					t.Errorf("%+v", notice)
				}
				last = notice.Sequence
				told.Add(1)
				if n++; n == each {
					return
				}
			}
		})
	}
	for range watchers {
		<-ready
	}
	for i := range each {
		var sends sync.WaitGroup
		for a := range actors {
			sends.Go(func() {
				to := actor.Address(fmt.Sprintf("puppet/%d", a))
				if _, err := r.node.Do(context.Background(), node.Caller{}, "send", api.SendRequest{To: to, As: "x", Body: api.Bytes(fmt.Sprintf("set k=%d", i))}); err != nil {
					t.Errorf("%v", err)
				}
			})
		}
		sends.Wait()
	}
	wg.Wait()
	if told.Load() != watchers*each {
		t.Errorf("%d notices", told.Load())
	}
	if r.seen.lags == 0 {
		t.Error("no lag was told")
	}
}

func TestTooManyWatchers(t *testing.T) {
	r := newRig(t, setup{node: node.Options{MaxWatchers: 2}})
	w := []*watching{r.watch(r.operator, api.WatchRequest{}), r.watch(r.operator, api.WatchRequest{})}
	w[0].next(t)
	w[1].next(t)
	r.watch(r.operator, api.WatchRequest{}).end(t, api.CodeOverloaded)
	r.fails(r.call(r.operator, "watch", api.WatchRequest{}), api.CodeOverloaded, "")
}
