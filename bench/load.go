package bench

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A client is one of those who keep a host busy. It belongs to one goroutine.
type client struct {
	id   int
	rng  *rand.Rand
	done uint64 // requests that were answered
}

// A load is clients that do the same, each with choices of its own.
type load struct {
	clients []*client
	rate    float64 // requests a second in all; closed loop if 0
	// every is the number of requests of which one is timed; all if 0.
	every     int
	latencies *recorder
	do        func(context.Context, *client) error
}

func newLoad(clients int, seed uint64, do func(context.Context, *client) error) *load {
	l := &load{latencies: newRecorder(), do: do}
	for i := range clients {
		l.clients = append(l.clients, &client{id: i, rng: rand.New(rand.NewPCG(seed, uint64(i)))})
	}
	return l
}

// A slice is what a load got done in a while.
type slice struct {
	requests uint64
	elapsed  time.Duration
}

func (s slice) rate() float64 {
	if s.elapsed <= 0 {
		return 0
	}
	return float64(s.requests) / s.elapsed.Seconds()
}

// answered returns how many requests were answered so far. It is right between slices.
func (l *load) answered() (n uint64) {
	for _, c := range l.clients {
		n += c.done
	}
	return n
}

// run keeps the load up for d and waits for the answers of what was begun. It returns the first error of a request.
func (l *load) run(ctx context.Context, d time.Duration) (slice, error) {
	var (
		wg      sync.WaitGroup
		once    sync.Once
		failed  error
		stopped atomic.Bool
	)
	before, start := l.answered(), time.Now()
	end := start.Add(d)
	work := func(ctx context.Context, c *client) error { return l.closed(ctx, c, end, &stopped) }
	if l.rate > 0 {
		due := make(chan time.Time, maxDue)
		wg.Go(func() { pace(due, start, end, l.rate, &stopped) })
		work = func(ctx context.Context, c *client) error { return l.open(ctx, c, due, &stopped) }
	}
	for _, c := range l.clients {
		wg.Go(func() {
			// A context of its own, as the clients of a server have: waiting for one locks it.
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			if err := work(ctx, c); err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	wg.Wait()
	if failed == nil && ctx.Err() != nil {
		failed = context.Cause(ctx)
	}
	return slice{l.answered() - before, time.Since(start)}, failed
}

// count makes n requests, as fast as it goes.
func (l *load) count(ctx context.Context, n int64) error {
	var (
		wg      sync.WaitGroup
		once    sync.Once
		failed  error
		stopped atomic.Bool
		begun   atomic.Int64
	)
	for _, c := range l.clients {
		wg.Go(func() {
			for begun.Add(1) <= n && !stopped.Load() {
				if err := l.send(ctx, c, &stopped); err != nil {
					once.Do(func() { failed = err })
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// maxDue is how many requests may be due and unsent. Beyond that the pace itself falls behind, which changes nothing:
// when they were due has not changed.
const maxDue = 1 << 16

// closed sends a request as soon as the one before is answered.
func (l *load) closed(ctx context.Context, c *client, end time.Time, stopped *atomic.Bool) error {
	every := max(l.every, 1)
	begun := time.Now()
	for begun.Before(end) && !stopped.Load() {
		for range every - 1 {
			if err := l.send(ctx, c, stopped); err != nil {
				return err
			}
		}
		if every > 1 {
			begun = time.Now()
		}
		if err := l.send(ctx, c, stopped); err != nil {
			return err
		}
		now := time.Now()
		l.latencies.add(c.id, now.Sub(begun))
		begun = now
	}
	return nil
}

// send makes one request. If it fails, all clients stop.
func (l *load) send(ctx context.Context, c *client, stopped *atomic.Bool) error {
	if err := l.do(ctx, c); err != nil {
		stopped.Store(true)
		return err
	}
	c.done++
	return nil
}

// open sends each request when it is due, or later if too many are unanswered. Its latency counts from when it was due.
// It takes what is due to the end even after a failure, so that the pace is never stuck.
func (l *load) open(ctx context.Context, c *client, due <-chan time.Time, stopped *atomic.Bool) (failed error) {
	for at := range due {
		if stopped.Load() {
			continue
		}
		if err := l.send(ctx, c, stopped); err != nil {
			failed = err
			continue
		}
		l.latencies.add(c.id, time.Since(at))
	}
	return failed
}

// tick is how long the pace sleeps: what falls due in it is sent at its end, and its latency counts from before. To wake up
// takes a virtual machine 50 µs of a processor: a shorter tick takes from the host what it tells more precisely.
const tick = 200 * time.Microsecond

// pace says when each request is due. It blocks while too many are unsent.
func pace(due chan<- time.Time, start, end time.Time, rate float64, stopped *atomic.Bool) {
	defer close(due)
	gap := float64(time.Second) / rate
	for n := 0; !stopped.Load(); {
		now := time.Now()
		for {
			at := start.Add(time.Duration(float64(n) * gap))
			if !at.Before(end) {
				return
			}
			if at.After(now) {
				break
			}
			due <- at
			n++
		}
		sleep(tick)
	}
}
