package wasm

import (
	goruntime "runtime"
	"sync"
	"unsafe"
)

// pool keeps idle instances. The one that was put back last is taken first: its memory is in the caches of the
// processor. It is divided into shards, and a goroutine begins with the same one each time, so that two of them seldom
// wait for each other and get their own instances back.
type pool struct{ shards []shard }

type shard struct {
	mu     sync.Mutex
	idle   []*instance // the last one is the next to be taken
	room   int         // how many it keeps
	unused int         // the fewest that were idle since the last shrink
	closed bool

	_ [64]byte // shards are not on the same line of the processor's cache
}

// shardsEach is how many shards there are for each processor: goroutines get theirs by chance, and should seldom meet.
const shardsEach = 4

// newPool returns a pool that keeps up to room instances.
func newPool(room int) *pool {
	n := max(1, min(shardsEach*goruntime.GOMAXPROCS(0), room))
	p := &pool{make([]shard, n)}
	for i := range p.shards {
		p.shards[i].room = (room + n - 1 - i) / n
	}
	return p
}

// home returns the shard that the calling goroutine begins with, which follows from where its stack is.
func (p *pool) home() int {
	if len(p.shards) == 1 {
		return 0
	}
	var here byte
	h := uint64(uintptr(unsafe.Pointer(&here))>>12) * 0x9e3779b97f4a7c15
	return int((h >> 32) % uint64(len(p.shards)))
}

// take returns an idle instance, or nil if there is none. It looks into the home shard first.
func (p *pool) take(home int) *instance {
	for i := range p.shards {
		s := &p.shards[(home+i)%len(p.shards)]
		s.mu.Lock()
		if last := len(s.idle) - 1; last >= 0 {
			inst := s.idle[last]
			s.idle[last] = nil
			s.idle = s.idle[:last]
			s.unused = min(s.unused, last)
			s.mu.Unlock()
			return inst
		}
		s.mu.Unlock()
	}
	return nil
}

// put keeps an instance, in its home shard if it can, or returns false if there is no room or the pool is closed.
func (p *pool) put(home int, inst *instance) bool {
	for i := range p.shards {
		s := &p.shards[(home+i)%len(p.shards)]
		s.mu.Lock()
		if !s.closed && len(s.idle) < s.room {
			s.idle = append(s.idle, inst)
			s.mu.Unlock()
			return true
		}
		s.mu.Unlock()
	}
	return false
}

// shrink takes out those that were idle ever since the last time, and returns them.
func (p *pool) shrink() (out []*instance) {
	for i := range p.shards {
		s := &p.shards[i]
		s.mu.Lock()
		n := min(s.unused, len(s.idle))
		out = append(out, s.idle[:n]...)
		rest := copy(s.idle, s.idle[n:])
		clear(s.idle[rest:])
		s.idle = s.idle[:rest]
		s.unused = rest
		s.mu.Unlock()
	}
	return out
}

// close takes everything out, and lets nothing in any more.
func (p *pool) close() (out []*instance) {
	for i := range p.shards {
		s := &p.shards[i]
		s.mu.Lock()
		s.closed = true
		out = append(out, s.idle...)
		s.idle = nil
		s.mu.Unlock()
	}
	return out
}

// len returns how many are idle.
func (p *pool) len() int {
	n := 0
	for i := range p.shards {
		s := &p.shards[i]
		s.mu.Lock()
		n += len(s.idle)
		s.mu.Unlock()
	}
	return n
}
