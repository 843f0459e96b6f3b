package state

import "github.com/cockroachdb/pebble/v2/vfs"

// fencedFile is a file of the store, or its directory, that is written.
type fencedFile struct {
	vfs.File
	failure *failure
	table   bool
}

// done takes note of err and returns what Pebble may know of it.
func (f *fencedFile) done(err error) error {
	if err == nil {
		return nil
	}
	f.failure.set(err)
	if f.table {
		return err
	}
	return nil
}

// fenced reports whether nothing may reach the file any more, and what to say then.
func (f *fencedFile) fenced() (bool, error) {
	err := f.failure.get()
	if err == nil {
		return false, nil
	}
	if f.table {
		return true, err
	}
	return true, nil
}

// Write implements vfs.File.
func (f *fencedFile) Write(p []byte) (int, error) {
	if fenced, err := f.fenced(); fenced {
		return len(p), err
	}
	n, err := f.File.Write(p)
	if err != nil {
		return len(p), f.done(err)
	}
	return n, nil
}

// WriteAt implements vfs.File.
func (f *fencedFile) WriteAt(p []byte, off int64) (int, error) {
	if fenced, err := f.fenced(); fenced {
		return len(p), err
	}
	n, err := f.File.WriteAt(p, off)
	if err != nil {
		return len(p), f.done(err)
	}
	return n, nil
}

// Preallocate implements vfs.File. It only saves work: if there is no room, the write says so.
func (f *fencedFile) Preallocate(offset, length int64) error {
	if fenced, _ := f.fenced(); !fenced {
		_ = f.File.Preallocate(offset, length)
	}
	return nil
}

// Stat implements vfs.File. Pebble asks for the size of a log that it uses again.
func (f *fencedFile) Stat() (vfs.FileInfo, error) {
	info, err := f.File.Stat()
	if err != nil && f.done(err) == nil {
		return vfs.NewMemFile(nil).Stat()
	}
	return info, err
}

// Sync implements vfs.File.
func (f *fencedFile) Sync() error {
	if fenced, err := f.fenced(); fenced {
		return err
	}
	return f.done(f.File.Sync())
}

// SyncData implements vfs.File.
func (f *fencedFile) SyncData() error {
	if fenced, err := f.fenced(); fenced {
		return err
	}
	return f.done(f.File.SyncData())
}

// SyncTo implements vfs.File.
func (f *fencedFile) SyncTo(length int64) (fullSync bool, err error) {
	if fenced, err := f.fenced(); fenced {
		return true, err
	}
	fullSync, err = f.File.SyncTo(length)
	return fullSync || err != nil, f.done(err)
}

// Close implements vfs.File. It closes the file in any case.
func (f *fencedFile) Close() error { return f.done(f.File.Close()) }

// foreignDir is a directory that is not the store's: that of a checkpoint, or one above. Pebble panics if one cannot be
// synced, but a backup that fails is no reason to stop. So the failure is kept for Checkpoint to find.
type foreignDir struct {
	vfs.File
	fence *fence
}

// Sync implements vfs.File.
func (d *foreignDir) Sync() error {
	err := d.File.Sync()
	if err == nil || !d.fence.copying.Load() {
		return err
	}
	d.fence.unsynced.CompareAndSwap(nil, &err)
	return nil
}
