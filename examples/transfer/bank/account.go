package bank

import (
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The messages of an account.
type (
	// Deposit brings money into the bank. It is a sudo message: only the operator of the host can send it.
	Deposit struct {
		Amount uint64 `json:"amount"`
	}
	// Pay moves money to another account.
	Pay struct {
		To     actor.Address `json:"to"`
		Amount uint64        `json:"amount"`
	}
	// Fund moves money into a new escrow for the account To. The data that comes back is the address of the escrow.
	Fund struct {
		To       actor.Address `json:"to"`
		Amount   uint64        `json:"amount"`
		Arbiter  actor.Address `json:"arbiter"`
		Deadline time.Time     `json:"deadline"`
	}
	// Receive is what an account that pays, or an escrow, sends to the one that is paid.
	Receive struct {
		Amount uint64 `json:"amount"`
	}
	// Balance asks what is on the account. The answer is a number.
	Balance struct{}
)

var (
	balance = typed.NewValue[uint64]("balance")
	escrows = typed.NewSet[actor.Address]("escrows")
)

// funded is the ID of the reply to the instantiation of an escrow.
const funded = 1

// Account returns the actor that an account is.
func Account() actor.Actor {
	return typed.New(
		typed.OnSudo(func(c *typed.Call, m Deposit) error { return add(c, m.Amount) }),
		typed.OnExecute(pay),
		typed.OnExecute(fund),
		typed.OnReply(funded, func(c *typed.Call, r *typed.Reply[typed.None]) error {
			escrows.Add(c.State, r.Callee)
			return c.Return(r.Callee)
		}),
		typed.OnExecute(func(c *typed.Call, m Receive) error {
			// An address says what code stands behind it: nothing but a module of this bank can be the sender here.
			if kind := c.Sender.Kind(); kind != AccountModule && kind != EscrowModule {
				return actor.Errorf(actor.CodeUnauthorized, "%s has no money to give", c.Sender)
			}
			return add(c, m.Amount)
		}),
		typed.OnQuery(func(v *typed.View, _ Balance) (uint64, error) {
			return balance.Or(v.State, 0), nil
		}),
	)
}

func pay(c *typed.Call, m Pay) error {
	if err := take(c, m.To, m.Amount); err != nil {
		return err
	}
	c.Execute(m.To, Receive{m.Amount})
	return c.Return(balance.Or(c.State, 0))
}

func fund(c *typed.Call, m Fund) error {
	if err := take(c, m.To, m.Amount); err != nil {
		return err
	}
	c.Instantiate(EscrowModule, Terms{
		Payer: c.Self, Payee: m.To, Amount: m.Amount, Arbiter: m.Arbiter, Deadline: m.Deadline,
	}).OnSuccess(funded)
	return nil
}

// take takes money off the account, which its sub-message carries on to somebody else. If that fails it is back.
func take(c *typed.Call, to actor.Address, amount uint64) error {
	if owner := actor.Address(c.Self.Key()); c.Sender != owner {
		return actor.Errorf(actor.CodeUnauthorized, "this is the account of %s, not of %s", owner, c.Sender)
	}
	if to.Kind() != AccountModule || to == c.Self {
		return actor.Errorf("invalid_payee", "%s cannot pay %s", c.Self, to)
	}
	return balance.Update(c.State, func(b *uint64) error {
		if *b < amount {
			return actor.Errorf("insufficient_funds", "%s has %d, which is less than %d", c.Self, *b, amount)
		}
		*b -= amount
		return nil
	})
}

func add(c *typed.Call, amount uint64) error {
	return balance.Update(c.State, func(b *uint64) error {
		if *b+amount < *b {
			return actor.Errorf(typed.CodeOverflow, "%s cannot hold %d more", c.Self, amount)
		}
		*b += amount
		return nil
	})
}
