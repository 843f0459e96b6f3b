package state

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Checkpoint writes a copy of everything applied so far to a new directory on the store's file system. It does not hold
// up readers or Apply; tables are linked, not copied, where the file system can. It returns an error that wraps
// fs.ErrExist if dir exists. A checkpoint that fails leaves nothing behind and does the store no harm. Back up a
// checkpoint by copying its directory; restore it with Restore, or open it in place.
func (s *Store) Checkpoint(dir string) (err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return err
	}
	defer s.catch("checkpoint", &err)
	if _, err := s.fs.Stat(dir); err == nil {
		return fmt.Errorf("state: checkpoint of %s: %s: %w", s.name(), dir, fs.ErrExist)
	}
	if s.memory {
		// There is no log that would hold what has not been flushed.
		err = s.db.Flush()
	}
	if err == nil {
		err = s.copyTo(dir)
	}
	if failed := s.Err(); failed != nil {
		return failed
	}
	if err != nil {
		return fmt.Errorf("state: checkpoint of %s to %s: %w", s.name(), dir, err)
	}
	return nil
}

// copyTo writes a sealed checkpoint, or nothing.
func (s *Store) copyTo(dir string) error {
	s.copying.Lock() // what the fence keeps is about one checkpoint
	defer s.copying.Unlock()
	if s.fence != nil {
		s.fence.unsynced.Store(nil)
		s.fence.copying.Store(true)
		defer s.fence.copying.Store(false)
	}
	if err := s.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return err // Pebble has cleaned up
	}
	var err error
	if s.fence != nil {
		if unsynced := s.fence.unsynced.Load(); unsynced != nil {
			err = *unsynced
		}
	}
	if err == nil {
		err = writeSeal(s.fs, dir)
	}
	if err != nil {
		_ = s.fs.RemoveAll(dir)
	}
	return err
}

// Restore copies the checkpoint in from to the directory to, which must be missing or empty, and reads every row of
// both. Both are on the file system of the options. It returns the errors of Open, about from, and one that wraps
// fs.ErrExist if to is occupied. On failure it leaves nothing behind in to.
func Restore(from, to string, opts *Options) (err error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	o.ReadOnly = false
	if names, err := o.FS.List(to); err == nil && len(names) > 0 {
		return fmt.Errorf("state: restore %s: %s is not empty: %w", from, to, fs.ErrExist)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("state: restore %s to %s: %w", from, to, err)
	}
	if err := verify(from, o); err != nil {
		return fmt.Errorf("state: restore %s: the checkpoint: %w", from, err)
	}
	defer func() {
		if err != nil {
			_ = o.FS.RemoveAll(to)
		}
	}()
	ok, err := vfs.Clone(o.FS, o.FS, from, to, vfs.CloneSync, vfs.CloneSkip(func(name string) bool {
		return o.FS.PathBase(name) == "LOCK"
	}))
	if err == nil && !ok {
		err = fs.ErrNotExist
	}
	if err != nil {
		return fmt.Errorf("state: restore %s to %s: %w", from, to, err)
	}
	if err := verify(to, o); err != nil {
		return fmt.Errorf("state: restore %s: the copy: %w", from, err)
	}
	return nil
}

// verify opens the store in dir without changing it and reads every row, so that every checksum is compared.
func verify(dir string, o Options) (err error) {
	o.ReadOnly = true
	s, err := Open(dir, &o)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	it, err := s.Iter(nil, nil)
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
	}
	return it.Close()
}
