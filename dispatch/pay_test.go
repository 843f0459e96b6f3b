package dispatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/script"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/state"
)

// vault is a bank of one denomination that lends nothing.
type vault struct{}

type transfer struct {
	To    actor.Address
	Coins []actor.Coin
}

func (vault) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	var t transfer
	if err := json.Unmarshal(msg.Body, &t); err != nil {
		return actor.Response{}, err
	}
	for _, c := range t.Coins {
		n, err := strconv.Atoi(c.Amount)
		if err != nil {
			return actor.Response{}, err
		}
		have := balance(env.State, env.Sender)
		if have < n {
			return actor.Response{}, actor.Errorf("insufficient_funds", "%s has %d", env.Sender, have)
		}
		env.State.Set([]byte(env.Sender), strconv.AppendInt(nil, int64(have-n), 10))
		env.State.Set([]byte(t.To), strconv.AppendInt(nil, int64(balance(env.State, t.To)+n), 10))
	}
	return actor.Response{Events: []actor.Event{{Type: "paid"}, {Type: "message"}}}, nil
}

func balance(s actor.Reader, of actor.Address) int {
	b, _ := s.Get([]byte(of))
	n, _ := strconv.Atoi(string(b))
	return n
}

// payWorld has a vault, in which alice has 10, and the function as actor f.
func payWorld(t *testing.T, f fn, code dispatch.Code) *script.World {
	w := newFnWorld(t, nil)
	w.Bind("vault", dispatch.Code{Actor: vault{}, System: true})
	code.Actor = f
	w.Bind("f", code)
	w.D.Bank = func(to actor.Address, funds []actor.Coin) actor.Message {
		body, err := json.Marshal(transfer{to, funds})
		if err != nil {
			t.Fatal(err)
		}
		return actor.Message{To: "vault", Body: body}
	}
	return w
}

func coins(n int) []actor.Coin { return []actor.Coin{{Denom: "gold", Amount: strconv.Itoa(n)}} }

// fund gives alice ten by a message of the vault's own.
func fund(t *testing.T, w *script.World) {
	t.Helper()
	w.Bind("vault", dispatch.Code{Actor: fn(func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		env.State.Set([]byte("alice"), []byte("10"))
		return actor.Response{}, nil
	}), System: true})
	if res := w.Send(t.Context(), "operator", actor.Message{To: "vault"}); res.Err != nil {
		t.Fatal(res.Err)
	}
	w.Bind("vault", dispatch.Code{Actor: vault{}, System: true})
}

// TestFunds checks rules S30 and S31: funds move before the code runs, which sees them, and come back if it fails.
func TestFunds(t *testing.T) {
	var saw []string
	fail := false
	w := payWorld(t, func(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
		b, _ := env.QueryRaw("vault", []byte("f"))
		saw = append(saw, fmt.Sprintf("%v %s", msg.Funds, b))
		if fail {
			return actor.Response{}, errors.New("no")
		}
		return actor.Response{Events: []actor.Event{{Type: "took"}}}, nil
	}, dispatch.Code{Payable: true})
	fund(t, w)
	res := w.Send(t.Context(), "alice", actor.Message{To: "f", Funds: coins(4)})
	if got := types(res.Events); res.Err != nil || got != "instantiate paid execute took" {
		t.Errorf("err %v, events %s", res.Err, got)
	}
	fail = true
	if res := w.Send(t.Context(), "alice", actor.Message{To: "f", Funds: coins(5)}); res.Err == nil {
		t.Error("it did not fail")
	}
	if want := []string{"[{gold 4}] 4", "[{gold 5}] 9"}; !slices.Equal(saw, want) {
		t.Errorf("the code saw %q, want %q", saw, want)
	}
	saw = nil
	res = w.Send(t.Context(), "alice", actor.Message{To: "f", Funds: coins(7)})
	if res.Err == nil || res.Err.Error() != "insufficient_funds: alice has 6" || len(saw) != 0 || fmt.Sprint(res.Path) != "[f vault]" {
		t.Errorf("err %v at %v, code ran: %v", res.Err, res.Path, saw)
	}
	fail = false
	if res := w.Send(t.Context(), "alice", actor.Message{Kind: actor.KindInstantiate, Module: "f", To: "f/born", Funds: coins(1)}); res.Err != nil {
		t.Error(res.Err)
	}
	if !strings.Contains(w.StateText(), "alice=5 f=4 f/born=1") {
		t.Errorf("state:\n%s", w.StateText())
	}
}

func types(events []actor.Event) string {
	var list []string
	for _, ev := range events {
		list = append(list, ev.Type)
	}
	return strings.Join(list, " ")
}

func TestFundsRefused(t *testing.T) {
	quiet := fn(func(context.Context, *actor.Env, actor.Message) (actor.Response, error) { return actor.Response{}, nil })
	w := payWorld(t, quiet, dispatch.Code{})
	if res := w.Send(t.Context(), "alice", actor.Message{To: "f", Funds: coins(1)}); res.Err == nil ||
		res.Err.Error() != `unsupported: module "f" takes no funds` {
		t.Errorf("got %v", res.Err)
	}
	w = payWorld(t, quiet, dispatch.Code{Payable: true})
	if res := w.Send(t.Context(), "", actor.Message{Kind: actor.KindSudo, To: "f", Funds: coins(1)}); res.Err == nil ||
		res.Err.Error() != "invalid_message: funds do not go with sudo" {
		t.Errorf("got %v", res.Err)
	}
	w.D.Bank = nil
	if res := w.Send(t.Context(), "alice", actor.Message{To: "f", Funds: coins(1)}); res.Err == nil ||
		res.Err.Error() != "unsupported: this host has no bank: nothing can be paid to f" {
		t.Errorf("got %v", res.Err)
	}
}

// TestInTheNameOf checks that system code alone speaks for others, and is no level of its own.
func TestInTheNameOf(t *testing.T) {
	for _, system := range []bool{true, false} {
		var sender actor.Address
		w := newFnWorld(t, nil)
		w.Bind("f", dispatch.Code{System: system, Actor: fn(func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
			return actor.Response{Messages: []actor.SubMsg{{As: env.Sender, Msg: actor.Message{To: "g"}}}}, nil
		})})
		w.Bind("g", dispatch.Code{Actor: fn(func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
			sender = env.Sender
			return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: "p"}}}}, nil
		})})
		w.D.Limits.Depth = 1
		res := w.Send(t.Context(), "alice", actor.Message{To: "f"})
		if !system {
			if res.Err == nil || res.Err.Error() != "unauthorized: sub-message 0: f may not send in the name of alice" {
				t.Errorf("got %v", res.Err)
			}
			continue
		}
		// The call of g is at the depth of f, which is allowed; that of p is one deeper, but p sends nothing.
		if res.Err == nil || res.Err.Code != actor.CodeDepthExceeded || sender != "alice" {
			t.Errorf("sender %q, err %v", sender, res.Err)
		}
		w.D.Limits.Depth = 2
		if res := w.Send(t.Context(), "alice", actor.Message{To: "f"}); res.Err != nil {
			t.Errorf("depth 2: %v", res.Err)
		}
	}
}

// TestWrap checks rule S20: the form of an error on its way up is up to the code that it passes.
func TestWrap(t *testing.T) {
	f := fn(func(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
		switch {
		case msg.Kind == actor.KindReply:
			return actor.Response{}, errors.New("in reply")
		case string(msg.Body) == "reply":
			return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: "p"}, ReplyOn: actor.ReplyAlways}}}, nil
		}
		return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: "nobody"}}}}, nil
	})
	w := newFnWorld(t, nil)
	w.Bind("f", dispatch.Code{Actor: f, Wrap: func(kind actor.Kind, err *actor.Error) *actor.Error {
		return actor.Errorf("wrapped", "%s (%s)", kind, err)
	}})
	for body, want := range map[string]string{
		"":      `wrapped: execute (unknown_actor: there is no actor nobody, and no module is bound as "nobody")`,
		"reply": "wrapped: execute (wrapped: reply (failed: in reply))",
	} {
		if res := w.Send(t.Context(), "alice", actor.Message{To: "f", Body: []byte(body)}); res.Err == nil || res.Err.Error() != want {
			t.Errorf("%q: got %v, want %s", body, res.Err, want)
		}
	}
}

func TestCommandKeepsFunds(t *testing.T) {
	for _, funds := range [][]actor.Coin{nil, {{Denom: "a", Amount: "1"}}, {{Denom: "", Amount: ""}, {Denom: "b", Amount: "12"}}} {
		cmd := state.Command{Op: state.OpMessage, Message: actor.Message{To: "x", Funds: funds}}
		got, err := state.DecodeCommand(cmd.Append(nil))
		if err != nil || !slices.Equal(got.Message.Funds, funds) {
			t.Errorf("%v: got %v, %v", funds, got.Message.Funds, err)
		}
	}
	b := (&state.Command{Op: state.OpMessage}).Append(nil)
	for _, tail := range [][]byte{{0}, {1}, {1, 0}, {200, 1}} {
		if got, err := state.DecodeCommand(append(slices.Clone(b), tail...)); err == nil {
			t.Errorf("funds %v are read as %v", tail, got.Message.Funds)
		}
	}
}

// TestReserved checks that nobody settles where the host gives addresses away, by whatever way.
func TestReserved(t *testing.T) {
	w := newFnWorld(t, func(_ context.Context, _ *actor.Env, _ actor.Message) (actor.Response, error) {
		return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{Kind: actor.KindInstantiate, Module: "puppet", To: "r/1"}}}}, nil
	})
	w.Bind("r", dispatch.Code{Actor: puppet.Actor{}})
	w.D.Reserved = func(a actor.Address) bool { return a.Kind() == "r" }
	for what, msg := range map[string]actor.Message{
		"at the root":          {Kind: actor.KindInstantiate, Module: "puppet", To: "r"},
		"by a sub-message":     {To: "f"},
		"as a virtual actor":   {To: "r/2"},
		"where the host picks": {Kind: actor.KindInstantiate, Module: "r"},
	} {
		if res := w.Send(t.Context(), "alice", msg); res.Err == nil || res.Err.Code != actor.CodeUnauthorized {
			t.Errorf("%s: %v", what, res.Err)
		}
	}
	w.Bind("f", dispatch.Code{System: true, Actor: fn(func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		return actor.Response{Messages: []actor.SubMsg{{As: env.Sender, Msg: actor.Message{Kind: actor.KindInstantiate, Module: "r", To: "r/3"}}}}, nil
	})})
	if res := w.Send(t.Context(), "alice", actor.Message{To: "f"}); res.Err != nil {
		t.Errorf("by system code: %v", res.Err)
	}
}
