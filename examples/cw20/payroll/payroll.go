// Package payroll is an actor of Go among contracts: it pays wages in tokens that a cw20 contract keeps. Who gives it
// tokens sends them with the contract's message send, so that the contract calls the actor; to pay, the actor calls the
// contract, in the same transaction. When it cannot pay, which a reply tells it, it notes what it owes.
package payroll

import (
	"encoding/json"
	"math/bits"
	"strconv"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// Module is the name under which the actor is bound.
const Module = "payroll"

// Bind binds the actor to a host.
func Bind(host interface {
	Bind(name string, a actor.Actor) error
}) error {
	return host.Bind(Module, New())
}

// The messages of a payroll.
type (
	// Receive is what a cw20 contract says to whom tokens are sent.
	Receive struct {
		Sender actor.Address `json:"sender"`
		Amount string        `json:"amount"` // decimal digits
		Msg    []byte        `json:"msg"`
	}
	// Pay pays somebody a wage.
	Pay struct {
		Token  actor.Address `json:"token"`
		To     actor.Address `json:"to"`
		Amount uint64        `json:"amount"`
	}
	// Owed asks how much of a token somebody has not been paid. The answer is a number.
	Owed struct {
		Token actor.Address `json:"token"`
		To    actor.Address `json:"to"`
	}
)

// owed is under token and creditor.
var owed = typed.NewMap[typed.Pair[actor.Address, actor.Address], uint64]("owed")

// unpaid is the ID of the reply to a transfer that failed.
const unpaid = 1

// New returns the actor.
func New() actor.Actor {
	return typed.New(
		typed.OnExecute(func(c *typed.Call, m Receive) error {
			c.Emit("funded", "token", c.Sender, "by", m.Sender, "amount", m.Amount)
			return nil
		}),
		typed.OnExecute(pay),
		typed.OnReply(unpaid, func(c *typed.Call, r *typed.Reply[Pay]) error {
			m := r.Payload
			k := typed.Join(m.Token, m.To)
			n, _ := owed.Get(c.State, k)
			sum, carry := bits.Add64(n, m.Amount, 0)
			if carry > 0 {
				return actor.Errorf("overflow", "more than can be counted is owed to %s", m.To)
			}
			owed.Set(c.State, k, sum)
			c.Emit("unpaid", "token", m.Token, "to", m.To, "amount", m.Amount)
			return nil
		}),
		typed.OnQuery(func(v *typed.View, q Owed) (uint64, error) {
			n, _ := owed.Get(v.State, typed.Join(q.Token, q.To))
			return n, nil
		}),
	)
}

// pay asks the contract for a transfer, as JSON, which contracts speak.
func pay(c *typed.Call, m Pay) error {
	body, err := json.Marshal(map[string]any{"transfer": map[string]any{
		"recipient": m.To, "amount": strconv.FormatUint(m.Amount, 10)}})
	if err != nil {
		return err
	}
	c.Add(actor.SubMsg{Msg: actor.Message{To: m.Token, Body: body}}).OnError(unpaid).Payload(m)
	return nil
}
