package dispatch

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// goActors is a Resolver of Go functions.
type goActors map[actor.ModuleID]func(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error)

func (g goActors) Resolve(id actor.ModuleID, _ state.Hash) (Code, bool) {
	fn, ok := g[id]
	return Code{Actor: goActor(fn)}, ok
}

type goActor func(context.Context, *actor.Env, actor.Message) (actor.Response, error)

func (fn goActor) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return fn(ctx, env, msg)
}

// Reply catches everything.
func (goActor) Reply(context.Context, *actor.Env, actor.Reply) (actor.Response, error) {
	return actor.Response{}, nil
}

// count adds one to what the state holds.
func count(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
	n, _ := env.State.Get([]byte("n"))
	env.State.Set([]byte("n"), append(append([]byte{}, n...), 'I'))
	return actor.Response{Data: fmt.Append(nil, len(n)+1)}, nil
}

func openStore(t testing.TB, dir string) *state.Store {
	t.Helper()
	store, err := state.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func start(t testing.TB, store *state.Store, actors goActors, opts Options) *Executor {
	t.Helper()
	e, err := NewExecutor(store, Dispatcher{Resolver: actors}, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	for id := range actors {
		if err := e.Bind(context.Background(), id, "native", ""); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func message(to actor.Address) Request {
	return Request{Sender: "tester", Message: actor.Message{To: to}}
}

func TestRepeatedRequestHasOneEffect(t *testing.T) {
	dir := t.TempDir()
	store := openStore(t, dir)
	e := start(t, store, goActors{"count": count}, Options{})
	req := message("count")
	req.ID = "order-1"

	var wg sync.WaitGroup
	receipts := make([]*state.Receipt, 64)
	for i := range receipts {
		wg.Go(func() {
			var err error
			if receipts[i], err = e.Submit(t.Context(), req); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	check := func(r *state.Receipt) {
		t.Helper()
		if r == nil || string(r.Data) != "1" || r.Sequence != receipts[0].Sequence || r.Root != receipts[0].Root {
			t.Errorf("got %+v, the first receipt was %+v", r, receipts[0])
		}
	}
	for _, r := range receipts {
		check(r)
	}

	other := req
	other.Message.Body = []byte("something else")
	if _, err := e.Submit(t.Context(), other); !errors.Is(err, ErrRequestReused) || !strings.Contains(err.Error(), `"order-1"`) {
		t.Errorf("the id with another body: %v", err)
	}

	e.Close()
	store.Close()
	e = start(t, openStore(t, dir), goActors{"count": count}, Options{})
	r, err := e.Submit(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	check(r)
	if _, err := e.Submit(t.Context(), other); !errors.Is(err, ErrRequestReused) {
		t.Errorf("after reopening, the id with another body: %v", err)
	}
}

func TestRepeatedRequestWithAnotherBodyIsRefusedInFlight(t *testing.T) {
	g := newGate()
	e := start(t, openStore(t, ""), goActors{"gate": g.stand, "count": count}, Options{})
	var wg sync.WaitGroup
	wg.Go(func() { e.Submit(t.Context(), message("gate")) })
	<-g.entered
	bodies := []string{"first", "second"}
	errs := make([]error, len(bodies))
	for i, body := range bodies {
		req := message("count")
		req.ID, req.Message.Body = "order-2", []byte(body)
		wg.Go(func() { _, errs[i] = e.Submit(t.Context(), req) })
		for e.queue.length() <= i {
			time.Sleep(time.Millisecond)
		}
	}
	close(g.release)
	wg.Wait()
	if errs[0] != nil || !errors.Is(errs[1], ErrRequestReused) {
		t.Errorf("got %v", errs)
	}
}

func TestReplayRefusesAGap(t *testing.T) {
	replay, err := NewReplay(openStore(t, ""), Dispatcher{Resolver: goActors{"count": count}})
	if err != nil {
		t.Fatal(err)
	}
	bind := &state.Command{Op: state.OpBind, Sequence: 1, Message: actor.Message{Module: "count"}}
	if _, err := replay.Step(t.Context(), bind, nil); err != nil {
		t.Fatal(err)
	}
	gap := &state.Command{Op: state.OpMessage, Sequence: 3, Sender: "tester", Message: actor.Message{To: "count"}}
	if _, err := replay.Step(t.Context(), gap, nil); err == nil || !strings.Contains(err.Error(), "wants transaction 2, the log has 3") {
		t.Errorf("got %v", err)
	}
	if replay.Head().Sequence != 1 {
		t.Errorf("the head moved to %d", replay.Head().Sequence)
	}
}

// A gate is an actor that stands still until it is let go.
type gate struct {
	entered chan struct{}
	release chan struct{}
}

func newGate() *gate { return &gate{make(chan struct{}, 100), make(chan struct{})} }

func (g *gate) stand(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	g.entered <- struct{}{}
	select {
	case <-g.release:
	case <-ctx.Done():
	}
	return count(ctx, env, msg)
}

// Who sends often is not looked up each time: a name must be looked up again when it may have become an actor's.
func TestSenderWhoBecomesAnActorIsRefused(t *testing.T) {
	fail := func(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
		return actor.Response{}, errors.New("no")
	}
	parent := func(_ context.Context, _ *actor.Env, msg actor.Message) (actor.Response, error) {
		birth := actor.Message{Kind: actor.KindInstantiate, To: actor.Address(msg.Body), Module: "count"}
		resp := actor.Response{Messages: []actor.SubMsg{{Msg: birth}}}
		if strings.HasPrefix(string(msg.Body), "unborn") {
			resp.Messages = append(resp.Messages, actor.SubMsg{Msg: actor.Message{To: "fail"}})
		}
		return resp, nil
	}
	e, err := NewExecutor(openStore(t, ""), Dispatcher{Resolver: goActors{"count": count, "fail": fail, "parent": parent, "kind": count}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	bind := func(id actor.ModuleID) {
		if err := e.Bind(t.Context(), id, "native", ""); err != nil {
			t.Fatal(err)
		}
	}
	bind("count")
	bind("fail")
	bind("parent")
	from := func(sender, to actor.Address, body string) *actor.Error {
		t.Helper()
		r, err := e.Submit(t.Context(), Request{Sender: sender, Message: actor.Message{To: to, Body: []byte(body)}})
		if err != nil {
			t.Fatal(err)
		}
		return r.Err
	}
	for _, sender := range []actor.Address{"born", "unborn", "kind/1"} {
		for range 2 {
			if err := from(sender, "count", ""); err != nil {
				t.Errorf("%s, who is nobody yet: %v", sender, err)
			}
		}
	}
	if err := from("tester", "parent", "born"); err != nil {
		t.Fatal(err)
	}
	if err := from("tester", "parent", "unborn"); err == nil {
		t.Fatal("the birth that is rolled back was not")
	}
	refused := func(sender actor.Address) {
		t.Helper()
		if err := from(sender, "count", ""); err == nil || err.Code != actor.CodeUnauthorized {
			t.Errorf("%s, who is an actor now: %v", sender, err)
		}
	}
	refused("born")
	bind("kind")
	refused("kind/1")
	if err := from("unborn", "count", ""); err != nil {
		t.Errorf("unborn, who was never born: %v", err)
	}
}

func TestFullQueueIsOverloaded(t *testing.T) {
	g := newGate()
	e := start(t, openStore(t, ""), goActors{"gate": g.stand, "count": count}, Options{Queue: 2})
	var wg sync.WaitGroup
	submit := func() {
		if _, err := e.Submit(t.Context(), message("gate")); err != nil {
			t.Error(err)
		}
	}
	wg.Go(submit)
	<-g.entered
	wg.Go(submit)
	wg.Go(submit)
	for e.queue.length() < 2 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // a request that is admitted would wait for the gate
	defer cancel()
	_, err := e.Submit(ctx, message("count"))
	var overloaded *OverloadedError
	if !errors.As(err, &overloaded) || !errors.Is(err, ErrOverloaded) || overloaded.Queued != 2 || overloaded.RetryAfter <= 0 {
		t.Errorf("got %v", err)
	}
	close(g.release)
	wg.Wait()
}

func TestExpiredBeforeExecutionHasNoEffect(t *testing.T) {
	g := newGate()
	e := start(t, openStore(t, ""), goActors{"gate": g.stand, "count": count}, Options{})
	var wg sync.WaitGroup
	wg.Go(func() { e.Submit(context.Background(), message("gate")) })
	<-g.entered

	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := e.Submit(ctx, message("count"))
	if !errors.Is(err, ErrExpired) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while waiting: %v", err)
	}
	if _, err := e.Submit(ctx, message("count")); !errors.Is(err, ErrExpired) {
		t.Errorf("from the start: %v", err)
	}
	close(g.release)
	wg.Wait()
	r, err := e.Submit(t.Context(), message("count"))
	if err != nil || string(r.Data) != "1" {
		t.Errorf("the expired requests were executed: %v %v", r, err)
	}
}

func TestExpiredDuringExecutionHasNoEffectAndCannotBeCaught(t *testing.T) {
	g := newGate()
	actors := goActors{"gate": g.stand, "count": count,
		"catcher": func(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
			return actor.Response{Messages: []actor.SubMsg{
				{Msg: actor.Message{To: "count"}},
				{Msg: actor.Message{To: "gate"}, ReplyOn: actor.ReplyAlways},
			}}, nil
		}}
	e := start(t, openStore(t, ""), actors, Options{})
	head := e.Head()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-g.entered
		cancel(errors.New("the user went away"))
	}()
	_, err := e.Submit(ctx, message("catcher"))
	if !errors.Is(err, ErrExpired) || !strings.Contains(err.Error(), "the user went away") {
		t.Errorf("got %v", err)
	}
	if now := e.Head(); now != head {
		t.Errorf("the head moved from %v to %v", head, now)
	}
	r, err := e.Submit(t.Context(), message("count"))
	if err != nil || string(r.Data) != "1" || r.Sequence != head.Sequence+1 {
		t.Errorf("the transaction left something: %+v %v", r, err)
	}
}

func TestCloseFinishesWhatWasAdmitted(t *testing.T) {
	g := newGate()
	dir := t.TempDir()
	store := openStore(t, dir)
	e := start(t, store, goActors{"gate": g.stand, "count": count}, Options{})
	var wg sync.WaitGroup
	wg.Go(func() { e.Submit(t.Context(), message("gate")) })
	<-g.entered
	var answered atomic.Int64
	for range 100 {
		wg.Go(func() {
			if r, err := e.Submit(t.Context(), message("count")); err == nil && r.Err == nil {
				answered.Add(1)
			} else {
				t.Error(err)
			}
		})
	}
	for e.queue.length() < 100 {
		time.Sleep(time.Millisecond)
	}
	go close(g.release)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if answered.Load() != 100 {
		t.Errorf("%d of 100 were answered", answered.Load())
	}
	if _, err := e.Submit(t.Context(), message("count")); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if e.View() != nil || e.Close() != nil {
		t.Error("a closed executor hands out views, or cannot be closed again")
	}
	store.Close()
	e = start(t, openStore(t, dir), goActors{"count": count}, Options{})
	if r, err := e.Submit(t.Context(), message("count")); err != nil || string(r.Data) != "101" {
		t.Errorf("after reopening: %+v %v", r, err)
	}
}

// TestOrderIsReal checks strict serializability without a search (T7): the sequence of each transaction is greater than
// that of any that had been answered when it was submitted, and each result is what the sequence before it left.
func TestOrderIsReal(t *testing.T) {
	e := start(t, openStore(t, t.TempDir()), goActors{"count": count}, Options{Group: 7})
	base := e.Head().Sequence
	var answered atomic.Uint64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 50 {
				before := answered.Load()
				r, err := e.Submit(context.Background(), message("count"))
				if err != nil {
					t.Error(err)
					return
				}
				if r.Sequence <= before || string(r.Data) != fmt.Sprint(r.Sequence-base) {
					t.Errorf("transaction %d, submitted after %d was answered, returned %s", r.Sequence, before, r.Data)
				}
				for {
					old := answered.Load()
					if old >= r.Sequence || answered.CompareAndSwap(old, r.Sequence) {
						break
					}
				}
				if v := e.View(); v.Head.Sequence < r.Sequence {
					t.Errorf("transaction %d was answered, a query sees %d", r.Sequence, v.Head.Sequence)
				} else {
					v.Release()
				}
			}
		})
	}
	wg.Wait()
}

func TestTimeNeverGoesBack(t *testing.T) {
	now := time.Unix(1000, 0)
	var seen []time.Time
	look := func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		seen = append(seen, env.Time)
		return actor.Response{}, nil
	}
	dir := t.TempDir()
	store := openStore(t, dir)
	e := start(t, store, goActors{"look": look}, Options{Clock: func() time.Time { return now }})
	for i, at := range []int64{1000, 2000, 500, 2001, 700} {
		if now = time.Unix(at, 0); i == 4 { // nor when the directory is opened again
			e.Close()
			store.Close()
			e = start(t, openStore(t, dir), goActors{"look": look}, Options{Clock: func() time.Time { return now }})
		}
		if _, err := e.Submit(t.Context(), message("look")); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []int64{1000, 2000, 2000, 2001, 2001} {
		if seen[i].Unix() != want {
			t.Errorf("transaction %d saw %v, want %d", i, seen[i], want)
		}
	}
}

func TestModuleWithoutCodeIsAFaultOfTheRequestAlone(t *testing.T) {
	dir := t.TempDir()
	store := openStore(t, dir)
	e := start(t, store, goActors{"count": count}, Options{})
	if _, err := e.Submit(t.Context(), message("count")); err != nil {
		t.Fatal(err)
	}
	e.Close()
	store.Close()
	e = start(t, openStore(t, dir), goActors{"other": count}, Options{})
	_, err := e.Submit(t.Context(), message("count"))
	var unbound *UnboundError
	if !errors.As(err, &unbound) || unbound.Module != "count" {
		t.Errorf("got %v", err)
	}
	if r, err := e.Submit(t.Context(), message("other")); err != nil || r.Err != nil {
		t.Errorf("the executor did not go on: %v %v", r, err)
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	e := start(t, openStore(t, ""), goActors{"count": count}, Options{})
	head := e.Head()
	for want, req := range map[string]Request{
		"request id has at most 256": {ID: strings.Repeat("x", 257), Sender: "a", Message: actor.Message{To: "count"}},
		"the sender":                 {Message: actor.Message{To: "count"}},
		"printable":                  {Sender: "a\nb", Message: actor.Message{To: "count"}},
	} {
		if _, err := e.Submit(t.Context(), req); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if e.Head() != head {
		t.Error("a refused request left something")
	}
}

func TestConfigurationIsInTheLog(t *testing.T) {
	dir := t.TempDir()
	store := openStore(t, dir)
	e := start(t, store, goActors{"count": count}, Options{})
	if err := e.Configure(t.Context(), Config{Limits: Limits{Body: 3}, Gas: *DefaultGas()}, ""); err != nil {
		t.Fatal(err)
	}
	tooLong := message("count")
	tooLong.Message.Body = []byte("four")
	refused := func() {
		t.Helper()
		r, err := e.Submit(t.Context(), tooLong)
		if err != nil || r.Err == nil || r.Err.Code != actor.CodeBodyTooLarge {
			t.Errorf("got %+v %v", r, err)
		}
	}
	refused()
	head := e.Head()
	if err := e.Configure(t.Context(), Config{Limits: Limits{Body: 3}, Gas: *DefaultGas()}, ""); err != nil || e.Head() != head {
		t.Errorf("the same configuration again: %v, %v", err, e.Head())
	}
	e.Close()
	store.Close()
	e = start(t, openStore(t, dir), goActors{"count": count}, Options{})
	refused()
	v := e.View()
	defer v.Release()
	if v.Dispatcher.Limits.Body != 3 {
		t.Error("queries run under other limits")
	}
}

func TestActorThatEndsTheGoroutineStopsTheHost(t *testing.T) {
	g := newGate()
	actors := goActors{"gate": g.stand, "count": count,
		"exit": func(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
			goruntime.Goexit()
			return actor.Response{}, nil
		}}
	e := start(t, openStore(t, ""), actors, Options{})
	var wg sync.WaitGroup
	failures := make(chan error, 10)
	submit := func(to actor.Address) {
		_, err := e.Submit(context.Background(), message(to))
		failures <- err
	}
	wg.Go(func() { submit("gate") })
	<-g.entered
	for i, to := range []actor.Address{"count", "exit", "count"} {
		wg.Go(func() { submit(to) })
		for e.queue.length() <= i {
			time.Sleep(time.Millisecond)
		}
	}
	close(g.release)
	wg.Wait()
	for range 4 {
		if err := <-failures; err != nil && (!errors.Is(err, ErrStopped) || !strings.Contains(err.Error(), "exit ended the goroutine")) {
			t.Errorf("got %v", err)
		}
	}
	if err := e.Close(); !errors.Is(err, ErrStopped) {
		t.Errorf("Close: %v", err)
	}
}

func TestStopEndsEverything(t *testing.T) {
	var told atomic.Int32
	e := start(t, openStore(t, ""), goActors{"count": count}, Options{OnFault: func(error) { told.Add(1) }})
	changed := e.Changed()
	cause := errors.New("the disk is gone")
	e.Stop(cause)
	e.Stop(errors.New("again"))
	select {
	case <-changed:
	case <-time.After(30 * time.Second):
		t.Error("who waits for a view is not woken")
	}
	if _, err := e.Submit(t.Context(), message("count")); !errors.Is(err, ErrStopped) || !errors.Is(err, cause) {
		t.Errorf("Submit: %v", err)
	}
	if e.View() != nil || !errors.Is(e.Err(), cause) || !errors.Is(e.Close(), cause) || told.Load() != 1 {
		t.Errorf("a stopped executor: view %v, error %v, told %d times", e.View(), e.Err(), told.Load())
	}
}
