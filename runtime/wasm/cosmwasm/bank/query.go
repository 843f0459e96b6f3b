package bank

import (
	"context"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// question is what can be asked: what contracts ask, and more.
type question struct {
	wire.BankQuery
	SendEnabled *sendEnabledQuery `json:"send_enabled"`
	DenomOwners *denomOwnersQuery `json:"denom_owners"`
}

type (
	sendEnabledQuery struct {
		Denom string `json:"denom"`
	}
	sendEnabledAnswer struct {
		Enabled bool `json:"enabled"`
	}
	denomOwnersQuery struct {
		Denom      string            `json:"denom"`
		Pagination *wire.PageRequest `json:"pagination"`
	}
	denomOwnersAnswer struct {
		DenomOwners []denomOwner `json:"denom_owners"`
		NextKey     []byte       `json:"next_key,omitempty"`
	}
	denomOwner struct {
		Address string    `json:"address"`
		Balance wire.Coin `json:"balance"`
	}
)

// Query implements actor.Querier.
func (a *Actor) Query(_ context.Context, view *actor.View, body []byte) ([]byte, error) {
	var q question
	if err := decode(body, &q, queryForm); err != nil {
		return nil, err
	}
	answer, err := a.answer(view.State, &q)
	if err != nil {
		return nil, err
	}
	return encode(answer)
}

// answer looks at the variants in the order of wasmd: if there are several, the first counts.
func (a *Actor) answer(state actor.Reader, q *question) (any, error) {
	switch {
	case q.AllBalances != nil:
		return a.allBalances(state, q.AllBalances.Address)
	case q.Balance != nil:
		return a.balance(state, q.Balance.Address, q.Balance.Denom)
	case q.Supply != nil:
		return supplyOf(state, q.Supply.Denom)
	case q.DenomMetadata != nil:
		return oneMetadata(state, q.DenomMetadata.Denom)
	case q.AllDenomMetadata != nil:
		return allMetadata(state, q.AllDenomMetadata.Pagination)
	case q.SendEnabled != nil:
		if err := checkDenom(q.SendEnabled.Denom); err != nil {
			return nil, err
		}
		return sendEnabledAnswer{enabled(state, q.SendEnabled.Denom)}, nil
	case q.DenomOwners != nil:
		return denomOwners(state, q.DenomOwners)
	}
	return nil, actor.Errorf(actor.CodeUnknownMessage, "unknown BankQuery variant")
}

// asked returns the account that a query names.
func (a *Actor) asked(name string) (actor.Address, error) {
	who, err := a.opts.Account(name)
	if err != nil {
		return "", actor.Errorf(actor.CodeInvalidAddress, "%s: invalid address", clip(actor.Address(name).String()))
	}
	return who, nil
}

func (a *Actor) allBalances(state actor.Reader, name string) (any, error) {
	who, err := a.asked(name)
	if err != nil {
		return nil, err
	}
	prefix := balanceKey(who, "")
	answer := wire.AllBalancesResponse{Amount: wire.Array[wire.Coin]{}}
	for k, v := range state.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
		amount, err := amountOf(k, v)
		if err != nil {
			return nil, err
		}
		answer.Amount = append(answer.Amount, Coin{string(k[len(prefix):]), amount}.wire())
	}
	return answer, nil
}

func (a *Actor) balance(state actor.Reader, name, denom string) (any, error) {
	who, err := a.asked(name)
	if err != nil {
		return nil, err
	}
	if err := checkDenom(denom); err != nil {
		return nil, err
	}
	amount, err := balance(state, who, denom)
	if err != nil {
		return nil, err
	}
	return wire.BalanceResponse{Amount: Coin{denom, amount}.wire()}, nil
}

func supplyOf(state actor.Reader, denom string) (any, error) {
	if err := checkDenom(denom); err != nil {
		return nil, err
	}
	amount, err := supply(state, denom)
	if err != nil {
		return nil, err
	}
	return wire.SupplyResponse{Amount: Coin{denom, amount}.wire()}, nil
}

func denomOwners(state actor.Reader, q *denomOwnersQuery) (any, error) {
	if err := checkDenom(q.Denom); err != nil {
		return nil, err
	}
	answer := denomOwnersAnswer{DenomOwners: []denomOwner{}}
	next, err := paginate(state, key2(holders, q.Denom, ""), q.Pagination, func(name string, _ []byte) error {
		amount, err := balance(state, actor.Address(name), q.Denom)
		if err == nil {
			answer.DenomOwners = append(answer.DenomOwners, denomOwner{name, Coin{q.Denom, amount}.wire()})
		}
		return err
	})
	answer.NextKey = next
	return answer, err
}
