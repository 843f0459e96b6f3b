package claims

import (
	"sync"
	"time"
)

// Replays remembers the requests that a node has admitted for as long as they could be admitted again. It is safe for
// use by many goroutines.
//
// Its memory is bounded by a number of requests, about 40 bytes each. Admit is asked last, when it is known that the
// signer may do what he asks: so nobody without a grant can fill it.
type Replays struct {
	start time.Time
	max   int

	mu   sync.Mutex
	seen map[int64]map[[16]byte]struct{} // the hashes of requests, shortened, by the second in which they end
	size int
	// floor is the end of the last second that was forgotten: what ended before it may have been seen. It is not the
	// time, which may have been wrong for a moment.
	floor int64
	swept int64 // the second in which was looked for what can be forgotten
}

// DefaultReplays is how many requests NewReplays remembers if it is not told: 5 minutes of 3,000 a second.
const DefaultReplays = 1 << 20

// NewReplays returns an empty memory for a node that starts at that time and knows nothing of requests before it. It
// holds at most max requests, DefaultReplays if max is 0.
func NewReplays(start time.Time, max int) *Replays {
	if max <= 0 {
		max = DefaultReplays
	}
	return &Replays{start: start, max: max, seen: map[int64]map[[16]byte]struct{}{}}
}

// Admit remembers a request by its hash, which is the SHA-256 of the sealed envelope, and returns nil the first time. Else
// it returns a *Refusal: Replayed if it was admitted before; Stale if its time is over or it was issued so long before
// the start that an earlier run may have admitted it; BadLifetime if it would have to be remembered for longer than any
// request; Overloaded if there is no room, which time makes.
//
// Requests of the last MaxSkew before the start are admitted, though an earlier run may have seen them: clocks differ,
// and callers go on while a node restarts. Envelope.ID makes a write that is repeated so have no second effect.
func (r *Replays) Admit(sealed [32]byte, issued, notAfter, now time.Time) error {
	switch {
	case now.After(notAfter):
		return refuse(Stale, "the request was valid until %s: sign it again", notAfter.UTC().Format(time.RFC3339))
	case issued.Before(r.start.Add(-MaxSkew)):
		return refuse(Stale, "the request was signed at %s, and this node, which started at %s, does not know whether it was seen before: sign it again",
			issued.UTC().Format(time.RFC3339), r.start.UTC().Format(time.RFC3339))
	case notAfter.Sub(now) > MaxLifetime+MaxSkew:
		return refuse(BadLifetime, "the request is valid for more than %v from now: sign it for a shorter time", MaxLifetime+MaxSkew)
	}
	second, id := notAfter.Unix(), [16]byte(sealed[:16])
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now.Unix())
	if second < r.floor {
		return refuse(Stale, "the request may have been seen before the clock of this node was set back: sign it again")
	}
	if _, ok := r.seen[second][id]; ok {
		return refuse(Replayed, "this very request was admitted before: sign it again, with the same request id if its outcome is not known")
	}
	if r.size >= r.max {
		return refuse(Overloaded, "this node remembers %d signed requests and has no room for another: try again in a second", r.size)
	}
	if r.seen[second] == nil {
		r.seen[second] = map[[16]byte]struct{}{}
	}
	r.seen[second][id] = struct{}{}
	r.size++
	return nil
}

// forget drops the requests that ended before that second.
func (r *Replays) forget(now int64) {
	if r.swept == now {
		return
	}
	r.swept = now
	for second, ids := range r.seen {
		if second < now {
			r.size -= len(ids)
			r.floor = max(r.floor, second+1)
			delete(r.seen, second)
		}
	}
}

// Len returns how many requests are remembered.
func (r *Replays) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.size
}
