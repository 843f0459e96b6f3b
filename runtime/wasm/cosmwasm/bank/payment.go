package bank

import (
	"encoding/json"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// Code implements dispatch.Coder: the bank belongs to the host. Its events are emitted as they are, and a reply does not
// show them (rule S17).
func (a *Actor) Code() dispatch.Code { return dispatch.Code{System: true} }

// Payments returns what dispatch.Dispatcher.Bank wants: the message to the bank at an address that moves funds to an
// actor. They go by the rules of any transfer (rule S31).
func Payments(at actor.Address) func(to actor.Address, funds []actor.Coin) actor.Message {
	return func(to actor.Address, funds []actor.Coin) actor.Message {
		coins := make(wire.Array[wire.Coin], len(funds))
		for i, c := range funds {
			coins[i] = wire.Coin(c)
		}
		// Strings cannot fail to be encoded.
		body, _ := json.Marshal(wire.BankMsg{Send: &wire.SendMsg{ToAddress: string(to), Amount: coins}})
		return actor.Message{To: at, Body: body}
	}
}
