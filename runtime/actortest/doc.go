// Package actortest runs actors in tests: a whole host in memory, opened in a few milliseconds, with a clock and
// randomness that the test controls, a disk that crashes when told to, and assertions that show what differs.
//
//	func TestPayout(t *testing.T) {
//		h := actortest.New(t, nil)
//		h.Bind("warrior", warrior)
//		h.Bind("currency", currency)
//		h.MustSend("alice", "warrior", Payout{To: "bob"})
//		h.AssertState("currency", `{"balances/bob": 7}`)
//		h.AssertTrace(`…`)
//	}
//
// A body is a Go value that a typed actor understands, or []byte, or a string, which is sent as it stands. What there is
// beyond sending and asserting (snapshots, forks, crashes, injected failures, the clock) is in package world, of which
// Host.World returns the one behind a Host; the most used parts are methods of Host, too.
//
// RunTranscripts runs plain-text files of commands and what they print, see package transcript. Run the test with
// -update to rewrite them.
//
// # Guarantees
//
// The same calls in the same order give the same results, traces and transcripts, to the byte. A host is closed when its
// test ends. No test sees anything of another.
//
// # What it is not
//
// To call one entry point of one actor, no host is needed: see actor.MemState.
package actortest
