// Package access keeps who may do what: grants to keys and pauses of actors, as the state of the actor troupe.access, so
// that they are part of the log. The hook that asks them stands before every message.
//
//	host, err := runtime.Open("data", nil)
//	err = host.Found(ctx, operator)            // the public key of the first operator
//	receipt, err := host.Do(ctx, dispatch.Request{Sender: actor.Address(operator), Signer: operator,
//		Message: access.Grant(key, claims.Grant{Role: claims.Caller, Actors: []string{"account/*"}})})
//
// # Who may do what
//
// A command without a signer comes from the program that has the directory open, and is not asked. Of a command with one
// the hook wants that a grant of the key says so:
//
//	execute                        caller, for the actor
//	instantiate, migrate, set_admin   deployer, for the actor
//	sudo                           operator, for the actor
//	install                        deployer, for the module's name and all addresses name/key; and for each actor that it
//	                               migrates (a host wants an operator for all actors if the actor was started with claims)
//	bind, configure                operator, for all actors
//	messages to troupe.access      operator, for all actors
//
// The sender is the key, or a plain name that the same grant says. What a message causes in its tree is not asked again:
// actors trust senders, not keys. The time is that of the transaction.
//
// A paused actor takes no message, from whoever it comes and however deep in a tree; its caller may catch that as any
// failure. What the operator of the host sends by sudo still reaches it, and so do the migrations of an installation,
// which may be what it waits for.
//
// # Guarantees
//
// What is decided depends on the command and the state alone: a replay decides the same. A grant and its end hold from their
// place in the log on. There is always an operator for all actors whose grant does not end. Nobody but the program itself
// and such operators can change grants or pauses, and no actor can.
//
// # What it is not
//
// It checks no signatures: whoever submits a command has. Nor does it guard queries and other reads; who serves them asks
// Check or the readers of this package.
package access
