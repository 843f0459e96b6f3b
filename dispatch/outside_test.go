package dispatch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

type asker interface {
	Outside(ctx context.Context, request []byte) ([]byte, error)
}

// asking writes, asks for each word of its body, and says what it heard. "fail" fails, "n" stands for what the actor n has
// counted to.
func asking(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	env.State.Set([]byte("began"), []byte{1})
	var said []string
	for word := range strings.FieldsSeq(string(msg.Body)) {
		switch word {
		case "fail":
			return actor.Response{}, actor.Errorf("refused", "told to fail after %v", said)
		case "n":
			v, _ := env.QueryRaw("count", []byte("n"))
			word = fmt.Sprintf("n=%d", len(v))
		}
		data, err := env.Services.(asker).Outside(ctx, []byte(word))
		if err != nil {
			data = []byte(err.Error())
		}
		said = append(said, string(data))
	}
	return actor.Response{Data: []byte(strings.Join(said, " "))}, nil
}

// world is what is outside.
type world struct {
	mu    sync.Mutex
	asked []Ask
	hold  chan struct{} // what asks "slow" waits for it, or for the end of its context
}

func (w *world) answer(ctx context.Context, a Ask) ([]byte, error) {
	w.mu.Lock()
	w.asked = append(w.asked, a)
	w.mu.Unlock()
	switch text := string(a.Request); {
	case text == "huge":
		return make([]byte, maxAnswer+1), nil
	case text == "broken":
		return nil, errors.New("nobody there")
	case text == "panics":
		panic("in the host")
	case text == "slow", strings.HasPrefix(text, "n="):
		select {
		case <-w.hold:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return []byte(strings.ToUpper(string(a.Request))), nil
}

func (w *world) times() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.asked)
}

func startAskers(t *testing.T, store *state.Store) (*Executor, *world) {
	w := &world{hold: make(chan struct{}, 100)}
	e := start(t, store, goActors{"ask": asking, "count": count}, Options{Outside: w.answer})
	return e, w
}

func ask(body, id string) Request {
	r := message("ask")
	r.ID, r.Message.Body = id, []byte(body)
	return r
}

func TestOutside(t *testing.T) {
	store := openStore(t, "")
	e, w := startAskers(t, store)
	var trace Trace
	req := ask("x broken x y panics", "")
	req.Trace = &trace
	r, err := e.Submit(t.Context(), req)
	if err != nil || r.Err != nil {
		t.Fatal(err, r)
	}
	if got := string(r.Data); got != "X outside: nobody there X Y outside: the host failed to ask" {
		t.Errorf("it heard %q", got)
	}
	if w.times() != 5 {
		t.Errorf("the world was asked %d times: %v", w.times(), w.asked)
	}
	ids := map[string]bool{}
	for _, a := range w.asked {
		ids[a.ID] = true
	}
	if len(ids) != 5 {
		t.Errorf("questions have the same id: %v", w.asked)
	}
	// One that fails has reached out all the same, and the trace says so.
	req = ask("z fail", "")
	req.Trace = &trace
	if r, err = e.Submit(t.Context(), req); err != nil || r.Err == nil || len(r.Changes) > 0 {
		t.Fatal(err, r)
	}
	if root := trace.Root; len(root.Children) != 1 || !root.Children[0].Outside || root.Children[0].Committed || string(root.Children[0].Data) != "Z" {
		t.Errorf("the trace has %+v", root.Children)
	}
	// What is executed again asks nobody, and comes to the same.
	replayed := openStore(t, "")
	replay, err := NewReplay(replayed, Dispatcher{Resolver: goActors{"ask": asking, "count": count}})
	if err != nil {
		t.Fatal(err)
	}
	before := w.times()
	var part state.Partition
	for seq := uint64(1); seq <= e.Head().Sequence; seq++ {
		cmd, ok, err := part.ReadCommand(store, seq)
		if err != nil || !ok {
			t.Fatal(err)
		}
		was, _, err := part.ReadReceipt(store, seq)
		if err != nil {
			t.Fatal(err)
		}
		now, err := replay.Step(t.Context(), &cmd, nil)
		if err != nil || now.Root != was.Root {
			t.Fatalf("transaction %d: %v, %+v, was %+v", seq, err, now, was)
		}
	}
	if w.times() != before {
		t.Error("a replay has asked")
	}
	cmd, _, _ := part.ReadCommand(store, e.Head().Sequence)
	cmd.Sequence, cmd.Answers = cmd.Sequence+1, nil
	if _, err := replay.Step(t.Context(), &cmd, nil); err == nil || !strings.Contains(err.Error(), "has no answer") {
		t.Errorf("a log without the answer: %v", err)
	}
}

// Nobody waits for a question but who asks it, and requests with the same id.
func TestOutsideHoldsNobodyUp(t *testing.T) {
	e, w := startAskers(t, openStore(t, ""))
	type outcome struct {
		r   *state.Receipt
		err error
	}
	done := make(chan outcome, 3)
	for range 3 {
		go func() {
			r, err := e.Submit(t.Context(), ask("slow", "once"))
			done <- outcome{r, err}
		}()
	}
	for range 100 {
		if r, err := e.Submit(t.Context(), message("count")); err != nil || r.Err != nil {
			t.Fatal(err, r)
		}
	}
	select {
	case o := <-done:
		t.Fatal("it did not wait", o)
	default:
	}
	w.hold <- struct{}{}
	first := <-done
	if first.err != nil || string(first.r.Data) != "SLOW" {
		t.Fatal(first)
	}
	for range 2 {
		if o := <-done; o.err != nil || o.r.Sequence != first.r.Sequence {
			t.Errorf("a repeated request got %+v", o)
		}
	}
	if w.times() != 1 {
		t.Errorf("asked %d times", w.times())
	}
}

// A question that depends on what others change meanwhile is asked anew.
func TestOutsideAsksAnew(t *testing.T) {
	e, w := startAskers(t, openStore(t, ""))
	if _, err := e.Submit(t.Context(), message("count")); err != nil {
		t.Fatal(err)
	}
	var changed atomic.Int32
	go func() {
		for w.times() < 3 {
			if n := int(changed.Load()); w.times() > n {
				if r, err := e.Submit(t.Context(), message("count")); err != nil || r.Err != nil {
					t.Error(err, r)
				}
				changed.Add(1)
				w.hold <- struct{}{}
			}
			time.Sleep(time.Millisecond)
		}
		w.hold <- struct{}{}
	}()
	r, err := e.Submit(t.Context(), ask("n", ""))
	if err != nil || string(r.Data) != "N=3" {
		t.Errorf("%v, %+v, want N=3", err, r)
	}
}

// Who gives up, and a host that closes, leave nothing; the error says that the world may know.
func TestOutsideGivenUp(t *testing.T) {
	e, w := startAskers(t, openStore(t, ""))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for w.times() < 1 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	_, err := e.Submit(ctx, ask("slow", "a"))
	if !errors.Is(err, ErrExpired) || !errors.Is(err, ErrReached) {
		t.Errorf("given up: %v", err)
	}
	if head := e.Head().Sequence; head != 2 {
		t.Errorf("the log has %d transactions", head)
	}
	closed := make(chan error)
	go func() {
		_, err := e.Submit(context.Background(), ask("slow", "a"))
		closed <- err
	}()
	for w.times() < 2 {
		time.Sleep(time.Millisecond)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if err := <-closed; !errors.Is(err, ErrClosed) || !errors.Is(err, ErrReached) {
		t.Errorf("closed: %v", err)
	}
	if w.asked[0].ID != w.asked[1].ID {
		t.Error("a request that was sent again has asked under another id")
	}
}

func TestOutsideTooOften(t *testing.T) {
	e, _ := startAskers(t, openStore(t, ""))
	r, err := e.Submit(t.Context(), ask(strings.Repeat("x ", MaxOutside+1), ""))
	if err != nil || !strings.HasSuffix(string(r.Data), "X outside: a transaction asks the world outside at most 16 times") {
		t.Errorf("%v, %+v", err, r)
	}
	if r, err = e.Submit(t.Context(), ask("huge", "")); err != nil || !strings.Contains(string(r.Data), "at most 16777216 bytes") {
		t.Errorf("an answer that is too great: %v, %+v", err, r)
	}
	none := start(t, openStore(t, ""), goActors{"ask": asking}, Options{})
	if _, err := none.Submit(t.Context(), ask("x", "")); err == nil || !strings.Contains(err.Error(), "has no way there") {
		t.Errorf("a host without a way out: %v", err)
	}
}

// Who waits for the world outside is bounded, as who waits to be executed is; the others go on.
func TestOutsideIsOverloaded(t *testing.T) {
	w := &world{hold: make(chan struct{}, 100)}
	e := start(t, openStore(t, ""), goActors{"ask": asking, "count": count}, Options{Outside: w.answer, Queue: 3})
	done := make(chan error, 3)
	for range 3 {
		go func() {
			_, err := e.Submit(context.Background(), ask("slow", ""))
			done <- err
		}()
	}
	for w.times() < 3 {
		time.Sleep(time.Millisecond)
	}
	if _, err := e.Submit(t.Context(), ask("slow", "")); !errors.Is(err, ErrOverloaded) || w.times() != 3 {
		t.Errorf("the fourth: %v, and the world was asked %d times", err, w.times())
	}
	if r, err := e.Submit(t.Context(), message("count")); err != nil || r.Err != nil {
		t.Error(r, err)
	}
	for range 3 {
		w.hold <- struct{}{}
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	w.hold <- struct{}{}
	if r, err := e.Submit(t.Context(), ask("slow", "")); err != nil || string(r.Data) != "SLOW" {
		t.Errorf("later: %v, %+v", err, r)
	}
}
