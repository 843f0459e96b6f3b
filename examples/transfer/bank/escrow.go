package bank

import (
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The messages of an escrow.
type (
	// Terms instantiate an escrow. Only an account can: it brings the money along.
	Terms struct {
		Payer    actor.Address `json:"payer"`
		Payee    actor.Address `json:"payee"`
		Amount   uint64        `json:"amount"`
		Arbiter  actor.Address `json:"arbiter"`
		Deadline time.Time     `json:"deadline"`
	}
	// Release gives the money to the payee. Only the arbiter may, and only before the deadline.
	Release struct{}
	// Refund gives the money back to the payer. Anybody may ask for it, from the deadline on.
	Refund struct{}
	// Held asks what is in the escrow. The answer is a number.
	Held struct{}
)

var (
	terms = typed.NewValue[Terms]("terms")
	held  = typed.NewValue[uint64]("held")
)

// Escrow returns the actor that an escrow is.
func Escrow() actor.Actor {
	return typed.New(
		typed.OnInstantiate(func(c *typed.Call, m Terms) error {
			switch {
			case c.Sender.Kind() != AccountModule:
				return actor.Errorf(actor.CodeUnauthorized, "%s has no money to give", c.Sender)
			case !c.Time.Before(m.Deadline):
				return actor.Errorf("too_late", "the deadline has passed")
			}
			terms.Set(c.State, m)
			held.Set(c.State, m.Amount)
			return nil
		}),
		typed.OnExecute(release),
		typed.OnExecute(refund),
		typed.OnQuery(func(v *typed.View, _ Held) (uint64, error) {
			return held.Or(v.State, 0), nil
		}),
	)
}

// release and refund compare the deadline with the time of the transaction. That is the same wherever and whenever the
// transaction is executed, so they cannot both happen.
func release(c *typed.Call, _ Release) error {
	t := terms.Or(c.State, Terms{})
	switch {
	case c.Sender != t.Arbiter:
		return actor.Errorf(actor.CodeUnauthorized, "%s is not the arbiter", c.Sender)
	case !c.Time.Before(t.Deadline):
		return actor.Errorf("too_late", "the deadline was %s", t.Deadline.Format(time.RFC3339))
	}
	return giveTo(c, t.Payee)
}

func refund(c *typed.Call, _ Refund) error {
	t := terms.Or(c.State, Terms{})
	if c.Time.Before(t.Deadline) {
		return actor.Errorf("too_early", "the deadline is %s", t.Deadline.Format(time.RFC3339))
	}
	return giveTo(c, t.Payer)
}

func giveTo(c *typed.Call, to actor.Address) error {
	amount := held.Or(c.State, 0)
	if amount == 0 {
		return actor.Errorf("empty", "the escrow holds nothing any more")
	}
	held.Set(c.State, 0)
	c.Execute(to, Receive{amount})
	c.Emit("settled", "to", to, "amount", amount)
	return nil
}
