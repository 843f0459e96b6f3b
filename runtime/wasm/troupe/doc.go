// Package troupe is the dialect "troupe": it lets a WebAssembly module be an actor.
//
//	module, err := engine.Load(ctx, code, troupe.Dialect())
//	a := troupe.New(module, "currency") // an actor.Actor with every entry point
//
// What a module must export, what it may import, and how messages are encoded is in ABI.md, and for programs, with
// vectors, in abi.json.
//
// # Guarantees
//
// A call sees the module as it was installed: nothing that an earlier call left in memory. It is given what the log
// says of the transaction and nothing else, so it does the same wherever it is executed. Whatever a module does ends in a
// response or in an *actor.Error whose code and text are the same everywhere: a trap has the code actor.CodeTrap, an
// output that is no output actor.CodeMalformed. When an entry point returns nothing of the call is left, iterators
// included.
//
// Instructions cost fuel, and fuel is paid with gas. How many units of fuel one of gas buys is the host's price; services
// that implement FuelLeft and UseFuel keep the account, for others it is four. The account is settled before the host
// does anything that costs gas, so gas runs out at the same instruction everywhere.
//
// # What it is not
//
// It decides nothing about who may do what. It has no state beside the module: any number of goroutines may use one
// Actor.
package troupe
