package state

import (
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// Iter goes over keys in order, in both directions. A new one stands nowhere: position it with First, Last, SeekGE or
// SeekLT. A method that moves reports whether there is a key; when there is none, Err tells the end from an error. It
// belongs to one goroutine, but Store.Close may come at any time.
type Iter struct {
	store *Store
	link  link

	mu    sync.Mutex
	inner *pebble.Iterator // nil when closed
	value []byte
	valid bool
	err   error // the first error
}

func (s *Store) newIter(r pebble.Reader, lower, upper []byte) (it *Iter, err error) {
	defer s.catch("iter", &err)
	inner, err := r.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return nil, s.readError("iter", err)
	}
	it = &Iter{store: s, inner: inner}
	s.handles.add(&it.link, it)
	return it, nil
}

// First moves to the least key.
func (it *Iter) First() bool { return it.move((*pebble.Iterator).First) }

// Last moves to the greatest key.
func (it *Iter) Last() bool { return it.move((*pebble.Iterator).Last) }

// Next moves to the key behind the current one. From before the first key it moves to that.
func (it *Iter) Next() bool { return it.move((*pebble.Iterator).Next) }

// Prev moves to the key before the current one. From behind the last key it moves to that.
func (it *Iter) Prev() bool { return it.move((*pebble.Iterator).Prev) }

// SeekGE moves to the least key >= key.
func (it *Iter) SeekGE(key []byte) bool {
	return it.move(func(inner *pebble.Iterator) bool { return inner.SeekGE(key) })
}

// SeekLT moves to the greatest key < key.
func (it *Iter) SeekLT(key []byte) bool {
	return it.move(func(inner *pebble.Iterator) bool { return inner.SeekLT(key) })
}

func (it *Iter) move(to func(*pebble.Iterator) bool) bool {
	it.mu.Lock()
	defer it.mu.Unlock()
	it.valid, it.value = false, nil
	if it.inner == nil {
		it.fail(fmt.Errorf("state: iterator over %s: %w", it.store.name(), ErrClosed))
	}
	if it.err != nil {
		return false
	}
	it.step(to)
	// Should the store have failed on the way, the end that was reached may not be the end.
	if err := it.store.Err(); err != nil {
		it.fail(err)
	}
	return it.valid
}

func (it *Iter) step(to func(*pebble.Iterator) bool) {
	var err error
	defer func() { it.fail(err) }()
	defer it.store.catch("iter", &err)
	if to(it.inner) {
		if it.value, err = it.inner.ValueAndErr(); err == nil {
			it.valid = true
			return
		}
	} else {
		err = it.inner.Error()
	}
	if err != nil {
		err = it.store.readError("iter", err)
	}
}

// fail keeps the first error.
func (it *Iter) fail(err error) {
	if err != nil && it.err == nil {
		it.err = err
	}
	if it.err != nil {
		it.valid, it.value = false, nil
	}
}

// Valid reports whether the iterator stands on a key.
func (it *Iter) Valid() bool {
	it.mu.Lock()
	defer it.mu.Unlock()
	return it.valid
}

// Key returns the current key, nil if there is none. It must not be modified and is valid until the next move.
func (it *Iter) Key() []byte {
	it.mu.Lock()
	defer it.mu.Unlock()
	if !it.valid {
		return nil
	}
	return it.inner.Key()
}

// Value returns the value of the current key, nil if there is none. It must not be modified and is valid until the next
// move.
func (it *Iter) Value() []byte {
	it.mu.Lock()
	defer it.mu.Unlock()
	return it.value
}

// Err returns the error that ended the iteration, or nil.
func (it *Iter) Err() error {
	it.mu.Lock()
	defer it.mu.Unlock()
	return it.err
}

// Close releases the iterator and returns Err. Closing it again does nothing.
func (it *Iter) Close() error {
	it.mu.Lock()
	first := it.err
	it.mu.Unlock()
	err := it.shut()
	it.store.handles.remove(&it.link) // not before: see handles
	if first != nil {
		return first
	}
	return err
}

func (it *Iter) shut() (err error) {
	it.mu.Lock()
	defer it.mu.Unlock()
	it.valid, it.value = false, nil
	if it.inner == nil {
		return nil
	}
	defer it.store.catch("close", &err)
	inner := it.inner
	it.inner = nil
	return inner.Close()
}
