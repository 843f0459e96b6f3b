package state

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// scheduler decides when compactions run: whenever Pebble wants one and fewer run than are allowed, but not before the
// store is open. Pebble's Open would wait for those that it has started itself, and with a backlog that takes seconds.
//
// It is Pebble's own scheduler without the goroutine that asks ten times a second whether more are allowed now. Pebble
// also asks whenever a flush or a compaction has ended, and nothing else changes the answer.
type scheduler struct {
	*pebble.ConcurrencyLimitScheduler
	db   pebble.DBForCompaction
	open atomic.Bool
}

func newScheduler() *scheduler {
	return &scheduler{ConcurrencyLimitScheduler: pebble.NewConcurrencyLimitSchedulerWithNoPeriodicGrantingForTest()}
}

// Register implements pebble.CompactionScheduler.
func (s *scheduler) Register(goroutines int, db pebble.DBForCompaction) {
	s.db = db
	s.ConcurrencyLimitScheduler.Register(goroutines, db)
}

// TrySchedule implements pebble.CompactionScheduler.
func (s *scheduler) TrySchedule() (bool, pebble.CompactionGrantHandle) {
	if !s.open.Load() {
		return false, nil
	}
	return s.ConcurrencyLimitScheduler.TrySchedule()
}

// start lets compactions begin. The caller holds no lock of Pebble.
func (s *scheduler) start() {
	s.open.Store(true)
	for {
		ok, grant := s.TrySchedule()
		if !ok {
			return
		}
		if waiting, _ := s.db.GetWaitingCompaction(); !waiting || !s.db.Schedule(grant) {
			grant.Done()
			return
		}
	}
}
