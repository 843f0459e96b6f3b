package bank

import (
	"math/big"

	"github.com/troupe-run/troupe/runtime/actor"
)

// ledger moves coins in the state of the bank and notes the events of it. An error leaves what was written before it:
// the host takes that back with the call.
type ledger struct {
	state  actor.State
	events []actor.Event
}

// balance returns what an address has of a denom.
func balance(state actor.Reader, who actor.Address, denom string) (*big.Int, error) {
	return stored(state, balanceKey(who, denom))
}

// supply returns how much there is of a denom.
func supply(state actor.Reader, denom string) (*big.Int, error) {
	return stored(state, key(supplies, denom))
}

// stored returns the amount under a key, zero without one.
func stored(state actor.Reader, key []byte) (*big.Int, error) {
	value, ok := state.Get(key)
	if !ok {
		return new(big.Int), nil
	}
	return amountOf(key, value)
}

// amountOf reads an amount as put writes it.
func amountOf(key, value []byte) (*big.Int, error) {
	if n, ok := parseAmount(string(value)); ok && n.Sign() > 0 && n.String() == string(value) {
		return n, nil
	}
	return nil, actor.Errorf(CodeCorruptState, "%q holds %q, which is no amount", key, clip(string(value)))
}

// put stores an amount, or forgets the key of nothing.
func (l *ledger) put(key []byte, n *big.Int) {
	if n.Sign() == 0 {
		l.state.Delete(key)
		return
	}
	l.state.Set(key, n.Append(nil, 10))
}

// setBalance stores a balance, and who holds the denom when that changes.
func (l *ledger) setBalance(who actor.Address, denom string, before, now *big.Int) {
	l.put(balanceKey(who, denom), now)
	switch {
	case now.Sign() == 0:
		l.state.Delete(holderKey(who, denom))
	case before.Sign() == 0:
		l.state.Set(holderKey(who, denom), []byte{})
	}
}

// send moves coins, to oneself if need be.
func (l *ledger) send(from, to actor.Address, coins Coins) error {
	if err := l.spend(from, coins); err != nil {
		return err
	}
	if err := l.receive(to, coins); err != nil {
		return err
	}
	l.emit("transfer", "recipient", string(to), "sender", string(from), "amount", coins.String())
	l.emit("message", "sender", string(from))
	return nil
}

// spend takes coins away.
func (l *ledger) spend(who actor.Address, coins Coins) error {
	for _, c := range coins {
		has, err := balance(l.state, who, c.Denom)
		if err != nil {
			return err
		}
		if has.Cmp(c.Amount) < 0 {
			return actor.Errorf(CodeInsufficientFunds, "spendable balance %s is smaller than %s: insufficient funds", Coin{c.Denom, has}, c)
		}
		l.setBalance(who, c.Denom, has, new(big.Int).Sub(has, c.Amount))
	}
	l.emit("coin_spent", "spender", string(who), "amount", coins.String())
	return nil
}

// receive adds coins.
func (l *ledger) receive(who actor.Address, coins Coins) error {
	for _, c := range coins {
		has, err := balance(l.state, who, c.Denom)
		if err != nil {
			return err
		}
		sum, err := add(has, c.Amount)
		if err != nil {
			return err
		}
		l.setBalance(who, c.Denom, has, sum)
	}
	l.emit("coin_received", "receiver", string(who), "amount", coins.String())
	return nil
}

// mint makes coins and gives them to an account.
func (l *ledger) mint(minter actor.Address, coins Coins) error {
	for _, c := range coins {
		is, err := supply(l.state, c.Denom)
		if err != nil {
			return err
		}
		sum, err := add(is, c.Amount)
		if err != nil {
			return err
		}
		l.put(key(supplies, c.Denom), sum)
	}
	if err := l.receive(minter, coins); err != nil {
		return err
	}
	l.emit("coinbase", "minter", string(minter), "amount", coins.String())
	return nil
}

// burn destroys coins of an account.
func (l *ledger) burn(burner actor.Address, coins Coins) error {
	if err := l.spend(burner, coins); err != nil {
		return err
	}
	for _, c := range coins {
		is, err := supply(l.state, c.Denom)
		if err != nil {
			return err
		}
		if is.Cmp(c.Amount) < 0 {
			return actor.Errorf(CodeCorruptState, "the supply of %s is %s, less than somebody had", c.Denom, is)
		}
		l.put(key(supplies, c.Denom), is.Sub(is, c.Amount))
	}
	l.emit("burn", "burner", string(burner), "amount", coins.String())
	return nil
}

// emit notes an event with pairs of keys and values.
func (l *ledger) emit(kind string, pairs ...string) {
	event := actor.Event{Type: kind, Attributes: make([]actor.Attribute, 0, len(pairs)/2)}
	for i := 0; i < len(pairs); i += 2 {
		event.Attributes = append(event.Attributes, actor.Attribute{Key: pairs[i], Value: pairs[i+1]})
	}
	l.events = append(l.events, event)
}
