package bank

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// Actors are tested without any host, one call at a time.

func TestAccount(t *testing.T) {
	for _, test := range []struct {
		name   string
		sender actor.Address
		msg    any
		code   string // of the error; empty: it succeeds
		left   uint64
	}{
		{"pay", "alice", Pay{To: "account/bob", Amount: 30}, "", 70},
		{"pay all", "alice", Pay{To: "account/bob", Amount: 100}, "", 0},
		{"pay too much", "alice", Pay{To: "account/bob", Amount: 101}, "insufficient_funds", 100},
		{"pay as somebody else", "bob", Pay{To: "account/bob", Amount: 1}, actor.CodeUnauthorized, 100},
		{"pay oneself", "alice", Pay{To: "account/alice", Amount: 1}, "invalid_payee", 100},
		{"pay nobody", "alice", Pay{Amount: 1}, "invalid_payee", 100},
		{"fund", "alice", Fund{To: "account/bob", Amount: 30}, "", 70},
		{"fund too much", "alice", Fund{To: "account/bob", Amount: 101}, "insufficient_funds", 100},
		{"receive from an account", "account/bob", Receive{Amount: 1}, "", 101},
		{"receive from an escrow", "escrow/7", Receive{Amount: 1}, "", 101},
		{"receive from a person", "bob", Receive{Amount: 1}, actor.CodeUnauthorized, 100},
		{"receive too much", "account/bob", Receive{Amount: math.MaxUint64}, typed.CodeOverflow, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := &actor.Env{Self: "account/alice", Sender: test.sender, State: &actor.MemState{}}
			balance.Set(env.State, 100)
			_, err := Account().Execute(t.Context(), env, actor.Message{Body: typed.Encode(test.msg)})
			wantCode(t, err, test.code)
			if left := balance.Or(env.State, 0); left != test.left {
				t.Errorf("%d are left, want %d", left, test.left)
			}
		})
	}
}

func TestEscrowDeadline(t *testing.T) {
	deadline := time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		at     time.Duration // from the deadline
		sender actor.Address
		msg    any
		code   string
		to     actor.Address // who gets the money
	}{
		{"released in time", -1, "carol", Release{}, "", "account/bob"},
		{"released by somebody else", -1, "bob", Release{}, actor.CodeUnauthorized, ""},
		{"released at the deadline", 0, "carol", Release{}, "too_late", ""},
		{"refunded before the deadline", -1, "alice", Refund{}, "too_early", ""},
		{"refunded at the deadline", 0, "alice", Refund{}, "", "account/alice"},
		{"refunded long after it", time.Hour, "anybody", Refund{}, "", "account/alice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := &actor.Env{Self: "escrow/1", Sender: test.sender, Time: deadline.Add(test.at), State: &actor.MemState{}}
			terms.Set(env.State, Terms{Payer: "account/alice", Payee: "account/bob", Arbiter: "carol", Deadline: deadline})
			held.Set(env.State, 60)
			res, err := Escrow().Execute(t.Context(), env, actor.Message{Body: typed.Encode(test.msg)})
			wantCode(t, err, test.code)
			var to actor.Address
			if len(res.Messages) > 0 {
				to = res.Messages[0].Msg.To
			}
			if to != test.to {
				t.Errorf("the money goes to %q, want %q", to, test.to)
			}
			if left := held.Or(env.State, 0); (left == 0) != (test.to != "") {
				t.Errorf("the escrow holds %d", left)
			}
		})
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if code == "" && err != nil || code != "" && !errors.Is(err, &actor.Error{Code: code}) {
		t.Errorf("the error is %v, want %q", err, code)
	}
}
