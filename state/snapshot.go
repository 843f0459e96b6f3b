package state

import (
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// Snapshot is a view of the store that does not change. Its methods may be called concurrently.
type Snapshot struct {
	store *Store
	link  link

	// mu is held for reading by whatever uses inner.
	mu    sync.RWMutex
	inner *pebble.Snapshot // nil when closed
}

// Get returns the value of key in the snapshot. The value is a copy and the caller's own.
func (s *Snapshot) Get(key []byte) (value []byte, ok bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return nil, false, err
	}
	defer s.store.catch("get", &err)
	return s.store.get(s.inner, key)
}

// Iter returns an iterator over lower <= key < upper in the snapshot; a nil bound is open. The bounds are copied. The
// caller closes it; it may outlive the snapshot.
func (s *Snapshot) Iter(lower, upper []byte) (*Iter, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return nil, err
	}
	return s.store.newIter(s.inner, lower, upper)
}

// usable returns why the snapshot cannot be used. The caller holds mu.
func (s *Snapshot) usable() error {
	if err := s.store.Err(); err != nil {
		return err
	}
	if s.inner == nil {
		return fmt.Errorf("state: snapshot of %s: %w", s.store.name(), ErrClosed)
	}
	return nil
}

// Close releases the snapshot. Closing it again does nothing.
func (s *Snapshot) Close() error {
	err := s.shut()
	s.store.handles.remove(&s.link) // not before: see handles
	return err
}

func (s *Snapshot) shut() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inner == nil {
		return nil
	}
	defer s.store.catch("close", &err)
	inner := s.inner
	s.inner = nil
	return inner.Close()
}
