// Package httpclient is the provider of wasmcloud:httpclient: it lets actors ask others over HTTP while a transaction runs.
//
// It has two halves. Actor is the one inside of transactions: it judges what an actor asks by the values of its link, see Rules,
// and asks the world outside. A Client is what performs that, as dispatch.Options.Outside: once for each question, whose answer
// is then a part of the log, so that a replay asks nobody.
//
// # Guarantees
//
// Default is deny: an actor reaches the hosts that its link allows, and what leads elsewhere, be it a redirect, is refused. A
// name that leads to this machine or to a private network is refused, whatever it was allowed as, unless the link allows
// private addresses; what is judged is the address that is connected to. No proxy is used, whatever the environment says. A redirect
// that is followed uses no method that the link does not allow, and another server than the first gets none of the headers that may
// be secret.
//
// Requests that change something carry an Idempotency-Key, which is the same when the question is asked again: after the
// host was killed before it knew the answer, for instance.
//
// # What it is not
//
// A transaction that is rolled back does not take back what it asked outside: its trace says that it reached out.
package httpclient
