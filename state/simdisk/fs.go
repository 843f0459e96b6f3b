package simdisk

import (
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// The methods of vfs.FS. Each counts, and does what the file system in memory does.

// Create implements vfs.FS.
func (d *Disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.op(Writes, "create", name); err != nil {
		return nil, err
	}
	return d.wrap(name)(d.mem.Create(name, category))
}

// Link implements vfs.FS.
func (d *Disk) Link(oldname, newname string) error {
	if err := d.op(Writes, "link", newname); err != nil {
		return err
	}
	return d.mem.Link(oldname, newname)
}

// Open implements vfs.FS.
func (d *Disk) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	if err := d.op(Reads, "open", name); err != nil {
		return nil, err
	}
	return d.wrap(name)(d.mem.Open(name, opts...))
}

// OpenReadWrite implements vfs.FS.
func (d *Disk) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	if err := d.op(Writes, "open", name); err != nil {
		return nil, err
	}
	return d.wrap(name)(d.mem.OpenReadWrite(name, category, opts...))
}

// OpenDir implements vfs.FS.
func (d *Disk) OpenDir(name string) (vfs.File, error) {
	if err := d.op(Reads, "open", name); err != nil {
		return nil, err
	}
	return d.wrap(name)(d.mem.OpenDir(name))
}

// Remove implements vfs.FS.
func (d *Disk) Remove(name string) error {
	if err := d.op(Writes, "remove", name); err != nil {
		return err
	}
	return d.mem.Remove(name)
}

// RemoveAll implements vfs.FS.
func (d *Disk) RemoveAll(name string) error {
	if err := d.op(Writes, "remove", name); err != nil {
		return err
	}
	return d.mem.RemoveAll(name)
}

// Rename implements vfs.FS.
func (d *Disk) Rename(oldname, newname string) error {
	if err := d.op(Writes, "rename", newname); err != nil {
		return err
	}
	return d.mem.Rename(oldname, newname)
}

// ReuseForWrite implements vfs.FS.
func (d *Disk) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.op(Writes, "reuse", newname); err != nil {
		return nil, err
	}
	return d.wrap(newname)(d.mem.ReuseForWrite(oldname, newname, category))
}

// MkdirAll implements vfs.FS.
func (d *Disk) MkdirAll(dir string, perm os.FileMode) error {
	if err := d.op(Writes, "mkdir", dir); err != nil {
		return err
	}
	return d.mem.MkdirAll(dir, perm)
}

// Lock implements vfs.FS.
func (d *Disk) Lock(name string) (io.Closer, error) {
	if err := d.op(Writes, "lock", name); err != nil {
		return nil, err
	}
	return d.mem.Lock(name)
}

// List implements vfs.FS.
func (d *Disk) List(dir string) ([]string, error) {
	if err := d.op(Reads, "list", dir); err != nil {
		return nil, err
	}
	return d.mem.List(dir)
}

// Stat implements vfs.FS.
func (d *Disk) Stat(name string) (vfs.FileInfo, error) {
	if err := d.op(Reads, "stat", name); err != nil {
		return nil, err
	}
	return d.mem.Stat(name)
}

// Unwrap implements vfs.FS.
func (d *Disk) Unwrap() vfs.FS { return d.mem }

func (d *Disk) wrap(name string) func(vfs.File, error) (vfs.File, error) {
	return func(f vfs.File, err error) (vfs.File, error) {
		if err != nil {
			return nil, err
		}
		return &file{File: f, disk: d, name: name}, nil
	}
}

// file counts the operations on a file. Closing one never fails and is not counted, as it changes nothing.
type file struct {
	vfs.File
	disk *Disk
	name string
}

func (f *file) Read(p []byte) (int, error) {
	if err := f.disk.op(Reads, "read", f.name); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if err := f.disk.op(Reads, "read", f.name); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *file) Stat() (vfs.FileInfo, error) {
	if err := f.disk.op(Reads, "stat", f.name); err != nil {
		return nil, err
	}
	return f.File.Stat()
}

func (f *file) Write(p []byte) (int, error) {
	if err := f.disk.op(Writes, "write", f.name); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

func (f *file) WriteAt(p []byte, off int64) (int, error) {
	if err := f.disk.op(Writes, "write", f.name); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, off)
}

func (f *file) Preallocate(off, n int64) error {
	if err := f.disk.op(Writes, "preallocate", f.name); err != nil {
		return err
	}
	return f.File.Preallocate(off, n)
}

func (f *file) Sync() error {
	if err := f.disk.op(Writes, "sync", f.name); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *file) SyncData() error {
	if err := f.disk.op(Writes, "sync", f.name); err != nil {
		return err
	}
	return f.File.SyncData()
}

func (f *file) SyncTo(n int64) (bool, error) {
	if err := f.disk.op(Writes, "sync", f.name); err != nil {
		return false, err
	}
	return f.File.SyncTo(n)
}
