package game

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The messages of a warrior.
type (
	// Post instantiates a warrior: what he pays with, and the one who may send payouts: the game engine.
	Post struct {
		Currency actor.Address `json:"currency"`
		Engine   actor.Address `json:"engine"`
	}
	// Payout rewards a player for the quest, once. The reward is 15 % of what the warrior owns, at least 1, at most 100.
	Payout struct {
		Player actor.Address `json:"player"`
	}
	// Succeeded asks whether a player has finished the quest.
	Succeeded struct {
		Player actor.Address `json:"player"`
	}
)

var (
	post      = typed.NewValue[Post]("post")
	succeeded = typed.NewSet[actor.Address]("succeeded")
)

// payment is the ID of the reply to the transfer.
const payment = 1

// Warrior returns the actor that asks to be told when a payment fails. Then he still records the success of the player.
func Warrior() actor.Actor {
	return warrior(func(pay typed.Sub, m Payout) { pay.OnError(payment).Payload(m) })
}

// Naive returns the actor that asks for nothing. When a payment fails he fails with it, and the record is lost.
func Naive() actor.Actor {
	return warrior(func(typed.Sub, Payout) {})
}

func warrior(ask func(pay typed.Sub, m Payout)) actor.Actor {
	return typed.New(
		typed.OnInstantiate(func(c *typed.Call, m Post) error {
			post.Set(c.State, m)
			return nil
		}),
		typed.OnExecute(func(c *typed.Call, m Payout) error {
			pay, err := payout(c, m)
			if err == nil {
				ask(pay, m)
			}
			return err
		}),
		typed.OnReply(payment, func(c *typed.Call, r *typed.Reply[Payout]) error {
			c.Emit("unpaid", "player", r.Payload.Player, "why", r.Err.Code)
			return nil
		}),
		typed.OnQuery(func(v *typed.View, q Succeeded) (bool, error) {
			return succeeded.Has(v.State, q.Player), nil
		}),
	)
}

// payout records the player and asks the currency to pay, in this order: the record is part of the state on which the
// payment runs.
func payout(c *typed.Call, m Payout) (typed.Sub, error) {
	at := post.Or(c.State, Post{})
	if c.Sender != at.Engine {
		return typed.Sub{}, actor.Errorf(actor.CodeUnauthorized, "only %s may ask for a payout, not %s", at.Engine, c.Sender)
	}
	if !succeeded.Add(c.State, m.Player) {
		return typed.Sub{}, actor.Errorf("already_paid", "%s has had the reward", m.Player)
	}
	owned, err := typed.Ask[uint64](c, at.Currency, Balance{Of: c.Self})
	if err != nil {
		return typed.Sub{}, err
	}
	return c.Execute(at.Currency, Transfer{To: m.Player, Amount: Reward(owned)}), nil
}

// Reward returns 15 % of what the warrior owns, at least 1 and at most 100. Who owns nothing owes 1 all the same.
func Reward(owned uint64) uint64 {
	if owned >= 667 {
		return 100 // 15 % of 667 is 100.05; to multiply first could overflow
	}
	return max(owned*15/100, 1)
}
