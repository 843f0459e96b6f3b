package bank_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// A tree is what one call does: it fails at once, or does its steps in order, each a message with all that it brings
// about. The first step that fails and is not caught fails the call.
type tree struct {
	Fail  bool   `json:"fail,omitempty"`
	Steps []step `json:"steps,omitempty"`
}

type step struct {
	Catch bool `json:"catch,omitempty"`
	// Bank is a message to the bank.
	Bank *wire.BankMsg `json:"bank,omitempty"`
	// To is whom else to call, with what and with which funds.
	To    actor.Address `json:"to,omitempty"`
	Funds []actor.Coin  `json:"funds,omitempty"`
	Tree  *tree         `json:"tree,omitempty"`
}

// payer does what trees say. It keeps what replies told: who failed, and how.
type payer struct{}

func (payer) Code() dispatch.Code { return dispatch.Code{Payable: true} }

func (payer) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	var tr tree
	if len(msg.Body) > 0 {
		if err := json.Unmarshal(msg.Body, &tr); err != nil {
			return actor.Response{}, err
		}
	}
	if tr.Fail {
		return actor.Response{}, actor.Errorf("told_to", "as I was told")
	}
	var resp actor.Response
	for i, s := range tr.Steps {
		sub := actor.SubMsg{ID: uint64(i), Msg: actor.Message{To: s.To, Funds: s.Funds}}
		var body any = s.Tree
		if s.Bank != nil {
			sub.Msg.To, body = "bank", s.Bank
		}
		data, err := json.Marshal(body)
		if err != nil {
			return resp, err
		}
		sub.Msg.Body = data
		if s.Catch {
			sub.ReplyOn = actor.ReplyAlways
		}
		resp.Messages = append(resp.Messages, sub)
	}
	return resp, nil
}

func (p payer) Instantiate(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return actor.Response{}, nil
}

// Reply leaves the balances that the caller has now, and the outcome, as an event.
func (payer) Reply(ctx context.Context, env *actor.Env, reply actor.Reply) (actor.Response, error) {
	q, err := json.Marshal(map[string]any{"all_balances": map[string]any{"address": env.Self}})
	if err != nil {
		return actor.Response{}, err
	}
	answer, err := env.Query(ctx, "bank", q)
	if err != nil {
		return actor.Response{}, err
	}
	outcome := "ok"
	if reply.Err != nil {
		outcome = reply.Err.Code
	}
	return actor.Response{Events: []actor.Event{{Type: "told", Attributes: []actor.Attribute{
		{Key: "outcome", Value: outcome}, {Key: "has", Value: string(answer)}, {Key: "events", Value: fmt.Sprint(len(reply.Events))},
	}}}}, nil
}

func sending(to string, coins ...wire.Coin) *wire.BankMsg {
	return &wire.BankMsg{Send: &wire.SendMsg{ToAddress: to, Amount: coins}}
}

func burning(coins ...wire.Coin) *wire.BankMsg {
	return &wire.BankMsg{Burn: &wire.BurnMsg{Amount: coins}}
}

// pay is the dispatch.Dispatcher.Bank of a host with a bank: it moves funds as anybody would.
func pay(to actor.Address, funds []actor.Coin) actor.Message {
	body, err := json.Marshal(sending(string(to), wireCoins(funds)...))
	if err != nil {
		panic(err)
	}
	return actor.Message{To: "bank", Body: body}
}

func wireCoins(coins []actor.Coin) []wire.Coin {
	var list []wire.Coin
	for _, c := range coins {
		list = append(list, wire.Coin(c))
	}
	return list
}
