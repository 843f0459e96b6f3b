package world

import (
	"errors"
	"fmt"
	"path"

	"github.com/troupe-run/troupe/state/simdisk"
)

// A Snapshot is a whole world at one moment: state, log, receipts, clock, randomness, what was bound and installed, and which failures
// were still to come. It can be restored any number of times, in the world that it was taken of and in forks of it.
type Snapshot struct {
	disk  *simdisk.Disk
	dir   string
	now   Clock
	seeds uint64
	rules []rule
	told  verdicts
	bound []binding
	last  *Transaction
}

// Snapshot keeps the world as it is. It waits for transactions under way. What it costs does not depend on how much the
// world holds.
func (w *World) Snapshot() (*Snapshot, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return nil, err
	}
	s := &Snapshot{disk: w.disk.Share(), dir: w.newDir(), seeds: w.seeds.position(), bound: w.bound, last: w.last.Load()}
	s.now.Set(w.clock.Now())
	s.rules, s.told = w.mishap.save()
	if err := w.host.Backup(s.dir); err != nil {
		return nil, err
	}
	return s, w.usable()
}

// Discard frees what the snapshot holds. It cannot be restored any more. Without it, a snapshot goes with its world.
func (s *Snapshot) Discard() error {
	if err := s.disk.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("world: discard a snapshot: %w", err)
	}
	return nil
}

// Restore makes the world what it was when the snapshot was taken. What was bound later is bound no longer. The world
// may have crashed, or its disk failed, in the meantime. If Restore fails, the world has no host until it, or Reopen,
// succeeds.
func (w *World) Restore(s *Snapshot) error {
	fresh := w.newDir()
	if err := link(s.disk, s.dir, fresh); err != nil {
		return fmt.Errorf("world: restore: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errors.Join(w.usable(), s.disk.RemoveAll(fresh))
	}
	err := w.shut()
	w.disk = s.disk.Share()
	if err := errors.Join(replace(w.disk, w.dir, fresh), err); err != nil {
		return fmt.Errorf("world: restore: %w", err)
	}
	w.adopt(s)
	return w.open()
}

// replace puts a directory in the place of another.
func replace(disk *simdisk.Disk, dir, by string) error {
	return errors.Join(disk.RemoveAll(dir), disk.Rename(by, dir), syncDir(disk, "/"))
}

// Fork returns another world that is as this one is now, and from then on has a life of its own. The caller closes it.
func (w *World) Fork() (*World, error) {
	s, err := w.Snapshot()
	if err != nil {
		return nil, err
	}
	fork := newWorld(w.opts, s.disk, w.dirs)
	fork.dir = s.dir
	if w.engine != nil {
		fork.engine = w.engine.use()
	}
	fork.adopt(s)
	if err := fork.open(); err != nil {
		return nil, errors.Join(err, fork.releaseEngine())
	}
	return fork, nil
}

// adopt takes over what a snapshot says beside its files.
func (w *World) adopt(s *Snapshot) {
	w.clock.Set(s.now.Now())
	w.seeds.rewind(s.seeds)
	w.mishap.load(s.rules, s.told)
	w.bound = s.bound
	w.last.Store(s.last)
}

// link makes a copy of a directory that shares the tables, which never change, and has all other files for itself.
func link(disk *simdisk.Disk, from, to string) error {
	if err := disk.MkdirAll(to, 0o755); err != nil {
		return err
	}
	names, err := disk.List(from)
	if err != nil {
		return err
	}
	for _, name := range names {
		was, becomes := path.Join(from, name), path.Join(to, name)
		switch path.Ext(name) {
		case ".sst", ".blob":
			err = disk.Link(was, becomes)
		default:
			err = copyFile(disk, was, becomes)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(syncDir(disk, to), syncDir(disk, "/"))
}

func copyFile(disk *simdisk.Disk, from, to string) error {
	data, err := disk.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := disk.Create(to, "")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(disk *simdisk.Disk, dir string) error {
	d, err := disk.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
