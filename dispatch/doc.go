// Package dispatch runs trees of messages: depth first, each sub-message in a subtransaction, each reply as its sender
// asked for it. The Dispatcher is that algebra alone, a function from a command and a transaction to a result. The
// Executor puts the commands of a partition in order, runs them one after another, and makes them durable in groups.
//
//	result := dispatcher.Run(ctx, tx, command, nil)
//
// # Guarantees
//
// The rules are numbered S1 to S71 in the project's reference of the actor algebra; code and tests name the one they
// follow. In short: a call runs to its end, then its events, then its sub-messages in order, each with its whole
// subtree and its reply before the next. A failed subtree leaves nothing but the gas it used. What an actor sees of a
// failure is a code and a text, both deterministic. Faults of the host (storage, a context that ended) abort the whole
// transaction and reach no actor.
//
// An actor whose ABI calls others while it runs can have a message delivered in the middle of its call, as a
// subtransaction; it is never entered a second time meanwhile. It can ask the world outside, too: the transaction is
// taken back, and executed again when the answer is there, which becomes a part of the log.
//
// # Modules
//
// An actor names its module, and the state says what that is: the name of a Go value that Bind has recorded, or the hash
// of code that Install has put in the store. Both are commands in the log. New code may take the place of old code, and
// migrate the actors of the module with it, in one transaction. A View carries the hashes as of its state, so that a
// query runs the code that the state was written by.
//
// # What it is not
//
// It knows no WebAssembly, no network, no metrics and no claims. Code comes from a Resolver, permission from a hook, and
// what happened goes out as a Result and, if asked for, a Trace.
package dispatch
