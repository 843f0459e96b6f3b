// Package runtime hosts transactional actors. It is not the standard library's runtime.
//
//	host, err := runtime.Open("data", nil) // "" keeps everything in memory
//	defer host.Close()
//	err = host.Bind("counter", counter{})
//	receipt, err := host.Send(ctx, "alice", actor.Message{To: "counter", Body: []byte("inc")})
//
// Actors are Go values, which Bind gives names, or WebAssembly, which Install puts into the directory. Both live under the
// same rules, and in one transaction.
//
// # Guarantees
//
// One Send is one transaction: the message, all sub-messages that come of it and their replies commit together, in one
// durable write, or leave nothing. A Send that returns a receipt is on disk. Queries see committed and durable states
// only, and never wait for writers. Every transaction has a place in the log of the host, from which it can be executed
// again with the same outcome: see Host.Verify. Code that is installed is part of the directory, its backups and its log.
// It may be anybody's: it reaches its own keys and what the host gives it, and uses up its own gas.
//
// # What it is not
//
// It does not listen on any network, and it checks no signatures: a sender and a signer are who the calling program says.
// What a signer may do it decides from grants, which are in the log: see Host.Found and package access.
package runtime
