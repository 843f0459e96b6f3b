// Package history judges what clients of a bank saw: whether one bank that did one payment after the other could have
// said all that.
//
//	h := &history.History{Opening: balances, Asks: asks, Looks: looks, Log: log, Final: final, Head: head}
//	for _, f := range h.Check() {
//		t.Error(f)
//	}
//
// # Guarantees
//
// It knows requests and replies and nothing else: it shares no code with what it judges, and imports nothing of it. Every
// reply carries its place in the order that the bank says it worked in, so that the order needs no search: Check takes
// a time that grows with the number of requests n as n log n does.
//
// It finds: a request without an outcome, with two, or with one that the log does not have; two requests in one place; what
// the log has and nobody asked for; an order that is not that of the clocks of the clients; a reply that is not the one of
// a bank that did everything before it and nothing else; a look at a balance that was not there yet, or no longer; a
// balance at the end that does not come out.
//
// # What it is not
//
// It believes the sequences that replies carry, and the clock of the one who wrote the history down: that must be one clock.
// Nor does it know whether what was found out about the log and the end is all that there is: who asks must ask for all.
package history
