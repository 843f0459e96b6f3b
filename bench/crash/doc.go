// Package crash kills the whole program while clients ask it, again and again, and looks at what they were told.
//
// The test builds the command troupe, serves a directory with it, and lets many clients make payments over HTTP and over NATS,
// each under an id of its own. At some moment the process gets a SIGKILL: under load, while it starts, while it recovers. It is
// started again, and every client asks again, under the same id, until it has a definite answer. Some clients hang up
// before the answer, ask twice at once, or ask again what was answered long ago. Meanwhile others look at balances.
//
//	go test ./bench/crash                      # a few rounds
//	go test ./bench/crash -crash.rounds 50     # as it is done before a release
//	go test ./bench/crash -crash.seed 7        # the same moments and requests again, as far as the machine lets them be
//
// TestCounter does the same with actors of the classic wasmCloud, which a manifest serves over HTTP:
//
//	go test ./bench/crash -run Counter -crash.rounds 20
//
// Other tests do to the whole program over sockets what package gateway does to its handler: clients that die, floods of what
// is refused, a thousand watchers, a port that is taken.
//
// # Guarantees
//
// What was asked and answered is judged by package history, which knows nothing of Troupe, and at the end the directory
// must verify: its log gives the same outcomes again.
//
// # What it is not
//
// A killed process loses what it had in memory, not what the system had: what survives the loss of power is tested by the
// crashes of package state, on a disk that forgets.
package crash
