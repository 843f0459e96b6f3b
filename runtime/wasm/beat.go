package wasm

import (
	"sync"
	"sync/atomic"
	"time"
)

// beat is the one timer of an engine. It looks after calls that run for long and instances that are not needed any more.
// Between two beats there is no goroutine.
type beat struct {
	mu      sync.Mutex
	timer   *time.Timer
	every   time.Duration
	shrunk  time.Time
	stopped bool

	stalls atomic.Uint64
}

// shrinkEvery is how long an instance stays idle before it is dropped: once to twice as long.
const shrinkEvery = 10 * time.Second

func (b *beat) start(e *Engine) {
	b.every = shrinkEvery
	if w := e.options.Watchdog; w > 0 && e.options.OnStall != nil {
		b.every = min(b.every, max(w/4, time.Millisecond))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shrunk = time.Now()
	b.timer = time.AfterFunc(b.every, func() { b.tick(e) })
}

func (b *beat) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	b.timer.Stop()
}

func (b *beat) tick(e *Engine) {
	now := time.Now()
	e.mu.Lock()
	modules := e.list()
	e.mu.Unlock()
	if now.Sub(b.shrunk) >= shrinkEvery {
		b.shrunk = now
		for _, m := range modules {
			m.shrink()
		}
	}
	if e.options.Watchdog > 0 && e.options.OnStall != nil {
		for _, m := range modules {
			for _, running := range m.stalled(now, e.options.Watchdog) {
				b.stalls.Add(1)
				e.options.OnStall(Stall{m.Hash(), m.prepared.dialect.Name, running})
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.stopped {
		b.timer.Reset(b.every)
	}
}

// stalled returns how long calls have been running that run for limit at least and were not returned before. A call tells
// nothing about time, which would cost it more than all else here: it is timed from the beat that sees it first.
func (m *Module) stalled(now time.Time, limit time.Duration) (list []time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for inst := range m.instances {
		switch turn := inst.turns.Load(); {
		case turn%2 == 0:
		case turn != inst.watched:
			inst.watched, inst.since = turn, now
		case !inst.since.IsZero() && now.Sub(inst.since) >= limit:
			list = append(list, now.Sub(inst.since))
			inst.since = time.Time{}
		}
	}
	return list
}
