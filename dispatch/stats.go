package dispatch

import (
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/state"
)

// Stats are what an Executor has done since it was made, and what waits for it now.
type Stats struct {
	// Queued requests have been admitted, and are not taken to be executed yet.
	Queued int
	// Groups have been made durable, with so many Transactions, and Synced is how long the disk was waited for.
	Groups, Transactions uint64
	Synced               time.Duration
	// Failed of the Transactions were rolled back as a whole, and all together have used GasUsed.
	Failed, GasUsed uint64
}

// counters are those of Stats. They change once a group.
type counters struct{ groups, transactions, synced, failed, gas atomic.Uint64 }

// Stats returns the figures of now.
func (e *Executor) Stats() Stats {
	c := &e.counters
	failed := c.failed.Load() // before the transactions, of which it counts some
	return Stats{Queued: e.queue.length(), Groups: c.groups.Load(), Transactions: c.transactions.Load(),
		Synced: time.Duration(c.synced.Load()), Failed: failed, GasUsed: c.gas.Load()}
}

// count counts a group that is durable.
func (c *counters) count(receipts []*state.Receipt, synced time.Duration) {
	failed, gas := uint64(0), uint64(0)
	for _, r := range receipts {
		if r.Err != nil {
			failed++
		}
		gas += r.GasUsed
	}
	c.groups.Add(1)
	c.transactions.Add(uint64(len(receipts)))
	c.synced.Add(uint64(synced))
	c.failed.Add(failed)
	c.gas.Add(gas)
}
