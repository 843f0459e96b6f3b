package world

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

// A Clock stands still until it is moved. Its methods may be called from any goroutine.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns what the clock shows, in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d and returns what it shows then.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// Set makes the clock show t. It may go back; the time of transactions does not, and stays until the clock is ahead again.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t.UTC()
}

// seeds hands out the randomness of transactions.
type seeds struct {
	mu   sync.Mutex
	seed uint64
	n    uint64   // how many were handed out
	last [32]byte // the one that was handed out last in this world, zero if none was
}

func (s *seeds) next() [32]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	b := append(make([]byte, 0, 64), "troupe world seed"...)
	b = binary.BigEndian.AppendUint64(b, s.seed)
	b = binary.BigEndian.AppendUint64(b, s.n)
	s.last = sha256.Sum256(b)
	return s.last
}

func (s *seeds) latest() [32]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func (s *seeds) position() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// rewind makes n seeds count as handed out.
func (s *seeds) rewind(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n, s.last = n, [32]byte{}
}
