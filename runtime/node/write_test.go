package node_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

func TestRequestIDHasOneEffect(t *testing.T) {
	r := newRig(t, setup{})
	alice, bob := r.caller(claims.Grant{Role: claims.Caller}), r.caller(claims.Grant{Role: claims.Caller})
	req := api.SendRequest{To: "puppet/a", Body: api.Bytes("set k=1"), ID: "order-17"}
	var first, again, other api.Receipt
	if res := r.ok(alice, "send", req, &first); res.Replayed {
		t.Error("the first is replayed")
	}
	if res := r.ok(alice, "send", req, &again); !res.Replayed {
		t.Error("the second is not replayed")
	}
	if first.Sequence != again.Sequence || first.Root != again.Root || again.RequestID != "order-17" {
		t.Errorf("%+v\n%+v", first, again)
	}
	// Another caller has ids of his own.
	if res := r.ok(bob, "send", req, &other); res.Replayed || other.Sequence == first.Sequence || other.RequestID != "order-17" {
		t.Errorf("%+v", other)
	}
	var asked api.Receipt
	r.ok(bob, "receipt", api.ReceiptRequest{ID: "order-17"}, &asked)
	if asked.Sequence != other.Sequence {
		t.Errorf("%+v", asked)
	}
	req.Body = api.Bytes("set k=2")
	r.fails(r.call(alice, "send", req), api.CodeConflict, "sent before with another content")
	// In the header.
	c := &node.Call{Op: "send", Payload: r.encode(api.JSON, set("puppet/a", "k", "3")), RequestID: "h"}
	bearer := r.token(alice, claims.Token{})
	for i := range 2 {
		by := *c
		by.Bearer = bearer
		res := r.node.Handle(t.Context(), &by)
		if res.Err != nil || res.Replayed != (i == 1) {
			t.Errorf("%v, %v", res.Err, res.Replayed)
		}
	}
	if res := r.node.Handle(t.Context(), r.sign(alice, c)); res.Err == nil && !res.Replayed {
		t.Error("a token and a signature of one key are two callers")
	}
	// A header that was not signed does not count, and two ids are one too many.
	unsigned := r.call(alice, "send", set("puppet/a", "k", "3"))
	unsigned.RequestID = "h"
	r.fails(unsigned, api.CodeBadRequest, "header")
	both := &node.Call{Op: "send", Payload: r.encode(api.JSON, req), RequestID: "other"}
	r.fails(r.sign(alice, both), api.CodeBadRequest, "give it once")
	// A failed transaction is answered the same again.
	failing := api.SendRequest{To: "puppet/a", Body: api.Bytes("fail broke: no"), ID: "f"}
	e1, e2 := r.fails(r.call(alice, "send", failing), api.CodeActor, "no"), r.fails(r.call(alice, "send", failing), api.CodeActor, "no")
	if e1.Sequence != e2.Sequence {
		t.Errorf("%d and %d", e1.Sequence, e2.Sequence)
	}
	if s := r.node.Stats(); s.Failed != 1 {
		t.Errorf("%d failed", s.Failed)
	}
}

// TestOperatorsAskAgain repeats orders by their ids.
func TestOperatorsAskAgain(t *testing.T) {
	r := newRig(t, setup{})
	var first, again api.Done
	for i, into := range []*api.Done{&first, &again} {
		c := r.sign(r.operator, &node.Call{Op: "pause", Payload: r.encode(api.JSON, api.PauseRequest{Actor: "puppet/a"}), RequestID: "p"})
		res := r.node.Handle(t.Context(), c)
		if res.Err != nil || res.Replayed != (i == 1) {
			t.Fatalf("%v, %v", res.Err, res.Replayed)
		}
		if err := api.DecodeAnswer(res.Type, res.Payload, into); err != nil {
			t.Fatal(err)
		}
	}
	if first != again {
		t.Errorf("%v, %v", first, again)
	}
}

// TestSameIDAtOnce sends a request with one id many times at the same time: a client that does not know what became of it.
func TestSameIDAtOnce(t *testing.T) {
	r := newRig(t, setup{})
	var wg sync.WaitGroup
	var sequences sync.Map
	for range 16 {
		c := r.call(r.operator, "send", api.SendRequest{To: "puppet/a", Body: api.Bytes("set k=1"), ID: "x"})
		wg.Go(func() {
			res := r.node.Handle(context.Background(), c)
			var receipt api.Receipt
			if err := api.DecodeAnswer(res.Type, res.Payload, &receipt); err != nil || res.Err != nil {
				t.Errorf("%v, %v", err, res.Err)
			}
			sequences.Store(receipt.Sequence, true)
		})
	}
	wg.Wait()
	n := 0
	sequences.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d transactions", n)
	}
}

// slow is an actor that waits until it is let go.
type slow struct {
	gate    chan struct{}
	entered chan struct{} // has one for each message that is being executed or was
}

func newSlow() slow { return slow{make(chan struct{}), make(chan struct{}, 10)} }

func (s slow) Execute(ctx context.Context, _ *actor.Env, _ actor.Message) (actor.Response, error) {
	s.entered <- struct{}{}
	<-s.gate
	return actor.Response{}, nil
}

func (s slow) Query(ctx context.Context, _ *actor.View, _ []byte) ([]byte, error) {
	<-s.gate
	return nil, nil
}

func TestOverloaded(t *testing.T) {
	r := newRig(t, setup{node: node.Options{MaxInFlight: 2}, host: runtime.Options{Executor: dispatch.Options{Queue: 1}}})
	s := newSlow()
	if err := r.host.Bind("slow", s); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	send := func() {
		c := r.call(r.operator, "send", api.SendRequest{To: "slow"})
		wg.Go(func() {
			if res := r.node.Handle(context.Background(), c); res.Err != nil {
				t.Errorf("%v", res.Err)
			}
		})
	}
	send()
	<-s.entered
	send() // waits for the first
	for until := time.Now().Add(30 * time.Second); r.node.Stats().Queued == 0 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	e := r.fails(r.call(r.operator, "get", api.GetRequest{Actor: "puppet/a"}), api.CodeOverloaded, "try again")
	if e.RetryAfter <= 0 || !e.Code.Retry() {
		t.Errorf("%+v", e)
	}
	close(s.gate)
	wg.Wait()
	r.ok(r.operator, "get", api.GetRequest{Actor: "puppet/a"}, new(api.Value))
}

// TestExpired checks that a request whose time is over before it begins has no effect.
func TestExpired(t *testing.T) {
	r := newRig(t, setup{})
	s := newSlow()
	if err := r.host.Bind("slow", s); err != nil {
		t.Fatal(err)
	}
	done := make(chan node.Result)
	first := r.call(r.operator, "send", api.SendRequest{To: "slow"})
	go func() { done <- r.node.Handle(context.Background(), first) }()
	<-s.entered
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	res := r.node.Handle(ctx, r.call(r.operator, "send", set("puppet/a", "k", "v")))
	if res.Err == nil || res.Err.Code != api.CodeExpired {
		t.Errorf("%v", res.Err)
	}
	close(s.gate)
	if res := <-done; res.Err != nil {
		t.Error(res.Err)
	}
	if r.value("puppet/a", "k") != "" {
		t.Error("it has had an effect")
	}
}

func TestDrain(t *testing.T) {
	r := newRig(t, setup{})
	s := newSlow()
	if err := r.host.Bind("slow", s); err != nil {
		t.Fatal(err)
	}
	done := make(chan node.Result)
	c := r.call(r.operator, "send", api.SendRequest{To: "slow"})
	go func() { done <- r.node.Handle(context.Background(), c) }()
	<-s.entered
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := r.node.Drain(ctx); err == nil {
		t.Error("it does not wait for what is under way")
	}
	if ok, reason := r.node.Ready(); ok || !strings.Contains(reason, "stop") || r.node.Info().State != "draining" {
		t.Errorf("%v, %s", ok, reason)
	}
	r.fails(r.call(r.operator, "get", api.GetRequest{Actor: "puppet/a"}), api.CodeUnavailable, "about to stop")
	if _, err := r.node.Watch(t.Context(), r.call(r.operator, "watch", api.WatchRequest{})); err == nil || err.Code != api.CodeUnavailable {
		t.Errorf("%v", err)
	}
	close(s.gate)
	if res := <-done; res.Err != nil {
		t.Errorf("what was under way: %v", res.Err)
	}
	if err := r.node.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestCloseUnderLoad closes the host while requests come: each is answered, and what was answered is there.
func TestCloseUnderLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	r := newRig(t, setup{dir: dir})
	var wg sync.WaitGroup
	var committed, refused atomic.Int64
	done := make([]map[string]uint64, 8)
	for i := range done {
		done[i] = map[string]uint64{}
		wg.Go(func() {
			for j := 0; ; j++ {
				id := fmt.Sprintf("%d-%d", i, j)
				req := api.SendRequest{To: actor.Address(fmt.Sprintf("puppet/%d", i)), Body: api.Bytes("set k=" + id), ID: id, As: "tester"}
				a, err := r.node.Do(context.Background(), node.Caller{}, "send", req)
				switch {
				case err == nil:
					committed.Add(1)
					done[i][id] = a.(*api.Receipt).Sequence
				case err.Code == api.CodeUnavailable:
					refused.Add(1)
					return
				default:
					t.Errorf("%s: %v", err.Code, err)
					return
				}
			}
		})
	}
	for until := time.Now().Add(30 * time.Second); committed.Load() < 100 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	if err := r.host.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if ok, reason := r.node.Ready(); ok || reason == "" {
		t.Error("it is ready, and closed")
	}
	if committed.Load() == 0 || refused.Load() != int64(len(done)) {
		t.Errorf("%d committed, %d refused", committed.Load(), refused.Load())
	}
	h, err := runtime.Open(dir, &runtime.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, ids := range done {
		for id, seq := range ids {
			if receipt, err := h.Reader().ReceiptOf(id); err != nil || receipt.Sequence != seq {
				t.Fatalf("%s: %d, not %d: %v", id, receipt.Sequence, seq, err)
			}
		}
	}
}

func TestReadOnly(t *testing.T) {
	r := newRig(t, setup{})
	r.start(node.Options{ReadOnly: true})
	r.fails(r.call(r.operator, "send", set("puppet/a", "k", "v")), api.CodeUnavailable, "only reads")
	r.ok(r.operator, "modules", api.Empty{}, new(api.Modules))
	if ok, _ := r.node.Ready(); !ok || r.node.Info().State != "read_only" {
		t.Errorf("%+v", r.node.Info())
	}
}

func TestKeyOfAUserIsNone(t *testing.T) {
	r := newRig(t, setup{})
	for _, key := range []claims.Key{{}, newKey(t)} {
		if _, err := node.New(r.host, node.Options{Key: key}); err == nil {
			t.Error("a node has no key")
		}
	}
}

func TestLog(t *testing.T) {
	var b lines
	r := newRig(t, setup{node: node.Options{Logger: slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelWarn}))}})
	for range 100 {
		r.fails(&node.Call{Op: "send", Remote: "10.0.0.1"}, api.CodeUnauthenticated, "")
	}
	if n := strings.Count(b.String(), "\n"); n < 1 || n > 3 || !strings.Contains(b.String(), "remote=10.0.0.1") || !strings.Contains(b.String(), "code=unauthenticated") {
		t.Errorf("%d lines of log:\n%s", n, b.String())
	}
}

type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestRefusesWritesForNow(t *testing.T) {
	r := newRig(t, setup{node: node.Options{BackupDir: t.TempDir()}})
	r.ok(r.operator, "send", api.SendRequest{To: "puppet/a", Body: []byte("set k=1")}, new(api.Receipt))
	r.node.Refuse("the disk is nearly full")
	r.fails(r.call(r.operator, "send", api.SendRequest{To: "puppet/a", Body: []byte("set k=2"), ID: "again"}), api.CodeUnavailable, "the disk is nearly full")
	r.fails(r.call(r.operator, "backup", api.BackupRequest{Name: "x"}), api.CodeUnavailable, "the disk is nearly full")
	value := new(api.Value)
	if r.ok(r.operator, "get", api.GetRequest{Actor: "puppet/a", Key: []byte("k")}, value); string(value.Value) != "1" {
		t.Errorf("it reads %q", value.Value)
	}
	if ok, reason := r.node.Ready(); ok || reason != "the disk is nearly full" || r.node.Info().State != "read_only" {
		t.Errorf("ready: %t, %q, %+v", ok, reason, r.node.Info())
	}
	r.node.Refuse("")
	r.ok(r.operator, "send", api.SendRequest{To: "puppet/a", Body: []byte("set k=2"), ID: "again"}, new(api.Receipt))
	if ok, reason := r.node.Ready(); !ok {
		t.Error(reason)
	}
}
