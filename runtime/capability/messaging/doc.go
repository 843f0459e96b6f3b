// Package messaging is the provider of wasmcloud:messaging, the half inside of transactions: actors publish messages, ask others
// by them, and get those that they have subscribed to. The half outside, which speaks NATS, is package lattice/messaging.
//
// Publish puts a message into the outbox of a link: rows of the provider's own state, see Outbox. So a message goes when, and
// only if, the transaction commits that published it. The half outside sends what is there in its order, and then says so
// by OpSent. Request asks through the services of the host, which performs it once and keeps the answer in the log.
//
//	sudo to troupe.messaging/nats: an Invocation of MessageSubscriber.HandleMessage whose Origin is the actor that gets it
//	sudo to troupe.messaging/nats: an Invocation of Outbox.Sent whose Origin is the actor that has published
//	query of troupe.messaging/nats: {"op":"Outbox.Waiting"} lists what waits, for each link
//
// # Values
//
// A link says, or its provider does, in capitals or small letters:
//
//	publish   the subjects that the actor may publish on, patterns with commas between: ">" if nothing is said
//	request   those that it may ask on: none if nothing is said, because a question reaches out before there is a commit
//
// A pattern does not stand for subjects that begin with "$", which belong to servers of NATS, unless it begins so itself. Answers
// may be asked for on any subject but those, which publish has to allow.
//
// # Guarantees
//
// Messages of one link leave in the order of transactions, and of their publishing in one. Each has an ID that no other message
// anywhere has, be it of another node or of one that was set up from a backup: made of the seed of its transaction.
//
// What is delivered is a transaction: that of the actor which gets it, if it is linked. If it fails nothing has happened.
// An actor can answer over the link that a message has come by.
//
// # What it is not
//
// A message to capability.PolicySubject goes nowhere: it is kept for capability.Address, which has asked for it.
package messaging
