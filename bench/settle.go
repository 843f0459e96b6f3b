package bench

import (
	"context"
	"time"
)

// settle waits until the process is idle, so that what one slice has left behind, compactions above all, is not done at
// the expense of the next. It gives up after the time that the slice took: some work never ends.
func settle(ctx context.Context, patience time.Duration) {
	const look = 20 * time.Millisecond
	quiet := 0
	for begun := time.Now(); quiet < 2 && time.Since(begun) < patience && ctx.Err() == nil; {
		before := processorTime()
		time.Sleep(look)
		if processorTime()-before < look/10 {
			quiet++
		} else {
			quiet = 0
		}
	}
}
