package bank

import (
	"context"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// genesis is what a bank begins with: the state of the bank module as chains export it, and who is blocked, which chains
// have in their code.
type genesis struct {
	Params struct {
		DefaultSendEnabled *bool            `json:"default_send_enabled"`
		SendEnabled        []setSendEnabled `json:"send_enabled"` // where older chains have it
	} `json:"params"`
	SendEnabled []setSendEnabled `json:"send_enabled"`
	Balances    []struct {
		Address string      `json:"address"`
		Coins   []wire.Coin `json:"coins"`
	} `json:"balances"`
	Supply           []wire.Coin          `json:"supply"`
	DenomMetadata    []wire.DenomMetadata `json:"denom_metadata"`
	BlockedAddresses []string             `json:"blocked_addresses"`
}

// Instantiate implements actor.Instantiator: a bank is empty at first. It takes nothing from who brings it into being, for
// that may be anybody: coins come from the operator, and an admin could put the books in other hands.
func (a *Actor) Instantiate(_ context.Context, _ *actor.Env, msg actor.Message) (actor.Response, error) {
	switch {
	case msg.Admin != "":
		return actor.Response{}, actor.Errorf(actor.CodeUnauthorized, "a bank has no admin")
	case len(msg.Body) > 0 && string(msg.Body) != "{}":
		return actor.Response{}, actor.Errorf(actor.CodeUnauthorized, "a bank is empty at first: its operator may give it a genesis by sudo")
	}
	return actor.Response{}, nil
}

// begin fills an empty bank. There are no events.
func (a *Actor) begin(l *ledger, g *genesis) error {
	for range l.state.Range(nil, nil, actor.Ascending) {
		return actor.Errorf(actor.CodeAlreadyExists, "a genesis is for an empty bank, and this one is not")
	}
	if on := g.Params.DefaultSendEnabled; on != nil {
		if err := setFlag(l.state, []byte(sendDefault), "default_send_enabled", on); err != nil {
			return err
		}
	}
	for _, list := range [][]setSendEnabled{g.Params.SendEnabled, g.SendEnabled} {
		for i := range list {
			if err := setEnabled(l.state, &list[i]); err != nil {
				return err
			}
		}
	}
	if err := a.distribute(l, g); err != nil {
		return err
	}
	for i := range g.DenomMetadata {
		if err := setMetadata(l.state, &g.DenomMetadata[i]); err != nil {
			return err
		}
	}
	on := true
	for _, name := range g.BlockedAddresses {
		if err := a.block(l.state, &blockAddress{name, &on}); err != nil {
			return err
		}
	}
	return nil
}

// distribute gives everybody his coins. Their sum must be the supply, if the genesis tells it.
func (a *Actor) distribute(l *ledger, g *genesis) error {
	seen := map[actor.Address]bool{}
	for _, b := range g.Balances {
		who, err := a.account("balance", b.Address)
		if err != nil {
			return err
		}
		if seen[who] {
			return actor.Errorf(actor.CodeInvalidMessage, "duplicate balance for address %s", who)
		}
		seen[who] = true
		coins, err := ParseCoins(b.Coins)
		if err != nil {
			return within("the balance of "+who.String(), err)
		}
		if err := l.mint(who, coins); err != nil {
			return err
		}
	}
	l.events = nil
	if len(g.Supply) == 0 {
		return nil
	}
	told, err := ParseCoins(g.Supply)
	if err != nil {
		return within("the supply", err)
	}
	have, err := total(l.state)
	if err != nil {
		return err
	}
	if told.String() != have.String() {
		return actor.Errorf(actor.CodeInvalidMessage, "genesis supply is incorrect, expected %s, got %s", clip(told.String()), clip(have.String()))
	}
	return nil
}

// total returns the whole supply.
func total(state actor.Reader) (Coins, error) {
	var coins Coins
	prefix := []byte(supplies)
	for k, v := range state.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
		amount, err := amountOf(k, v)
		if err != nil {
			return nil, err
		}
		coins = append(coins, Coin{string(k[len(prefix):]), amount})
	}
	return coins, nil
}
