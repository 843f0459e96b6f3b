package state

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// maxBatch keeps a batch well below the 4 GiB at which Pebble panics.
const maxBatch = 1 << 30

// Batch collects writes. Later ones win over earlier ones. It belongs to one goroutine. What is set is copied. The first
// error sticks and is returned by Apply.
type Batch struct {
	inner *pebble.Batch // nil when closed or applied
	err   error
}

// Set writes a row.
func (b *Batch) Set(key, value []byte) {
	if b.room(len(key) + len(value)) {
		b.note(b.inner.Set(key, value, nil))
	}
}

// Delete removes a row. It may be missing.
func (b *Batch) Delete(key []byte) {
	if b.room(len(key)) {
		b.note(b.inner.Delete(key, nil))
	}
}

// DeleteRange removes all rows with lo <= key < hi. It is one write, whatever it removes.
func (b *Batch) DeleteRange(lo, hi []byte) {
	if b.room(len(lo) + len(hi)) {
		b.note(b.inner.DeleteRange(lo, hi, nil))
	}
}

// Len returns the size of the batch in bytes.
func (b *Batch) Len() int {
	if b.inner == nil {
		return 0
	}
	return b.inner.Len()
}

// Count returns the number of writes.
func (b *Batch) Count() int {
	if b.inner == nil {
		return 0
	}
	return int(b.inner.Count())
}

// Close drops the batch. Closing a batch that was closed or applied does nothing.
func (b *Batch) Close() {
	if b.inner != nil {
		_ = b.inner.Close() // it can only fail to be used again
		b.inner = nil
	}
}

func (b *Batch) room(n int) bool {
	switch {
	case b.err != nil:
	case b.inner == nil:
		b.err = fmt.Errorf("state: batch: %w", ErrClosed)
	case b.inner.Len()+n > maxBatch:
		b.err = fmt.Errorf("state: a batch has at most %d bytes", maxBatch)
	}
	return b.err == nil
}

func (b *Batch) note(err error) {
	if err != nil {
		b.err = fmt.Errorf("state: batch: %w", err)
	}
}

// take moves the inner batch out, together with what is wrong with it.
func (b *Batch) take() (*pebble.Batch, error) {
	inner := b.inner
	b.inner = nil
	if inner == nil && b.err == nil {
		b.err = fmt.Errorf("state: batch: %w", ErrClosed)
	}
	return inner, b.err
}

// Pending is a batch that has been applied and may not be durable yet.
type Pending struct {
	store *Store
	inner *pebble.Batch
}

// Wait returns when the batch is durable, or ErrFailed when that is not known and never will be. It must be called
// exactly once, on any goroutine; it closes the batch.
func (p *Pending) Wait() error {
	inner := p.inner
	if inner == nil {
		return errors.New("state: Wait was called twice")
	}
	p.inner = nil
	if !p.store.memory {
		if err := inner.SyncWait(); err != nil {
			p.store.failure.set(err)
		}
	}
	// The failure comes first: once the store has failed, what Pebble says about durability counts for nothing, see
	// fence.
	if err := p.store.Err(); err != nil {
		return err
	}
	_ = inner.Close() // it can only fail to be used again
	return nil
}
