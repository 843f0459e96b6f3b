package game

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// Actors are tested without any host, one call at a time.

func TestReward(t *testing.T) {
	for _, test := range []struct{ owned, want uint64 }{
		{0, 1}, {1, 1}, {6, 1}, {13, 1}, // 15 % of 13 is 1.95
		{14, 2}, {20, 3}, {100, 15}, {660, 99},
		{666, 99}, {667, 100}, {1000, 100}, {math.MaxUint64, 100},
	} {
		if got := Reward(test.owned); got != test.want {
			t.Errorf("who owns %d pays %d, want %d", test.owned, got, test.want)
		}
	}
}

func TestRewardIsNeverMoreThanAHundredNorThanFifteenPercent(t *testing.T) {
	for owned := range uint64(2000) {
		reward := Reward(owned)
		if reward < 1 || reward > 100 || reward > 1 && reward*100 > owned*15 {
			t.Errorf("who owns %d pays %d", owned, reward)
		}
	}
}

func TestTransfer(t *testing.T) {
	for _, test := range []struct {
		name         string
		transfer     Transfer
		code         string // of the error; empty: it succeeds
		alice, other uint64
	}{
		{"some", Transfer{To: "bob", Amount: 30}, "", 70, 30},
		{"all", Transfer{To: "bob", Amount: 100}, "", 0, 100},
		{"nothing", Transfer{To: "bob"}, "", 100, 0},
		{"too much", Transfer{To: "bob", Amount: 101}, "insufficient_funds", 100, 0},
		{"to oneself", Transfer{To: "alice", Amount: 1}, "self_transfer", 100, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := &actor.Env{Self: "currency", Sender: "alice", State: &actor.MemState{}}
			balances.Set(env.State, "alice", 100)
			_, err := Currency().Execute(t.Context(), env, actor.Message{Body: typed.Encode(test.transfer)})
			if test.code != "" {
				// The host would roll the call back; here it is enough that it failed.
				if !errors.Is(err, &actor.Error{Code: test.code}) {
					t.Errorf("the error is %v, want %s", err, test.code)
				}
				return
			}
			alice, _ := balances.Get(env.State, "alice")
			other, _ := balances.Get(env.State, test.transfer.To)
			if err != nil || alice != test.alice || other != test.other {
				t.Errorf("they own %d and %d, %v; want %d and %d", alice, other, err, test.alice, test.other)
			}
		})
	}
}

// rich answers all queries: whoever is asked about owns that much.
type rich struct {
	actor.Services
	owned uint64
}

func (r rich) Query(context.Context, actor.Address, []byte) ([]byte, error) {
	return typed.EncodeValue(r.owned), nil
}

// Both warriors ask for the same transfer. They differ in one thing: which replies they want.
func TestWarriors(t *testing.T) {
	for name, test := range map[string]struct {
		warrior actor.Actor
		replyOn actor.ReplyOn
	}{
		"with a reply": {Warrior(), actor.ReplyOnError},
		"naive":        {Naive(), actor.ReplyNever},
	} {
		t.Run(name, func(t *testing.T) {
			env := &actor.Env{Self: "warrior", Sender: "engine", State: &actor.MemState{}, Services: rich{owned: 200}}
			post.Set(env.State, Post{Currency: "currency", Engine: "engine"})
			pay := func() (actor.Response, error) {
				return test.warrior.Execute(t.Context(), env, actor.Message{Body: typed.Encode(Payout{Player: "bob"})})
			}
			res, err := pay()
			if err != nil || len(res.Messages) != 1 {
				t.Fatalf("asks for %v, %v, want one transfer", res.Messages, err)
			}
			sub := res.Messages[0]
			if want := typed.Encode(Transfer{To: "bob", Amount: 30}); string(sub.Msg.Body) != string(want) || sub.Msg.To != "currency" {
				t.Errorf("sends %s to %s, want a transfer of 30 to bob", sub.Msg.Body, sub.Msg.To)
			}
			if sub.ReplyOn != test.replyOn {
				t.Errorf("wants a reply on %s, want %s", sub.ReplyOn, test.replyOn)
			}
			if _, err := pay(); !errors.Is(err, &actor.Error{Code: "already_paid"}) {
				t.Errorf("pays twice: %v", err)
			}
		})
	}
}
