package dispatch

import (
	"sync/atomic"
	"time"
)

// Stats are what an Executor has done since it was made, and what waits for it now.
type Stats struct {
	// Queued requests have been admitted, and are not taken to be executed yet.
	Queued int
	// Groups have been made durable, with so many Transactions, and Synced is how long the disk was waited for.
	Groups, Transactions uint64
	Synced               time.Duration
}

// counters are those of Stats. They change once a group.
type counters struct{ groups, transactions, synced atomic.Uint64 }

// Stats returns the figures of now.
func (e *Executor) Stats() Stats {
	c := &e.counters
	return Stats{Queued: e.queue.length(), Groups: c.groups.Load(), Transactions: c.transactions.Load(),
		Synced: time.Duration(c.synced.Load())}
}
