package bank

import (
	"context"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// Options configure a bank. They are part of what decides results: whoever replays a log needs the same.
type Options struct {
	// Account returns the account that a text in a message names, in the one form under which the bank keeps it. Its
	// error says what is wrong with the text. It must depend on nothing but the text. Nil: any text is an account of
	// that name if it can be the address of an actor or of a sender.
	Account func(text string) (actor.Address, error)
	// Module is the account through which coins come into being and go: what is minted is moved from it, what is burned
	// is moved to it before, and the events say so, as with the module accounts of a chain. It needs no coins of its
	// own. If it is empty, coins are minted and burned where they are.
	Module actor.Address
}

// Actor is a bank. It is immutable and serves any number of instances and goroutines.
type Actor struct{ opts Options }

var (
	_ actor.Actor        = (*Actor)(nil)
	_ actor.Instantiator = (*Actor)(nil)
	_ actor.Querier      = (*Actor)(nil)
	_ actor.Sudoer       = (*Actor)(nil)
	_ dispatch.Coder     = (*Actor)(nil)
)

// New returns a bank. Nil options mean the defaults.
func New(opts *Options) *Actor {
	a := &Actor{}
	if opts != nil {
		a.opts = *opts
	}
	if a.opts.Account == nil {
		a.opts.Account = anyAddress
	}
	return a
}

// Code implements dispatch.Coder: the bank belongs to the host. Its events are emitted as they are, and a reply does not
// show them (rule S17).
func (a *Actor) Code() dispatch.Code { return dispatch.Code{System: true} }

// anyAddress takes the address of an actor, and of a sender.
func anyAddress(text string) (actor.Address, error) {
	who := actor.Address(text)
	if who.Valid() {
		return who, nil
	}
	return who, who.ValidateSender()
}

// account returns the account that a text names. What is for: "to", "from".
func (a *Actor) account(what, name string) (actor.Address, error) {
	who, err := a.opts.Account(name)
	if err != nil {
		return "", actor.Errorf(actor.CodeInvalidAddress, "invalid %s address: %s: invalid address", what, text(err))
	}
	return who, nil
}

// Execute implements actor.Actor: the sender moves coins of his own, or burns them.
func (a *Actor) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	var body wire.BankMsg
	if err := decode(msg.Body, &body, messageForm); err != nil {
		return actor.Response{}, err
	}
	l := &ledger{state: env.State}
	var err error
	switch {
	case body.Send != nil:
		err = a.send(l, env.Sender, body.Send)
	case body.Burn != nil:
		err = a.burn(l, env.Sender, body.Burn)
	default:
		err = actor.Errorf(actor.CodeUnknownMessage, "unknown variant of Bank: unknown message from the contract")
	}
	if err != nil {
		return actor.Response{}, err
	}
	resp := actor.Response{Events: l.events}
	if body.Send != nil && len(body.Send.Amount) > 0 {
		resp.Data = []byte{} // the answer of a send has nothing in it, but it is one (S14, S38)
	}
	return resp, nil
}

// send checks in the order of a chain: the encoder of wasmd first, then the bank.
func (a *Actor) send(l *ledger, sender actor.Address, msg *wire.SendMsg) error {
	if len(msg.Amount) == 0 {
		return nil // no message at all (S38, N15)
	}
	coins, err := ParseCoins(msg.Amount)
	if err != nil {
		return err
	}
	from, err := a.account("from", string(sender))
	if err != nil {
		return err
	}
	to, err := a.account("to", msg.ToAddress)
	if err != nil {
		return err
	}
	if len(coins) == 0 {
		return actor.Errorf(CodeInvalidCoins, ": invalid coins")
	}
	for _, c := range coins {
		if !enabled(l.state, c.Denom) {
			return actor.Errorf(CodeSendDisabled, "%s transfers are currently disabled: send transactions are disabled", c.Denom)
		}
	}
	if _, is := l.state.Get(key(blocked, string(to))); is {
		return actor.Errorf(actor.CodeUnauthorized, "%s is not allowed to receive funds: unauthorized", msg.ToAddress)
	}
	return l.send(from, to, coins)
}

// burn is what wasmd does with a burn message: the coins go to its own account, and vanish there.
func (a *Actor) burn(l *ledger, sender actor.Address, msg *wire.BurnMsg) error {
	coins, err := ParseCoins(msg.Amount)
	if err != nil {
		return err
	}
	if len(coins) == 0 {
		return errEmpty()
	}
	from, err := a.account("from", string(sender))
	if err != nil {
		return err
	}
	if a.opts.Module == "" {
		return within("burn coins", l.burn(from, coins))
	}
	if err := l.send(from, a.opts.Module, coins); err != nil {
		return within("transfer to module", err)
	}
	return within("burn coins", l.burn(a.opts.Module, coins))
}

func errEmpty() error { return actor.Errorf(CodeEmpty, "amount: empty") }

// enabled reports whether a denom can be sent.
func enabled(state actor.Reader, denom string) bool {
	on, ok := state.Get(key(sendEnabled, denom))
	if !ok {
		on, ok = state.Get([]byte(sendDefault))
	}
	return !ok || string(on) == "true"
}
