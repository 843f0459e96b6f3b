package world

import (
	"sync/atomic"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/state/simdisk"
)

// Around returns a world around a host that is open already, on a directory for example, and has its modules. Messages
// and reads go to that host. What a world simulates (the clock, the disk, failures, snapshots, forks) does not reach it:
// who lets others choose must refuse it. The host stays the caller's to close, and the world is not closed.
func Around(host *runtime.Host) *World {
	w := newWorld(Options{Host: runtime.Options{Chain: host.Chain()}}.withDefaults(), simdisk.New(), new(atomic.Uint64))
	w.host = host
	return w
}
