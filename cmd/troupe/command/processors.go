package command

import (
	"os"
	goruntime "runtime"
)

// shareProcessors lets twice as many goroutines run at a time as there are processors, unless GOMAXPROCS says how many. It
// returns what undoes that.
//
// Go gives a goroutine a processor for 10 ms where others wait. On a machine with few processors the executor, which comes
// back from a sync, waits that long behind a compaction or the collector; the system shares processors in smaller pieces.
// RATIONALE.md has the figures.
func shareProcessors() (undo func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	before := goruntime.GOMAXPROCS(0)
	goruntime.GOMAXPROCS(2 * before)
	return func() { goruntime.GOMAXPROCS(before) }
}
