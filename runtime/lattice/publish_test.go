package lattice_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/lattice"
	"github.com/troupe-run/troupe/runtime/node"
)

func notice(t *testing.T, sub *nats.Subscription) (string, api.Notice) {
	t.Helper()
	m, err := sub.NextMsg(30 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var n api.Notice
	if err := json.Unmarshal(m.Data, &n); err != nil {
		t.Fatalf("%s: %v", m.Data, err)
	}
	return m.Subject, n
}

// TestPublish: who may hear of an actor does, and of no other.
func TestPublish(t *testing.T) {
	r := newRig(t, setup{options: lattice.Options{Events: true, Changes: true}})
	alice := r.caller(api.Grant{Role: "reader", Actors: []string{"account/*"}})
	nc := r.plain(alice)
	events, changes := must(nc.SubscribeSync("troupe.test.events.account.*.>")), must(nc.SubscribeSync("troupe.test.changes.account.>"))
	committed := must(nc.SubscribeSync("troupe.test.committed"))
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	receipt := r.do("send", &api.SendRequest{To: "account/a.1", Body: payment(3, "account/b"), As: "x"}).(*api.Receipt)
	moved := func() (string, api.Notice) {
		t.Helper()
		for {
			if subject, n := notice(t, events); strings.HasSuffix(subject, ".moved") {
				return subject, n
			}
		}
	}
	for i, want := range []string{"troupe.test.events.account.a%2E1.moved", "troupe.test.events.account.b.moved"} {
		subject, n := moved()
		if subject != want || n.Sequence != receipt.Sequence || len(n.Events) != 1 || n.Events[0].Type != "moved" || len(n.Changes) != 0 {
			t.Errorf("event %d is %s %+v", i, subject, n)
		}
	}
	seen := map[string]bool{}
	for range 2 {
		subject, n := notice(t, changes)
		seen[subject] = true
		if n.Sequence != receipt.Sequence || len(n.Changes) != 1 || string(n.Changes[0].Key) != "balance" || len(n.Changes[0].Value) != 8 {
			t.Errorf("%s is %+v", subject, n)
		}
	}
	if !seen["troupe.test.changes.account.a%2E1"] || !seen["troupe.test.changes.account.b"] {
		t.Errorf("changes are at %v", seen)
	}
	for {
		m, err := committed.NextMsg(30 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		var c lattice.Commit
		if err := json.Unmarshal(m.Data, &c); err != nil || c.Time.IsZero() {
			t.Fatalf("%s, %v", m.Data, err)
		}
		if c.Sequence == receipt.Sequence {
			break
		}
	}
	soon(t, "the lag is known", func() bool { s := r.service.Stats(); return s.Sequence == receipt.Sequence && s.Lag > 0 })
	// What is rolled back is not published.
	if _, err := r.node.Do(context.Background(), node.Caller{}, "send", &api.SendRequest{To: "account/c", Body: api.Bytes("x"), As: "x"}); err == nil {
		t.Fatal("it is not rolled back")
	}
	after := r.do("send", &api.SendRequest{To: "account/d", Body: payment(1, ""), As: "x"}).(*api.Receipt)
	if subject, n := moved(); subject != "troupe.test.events.account.d.moved" || n.Sequence != after.Sequence {
		t.Errorf("behind a transaction that was rolled back comes %s %+v", subject, n)
	}
}

// TestPublishAgain: what happens while the server is away is published when it is back, in order, with nothing missing.
func TestPublishAgain(t *testing.T) {
	r := newRig(t, setup{url: true, options: lattice.Options{Events: true}})
	listen := r.server.URL()[len("nats://"):]
	stop := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := r.server.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	var heard atomic.Bool // enough
	defer heard.Store(true)
	go func() {
		defer close(done)
		for !heard.Load() {
			r.do("send", &api.SendRequest{To: "account/a", Body: payment(1, ""), As: "x"})
			time.Sleep(time.Millisecond)
		}
	}()
	// Who listens reads what it has missed by a watch; here the messages behind each new connection have to follow on.
	next := uint64(0)
	var problem error
	for round := range 3 {
		sub := must(r.plain(r.operator).SubscribeSync("troupe.test.events.account.a.moved"))
		last := uint64(0)
		for last < next+20 {
			m, err := sub.NextMsg(30 * time.Second)
			if err != nil {
				problem = errors.Join(problem, fmt.Errorf("round %d: %w", round, err))
				break
			}
			var n api.Notice
			if err := json.Unmarshal(m.Data, &n); err != nil {
				t.Fatal(err)
			}
			if last != 0 && n.Sequence > last+1 {
				problem = errors.Join(problem, fmt.Errorf("round %d: %d comes behind %d", round, n.Sequence, last))
			}
			last = max(last, n.Sequence)
		}
		next = last
		if round < 2 {
			stop()
			time.Sleep(20 * time.Millisecond)
			r.serveNATS(setup{listen: listen})
		}
	}
	heard.Store(true)
	<-done
	if problem != nil {
		t.Errorf("%v\n%+v\n%s", problem, r.service.Stats(), r.logged)
	}
	last := r.head()
	soon(t, "everything is published", func() bool { return r.service.Stats().Sequence == last })
}
