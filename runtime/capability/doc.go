// Package capability decides who may reach what, and is where providers are.
//
// A contract names an interface: "wasmcloud:keyvalue". A provider implements it: it is an actor, one of those that the host
// has built in or any other. A link binds an actor, a contract and a link name to a provider, with values. Default is deny:
// an actor whose module carries claims reaches a provider if its claims name the contract and a link is there, and a
// provider reaches an actor likewise.
//
//	_, err := host.Order(ctx, capability.Order{
//		Provide: []capability.ProviderOrder{{Name: "store", Kind: "keyvalue"}},
//		Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "echo", Contract: capability.KeyValue}, Provider: "store"}},
//	}, "", "")
//	target, refused := host.Table().Find("echo", capability.DefaultLink, capability.KeyValue)
//
// Actors, providers and links are rows of one system actor, which lives at Address: an Order changes them, as a transaction
// that stands in the log. So a change holds from its place in the serial order on, is undone if its transaction fails, and a
// replay decides as the host did. Table reads them.
//
// Providers that reach out of the host have a half of their own there, which holds sockets: see packages edge, httpserver and
// httpclient, and lattice/messaging. Whoever writes a provider in Go implements Handler, and binds what NewProvider makes of
// it.
//
// # Who may what
//
// At every call of an actor with claims Admit wants that it was started and is not scaled to 0, that it is the time of its
// claims, and that neither its module nor its issuer is banned. If there are anchors its issuer is one, or an anchor vouches
// for it: see Anchor. The time is that of the transaction, so a token that expires and a ban take effect at once.
//
// When it calls, Find looks for a link, the key of a module, an actor that was started, an alias, an address, in this order;
// over a link its claims must name the contract, see Outbound. A provider serves those that are linked to it, see Linked, and
// an actor is called over links for contracts that its claims name, see Inbound. Then a Policy, or a policy actor, may refuse it
// all the same: see PolicySubject.
//
// A module replaces another under the same name if its key is the same, its revision is greater, and its capabilities are
// the same; an order may lift the two last. The revision is the one that the claims say, and 0 if they say none; where both
// have 0 the later token wins.
//
// # Guarantees
//
// An order happens whole or not at all, and given again it changes nothing. Operators for all actors give orders, and the
// program that has the directory open, but no actor does. What is decided depends on the rows, the message and the time of
// the transaction alone.
//
// # What it is not
//
// It does not compare claims with code: Host.Start does, before it orders, and whoever runs an actor compares at every call
// that its code is the one whose Hash is kept. It guards no queries: what is in the state of a provider, and the values of
// links, can be read by whoever may read.
package capability
