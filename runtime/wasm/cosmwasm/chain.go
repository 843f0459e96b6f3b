package cosmwasm

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/address"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// The addresses of the two native actors that contracts need.
const (
	// KeeperAddress is where codes and contracts are kept: see Keeper.
	KeeperAddress actor.Address = "wasm"
	// BankAddress is where coins are kept: see package bank.
	BankAddress actor.Address = "bank"
)

// A Chain is what contracts take the host for. The zero value is a chain as wasmd runs it, with the prefix "cosmos" and
// the id "troupe-1". It belongs to the code: it must be the same whenever a log is executed again, and is not changed
// once it is in use.
type Chain struct {
	ID     string
	Prefix address.Prefix
	// FirstHeight is the height of the block of transaction 0: each transaction is a block of its own (S56).
	FirstHeight uint64

	// Names lets contracts take the addresses of Troupe, such as account/alice, for addresses. Otherwise they are refused
	// as a chain refuses them, and only bech32 will do.
	Names bool
	// NoKeeper says that the host has no keeper: then nobody is believed to be it, whatever he calls himself.
	NoKeeper bool
	// Native says which contracts are spared what chains do for their own sake: errors reach them in full (not S19),
	// replies tell the gas that was used (not S16), and running out of gas in a sub-message is an error that they can
	// catch (not S23). Nil: none.
	Native func(contract actor.Address) bool

	// Custom turns a custom message of a contract into a message for an actor. Its reply has the form of one to execute. Nil:
	// there are none (S39).
	Custom func(contract actor.Address, msg json.RawMessage) (actor.Message, error)
	// CustomQuery answers a custom query of a contract with JSON. Nil: there are none (S54).
	CustomQuery func(ctx context.Context, services actor.Services, request json.RawMessage) ([]byte, error)
}

func (c *Chain) id() string {
	if c.ID == "" {
		return "troupe-1"
	}
	return c.ID
}

func (c *Chain) prefix() address.Prefix {
	if c.Prefix == "" {
		return "cosmos"
	}
	return c.Prefix
}

// isKeeper reports whether a message is from the keeper, who sends in a form of its own.
func (c *Chain) isKeeper(sender actor.Address) bool { return sender == KeeperAddress && !c.NoKeeper }

func (c *Chain) native(contract actor.Address) bool { return c.Native != nil && c.Native(contract) }

// nameMark begins the canonical form of an address of Troupe, so that it is not taken for the bytes of another.
const nameMark = 0

// Canonical returns the bytes of an address as contracts see them.
func (c *Chain) Canonical(human string) ([]byte, error) {
	b, err := c.prefix().Canonical(human)
	if err != nil && c.isName(human) {
		return append([]byte{nameMark}, human...), nil
	}
	if err == nil {
		err = checkBytes(len(b))
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Human is the inverse of Canonical.
func (c *Chain) Human(canonical []byte) (string, error) {
	if len(canonical) > 0 && canonical[0] == nameMark && c.isName(string(canonical[1:])) {
		return string(canonical[1:]), nil
	}
	if err := checkBytes(len(canonical)); err != nil {
		return "", err
	}
	return c.prefix().Human(canonical)
}

// Validate returns nil if a text is an address in its usual form.
func (c *Chain) Validate(human string) error {
	p := c.prefix()
	err := p.Validate(human)
	if err != nil && !address.IsDenormal(err) {
		if c.isName(human) {
			return nil
		}
		return err
	}
	const around = 1 + 6 // the separator and the checksum; each letter in between has 5 bits
	if bad := checkBytes((len(human) - len(p) - around) * 5 / 8); bad != nil {
		return bad
	}
	return err
}

// checkBytes refuses what is as long as no address of a chain with contracts is (H13): wasmd knows users and contracts.
func checkBytes(n int) error {
	if n != userBytes && n != contractBytes {
		return errors.New("invalid address")
	}
	return nil
}

// isName reports whether a text is an address of Troupe and of no chain.
func (c *Chain) isName(text string) bool {
	if !c.Names || !actor.Address(text).Valid() {
		return false
	}
	_, err := c.prefix().Canonical(text)
	return err != nil
}

// account returns the account that a text names, in the one form under which it is known: bech32 is the same in capitals.
func (c *Chain) account(text string) (actor.Address, error) {
	canonical, err := c.Canonical(text)
	if err != nil {
		return "", err
	}
	human, err := c.Human(canonical)
	return actor.Address(human), err
}

// contract returns the address of a contract that a message names.
func (c *Chain) contract(text string) (actor.Address, *actor.Error) {
	addr, err := c.account(text)
	if err != nil {
		return "", actor.Errorf(CodeNoAddress, "contract: %s", err)
	}
	return addr, nil
}

// Bank returns the bank of the chain, which must live at BankAddress. Coins come and go through the account of the module
// of contracts, as in wasmd.
func (c *Chain) Bank() *bank.Actor {
	return bank.New(&bank.Options{Account: c.account, Module: c.Account(module)})
}

// module is the name of the module of contracts. Its account has the address that a user of that name would have.
const module = "wasm"

// Reserves is what dispatch.Dispatcher.Reserved is to be for the chain: its addresses are those of users, and of contracts
// that the keeper makes or will make.
func (c *Chain) Reserves(a actor.Address) bool { return c.prefix().Validate(string(a)) == nil }

// Pay is what dispatch.Dispatcher.Bank is to be for the chain.
func (c *Chain) Pay(to actor.Address, funds []actor.Coin) actor.Message {
	return jsonMessage(BankAddress, &wire.BankMsg{Send: &wire.SendMsg{ToAddress: string(to), Amount: wireCoins(funds)}})
}

// Account returns the address of a user whom a test or an example calls by a name: that of the name's hash, as long as
// those of users are.
func (c *Chain) Account(name string) actor.Address { return account(c.prefix(), name) }

func account(p address.Prefix, name string) actor.Address {
	sum := sha256.Sum256([]byte(name))
	text, err := p.Human(sum[:userBytes])
	if err != nil {
		panic(fmt.Sprintf("cosmwasm: the prefix %q makes no addresses: %v", string(p), err))
	}
	return actor.Address(text)
}

// How long the addresses of users and of contracts are.
const (
	userBytes     = 20
	contractBytes = 32
)
