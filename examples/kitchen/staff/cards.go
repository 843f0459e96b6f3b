package staff

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The messages of the cards.
type (
	// Trust instantiates the cards: who may charge them.
	Trust struct {
		Seller actor.Address `json:"seller"`
	}
	// TopUp puts money on a card. It is a sudo message: only the operator of the host can send it.
	TopUp struct {
		Card   actor.Address `json:"card"`
		Amount uint64        `json:"amount"`
	}
	// Charge takes money off a card.
	Charge struct {
		Card   actor.Address `json:"card"`
		Amount uint64        `json:"amount"`
	}
	// Balance asks what is left on a card. The answer is a number.
	Balance struct {
		Card actor.Address `json:"card"`
	}
)

var (
	trusted = typed.NewValue[actor.Address]("trusted")
	cards   = typed.NewMap[actor.Address, uint64]("cards")
)

// Cards returns the actor that keeps the prepaid cards of the guests.
func Cards() actor.Actor {
	return typed.New(
		typed.OnInstantiate(func(c *typed.Call, m Trust) error {
			trusted.Set(c.State, m.Seller)
			return nil
		}),
		typed.OnSudo(func(c *typed.Call, m TopUp) error {
			return cards.Update(c.State, m.Card, func(left *uint64) error { *left += m.Amount; return nil })
		}),
		typed.OnExecute(func(c *typed.Call, m Charge) error {
			if c.Sender != trusted.Or(c.State, "") {
				return actor.Errorf(actor.CodeUnauthorized, "%s may not charge cards", c.Sender)
			}
			return cards.Update(c.State, m.Card, func(left *uint64) error {
				if *left < m.Amount {
					return actor.Errorf("card_declined", "the card of %s has %d left, not %d", m.Card, *left, m.Amount)
				}
				*left -= m.Amount
				return nil
			})
		}),
		typed.OnQuery(func(v *typed.View, q Balance) (uint64, error) {
			left, _ := cards.Get(v.State, q.Card)
			return left, nil
		}),
	)
}
