package dispatch

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// caller is what the services of a frame can do beside actor.Services.
type caller interface {
	Call(ctx context.Context, to actor.Address, body []byte) ([]byte, error)
	Peek(of actor.Address, key []byte) ([]byte, bool)
	Say(level, text string)
}

// The words of a puppet for calls: "a b:x" writes a, calls b, and says what came of it.
func calling(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	services := env.Services.(caller)
	var said []string
	var sent []actor.SubMsg
	for word := range strings.FieldsSeq(string(msg.Body)) {
		to, body, call := strings.Cut(word, ":")
		switch {
		case word == "fail":
			return actor.Response{}, actor.Errorf("refused", "%s was told to fail", env.Self)
		case word == "burn":
			env.UseGas(1 << 62)
		case to == "sub":
			sent = append(sent, actor.SubMsg{Msg: actor.Message{To: actor.Address(body)}})
		case !call:
			env.State.Set([]byte(word), []byte{1})
			said = append(said, word)
		default:
			data, err := services.Call(ctx, actor.Address(to), []byte(strings.NewReplacer("+", " ", "/", ":").Replace(body)))
			if err != nil {
				said = append(said, actor.AsError(err).Code)
				continue
			}
			said = append(said, "("+string(data)+")")
		}
	}
	return actor.Response{Data: []byte(strings.Join(said, " ")), Events: []actor.Event{{Type: "ran"}}, Messages: sent}, nil
}

func startCallers(t *testing.T, opts Options) *Executor {
	return start(t, openStore(t, ""), goActors{"a": calling, "b": calling, "c": calling}, opts)
}

func TestCall(t *testing.T) {
	for _, test := range []struct{ body, data, events, written string }{
		{"x b:y z", "x (y) z", "execute b ran b execute a ran a", "xzy"},
		{"b:y+fail z", "refused z", "execute a ran a", "z"},                                  // what failed has left nothing
		{"b:y+c/v w", "(y (v)) w", "execute c ran c execute b ran b execute a ran a", "wyv"}, // deeper
		{"b:y+c/v+fail w", "refused w", "execute a ran a", "w"},                              // with all below it
		{"b:y+a/v", "(y reentrant)", "execute b ran b execute a ran a", "y"},                 // a is in the middle of a call
		{"a:v", "reentrant", "execute a ran a", ""},
		{"b:y+sub/a", "reentrant", "execute a ran a", ""}, // nor by a sub-message of who was called
		{"nobody:v b:y", "unknown_actor (y)", "execute b ran b execute a ran a", "y"},
	} {
		e := startCallers(t, Options{})
		msg := message("a")
		msg.Message.Body = []byte(test.body)
		r, err := e.Submit(t.Context(), msg)
		if err != nil || r.Err != nil {
			t.Fatalf("%s: %v, %v", test.body, err, r)
		}
		if string(r.Data) != test.data {
			t.Errorf("%s: the data is %q, want %q", test.body, r.Data, test.data)
		}
		var events []string
		for _, ev := range r.Events {
			if ev.Type != "instantiate" {
				events = append(events, ev.Type, string(ev.Actor))
			}
		}
		var written string
		for _, c := range r.Changes {
			if strings.HasSuffix(string(c.Value), "\x01") && len(c.Value) == 1 {
				written += c.Key[len(c.Key)-1:]
			}
		}
		if written != test.written {
			t.Errorf("%s: it has left %q, want %q", test.body, written, test.written)
		}
		if got := strings.Join(events, " "); got != test.events {
			t.Errorf("%s: the events are %q, want %q", test.body, got, test.events)
		}
	}
}

// To be out of gas is nobody's to catch, and leads to where it happened.
func TestCallOutOfGas(t *testing.T) {
	e := startCallers(t, Options{})
	msg := message("a")
	msg.Message.Body = []byte("x b:y+burn z")
	r, err := e.Submit(t.Context(), msg)
	if err != nil || r.Err == nil || r.Err.Code != actor.CodeOutOfGas || len(r.Path) != 2 {
		t.Fatalf("%v, %+v", err, r)
	}
	if len(r.Changes) > 0 {
		t.Errorf("it has left %v", r.Changes)
	}
}

// Calls count as sub-messages do.
func TestCallsAreCounted(t *testing.T) {
	e := startCallers(t, Options{})
	if err := e.Configure(t.Context(), Config{Limits: Limits{Messages: 3}, Gas: *DefaultGas()}, ""); err != nil {
		t.Fatal(err)
	}
	for body, code := range map[string]string{"b:y b:y b:y": "", "b:y b:y b:y b:y": actor.CodeTooManyMessages, "b:y+c/v b:y+c/v": actor.CodeTooManyMessages} {
		msg := message("a")
		msg.Message.Body = []byte(body)
		r, err := e.Submit(t.Context(), msg)
		if err != nil || code == "" && r.Err != nil || code != "" && (r.Err == nil || r.Err.Code != code) {
			t.Errorf("%s: %v, %+v, want %q", body, err, r, code)
		}
	}
}

// curious asks itself what it may do in a query.
type curious struct{}

func (curious) Execute(ctx context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
	data, err := env.Query(ctx, env.Self, nil)
	return actor.Response{Data: data}, err
}

func (curious) Query(ctx context.Context, view *actor.View, _ []byte) ([]byte, error) {
	_, called := view.Services.(caller).Call(ctx, "b", []byte("y"))
	_, asked := view.Services.(asker).Outside(ctx, []byte("x"))
	return []byte(actor.AsError(called).Code + " " + actor.AsError(asked).Code), nil
}

type withCurious struct{ goActors }

func (w withCurious) Resolve(id actor.ModuleID, hash state.Hash) (Code, bool) {
	if id == "curious" {
		return Code{Actor: curious{}}, true
	}
	return w.goActors.Resolve(id, hash)
}

// A query has no effect, on other actors or on the world.
func TestQueriesDoNotCall(t *testing.T) {
	e, err := NewExecutor(openStore(t, ""), Dispatcher{Resolver: withCurious{goActors{"b": calling}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, id := range []actor.ModuleID{"curious", "b"} {
		if err := e.Bind(t.Context(), id, Native, ""); err != nil {
			t.Fatal(err)
		}
	}
	r, err := e.Submit(t.Context(), message("curious"))
	if err != nil || string(r.Data) != "read_only read_only" {
		t.Errorf("%v, %+v", err, r)
	}
}

// Calls go down through the stack of the process, so they end where it says.
func TestCallDepth(t *testing.T) {
	deep := goActors{}
	for _, name := range []actor.ModuleID{"a", "b"} {
		deep[name] = func(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
			data, err := env.Services.(caller).Call(ctx, env.Self+"x", nil)
			if errors.Is(err, &actor.Error{Code: actor.CodeUnknownActor}) {
				data, err = env.Services.(caller).Call(ctx, actor.Address("a/"+env.Self.Key()+"x"), nil)
			}
			if errors.Is(err, &actor.Error{Code: actor.CodeDepthExceeded}) {
				return actor.Response{Data: []byte(env.Self)}, nil
			}
			return actor.Response{Data: data}, err
		}
	}
	e := start(t, openStore(t, ""), deep, Options{})
	r, err := e.Submit(t.Context(), message("a/x"))
	if err != nil || r.Err != nil || len(r.Data) != len("a/")+100 {
		t.Errorf("%v, %+v, want an end at depth 100", err, r)
	}
}

func TestPeekAndSay(t *testing.T) {
	var lines []string
	said := make(chan Said, 2)
	actors := goActors{"a": func(ctx context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		s := env.Services.(caller)
		before := env.GasLeft()
		if v, ok := s.Peek("b", []byte("k")); !ok || string(v) != "v" {
			lines = append(lines, "no k")
		}
		if _, ok := s.Peek("nobody", []byte("k")); ok || env.GasLeft() != before {
			lines = append(lines, "a peek costs gas")
		}
		s.Say("info", "hello")
		return actor.Response{}, nil
	}, "b": func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		env.State.Set([]byte("k"), []byte("v"))
		env.Services.(caller).Say("warn", "lost")
		return actor.Response{}, actor.Errorf("refused", "after the write")
	}}
	e := start(t, openStore(t, ""), actors, Options{OnSaid: func(s Said) { said <- s }})
	if r, err := e.Submit(t.Context(), message("b")); err != nil || r.Err == nil {
		t.Fatal(r, err)
	}
	if s := <-said; s.Committed || len(s.Lines) != 1 || s.Lines[0] != (Line{"b", "warn", "lost"}) {
		t.Errorf("a failed transaction said %+v", s)
	}
	var trace Trace
	msg := message("a")
	msg.Trace = &trace
	if r, err := e.Submit(t.Context(), msg); err != nil || r.Err != nil {
		t.Fatal(r, err)
	}
	if s := <-said; !s.Committed || s.Sequence != 4 || len(s.Lines) != 1 || s.Lines[0] != (Line{"a", "info", "hello"}) {
		t.Errorf("the transaction said %+v", s)
	}
	if got := strings.Join(lines, ", "); got != "no k" { // b was rolled back
		t.Errorf("peeks found: %s", got)
	}
	if root := trace.Root; len(root.Touches) > 0 || len(root.Logs) != 1 || root.Logs[0] != "info: hello" {
		t.Errorf("the trace has %+v, %q", root.Touches, root.Logs)
	}
}

// Whoever asks learns in whose call it runs: a call, a query and a sub-message are below who made them, and what has
// ended is not around anything.
func TestWithin(t *testing.T) {
	around := func(s actor.Services) string {
		var names []string
		for _, name := range []actor.Address{"a", "b", "c", "d"} {
			if s.(interface{ Within(actor.Address) bool }).Within(name) {
				names = append(names, string(name))
			}
		}
		return strings.Join(names, "")
	}
	var lines []string
	actors := goActors{
		"a": func(ctx context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
			if _, err := env.Services.(caller).Call(ctx, "b", nil); err != nil {
				return actor.Response{}, err
			}
			lines = append(lines, "a "+around(env.Services))
			return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: "c"}}}}, nil
		},
		"b": func(ctx context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
			lines = append(lines, "b "+around(env.Services))
			data, err := env.Query(ctx, "asked", nil)
			lines = append(lines, string(data))
			return actor.Response{}, err
		},
		"c": func(ctx context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
			lines = append(lines, "c "+around(env.Services))
			_, err := env.Services.(caller).Call(ctx, "d", []byte("x"))
			lines = append(lines, actor.AsError(err).Code+" "+around(env.Services))
			return actor.Response{}, nil
		},
	}
	e, err := NewExecutor(openStore(t, ""), Dispatcher{Resolver: withAsked{actors, around}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, id := range []actor.ModuleID{"a", "b", "c", "asked"} {
		if err := e.Bind(t.Context(), id, Native, ""); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := e.Submit(t.Context(), message("a")); err != nil || r.Err != nil {
		t.Fatal(r, err)
	}
	if got := strings.Join(lines, ", "); got != "b ab, asked ab, a a, c ac, unknown_actor ac" {
		t.Error(got)
	}
}

// withAsked has an actor that can be queried beside goActors.
type withAsked struct {
	goActors
	around func(actor.Services) string
}

func (w withAsked) Resolve(id actor.ModuleID, hash state.Hash) (Code, bool) {
	if id == "asked" {
		return CodeOf(asked(w.around)), true
	}
	return w.goActors.Resolve(id, hash)
}

type asked func(actor.Services) string

func (asked) Execute(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return actor.Response{}, nil
}

func (a asked) Query(_ context.Context, view *actor.View, _ []byte) ([]byte, error) {
	return []byte("asked " + a(view.Services)), nil
}
