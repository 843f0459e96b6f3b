package state

import (
	goruntime "runtime"
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
	s.ConcurrencyLimitScheduler.Register(goroutines, granting{db, s})
}

// TrySchedule implements pebble.CompactionScheduler.
func (s *scheduler) TrySchedule() (bool, pebble.CompactionGrantHandle) {
	if !s.open.Load() {
		return false, nil
	}
	ok, _ := s.ConcurrencyLimitScheduler.TrySchedule()
	return ok, s
}

// CumulativeStats implements pebble.CompactionGrantHandle. A compaction calls it every 128 keys, and may be held up in it.
// It lets others go first: it would keep a processor for 10 ms otherwise, while requests wait that need a few
// microseconds.
func (s *scheduler) CumulativeStats(pebble.CompactionGrantHandleStats) { goruntime.Gosched() }

// granting is the database as Pebble's scheduler sees it: the compactions that it grants are paced as well.
type granting struct {
	pebble.DBForCompaction
	s *scheduler
}

// Schedule implements pebble.DBForCompaction.
func (g granting) Schedule(pebble.CompactionGrantHandle) bool { return g.DBForCompaction.Schedule(g.s) }

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
