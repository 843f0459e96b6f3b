// Package messaging is the half of the provider of wasmcloud:messaging that is outside of transactions: it speaks NATS. The
// other half is package capability/messaging.
//
//	bus := messaging.New()
//	supervisor := edge.New(host, []edge.Kind{bus.Kind()}, nil)
//	… dispatch.Options{Outside: bus.Ask} …
//
// There is one half, with one connection, for each link: see Values for what a link says.
//
// # What leaves
//
// What actors publish stands in the outbox of their link when their transaction is durable. From there it is sent in order, and
// then taken out by a transaction. If the node stops between the two it is sent again, with the same header Nats-Msg-Id: a
// stream of JetStream drops what comes twice within its window, other nodes of Troupe drop it always. While no server takes
// messages they wait, for as long as it lasts. What waits when its link is deleted, or put to another provider, waits until the
// link is put to that provider again.
//
// # What comes in
//
// A message is one transaction, whose request id is made of what names the message: its header Nats-Msg-Id, or its place in
// a stream. So one that comes twice has one effect. Up to Values.InFlight are on their way at once, in no order; with 1
// they keep theirs.
//
// What comes from a stream is acknowledged when its transaction is durable, and comes again until then. If the actor fails it
// comes again after a while, Values.MaxDeliver times in all, and then no more; while the actor is not there, for it has not been
// started or is scaled to 0, nothing is counted. What comes by a subject alone, without a
// stream, is tried until its transaction has committed or the actor has failed, in this process: the server keeps nothing.
//
// Subscriptions of one queue share what comes, on any number of nodes. Those without a queue have one of their own in this
// process, so that a link which is changed, and works twice for a moment, gets nothing twice.
//
// # What is asked
//
// A question is sent once for each execution of its transaction that has no answer yet, and its answer stands in the log.
//
// # Secrets
//
// Of credentials nothing is in an error, a status or the log. Values of links are readable for who may read the links: a file of
// credentials is better.
package messaging
