package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/script"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/state"
)

// What no script can say: actors in Go that do what Go allows.

// fn is an actor whose entry points are one function.
type fn func(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error)

func (f fn) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return f(ctx, env, msg)
}

func (f fn) Reply(ctx context.Context, env *actor.Env, r actor.Reply) (actor.Response, error) {
	return f(ctx, env, actor.Message{Kind: actor.KindReply, Body: r.Payload})
}

// newFnWorld has the function as actor f and puppets p and q.
func newFnWorld(t *testing.T, f fn) *script.World {
	w := script.New(t)
	w.Bind("f", dispatch.Code{Actor: f})
	w.Bind("puppet", dispatch.Code{Actor: puppet.Actor{}})
	for _, name := range []actor.Address{"p", "q"} {
		if res := w.Send(t.Context(), "setup", actor.Message{Kind: actor.KindInstantiate, To: name, Module: "puppet"}); res.Err != nil {
			t.Fatal(res.Err)
		}
	}
	return w
}

// brokenError cannot even say what it is.
type brokenError struct{ text *string }

func (e *brokenError) Error() string { return *e.text }

func TestStrangeErrors(t *testing.T) {
	var none *actor.Error
	var broken *brokenError
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"nil *actor.Error", none, "failed: a nil *actor.Error was returned as an error: return nil itself"},
		{"no code", &actor.Error{}, "failed"},
		{"no code but a text", &actor.Error{Message: "text"}, "failed: text"},
		{"wrapped", fmt.Errorf("around: %w", actor.Errorf("broke", "no money")), "broke: no money"},
		{"panics in Error", broken, "panic: f panicked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newFnWorld(t, func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
				env.State.Set([]byte("k"), []byte("lost"))
				return actor.Response{}, c.err
			})
			if res := w.Send(t.Context(), "alice", actor.Message{To: "f"}); res.Err == nil || res.Err.Error() != c.want {
				t.Errorf("got %v, want %s", res.Err, c.want)
			}
			script := "call f reply=error\non reply\n  set caught={code}: {err}"
			if res := w.Send(t.Context(), "alice", actor.Message{To: "p", Body: []byte(script)}); res.Err != nil || res.Fault != nil {
				t.Errorf("it was not caught: %v %v", res.Err, res.Fault)
			}
			if s := w.StateText(); strings.Contains(s, "lost") {
				t.Errorf("state:\n%s", s)
			}
			w.D.Authorize = func(a dispatch.Access) error {
				if a.Message.To == "q" && c.err != error(broken) {
					return c.err
				}
				return nil
			}
			if res := w.Send(t.Context(), "alice", actor.Message{To: "q"}); res.Err == nil && c.err != error(broken) {
				t.Error("the hook returned an error, and the message went through")
			}
		})
	}
	t.Run("in a reply", func(t *testing.T) {
		w := newFnWorld(t, func(_ context.Context, _ *actor.Env, msg actor.Message) (actor.Response, error) {
			if msg.Kind == actor.KindReply {
				return actor.Response{}, none
			}
			return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: "p"}, ReplyOn: actor.ReplyAlways}}}, nil
		})
		const want = "failed: reply: a nil *actor.Error was returned as an error: return nil itself"
		if res := w.Send(t.Context(), "alice", actor.Message{To: "f"}); res.Err == nil || res.Err.Error() != want {
			t.Errorf("got %v, want %s", res.Err, want)
		}
	})
}

func TestSenders(t *testing.T) {
	w := newFnWorld(t, func(context.Context, *actor.Env, actor.Message) (actor.Response, error) { return actor.Response{}, nil })
	for _, sender := range []actor.Address{"", actor.Address(strings.Repeat("x", 257)), "a\x00", "\xff"} {
		res := w.Send(t.Context(), sender, actor.Message{To: "p", Body: []byte("set k=lost")})
		if res.Err == nil || res.Err.Code != actor.CodeInvalidAddress {
			t.Errorf("sender %.10q: %v", sender, res.Err)
		}
	}
	if s := w.StateText(); s != "" {
		t.Errorf("state:\n%s", s)
	}
}

func TestUnknownKind(t *testing.T) {
	w := newFnWorld(t, func(context.Context, *actor.Env, actor.Message) (actor.Response, error) { return actor.Response{}, nil })
	res := w.Send(t.Context(), "alice", actor.Message{Kind: 99, To: "p"})
	if res.Err == nil || res.Err.Error() != "invalid_message: kind(99) is no message that can be sent" {
		t.Error(res.Err)
	}
}

// A sequence may be walked more than once, and each walk shows the moment in which it was asked for.
func TestRangeTwice(t *testing.T) {
	w := newFnWorld(t, func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		env.State.Set([]byte("a"), []byte("1"))
		env.State.Set([]byte("b"), []byte("2"))
		pairs := env.State.Range(nil, nil, actor.Ascending)
		var walks []string
		for range 2 {
			for key, value := range pairs {
				walks = append(walks, string(key)+string(value))
				env.State.Delete(key)
				env.State.Set([]byte("c"), []byte("3"))
				break // a walk need not come to its end
			}
			for key, value := range pairs {
				walks = append(walks, string(key)+string(value))
			}
		}
		return actor.Response{Data: []byte(strings.Join(walks, " "))}, nil
	})
	if res := w.Send(t.Context(), "alice", actor.Message{To: "f"}); string(res.Data) != "a1 a1 b2 a1 a1 b2" {
		t.Errorf("%s, %v", res.Data, res.Err)
	}
}

// What an actor is handed stays as it is until the call ends, whatever is written.
func TestSlicesStay(t *testing.T) {
	w := newFnWorld(t, func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		key, value := []byte("k"), []byte("first")
		env.State.Set(key, value)
		copy(value, "XXXXX") // Set has copied it
		got, _ := env.State.Get(key)
		raw, _ := env.QueryRaw("f", key)
		var kept [][]byte
		for k, v := range env.State.Range(nil, nil, actor.Ascending) {
			kept = append(kept, k, v)
		}
		for i := range 100 {
			env.State.Set(fmt.Appendf(nil, "%d", i), []byte("other"))
		}
		env.State.Set(key, []byte("2nd!!"))
		return actor.Response{Data: slices.Concat(got, raw, bytesOf(kept))}, nil
	})
	if res := w.Send(t.Context(), "alice", actor.Message{To: "f"}); string(res.Data) != "firstfirstkfirst" {
		t.Errorf("%s, %v", res.Data, res.Err)
	}
}

func bytesOf(list [][]byte) []byte { return slices.Concat(list...) }

func TestOnPanic(t *testing.T) {
	w := newFnWorld(t, func(context.Context, *actor.Env, actor.Message) (actor.Response, error) { return actor.Response{}, nil })
	calls := 0
	w.D.OnPanic = func(who actor.Address, value any, stack []byte) {
		calls++
		if who != "p" || value != "oh" || !strings.Contains(string(stack), "puppet") {
			t.Errorf("%s, %v, %s", who, value, stack)
		}
	}
	w.Send(t.Context(), "alice", actor.Message{To: "p", Body: []byte("panic oh")})
	w.Send(t.Context(), "alice", actor.Message{To: "p", Body: []byte("try\n  panic oh")})
	w.Send(t.Context(), "alice", actor.Message{To: "p", Body: []byte("set {hex:}=v")}) // ended by the host, which is no panic
	if calls != 1 {
		t.Errorf("%d panics were told, want 1", calls)
	}
	w.D.OnPanic = nil
	if res := w.Send(t.Context(), "alice", actor.Message{To: "p", Body: []byte("panic oh")}); res.Err.Code != actor.CodePanic {
		t.Error(res.Err)
	}
}

// A fault of the storage is sticky: whatever the actor makes of what it reads, there is no outcome.
func TestStorageFault(t *testing.T) {
	w := newFnWorld(t, func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		defer func() { _ = recover() }()
		env.State.Get([]byte("not in any cache"))
		return actor.Response{Data: []byte("never")}, nil
	})
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, msg := range []actor.Message{
		{To: "f"}, {To: "unknown"}, {To: "p", Body: []byte("call f reply=always\non reply\n  set never=reached")},
		{To: "p", Body: []byte("range\nset never=reached")},
	} {
		res := w.Send(t.Context(), "alice", msg)
		if res.Fault == nil || res.Err != nil || res.Data != nil {
			t.Errorf("%s: %+v", msg.To, res)
		}
		if !errors.Is(res.Fault, state.ErrClosed) {
			t.Errorf("%s: fault %v", msg.To, res.Fault)
		}
	}
}

// Tracing changes nothing, and neither does running again.
func TestTraceChangesNothing(t *testing.T) {
	script := puppet.MustParse(`
set k={rand}
call q id=1 reply=always
  get k
  range
  fail bad: {rand}
on reply
  append k={err} {gas}
  query q
    get k
    data {it}
  data {it}
`).Encode()
	var results []string
	for _, traced := range []bool{true, false, false} {
		w := newFnWorld(t, func(context.Context, *actor.Env, actor.Message) (actor.Response, error) { return actor.Response{}, nil })
		w.D.Gas = nil
		tx := w.Part.Begin()
		cmd := &state.Command{Op: state.OpMessage, Sequence: 9, Sender: "alice", Message: actor.Message{To: "p", Body: script}}
		var trace *dispatch.Trace
		if traced {
			trace = new(dispatch.Trace)
		}
		res := w.D.Run(t.Context(), tx, cmd, trace)
		keys, ranges := tx.Reads()
		results = append(results, fmt.Sprintf("%+v %+v %q %+v", res, tx.Writes(), keys, ranges))
		tx.Rollback()
	}
	if results[0] != results[1] || results[1] != results[2] {
		t.Errorf("traced     %s\nnot traced %s\nagain      %s", results[0], results[1], results[2])
	}
}

// A nil value is an empty one, in a trace as in the state.
func TestNilValueIsThere(t *testing.T) {
	w := newFnWorld(t, func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		env.State.Set([]byte("k"), nil)
		return actor.Response{}, nil
	})
	tx := w.Part.Begin()
	defer tx.Rollback()
	var trace dispatch.Trace
	w.D.Run(t.Context(), tx, &state.Command{Op: state.OpMessage, Sequence: 100, Sender: "alice", Message: actor.Message{To: "f"}}, &trace)
	touches := trace.Root.Touches
	if len(touches) != 1 || touches[0].New == nil || len(touches[0].New) != 0 {
		t.Errorf("%+v", touches)
	}
}
