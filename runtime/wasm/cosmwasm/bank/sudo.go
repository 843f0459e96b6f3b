package bank

import (
	"context"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// order is what the operator of the host can ask for. One field is set.
type order struct {
	Mint                  *mint               `json:"mint"`
	SetSendEnabled        *setSendEnabled     `json:"set_send_enabled"`
	SetDefaultSendEnabled *setDefault         `json:"set_default_send_enabled"`
	SetMetadata           *wire.DenomMetadata `json:"set_metadata"`
	BlockAddress          *blockAddress       `json:"block_address"`
	Genesis               *genesis            `json:"genesis"`
}

type (
	mint struct {
		ToAddress string      `json:"to_address"`
		Amount    []wire.Coin `json:"amount"`
	}
	setSendEnabled struct {
		Denom   string `json:"denom"`
		Enabled *bool  `json:"enabled"`
	}
	setDefault struct {
		Enabled *bool `json:"enabled"`
	}
	blockAddress struct {
		Address string `json:"address"`
		Blocked *bool  `json:"blocked"`
	}
)

// Sudo implements actor.Sudoer: the operator mints coins and sets the rules. Other than in Execute, a field that nobody
// knows, or one that is missing, is an error.
func (a *Actor) Sudo(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	var body order
	if err := decodeStrict(msg.Body, &body, orderForm); err != nil {
		return actor.Response{}, err
	}
	l := &ledger{state: env.State}
	if err := a.obey(l, &body); err != nil {
		return actor.Response{}, err
	}
	return actor.Response{Events: l.events}, nil
}

func (a *Actor) obey(l *ledger, o *order) error {
	given := 0
	for _, is := range []bool{o.Mint != nil, o.SetSendEnabled != nil, o.SetDefaultSendEnabled != nil, o.SetMetadata != nil, o.BlockAddress != nil,
		o.Genesis != nil} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return actor.Errorf(actor.CodeInvalidMessage, "the body has %d orders in it, and not one of %s", given, orderForm)
	case o.Mint != nil:
		return a.mint(l, o.Mint)
	case o.SetSendEnabled != nil:
		return setEnabled(l.state, o.SetSendEnabled)
	case o.SetDefaultSendEnabled != nil:
		return setFlag(l.state, []byte(sendDefault), "enabled", o.SetDefaultSendEnabled.Enabled)
	case o.SetMetadata != nil:
		return setMetadata(l.state, o.SetMetadata)
	case o.BlockAddress != nil:
		return a.block(l.state, o.BlockAddress)
	}
	return a.begin(l, o.Genesis)
}

// mint makes coins for anybody: an address that is blocked from receiving gets them, too.
func (a *Actor) mint(l *ledger, m *mint) error {
	coins, err := ParseCoins(m.Amount)
	if err != nil {
		return err
	}
	if len(coins) == 0 {
		return errEmpty()
	}
	to, err := a.account("to", m.ToAddress)
	if err != nil {
		return err
	}
	if a.opts.Module == "" {
		return l.mint(to, coins)
	}
	if err := l.mint(a.opts.Module, coins); err != nil {
		return err
	}
	return l.send(a.opts.Module, to, coins)
}

func setEnabled(state actor.State, m *setSendEnabled) error {
	if err := checkDenom(m.Denom); err != nil {
		return err
	}
	return setFlag(state, key(sendEnabled, m.Denom), "enabled", m.Enabled)
}

func setFlag(state actor.State, key []byte, field string, on *bool) error {
	switch {
	case on == nil:
		return actor.Errorf(actor.CodeInvalidMessage, "%s is true or false, and cannot be left out", field)
	case *on:
		state.Set(key, []byte("true"))
	default:
		state.Set(key, []byte("false"))
	}
	return nil
}

func (a *Actor) block(state actor.State, m *blockAddress) error {
	who, err := a.account("blocked", m.Address)
	switch {
	case err != nil:
		return err
	case m.Blocked == nil:
		return actor.Errorf(actor.CodeInvalidMessage, "blocked is true or false, and cannot be left out")
	case *m.Blocked:
		state.Set(key(blocked, string(who)), []byte{})
	default:
		state.Delete(key(blocked, string(who)))
	}
	return nil
}
