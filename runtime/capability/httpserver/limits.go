package httpserver

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// errFull says that as many wait as may.
var errFull = errors.New("the queue is full")

// A gate lets so many pass at once, and so many wait.
type gate struct {
	slots   chan struct{}
	queue   int64
	waiting atomic.Int64
}

func newGate(slots, queue int) *gate {
	return &gate{slots: make(chan struct{}, slots), queue: int64(queue)}
}

// enter returns nil when there is a place, which must be left; errFull if nobody more may wait; or the error of ctx.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	if g.waiting.Add(1) > g.queue {
		g.waiting.Add(-1)
		return errFull
	}
	defer g.waiting.Add(-1)
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g *gate) leave() { <-g.slots }

// An instances lets as many queries run at once as the actor has instances, which may change. The others wait in order.
type instances struct {
	mu      sync.Mutex
	running int
	waiting []chan struct{} // closed when it is somebody's turn; its place is counted then
}

// enter returns nil when a query may run, or the error of ctx.
func (i *instances) enter(ctx context.Context, limit int) error {
	i.mu.Lock()
	if i.running < limit && len(i.waiting) == 0 {
		i.running++
		i.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	i.waiting = append(i.waiting, turn)
	i.wake(limit)
	i.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for n, other := range i.waiting {
		if other == turn {
			i.waiting = append(i.waiting[:n], i.waiting[n+1:]...)
			return context.Cause(ctx)
		}
	}
	i.running-- // it had become its turn meanwhile
	i.wake(limit)
	return context.Cause(ctx)
}

func (i *instances) leave(limit int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.running--
	i.wake(limit)
}

// wake is called with mu held. It lets one go even if the limit has become 0: it is for others to refuse then.
func (i *instances) wake(limit int) {
	for len(i.waiting) > 0 && i.running < max(limit, 1) {
		i.running++
		close(i.waiting[0])
		i.waiting = i.waiting[1:]
	}
}

const (
	// believed is how long what has had to write is taken to have to again.
	believed = 10 * time.Second
	// stubborn is how many requests of a method have to need a transaction, one after the other, until all of that method are
	// believed to.
	stubborn = 16
)

// A writers remembers which requests could not be answered by a query. Requests that fall on the same place are taken for each
// other, which is slower at most.
type writers struct {
	seed  maphash.Seed
	until [1024]atomic.Int64 // by method and path, in nanoseconds
	// in counts, by method, the requests that needed a transaction since one did not.
	in [16]atomic.Int64
}

func (w *writers) places(method, path string) (one *atomic.Int64, all *atomic.Int64) {
	m := maphash.String(w.seed, method)
	return &w.until[(m^maphash.String(w.seed, path))%uint64(len(w.until))], &w.in[m%uint64(len(w.in))]
}

// writes reports whether a request is believed to need a transaction.
func (w *writers) writes(method, path string, now time.Time) bool {
	one, all := w.places(method, path)
	if now.UnixNano() < one.Load() {
		return true
	}
	// Now and then one is tried all the same, so that the belief can end.
	return all.Load() >= stubborn && all.Add(1)%(4*stubborn) != 0
}

func (w *writers) learn(method, path string, wrote bool, now time.Time) {
	one, all := w.places(method, path)
	if wrote {
		one.Store(now.Add(believed).UnixNano())
		all.Add(1)
		return
	}
	if all.Load() != 0 {
		all.Store(0)
	}
}
