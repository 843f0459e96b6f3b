package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Open opens the store in dir, and creates it if there is none. With an empty dir the store is in memory and gone when it
// is closed. The options are copied and may be nil.
//
// It returns ErrLocked if somebody has the directory open, ErrFormat if what is there is not a store of this program's
// format, ErrCorrupt if it is damaged, and an error that wraps fs.ErrNotExist if nothing is there and ReadOnly is set. In
// these cases it leaves the directory as it is.
func Open(dir string, opts *Options) (*Store, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.MemTableSize <= 0 {
		o.MemTableSize = 16 << 20
	}
	if dir == "" {
		return openMemory(o)
	}
	if o.CacheSize <= 0 {
		o.CacheSize = 64 << 20
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	path, lock, err := lockDir(dir, o)
	if err != nil {
		return nil, err
	}
	s, err := openLocked(dir, path, lock, o)
	if err != nil {
		_ = lock.Close() // the error that matters is err
		return nil, err
	}
	return s, nil
}

func openMemory(o Options) (*Store, error) {
	if o.FS != nil || o.ReadOnly {
		return nil, errors.New("state: a store in memory takes no file system and cannot be read-only; name a directory")
	}
	if o.CacheSize <= 0 {
		o.CacheSize = 8 << 20
	}
	s := newStore("", "store", vfs.NewMem(), o)
	s.memory = true
	if err := s.openDB(o); err != nil {
		return nil, err
	}
	if err := s.writeFormat(); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func newStore(dir, path string, fs vfs.FS, o Options) *Store {
	s := &Store{dir: dir, path: path, fs: fs, stall: newStall()}
	s.quit, s.stop = context.WithCancel(context.Background())
	s.failure = &failure{name: s.name(), onFault: o.OnFault, wake: func() { s.stop(); s.stall.changed() }}
	return s
}

// lockDir makes sure that dir exists and that nobody else has it. It returns the path to use from then on.
func lockDir(dir string, o Options) (path string, lock *pebble.Lock, err error) {
	path = o.FS.PathJoin(dir) // without a separator at its end, as Pebble writes the names of files
	if o.ReadOnly {
		if _, err := o.FS.Stat(path); err != nil {
			return "", nil, fmt.Errorf("state: open %s: %w", dir, err)
		}
	} else if err := o.FS.MkdirAll(path, 0o755); err != nil {
		return "", nil, fmt.Errorf("state: open %s: %w", dir, err)
	}
	if vfs.Root(o.FS) == vfs.Default {
		// Within a process the lock goes by name, so that one directory must have one.
		if path, err = filepath.Abs(path); err == nil {
			path, err = filepath.EvalSymlinks(path)
		}
		if err != nil {
			return "", nil, fmt.Errorf("state: open %s: %w", dir, err)
		}
	}
	lock, err = pebble.LockDirectory(path, o.FS)
	if err == nil {
		return path, lock, nil
	}
	if isLocked(err) {
		return "", nil, fmt.Errorf("state: open %s: %w: another process, or another handle in this one, has it open; "+
			"close that first", dir, ErrLocked)
	}
	return "", nil, fmt.Errorf("state: lock %s: %w", dir, err)
}

// isLocked tells a lock that is held from a lock file that cannot be made. Pebble has no error of its own for it.
func isLocked(err error) bool {
	var path *fs.PathError
	if errors.As(err, &path) {
		return false
	}
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) ||
		strings.Contains(err.Error(), "lock held by current process")
}

// openLocked looks before it touches anything: only a store of ours, or none at all, is opened for writing. On error the
// lock stays the caller's.
func openLocked(dir, path string, lock *pebble.Lock, o Options) (*Store, error) {
	s := newStore(dir, path, o.FS, o)
	s.readOnly = o.ReadOnly
	found, err := s.probe()
	if err == nil && found {
		err = s.checkSeal()
	}
	switch {
	case err != nil:
	case !found && o.ReadOnly:
		err = fmt.Errorf("state: open %s: there is no store: %w", dir, fs.ErrNotExist)
	case !o.ReadOnly:
		if err = breakSeal(o.FS, path); err != nil {
			err = s.openError(err)
		}
	}
	if err != nil {
		return nil, err
	}
	s.fence = newFence(o.FS, path, s.failure)
	s.pebbleLock = lock
	if err := s.openDB(o); err != nil {
		return nil, err
	}
	// What Pebble could not write it has not told: see fence.
	if err = s.Err(); err == nil {
		err = s.checkFormat(o.ReadOnly)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	s.lock = lock
	return s, nil
}

// openDB opens Pebble for s, whose other fields are set.
func (s *Store) openDB(o Options) (err error) {
	defer s.catch("open", &err)
	p := s.pebbleOptions(o)
	compactions := newScheduler()
	p.Experimental.CompactionScheduler = compactions
	if s.db, err = pebble.Open(s.path, p); err != nil {
		if s.fence != nil {
			s.fence.release()
		}
		if failed := s.Err(); failed != nil {
			return failed
		}
		return s.openError(err)
	}
	if !o.ReadOnly {
		compactions.start()
	}
	return nil
}

func (s *Store) openError(err error) error {
	switch {
	case pebble.IsCorruptionError(err):
		return fmt.Errorf("state: open %s: %w: %w; restore the store from a checkpoint", s.name(), ErrCorrupt, err)
	case strings.Contains(err.Error(), "comparer name from file"):
		return s.foreign(err.Error())
	}
	return fmt.Errorf("state: open %s: %w", s.name(), err)
}

// pebbleOptions returns the options of s for a machine with few cores: one compaction at a time, a second one when the
// first falls behind.
func (s *Store) pebbleOptions(o Options) *pebble.Options {
	p := &pebble.Options{
		FS:                          s.fs,
		Lock:                        s.pebbleLock,
		ReadOnly:                    o.ReadOnly,
		Comparer:                    comparer(),
		Logger:                      logger{s.failure},
		EventListener:               listener(s.failure, s.stall),
		FormatMajorVersion:          pebble.FormatNewest,
		CacheSize:                   o.CacheSize,
		MemTableSize:                uint64(o.MemTableSize),
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       1 << 20, // never: see stall
		LBaseMaxBytes:               64 << 20,
		MaxOpenFiles:                1000,
		BytesPerSync:                512 << 10,
		WALBytesPerSync:             512 << 10,
		CompactionConcurrencyRange:  func() (lower, upper int) { return 1, 2 },
		DisableWAL:                  s.memory, // nothing outlives the process
	}
	p.Experimental.SpanPolicyFunc = oneSpace
	if s.fence != nil {
		p.FS = s.fence
	}
	for i := range p.Levels {
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return p
}

// oneSpace makes tables end where spaces do. Rows of the log and receipts come in the order of their keys: a table with
// nothing else overlaps with no other, and a compaction moves it where it would have to write it again.
func oneSpace(start []byte) (policy pebble.SpanPolicy, end []byte, err error) {
	if len(start) <= partitionLen || start[partitionLen] == math.MaxUint8 {
		return policy, nil, nil // no key of Partition
	}
	end = bytes.Clone(start[:partitionLen+1])
	end[partitionLen]++
	return policy, end, nil
}
