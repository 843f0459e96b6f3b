package state

import (
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// fence stands between Pebble and the file system, around the directory of the store. It notices the first operation
// that fails to write or sync, and from then on lets nothing through to the directory: what was there at that moment is
// what the next Open finds.
//
// Pebble itself is left to believe that all is well. It must be: told the truth it panics with its locks held, unlocks
// a mutex that is not locked (which ends the process and cannot be recovered), or tries the same flush again for ever.
// So writes to logs and manifests succeed without effect, and new files arise in memory, until Close has ended
// everything in order. Nobody is deceived but Pebble: failure is set before the lie is told, every method of Store
// checks it after Pebble has answered, and no batch is called durable that Pebble merely believes in.
type fence struct {
	vfs.FS
	dir     string
	failure *failure
	shadow  *vfs.MemFS // files made after the failure, by base name

	// While a checkpoint is written, unsynced is the first failure to sync a directory other than the store's.
	copying  atomic.Bool
	unsynced atomic.Pointer[error]

	once    sync.Once
	closing chan struct{} // closed by release
}

func newFence(fs vfs.FS, dir string, f *failure) *fence {
	return &fence{FS: fs, dir: dir, failure: f, shadow: vfs.NewMem(), closing: make(chan struct{})}
}

// release lets background work go on to its end, for Close.
func (f *fence) release() { f.once.Do(func() { close(f.closing) }) }

// inside reports whether name is a file of the store. A checkpoint, for one, is not: if its disk is full, the store is
// none the worse.
func (f *fence) inside(name string) bool { return f.FS.PathDir(name) == f.dir }

// isTable reports whether name is a table. A failure to write one is passed on: Pebble copes with that, and must not
// take a table for complete that is not.
func isTable(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".sst" || ext == ".blob"
}

// Create implements vfs.FS.
func (f *fence) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.create(name, category, func() (vfs.File, error) { return f.FS.Create(name, category) })
}

// ReuseForWrite implements vfs.FS.
func (f *fence) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.create(newname, category, func() (vfs.File, error) { return f.FS.ReuseForWrite(oldname, newname, category) })
}

// OpenReadWrite implements vfs.FS.
func (f *fence) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return f.create(name, category, func() (vfs.File, error) { return f.FS.OpenReadWrite(name, category, opts...) })
}

func (f *fence) create(name string, category vfs.DiskWriteCategory, open func() (vfs.File, error)) (vfs.File, error) {
	if !f.inside(name) {
		return open()
	}
	if f.failure.get() != nil {
		return f.createShadow(name, category)
	}
	var err error
	if strings.HasPrefix(f.FS.PathBase(name), "marker.") {
		// Pebble makes a manifest and a marker that names it, and only then syncs the directory. A crash in between may
		// leave the marker without the manifest, and the store cannot be opened.
		err = syncDir(f.FS, f.dir)
	}
	var file vfs.File
	if err == nil {
		file, err = open()
	}
	if err != nil {
		f.failure.set(err)
		if isTable(name) {
			return nil, err
		}
		return f.createShadow(name, category)
	}
	return &fencedFile{File: file, failure: f.failure, table: isTable(name)}, nil
}

// createShadow makes a file in memory, so that a writer who waits for a flush inside Pebble comes out. Compactions can
// wait: nobody needs what they do, and they would read and write the whole store. They end with Close.
func (f *fence) createShadow(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if isTable(name) && !strings.Contains(string(category), "flush") {
		<-f.closing
		return nil, f.failure.get()
	}
	return f.shadow.Create(f.FS.PathBase(name), category)
}

// Open implements vfs.FS.
func (f *fence) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	if f.failure.get() != nil && f.inside(name) {
		if file, err := f.shadow.Open(f.FS.PathBase(name)); err == nil {
			return file, nil
		}
	}
	return f.FS.Open(name, opts...)
}

// OpenDir implements vfs.FS. The directory of the store is opened to be synced; if it cannot be, it cannot be synced.
func (f *fence) OpenDir(name string) (vfs.File, error) {
	dir, err := f.FS.OpenDir(name)
	if name != f.dir {
		if err != nil {
			return nil, err
		}
		return &foreignDir{dir, f}, nil
	}
	if err != nil {
		f.failure.set(err)
		return f.shadow.OpenDir("/")
	}
	return &fencedFile{File: dir, failure: f.failure}, nil
}

// List implements vfs.FS. Pebble lists the directory of the store while it opens, the last time when it has already
// started goroutines that it does not stop if that fails.
func (f *fence) List(name string) ([]string, error) {
	names, err := f.FS.List(name)
	if name != f.dir || err == nil {
		return names, err
	}
	f.failure.set(err)
	return nil, nil
}

// Stat implements vfs.FS.
func (f *fence) Stat(name string) (vfs.FileInfo, error) {
	if f.failure.get() != nil && f.inside(name) {
		if info, err := f.shadow.Stat(f.FS.PathBase(name)); err == nil {
			return info, nil
		}
	}
	return f.FS.Stat(name)
}

// Remove implements vfs.FS. A file that cannot be removed is no failure: the next Open removes it.
func (f *fence) Remove(name string) error {
	if f.failure.get() != nil && f.inside(name) {
		return nil
	}
	return f.FS.Remove(name)
}

// Rename implements vfs.FS.
func (f *fence) Rename(oldname, newname string) error {
	if !f.inside(newname) {
		return f.FS.Rename(oldname, newname)
	}
	if f.failure.get() != nil {
		return nil
	}
	if err := f.FS.Rename(oldname, newname); err != nil {
		f.failure.set(err)
	}
	return nil
}

// GetDiskUsage implements vfs.FS. Pebble takes it for a failure of the disk if that is not known; it is none.
func (f *fence) GetDiskUsage(path string) (vfs.DiskUsage, error) {
	usage, err := f.FS.GetDiskUsage(path)
	if err != nil {
		return vfs.DiskUsage{}, vfs.ErrUnsupported
	}
	return usage, nil
}
