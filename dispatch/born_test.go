package dispatch

import (
	"context"
	"errors"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// A crier calls another actor while it is being made.
type crier struct{ goActor }

func (crier) Instantiate(ctx context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
	_, err := env.Services.(caller).Call(ctx, "a", []byte("x"))
	return actor.Response{}, err
}

type withCrier struct{ goActors }

func (w withCrier) Resolve(id actor.ModuleID, hash state.Hash) (Code, bool) {
	if id == "crier" {
		return Code{Actor: crier{count}}, true
	}
	return w.goActors.Resolve(id, hash)
}

// Whoever looks for an actor before it is made, even in the midst of that, finds it when it is: nobody else may send in its
// name, and its keys can be read.
func TestActorIsNoStrangerOnceItIsMade(t *testing.T) {
	known := map[actor.Address]bool{}
	e, err := NewExecutor(openStore(t, ""), Dispatcher{Resolver: withCrier{goActors{"a": calling}}, Authorize: func(a Access) error {
		if a.From != "" {
			_, known[a.From] = a.Read(a.From, []byte("n"))
		}
		return nil
	}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, id := range []actor.ModuleID{"crier", "a"} {
		if err := e.Bind(t.Context(), id, Native, ""); err != nil {
			t.Fatal(err)
		}
	}
	create := Request{Sender: "tester", Message: actor.Message{Kind: actor.KindInstantiate, To: "bob", Module: "crier"}}
	if r, err := e.Submit(t.Context(), create); err != nil || r.Err != nil {
		t.Fatal(r, err)
	}
	if r, err := e.Submit(t.Context(), message("bob")); err != nil || r.Err != nil {
		t.Fatal(r, err)
	}
	r, err := e.Submit(t.Context(), Request{Sender: "bob", Message: actor.Message{To: "a"}})
	if err != nil || r.Err == nil || !errors.Is(r.Err, &actor.Error{Code: actor.CodeUnauthorized}) {
		t.Errorf("somebody sends in the name of an actor: %+v, %v", r, err)
	}
}

// A chameleon is its own admin. It migrates to another module, and wants a reply.
type chameleon struct{ name string }

func (c chameleon) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return actor.Response{Messages: []actor.SubMsg{{ReplyOn: actor.ReplyAlways,
		Msg: actor.Message{Kind: actor.KindMigrate, To: env.Self, Module: actor.ModuleID(msg.Body)}}}}, nil
}

func (c chameleon) Migrate(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
	if c.name == "stubborn" {
		return actor.Response{}, actor.Errorf("refused", "no")
	}
	return actor.Response{}, nil
}

func (c chameleon) Reply(context.Context, *actor.Env, actor.Reply) (actor.Response, error) {
	return actor.Response{Data: []byte(c.name)}, nil
}

type chameleons struct{}

func (chameleons) Resolve(id actor.ModuleID, _ state.Hash) (Code, bool) {
	return Code{Actor: chameleon{string(id)}}, true
}

// A reply is delivered to the code that its receiver has by then (rule S4).
func TestReplyBehindAMigration(t *testing.T) {
	e, err := NewExecutor(openStore(t, ""), Dispatcher{Resolver: chameleons{}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, id := range []actor.ModuleID{"green", "red", "stubborn"} {
		if err := e.Bind(t.Context(), id, Native, ""); err != nil {
			t.Fatal(err)
		}
	}
	create := Request{Sender: "tester", Message: actor.Message{Kind: actor.KindInstantiate, To: "it", Module: "green", Admin: "it"}}
	if r, err := e.Submit(t.Context(), create); err != nil || r.Err != nil {
		t.Fatal(r, err)
	}
	for _, test := range []struct{ to, by string }{{"stubborn", "green"}, {"red", "red"}, {"stubborn", "red"}, {"green", "green"}} {
		msg := message("it")
		msg.Message.Body = []byte(test.to)
		if r, err := e.Submit(t.Context(), msg); err != nil || string(r.Data) != test.by {
			t.Errorf("to %s: %v, %+v, want a reply to %s", test.to, err, r, test.by)
		}
	}
}
