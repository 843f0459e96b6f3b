package access_test

import (
	"context"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// pay writes a row and sends a message to the address in the body, which writes one, too.
type pay struct{}

func (pay) Execute(_ context.Context, env *actor.Env, msg actor.Message) (resp actor.Response, _ error) {
	env.State.Set([]byte("balance"), []byte("12345678"))
	if len(msg.Body) > 0 {
		resp.Messages = []actor.SubMsg{{Msg: actor.Message{To: actor.Address(msg.Body)}}}
	}
	return resp, nil
}

type natives map[actor.ModuleID]actor.Actor

func (n natives) Resolve(id actor.ModuleID, _ state.Hash) (dispatch.Code, bool) {
	return dispatch.CodeOf(n[id]), n[id] != nil
}

// BenchmarkHook is a transaction of two messages: without a hook, with one on a host that is not founded, and on one that is,
// with and without a signer, and with an actor that is paused.
func BenchmarkHook(b *testing.B) {
	for _, c := range []struct {
		name            string
		hook            func(dispatch.Access) error
		founded, paused bool
		signer          string
	}{
		{name: "none"},
		{name: "unfounded", hook: access.Authorize(nil)},
		{name: "founded", hook: access.Authorize(nil), founded: true},
		{name: "signed", hook: access.Authorize(nil), founded: true, signer: people["bob"]},
		{name: "paused", hook: access.Authorize(nil), founded: true, signer: people["bob"], paused: true},
	} {
		b.Run(c.name, func(b *testing.B) {
			store, err := state.Open("", nil)
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			r, err := dispatch.NewReplay(store, dispatch.Dispatcher{Authorize: c.hook,
				Resolver: natives{"account": pay{}, actor.ModuleID(access.Address): access.Actor{}}})
			if err != nil {
				b.Fatal(err)
			}
			step := func(cmd state.Command) {
				cmd.Sequence = r.Head().Sequence + 1
				if cmd.Op == 0 {
					cmd.Op = state.OpMessage
				}
				receipt, err := r.Step(b.Context(), &cmd, nil)
				if err != nil || receipt.Err != nil {
					b.Fatal(receipt, err)
				}
			}
			step(state.Command{Op: state.OpBind, Message: actor.Message{Module: "account", Body: []byte("native")}})
			if c.founded {
				step(state.Command{Op: state.OpBind, Message: actor.Message{Module: actor.ModuleID(access.Address), Body: []byte("native")}})
				step(state.Command{Message: access.Found(people["ann"])})
				ann := state.Command{Sender: actor.Address(people["ann"]), Signer: people["ann"]}
				ann.Message = access.Grant(people["bob"], claims.Grant{Role: claims.Caller, Actors: []string{"account/*"}, As: []string{"al*"}})
				step(ann)
				if c.paused {
					ann.Message = access.PauseActor("account/z", "")
					step(ann)
				}
			}
			cmd := state.Command{Sender: "alice", Signer: c.signer, Message: actor.Message{To: "account/a", Body: []byte("account/b")}}
			b.ReportAllocs()
			for b.Loop() {
				step(cmd)
			}
		})
	}
}
