package bench

import (
	"syscall"
	"time"
)

// sleep is time.Sleep to a few microseconds. That of an idle process rounds up to a millisecond, which is many times what
// is measured here.
func sleep(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil) // a signal ends it early, and then the loop around it looks at the clock
}
