// Package game is a small economy of a multiplayer game. A currency keeps who owns what. A warrior pays players who have
// finished his quest out of what he owns himself, so the reward shrinks until he is broke.
//
// The warrior comes in two variants. Naive forgets that a player has succeeded when the payment fails, because its
// failure takes the whole transaction along. Warrior asks for a reply on error, and keeps the record.
package game

import (
	"errors"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The names under which the modules are bound.
const (
	CurrencyModule = "currency"
	WarriorModule  = "warrior"
	NaiveModule    = "naive"
)

// Bind binds all modules of the game to a host.
func Bind(host interface {
	Bind(name string, a actor.Actor) error
}) error {
	return errors.Join(
		host.Bind(CurrencyModule, Currency()),
		host.Bind(WarriorModule, Warrior()),
		host.Bind(NaiveModule, Naive()),
	)
}

// The messages of a currency.
type (
	// Mint makes money. Only the one who made the currency may.
	Mint struct {
		To     actor.Address `json:"to"`
		Amount uint64        `json:"amount"`
	}
	// Transfer gives the sender's money to somebody else.
	Transfer struct {
		To     actor.Address `json:"to"`
		Amount uint64        `json:"amount"`
	}
	// Balance asks what somebody owns. The answer is a number.
	Balance struct {
		Of actor.Address `json:"of"`
	}
)

// Open instantiates a currency. The sender may mint.
type Open struct{}

var (
	minter   = typed.NewValue[actor.Address]("minter")
	supply   = typed.NewCounter("supply")
	balances = typed.NewMap[actor.Address, uint64]("balances")
)

// Currency returns the actor that keeps who owns how much.
func Currency() actor.Actor {
	return typed.New(
		typed.Virtual(),
		typed.OnInstantiate(func(c *typed.Call, _ Open) error {
			minter.Set(c.State, c.Sender)
			return nil
		}),
		typed.OnExecute(mint),
		typed.OnExecute(transfer),
		typed.OnQuery(func(v *typed.View, q Balance) (uint64, error) {
			owned, _ := balances.Get(v.State, q.Of)
			return owned, nil
		}),
	)
}

func mint(c *typed.Call, m Mint) error {
	if c.Sender != minter.Or(c.State, "") {
		return actor.Errorf(actor.CodeUnauthorized, "%s may not mint", c.Sender)
	}
	supply.Add(c.State, m.Amount) // fails if it overflows, and no balance is ever more than the supply
	owned, _ := balances.Get(c.State, m.To)
	balances.Set(c.State, m.To, owned+m.Amount)
	return nil
}

// transfer credits the receiver before it looks whether the sender can pay. That needs no care: if he cannot, the credit
// is rolled back.
func transfer(c *typed.Call, m Transfer) error {
	if m.To == c.Sender {
		return actor.Errorf("self_transfer", "%s cannot pay itself", c.Sender)
	}
	got, _ := balances.Get(c.State, m.To)
	balances.Set(c.State, m.To, got+m.Amount)
	owned, _ := balances.Get(c.State, c.Sender)
	if owned < m.Amount {
		return actor.Errorf("insufficient_funds", "%s owns %d, which is less than %d", c.Sender, owned, m.Amount)
	}
	balances.Set(c.State, c.Sender, owned-m.Amount)
	c.Emit("transfer", "from", c.Sender, "to", m.To, "amount", m.Amount)
	return nil
}
