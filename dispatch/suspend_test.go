package dispatch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// again executes the log of a store once more, and wants the same roots.
func again(t *testing.T, store *state.Store, last uint64, actors goActors) {
	t.Helper()
	replay, err := NewReplay(openStore(t, ""), Dispatcher{Resolver: actors})
	if err != nil {
		t.Fatal(err)
	}
	var part state.Partition
	for seq := uint64(1); seq <= last; seq++ {
		cmd, ok, err := part.ReadCommand(store, seq)
		if err != nil || !ok {
			t.Fatal(seq, ok, err)
		}
		was, _, err := part.ReadReceipt(store, seq)
		if err != nil {
			t.Fatal(err)
		}
		now, err := replay.Step(t.Context(), &cmd, nil)
		if err != nil || now.Root != was.Root {
			t.Fatalf("transaction %d: %v\nnow %+v\nwas %+v", seq, err, now, was)
		}
	}
}

// questions are the words of a message, each of which is a question; use gets the answers.
func questions(use func(env *actor.Env, answers [][]byte) actor.Response) func(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return func(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
		var answers [][]byte
		for word := range strings.FieldsSeq(string(msg.Body)) {
			data, err := env.Services.(asker).Outside(ctx, []byte(word))
			if err != nil {
				return actor.Response{}, err
			}
			answers = append(answers, data)
		}
		return use(env, answers), nil
	}
}

// What an actor gets of an answer is the same when the transaction is executed again: that there are no bytes, too.
func TestAnswerWithoutBytes(t *testing.T) {
	store := openStore(t, "")
	actors := goActors{"ask": questions(func(_ *actor.Env, answers [][]byte) actor.Response {
		return actor.Response{Data: answers[0]}
	})}
	e := start(t, store, actors, Options{Outside: func(context.Context, Ask) ([]byte, error) { return nil, nil }})
	if r, err := e.Submit(t.Context(), ask("x", "")); err != nil || r.Err != nil || len(r.Data) > 0 {
		t.Fatal(r, err)
	}
	again(t, store, e.Head().Sequence, actors)
}

// The log has the answer as it was given, whatever the actor and the world do with its bytes.
func TestAnswerIsNotTheActors(t *testing.T) {
	store := openStore(t, "")
	actors := goActors{"ask": questions(func(env *actor.Env, answers [][]byte) actor.Response {
		for i, a := range answers {
			env.State.Set(fmt.Appendf(nil, "%d", i), a)
			slices.Reverse(a)
		}
		return actor.Response{Data: answers[0]}
	})}
	memory := []byte("abc")
	e := start(t, store, actors, Options{Outside: func(context.Context, Ask) ([]byte, error) { return memory, nil }})
	r, err := e.Submit(t.Context(), ask("x y", ""))
	if err != nil || string(r.Data) != "cba" || string(memory) != "abc" {
		t.Errorf("%v, %+v, the memory of the world holds %q", err, r, memory)
	}
	again(t, store, e.Head().Sequence, actors)
}

// An error is one though it says nothing, and what it says has an end.
func TestErrorsOfTheWorld(t *testing.T) {
	e := start(t, openStore(t, ""), goActors{"ask": asking}, Options{Outside: func(_ context.Context, a Ask) ([]byte, error) {
		if string(a.Request) == "silent" {
			return nil, errors.New("")
		}
		return nil, errors.New(strings.Repeat("é", 1<<20))
	}})
	if r, err := e.Submit(t.Context(), ask("silent", "")); err != nil || !strings.HasPrefix(string(r.Data), actor.CodeOutside+": ") {
		t.Errorf("%v, %+v", err, r)
	}
	if r, err := e.Submit(t.Context(), ask("long", "")); err != nil || len(r.Data) > 2*maxAnswerError || !strings.HasSuffix(string(r.Data), "é") {
		t.Errorf("%v, an error of %d bytes", err, len(r.Data))
	}
}

// A test that fails ends its goroutine, be it that of a question. Whoever asked hears of it, and so does who watches the host.
func TestWorldEndsTheGoroutine(t *testing.T) {
	panicked := make(chan any, 1)
	e, err := NewExecutor(openStore(t, ""), Dispatcher{Resolver: goActors{"ask": asking}, OnPanic: func(who actor.Address, value any, _ []byte) {
		panicked <- fmt.Sprint(who, ": ", value)
	}}, Options{Outside: func(_ context.Context, a Ask) ([]byte, error) {
		if string(a.Request) == "panics" {
			panic("oh")
		}
		if string(a.Request) == "ends" {
			goruntime.Goexit()
		}
		return []byte("fine"), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Bind(t.Context(), "ask", Native, ""); err != nil {
		t.Fatal(err)
	}
	r, err := e.Submit(t.Context(), ask("x ends panics", ""))
	if err != nil || string(r.Data) != "fine outside: the host failed to ask outside: the host failed to ask" {
		t.Errorf("%v, %+v", err, r)
	}
	select {
	case what := <-panicked:
		if what != "ask: while the world outside was asked: oh" {
			t.Errorf("heard of the panic: %v", what)
		}
	default:
		t.Error("nobody heard of the panic")
	}
}

type submitted struct {
	r   *state.Receipt
	err error
}

// sending submits a request, and returns when it is in the queue, or was refused.
func sending(ctx context.Context, e *Executor, req Request) chan submitted {
	done, in := make(chan submitted, 1), make(chan struct{})
	queued := sync.OnceFunc(func() { close(in) })
	go func() {
		defer queued()
		r, err := e.Submit(told{ctx, queued}, req)
		done <- submitted{r, err}
	}()
	<-in
	return done
}

// told is a context that tells when somebody first waits for its end, as Submit does behind putting a request into the queue.
type told struct {
	context.Context
	waited func()
}

func (c told) Done() <-chan struct{} {
	c.waited()
	return c.Context.Done()
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("in vain: ", what)
		}
	}
}

// Of two requests with one id one gives up while the world is asked: the other is none the worse.
func TestRepeatOutlivesWhoAskedFirst(t *testing.T) {
	store := openStore(t, "")
	e, w := startAskers(t, store)
	ctx, cancel := context.WithCancel(t.Context())
	first := sending(ctx, e, ask("x slow", "once"))
	until(t, "the world is asked", func() bool { return w.times() == 2 })
	second := sending(t.Context(), e, ask("x slow", "once"))
	third := sending(t.Context(), e, ask("x slow", "once"))
	attached(t, e)
	cancel()
	if o := <-first; !errors.Is(o.err, ErrExpired) {
		t.Errorf("who gave up: %+v", o)
	}
	w.hold <- struct{}{}
	a, b := <-second, <-third
	if a.err != nil || string(a.r.Data) != "X SLOW" || b.err != nil || a.r.Sequence != b.r.Sequence {
		t.Errorf("who waits still: %+v, %+v", a, b)
	}
	again(t, store, e.Head().Sequence, goActors{"ask": asking, "count": count})
	for _, a := range w.asked[1:] {
		if a.ID != w.asked[1].ID {
			t.Errorf("the question was asked as %v", w.asked)
		}
	}
}

// attached waits until all that is in the queue has been seen by the executor.
func attached(t *testing.T, e *Executor) {
	t.Helper()
	if r, err := e.Submit(t.Context(), message("count")); err != nil || r.Err != nil {
		t.Fatal(r, err)
	}
}

// Who has no more time is told so, whatever the others and the world do.
func TestExpiryWhileTheWorldIsAsked(t *testing.T) {
	release := make(chan struct{})
	e := start(t, openStore(t, ""), goActors{"ask": asking, "count": count}, Options{Outside: func(context.Context, Ask) ([]byte, error) {
		<-release // it does not look at its context
		return []byte("late"), nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	first := sending(t.Context(), e, ask("x", "once"))
	attached(t, e)
	second := sending(ctx, e, ask("x", "once"))
	third := sending(ctx, e, ask("x", "other"))
	attached(t, e)
	cancel()
	for _, c := range []chan submitted{second, third} {
		select {
		case o := <-c:
			if !errors.Is(o.err, ErrExpired) || !errors.Is(o.err, ErrReached) {
				t.Errorf("who gave up: %+v", o)
			}
		case <-time.After(30 * time.Second):
			t.Error("who gave up waits for the world")
		}
	}
	before := e.Head().Sequence
	close(release)
	if o := <-first; o.err != nil || string(o.r.Data) != "late" {
		t.Errorf("who waited: %+v", o)
	}
	if r, err := e.Submit(t.Context(), message("count")); err != nil || r.Sequence > before+3 { // ask and its birth are one
		t.Errorf("%v, %+v: who gave up has had an effect", err, r)
	}
}

// One id that is sent again and again takes no more memory than other requests.
func TestRepeatsAreBounded(t *testing.T) {
	w := &world{hold: make(chan struct{}, 100)}
	e := start(t, openStore(t, ""), goActors{"ask": asking, "count": count}, Options{Outside: w.answer, Queue: 3})
	var all []chan submitted
	for range 3 {
		all = append(all, sending(t.Context(), e, ask("slow", "once")))
		attached(t, e)
	}
	o := <-sending(t.Context(), e, ask("slow", "once"))
	if !errors.Is(o.err, ErrOverloaded) {
		t.Errorf("the fourth: %+v", o)
	}
	w.hold <- struct{}{}
	for _, c := range all {
		if o := <-c; o.err != nil || string(o.r.Data) != "SLOW" {
			t.Errorf("%+v", o)
		}
	}
	w.hold <- struct{}{}
	if r, err := e.Submit(t.Context(), ask("slow", "")); err != nil || string(r.Data) != "SLOW" {
		t.Errorf("later: %v, %+v", err, r)
	}
}

// Who has asked the world once is not turned away at the second question: the world knows already.
func TestSecondQuestionIsNotOverloaded(t *testing.T) {
	w := &world{hold: make(chan struct{}, 100)}
	g := newGate()
	e := start(t, openStore(t, ""), goActors{"ask": asking, "gate": g.stand}, Options{Outside: w.answer, Queue: 3})
	one := sending(t.Context(), e, ask("slow y", ""))
	until(t, "the world is asked", func() bool { return w.times() == 1 })
	stands := sending(t.Context(), e, message("gate"))
	<-g.entered
	var others []chan submitted
	for i := range 2 {
		others = append(others, sending(t.Context(), e, ask("slow", "")))
		until(t, "they are in the queue", func() bool { return e.queue.length() == i+1 })
	}
	w.hold <- struct{}{}
	until(t, "the first is back", func() bool { return e.queue.length() == 3 })
	close(g.release)
	if o := <-one; o.err != nil || string(o.r.Data) != "SLOW Y" {
		t.Errorf("%+v", o)
	}
	for range 2 {
		w.hold <- struct{}{}
	}
	for _, c := range append(others, stands) {
		if o := <-c; o.err != nil {
			t.Error(o.err)
		}
	}
}

// A host that stops between the answer and the commit has no effect. Who sends the request again asks under the same id.
func TestCrashBehindTheAnswer(t *testing.T) {
	dir := t.TempDir()
	store := openStore(t, dir)
	actors := goActors{"ask": asking}
	var asked []Ask
	var e *Executor
	e = start(t, store, actors, Options{Outside: func(_ context.Context, a Ask) ([]byte, error) {
		asked = append(asked, a)
		e.Stop(errors.New("the lights go out"))
		return []byte("yes"), nil
	}})
	if _, err := e.Submit(t.Context(), ask("x", "once")); !errors.Is(err, ErrStopped) {
		t.Errorf("got %v", err)
	}
	e.Close()
	store.Close()
	store = openStore(t, dir)
	e = start(t, store, actors, Options{Outside: func(_ context.Context, a Ask) ([]byte, error) {
		asked = append(asked, a)
		return []byte("yes"), nil
	}})
	for range 2 {
		if r, err := e.Submit(t.Context(), ask("x", "once")); err != nil || string(r.Data) != "yes" {
			t.Errorf("%v, %+v", err, r)
		}
	}
	if len(asked) != 2 || asked[0].ID != asked[1].ID {
		t.Errorf("the world was asked %v", asked)
	}
	again(t, store, e.Head().Sequence, actors)
}

// Whatever callers, the world and Close do at once: everybody gets one definite answer, which the log confirms, each id has one
// effect, and nothing is left behind.
func TestOutsideInDisorder(t *testing.T) {
	store := openStore(t, "")
	actors := goActors{"ask": asking, "count": count}
	e := start(t, store, actors, Options{Queue: 40, Outside: func(ctx context.Context, a Ask) ([]byte, error) {
		switch a.ID[0] {
		case '0', '1', '2':
			<-ctx.Done()
			return nil, context.Cause(ctx)
		case '3':
			panic("oh")
		case '4':
			goruntime.Goexit()
		case '5', '6', '7':
			time.Sleep(time.Millisecond)
		}
		return []byte("yes"), nil
	}})
	var wg sync.WaitGroup
	var mu sync.Mutex
	receipts := map[string]*state.Receipt{}
	outcomes := map[string]int{}
	for n := range 16 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(3, uint64(n)))
			for {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(random.IntN(4000))*time.Microsecond)
				if random.IntN(20) == 0 {
					ctx = context.Background()
				}
				id := fmt.Sprint(random.IntN(200))
				r, err := e.Submit(ctx, ask("x n y", id))
				cancel()
				mu.Lock()
				switch {
				case err == nil:
					if was := receipts[id]; was != nil && was.Root != r.Root {
						t.Errorf("request %s has two receipts: %+v, %+v", id, was, r)
					}
					receipts[id] = r
					outcomes["receipt"]++
				case errors.Is(err, ErrExpired):
					outcomes["expired"]++
				case errors.Is(err, ErrOverloaded):
					outcomes["overloaded"]++
				case errors.Is(err, ErrClosed):
					outcomes["closed"]++
					mu.Unlock()
					return
				default:
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	for range 200 {
		if r, err := e.Submit(t.Context(), message("count")); err != nil && !errors.Is(err, ErrOverloaded) || err == nil && r.Err != nil {
			t.Error(r, err)
		}
		time.Sleep(time.Millisecond)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if e.away != 0 || e.waiting != 0 {
		t.Errorf("%d are away, and %d wait for them", e.away, e.waiting)
	}
	var part state.Partition
	head, _, err := part.ReadHead(store)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]uint64{}
	for seq := uint64(1); seq <= head.Sequence; seq++ {
		r, _, err := part.ReadReceipt(store, seq)
		if err != nil {
			t.Fatal(err)
		}
		if r.RequestID == "" {
			continue
		}
		if first, twice := ids[r.RequestID]; twice {
			t.Errorf("request %s is transaction %d and %d", r.RequestID, first, seq)
		}
		ids[r.RequestID] = seq
	}
	for id, r := range receipts {
		if ids[id] != r.Sequence {
			t.Errorf("request %s was told to be transaction %d, and is %d", id, r.Sequence, ids[id])
		}
	}
	if outcomes["receipt"] == 0 || outcomes["expired"] == 0 {
		t.Errorf("there were only %v", outcomes)
	}
	again(t, store, head.Sequence, actors)
}

// Who asks by the time asks once where nothing else happens, and never sees the time go back.
func TestQuestionByTheTime(t *testing.T) {
	store := openStore(t, "")
	actors := goActors{"count": count, "ask": func(ctx context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		data, err := env.Services.(asker).Outside(ctx, env.Time.AppendFormat(nil, time.RFC3339Nano))
		return actor.Response{Data: append(env.Time.AppendFormat(nil, time.RFC3339Nano), data...)}, err
	}}
	var e *Executor
	asked := 0
	e = start(t, store, actors, Options{Outside: func(ctx context.Context, a Ask) ([]byte, error) {
		asked++
		if asked == 2 {
			_, err := e.Submit(ctx, message("count"))
			return nil, err
		}
		return []byte("!"), nil
	}})
	for n, want := range []int{1, 3} {
		before := time.Now()
		r, err := e.Submit(t.Context(), ask("", ""))
		if err != nil || r.Err != nil || asked != want || !strings.HasSuffix(string(r.Data), "Z!") {
			t.Errorf("%d: asked %d times, want %d: %v, %+v", n, asked, want, err, r)
		}
		var part state.Partition
		cmd, _, err := part.ReadCommand(store, r.Sequence)
		if err != nil || cmd.Time < before.UnixNano() || cmd.Time > time.Now().UnixNano() {
			t.Errorf("the time of the transaction is %s, %v", time.Unix(0, cmd.Time), err)
		}
	}
	again(t, store, e.Head().Sequence, actors)
}

// An inquirer asks when the operator of the host says so, and when it migrates.
type inquirer struct{ goActor }

func (inquirer) Sudo(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	data, err := env.Services.(asker).Outside(ctx, msg.Body)
	env.State.Set([]byte("heard"), data)
	return actor.Response{Data: data}, err
}

type withInquirer struct{ *fakeDialect }

func (w withInquirer) Resolve(id actor.ModuleID, hash state.Hash) (Code, bool) {
	if id == "inquirer" {
		return Code{Actor: inquirer{count}}, true
	}
	return w.fakeDialect.Resolve(id, hash)
}

// What follows an installation may ask the world outside. Then the code is there, or is not, with what follows, and who runs
// the code of before goes on with it meanwhile.
func TestInstallationThatAsks(t *testing.T) {
	store := openStore(t, "")
	f := &fakeDialect{goActors: goActors{}, store: store}
	w := &world{hold: make(chan struct{}, 10)}
	e, err := NewExecutor(store, Dispatcher{Resolver: withInquirer{f}}, Options{Outside: w.answer, KeepTraces: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Bind(t.Context(), "inquirer", Native, ""); err != nil {
		t.Fatal(err)
	}
	install := func(ctx context.Context, code, id string) chan submitted {
		f.prepare(code)
		done := make(chan submitted, 1)
		go func() {
			r, err := e.Install(ctx, InstallRequest{ID: id, Installation: Installation{Module: "m", Kind: "text", Code: []byte(code),
				Replace: true, Then: actor.Message{To: "inquirer", Body: []byte("slow")}}})
			done <- submitted{r, err}
		}()
		return done
	}
	w.hold <- struct{}{}
	if o := <-install(t.Context(), "v1", ""); o.err != nil || string(o.r.Data) != "SLOW" {
		t.Fatal(o)
	}
	runs := func(want string) {
		t.Helper()
		if r, err := e.Submit(t.Context(), message("m")); err != nil || string(r.Data) != want {
			t.Errorf("the actor runs %+v, %v, want %s", r, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	one := install(ctx, "v2", "")
	until(t, "the world is asked", func() bool { return w.times() == 2 })
	runs("v1")
	cancel()
	if o := <-one; !errors.Is(o.err, ErrExpired) {
		t.Errorf("given up: %+v", o)
	}
	runs("v1")
	two, three := install(t.Context(), "v3", "once"), install(t.Context(), "v3", "once")
	until(t, "the world is asked", func() bool { return w.times() == 3 })
	runs("v1")
	w.hold <- struct{}{}
	a, b := <-two, <-three
	if a.err != nil || b.err != nil || string(a.r.Data) != "SLOW" || a.r.Sequence != b.r.Sequence {
		t.Errorf("%+v, %+v", a, b)
	}
	runs("v3")
	replay, err := NewReplay(openStore(t, ""), Dispatcher{Resolver: withInquirer{f}})
	if err != nil {
		t.Fatal(err)
	}
	var part state.Partition
	for seq := uint64(1); seq <= e.Head().Sequence; seq++ {
		cmd, _, _ := part.ReadCommand(store, seq)
		was, _, _ := part.ReadReceipt(store, seq)
		if now, err := replay.Step(t.Context(), &cmd, nil); err != nil || now.Root != was.Root {
			t.Errorf("transaction %d again: %v, %+v, was %+v", seq, err, now, was)
		}
	}
}
