package query

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// cell is an actor that does what its message says, one order a line:
//
//	set KEY VALUE | del KEY | emit TYPE | fail CODE | send ADDRESS ORDER | try ADDRESS ORDER | stamp KEY
//
// "stamp" writes the sequence of the transaction; "try" is "send" with a reply on error. In the orders of a sub-message
// ";" stands for the end of a line.
type cell struct{}

func (cell) Execute(_ context.Context, env *actor.Env, msg actor.Message) (resp actor.Response, err error) {
	for line := range strings.Lines(string(msg.Body)) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		first, second, _ := strings.Cut(rest, " ")
		sub := actor.SubMsg{Msg: actor.Message{To: actor.Address(first), Body: []byte(strings.ReplaceAll(second, ";", "\n"))}}
		switch verb {
		case "set":
			env.State.Set([]byte(first), []byte(second))
		case "stamp":
			env.State.Set([]byte(first), fmt.Append(nil, env.Sequence))
		case "del":
			env.State.Delete([]byte(first))
		case "emit":
			resp.Events = append(resp.Events, actor.Event{Type: first})
		case "fail":
			return resp, actor.Errorf(first, "as ordered")
		case "send":
			resp.Messages = append(resp.Messages, sub)
		case "try":
			sub.ReplyOn = actor.ReplyOnError
			resp.Messages = append(resp.Messages, sub)
		}
	}
	return resp, nil
}

func (cell) Reply(_ context.Context, env *actor.Env, reply actor.Reply) (actor.Response, error) {
	env.State.Set([]byte("failed"), []byte(reply.Err.Code))
	return actor.Response{}, nil
}

// Query understands "get KEY", "both ADDRESS KEY" (its own value and that of another actor), "ask ADDRESS QUERY",
// "fail CODE", "panic" and "burn".
func (cell) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	verb, rest, _ := strings.Cut(string(body), " ")
	first, second, _ := strings.Cut(rest, " ")
	switch verb {
	case "get":
		value, _ := view.State.Get([]byte(first))
		return value, nil
	case "both":
		mine, _ := view.State.Get([]byte(second))
		other, _ := view.QueryRaw(actor.Address(first), []byte(second))
		return fmt.Appendf(nil, "%s %s", mine, other), nil
	case "ask":
		return view.Query(ctx, actor.Address(first), []byte(second))
	case "fail":
		return nil, actor.Errorf(first, "as ordered")
	case "panic":
		panic("as ordered")
	case "burn":
		for {
			view.UseGas(1 << 20)
		}
	}
	return nil, actor.Errorf(actor.CodeUnknownMessage, "%q", verb)
}

// modules are what a rig runs: cells, bound as several kinds, and one of the host's own, which leaves no events.
type modules struct{}

func (modules) Resolve(id actor.ModuleID, _ state.Hash) (dispatch.Code, bool) {
	return dispatch.Code{Actor: cell{}, System: id == "system"}, true
}

// A rig is a partition in memory with actors and a Router.
type rig struct {
	*Router
	t     testing.TB
	store *state.Store
	exec  *dispatch.Executor
}

func newRig(t testing.TB, opts dispatch.Options) *rig {
	t.Helper()
	store, err := state.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	r := startRig(t, store, opts)
	t.Cleanup(func() {
		if err := r.exec.Close(); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func startRig(t testing.TB, store *state.Store, opts dispatch.Options) *rig {
	t.Helper()
	exec, err := dispatch.NewExecutor(store, dispatch.Dispatcher{Resolver: modules{}}, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []actor.ModuleID{"cell", "warrior", "currency", "system"} {
		if err := exec.Bind(t.Context(), kind, "native", ""); err != nil {
			t.Fatal(err)
		}
	}
	return &rig{Router: New(exec, 0), t: t, store: store, exec: exec}
}

// send runs a transaction that must commit, and returns its receipt. Any goroutine may call it.
func (r *rig) send(to actor.Address, orders ...string) *state.Receipt {
	r.t.Helper()
	receipt := r.submit(dispatch.Request{Sender: "tester", Message: actor.Message{To: to, Body: []byte(strings.Join(orders, "\n"))}})
	if receipt.Err != nil {
		r.t.Errorf("%s: %v", to, receipt.Err)
	}
	return receipt
}

func (r *rig) submit(req dispatch.Request) *state.Receipt {
	r.t.Helper()
	receipt, err := r.exec.Submit(context.Background(), req)
	if err != nil {
		r.t.Error(err)
		return &state.Receipt{}
	}
	return receipt
}

// code fails the test unless err is an actor error with the code.
func code(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || actor.AsError(err).Code != want {
		t.Errorf("got error %v, want code %s", err, want)
	}
}
