// Package wasmbus is the dialect "wasmbus": it runs the actors of the classic wasmCloud, from 0.18 to 0.82, unmodified.
//
//	module, err := engine.Load(ctx, code, wasmbus.Dialect())
//	a := wasmbus.New(module, "echo", wasmbus.Options{}) // an actor.Actor: its messages are capability.Invocations
//
// # What a guest sees
//
// It imports from wasmbus, or from wapc, the older name of the same functions, and exports __guest_call. A call delivers an
// operation and its payload; while it runs the guest calls providers and other actors through __host_call, and gets answers
// at once. Each of these is a subtransaction: what fails has had no effect, and the guest is told why and may go on.
// The guest has the standard functions of WASI too, of a world without files, sockets and variables.
//
// Guests that import from wapc have operations and messages of their own. They are translated here: providers know those
// of the later guests only.
//
// # Guarantees
//
// A guest enforces nothing, so everything is decided here, in the order that its users know: an actor runs only while what
// it has claimed holds, and with the code that the claims are for; it reaches a provider only if there is a link and its
// claims name the contract; and it is reached by one in the same way. A call sees the module as it was installed, and nothing
// that an earlier call left in memory. It depends on the log alone. A guest's error is an *actor.Error with the guest's own
// text; a trap has the code actor.CodeTrap.
//
// A query is the same call, read-only: it reads from providers and actors by queries. What it cannot do without writing
// ends it with the code capability.CodeNeedsTransaction.
//
// # What it is not
//
// It keeps no state, and judges no token: rows of capability.Address say what may run. Any number of goroutines may use one
// Actor.
package wasmbus
