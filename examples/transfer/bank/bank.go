// Package bank moves money between accounts. An account is a virtual actor: account/alice comes into being with the first
// message to it, and obeys alice. Money can also be put into an escrow, which an arbiter releases to the payee before a
// deadline, and which goes back to the payer after it.
//
// Money is only ever moved: whatever happens, what is on all accounts and in all escrows adds up to what was deposited.
package bank

import (
	"errors"

	"github.com/troupe-run/troupe/runtime/actor"
)

// The names under which the modules are bound, which are the kinds of the actors' addresses.
const (
	AccountModule = "account"
	EscrowModule  = "escrow"
)

// Bind binds the modules of the bank to a host.
func Bind(host interface {
	Bind(name string, a actor.Actor) error
}) error {
	return errors.Join(host.Bind(AccountModule, Account()), host.Bind(EscrowModule, Escrow()))
}

// AccountOf returns the address of the account that obeys owner.
func AccountOf(owner actor.Address) actor.Address { return AccountModule + "/" + owner }
