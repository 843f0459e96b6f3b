// Package world is a host together with everything around it that tests want to hold in their hands: clock, randomness,
// disk and mishaps. It needs no testing.T, so that programs can use it, too; tests use package actortest, which is a thin
// layer over it.
//
//	w, err := world.Open(nil)
//	defer w.Close()
//	err = w.Bind("counter", counter{})
//	receipt, err := w.Send(ctx, "alice", actor.Message{To: "counter", Body: []byte("inc")})
//	before, err := w.Snapshot()
//	w.Clock().Advance(time.Hour)
//	w.Crash(100)
//	err = w.Reopen()
//	err = w.Restore(before)
//
// # Guarantees
//
// Time stands still unless somebody moves it, and the randomness of transactions depends on Options.Seed and on how many
// there were: the same calls in the same order give the same results, to the byte. Snapshots, forks and restores cost the
// same however much the world holds. Injected failures do not disturb Verify: a replay fails the same calls again.
//
// # What it is not
//
// It is not fast with large states, because all of its disk is memory, and it does not simulate time: nothing waits for
// the clock of a world but what transactions see of it.
package world
