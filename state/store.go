package state

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options configure a Store. The zero value of each field is its default.
type Options struct {
	// FS is the file system, by default the operating system's. A store in memory brings its own and takes none.
	FS vfs.FS
	// CacheSize bounds the cache of blocks read from disk, in bytes: 64 MiB, or 8 MiB in memory.
	CacheSize int64
	// MemTableSize is how much is collected in memory before it is written as a table, in bytes: 16 MiB, which is
	// where writing is fastest, because smaller means more flushing and larger misses the processor's caches.
	MemTableSize int
	// ReadOnly opens an existing store without changing anything in it.
	ReadOnly bool
	// OnFault is called once, on a goroutine of its own, when storage has failed for good. It may call any method.
	OnFault func(error)
}

// Store is one Pebble database: the durable state of one node. All methods may be called concurrently; Apply takes its
// callers one after the other, in the order in which they come.
type Store struct {
	dir     string // as messages show it, empty in memory
	path    string // as fs knows it
	fs      vfs.FS
	memory  bool
	db      *pebble.DB
	failure *failure
	stall   *stall

	// On a disk only. The lock is set when Open has succeeded, and is then released by Close.
	readOnly         bool
	pebbleLock, lock *pebble.Lock
	fence            *fence

	// mu is held for reading by whatever uses db, and for writing to set closed. Nothing that may wait for a disk for
	// long but Apply and Checkpoint, which make progress on their own, happens under it.
	mu      sync.RWMutex
	closed  bool
	handles handles
	copying sync.Mutex // one checkpoint at a time
	// waiting are those who wait for work in the background. They stop when quit ends, which Close and a failure do.
	waiting sync.WaitGroup
	quit    context.Context
	stop    context.CancelFunc
	// batchSize is how much memory a new batch is given: what the last one needed, and some more.
	batchSize atomic.Int64
}

// Get returns the value of key as of the last applied batch, be it durable yet or not. The value is a copy and the
// caller's own.
func (s *Store) Get(key []byte) (value []byte, ok bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return nil, false, err
	}
	defer s.catch("get", &err)
	return s.get(s.db, key)
}

// get copies out of r, because what Pebble hands out has a closer of its own.
func (s *Store) get(r pebble.Reader, key []byte) ([]byte, bool, error) {
	v, closer, err := r.Get(key)
	if err == pebble.ErrNotFound {
		// A store that failed on the way may have missed what it could not read.
		return nil, false, s.Err()
	}
	if err != nil {
		return nil, false, s.readError("get", err)
	}
	value := append(make([]byte, 0, len(v)), v...)
	if err := closer.Close(); err != nil {
		return nil, false, s.readError("get", err)
	}
	return value, true, s.Err()
}

// Iter returns an iterator over lower <= key < upper in the state as of the call; a nil bound is open. The bounds are
// copied. The caller closes it.
func (s *Store) Iter(lower, upper []byte) (*Iter, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return nil, err
	}
	return s.newIter(s.db, lower, upper)
}

// Snapshot returns a view of everything applied so far. Whether that is durable yet is for the caller to know. It must be
// closed. On a store that is closed or has failed, the methods of the snapshot say so.
func (s *Store) Snapshot() *Snapshot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.usable() != nil {
		return &Snapshot{store: s}
	}
	snap := &Snapshot{store: s, inner: s.db.NewSnapshot()}
	s.handles.add(&snap.link, snap)
	return snap
}

// NewBatch returns an empty batch for Apply. It must be closed or applied.
func (s *Store) NewBatch() *Batch {
	return &Batch{inner: s.db.NewBatchWithSize(int(s.batchSize.Load()))}
}

// usualBatch bounds the memory that a new batch is given because the one before needed it.
const usualBatch = 1 << 20

// Apply makes everything in b visible at once and starts to make it durable. It takes b over: the caller uses the Pending
// from then on. On error nothing is durable, the batch is gone, and the store has failed, is closed or was opened
// read-only, or the batch was unusable.
//
// Apply waits while too many unmerged tables have piled up.
func (s *Store) Apply(b *Batch) (p *Pending, err error) {
	if err := s.stall.wait(s); err != nil {
		b.Close()
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	inner, err := b.take()
	if err == nil {
		err = s.usable()
	}
	if err != nil {
		if inner != nil {
			_ = inner.Close()
		}
		return nil, err
	}
	s.batchSize.Store(int64(min(inner.Len()+inner.Len()/4, usualBatch)))
	defer s.catch("apply", &err)
	if s.memory {
		err = s.db.Apply(inner, pebble.NoSync)
	} else {
		err = s.db.ApplyNoSyncWait(inner, pebble.Sync)
	}
	if err != nil {
		return nil, fmt.Errorf("state: apply to %s: %w", s.name(), err)
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	return &Pending{store: s, inner: inner}, nil
}

// Err returns why the store has failed, wrapping ErrFailed, or nil.
func (s *Store) Err() error { return s.failure.get() }

// usable returns why the store cannot be used. The caller holds mu.
func (s *Store) usable() error {
	if s.closed {
		return s.closedError()
	}
	return s.failure.get()
}

// Close releases the directory. Snapshots and iterators that are still open are closed with the store; batches that have
// been applied become durable first, unless the store has failed. Closing again returns ErrClosed. It returns the
// failure of the store, if there is one.
func (s *Store) Close() (err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return s.closedError()
	}
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.stall.changed()
	s.handles.shut()

	if s.fence != nil {
		s.fence.release()
	}
	// A panic inside Pebble may have left a lock of its own behind, and closing would wait for that. Nothing reaches the
	// disk any more, so that the directory can be given free under it.
	if !s.failure.panicked() {
		s.waiting.Wait()
		err = s.closeDB()
	} else if s.lock != nil {
		err = s.lock.Close() // Pebble's share of the lock, which closing it would have given back
	}
	if s.lock != nil {
		if lockErr := s.lock.Close(); err == nil && lockErr != nil {
			err = fmt.Errorf("state: unlock %s: %w", s.name(), lockErr)
		}
	}
	if failed := s.Err(); failed != nil {
		return failed
	}
	return err
}

// flushAbove is how long a log Close leaves to be replayed by the next Open, in bytes: replaying takes longer than
// flushing, and opening is what people wait for.
const flushAbove = 1 << 20

func (s *Store) closeDB() (err error) {
	defer s.catch("close", &err)
	if !s.memory && !s.readOnly && s.Err() == nil && s.db.Metrics().WAL.Size > flushAbove {
		err = s.db.Flush()
	}
	err = errors.Join(err, s.db.Close())
	if err == nil && s.Err() == nil && !s.memory && !s.readOnly {
		err = writeSeal(s.fs, s.path)
	}
	if err != nil {
		return fmt.Errorf("state: close %s: %w", s.name(), err)
	}
	return nil
}
