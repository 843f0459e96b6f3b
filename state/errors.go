package state

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// The errors that callers branch on. What a method returns wraps one of them with the directory, the cause and, where it
// is known, what to do.
var (
	// ErrLocked: another handle, in this or another process, has the directory open.
	ErrLocked = errors.New("locked")
	// ErrClosed: the store, snapshot or iterator has been closed.
	ErrClosed = errors.New("closed")
	// ErrFailed: storage has failed and the store has stopped for good.
	ErrFailed = errors.New("storage failed")
	// ErrFormat: the directory holds no store of ours, or one of another format version.
	ErrFormat = errors.New("format")
	// ErrCorrupt: stored bytes are not what was written.
	ErrCorrupt = errors.New("corrupt")
)

// readError gives an error of a read its class. Corruption is told apart because no retry will help.
func (s *Store) readError(what string, err error) error {
	if pebble.IsCorruptionError(err) {
		return fmt.Errorf("state: %s in %s: %w: %w; restore the store from a checkpoint", what, s.name(), ErrCorrupt, err)
	}
	return fmt.Errorf("state: %s in %s: %w", what, s.name(), err)
}

func (s *Store) closedError() error {
	return fmt.Errorf("state: store %s: %w", s.name(), ErrClosed)
}

// name is how messages call the store.
func (s *Store) name() string {
	if s.dir == "" {
		return "memory"
	}
	return s.dir
}
