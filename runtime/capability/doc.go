// Package capability decides who may reach what, and is where providers are.
//
// A contract names an interface: "wasmcloud:keyvalue". A provider implements it: it is an actor, one of those that the host
// has built in or any other. A link binds an actor, a contract and a link name to a provider, with values. Default is deny:
// an actor whose module carries claims reaches a provider if its claims name the contract and a link is there, and a
// provider reaches an actor likewise.
//
// Actors, providers and links are rows of one system actor, which lives at Address: an Order changes them, as a transaction
// that stands in the log. So a change holds from its place in the serial order on, is undone if its transaction fails, and a
// replay decides as the host did. Table reads them.
//
// Providers that reach out of the host have a half of their own there, which holds sockets: see packages edge, httpserver and
// httpclient, and lattice/messaging.
package capability
