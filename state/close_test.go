package state

import (
	"errors"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/troupe-run/troupe/state/simdisk"
)

// heldFS is a file system on which whoever reads or closes a table can be held up, so that a test finds Pebble in the
// middle of something.
type heldFS struct {
	vfs.FS
	hold atomic.Pointer[hold]
}

// hold stops the first one that comes by, until it is let go.
type hold struct{ came, let chan struct{} }

func (fs *heldFS) holdNext() *hold {
	h := &hold{came: make(chan struct{}), let: make(chan struct{})}
	fs.hold.Store(h)
	return h
}

func (fs *heldFS) pass() {
	if h := fs.hold.Swap(nil); h != nil {
		close(h.came)
		<-h.let
	}
}

func (fs *heldFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := fs.FS.Open(name, opts...)
	if err != nil || !isTable(name) {
		return f, err
	}
	return &heldTable{f, fs}, nil
}

type heldTable struct {
	vfs.File
	fs *heldFS
}

func (t *heldTable) ReadAt(p []byte, off int64) (int, error) {
	t.fs.pass()
	return t.File.ReadAt(p, off)
}

func (t *heldTable) Close() error {
	t.fs.pass()
	return t.File.Close()
}

// inUse is a store with something in a table that nobody has read yet.
type inUse struct {
	*Store
	snap *Snapshot
	it   *Iter
}

func newInUse(t *testing.T, fs vfs.FS) *inUse {
	t.Helper()
	u := &inUse{Store: openTest(t, "db", &Options{FS: fs})}
	put(t, u.Store, "a", "1", "b", "2")
	u.flush(t)
	u.snap = u.Snapshot()
	var err error
	if u.it, err = u.snap.Iter(nil, nil); err != nil {
		t.Fatal(err)
	}
	return u
}

func (u *inUse) flush(t *testing.T) {
	t.Helper()
	if err := u.db.Flush(); err != nil {
		t.Fatal(err)
	}
}

// lastUser makes the iterator the last user of the table, so that closing it closes that too.
func (u *inUse) lastUser(t *testing.T) {
	t.Helper()
	if !u.it.First() {
		t.Fatal(u.it.Err())
	}
	put(t, u.Store, "a", "1")
	u.flush(t)
	if err := u.db.Compact(t.Context(), []byte("a"), []byte("c"), false); err != nil {
		t.Fatal(err)
	}
}

// fail writes something to a disk that fails.
func (u *inUse) fail(t *testing.T) {
	t.Helper()
	b := u.NewBatch()
	b.Set([]byte("c"), nil)
	p, err := u.Apply(b)
	if err == nil {
		err = p.Wait()
	}
	if !errors.Is(err, ErrFailed) {
		t.Fatalf("the disk fails: %v", err)
	}
}

// closeSnapshot closes the snapshot while it is used, and returns when that has begun.
func (u *inUse) closeSnapshot() <-chan error {
	done := make(chan error, 1)
	go func() { done <- u.snap.Close() }()
	for u.snap.mu.TryRLock() { // it fails when somebody waits to write
		u.snap.mu.RUnlock()
		runtime.Gosched()
	}
	return done
}

func found(ok bool, err error) error {
	if err == nil && !ok {
		return errors.New("the key is gone")
	}
	return err
}

// closeCase is something that Close must wait for.
type closeCase struct {
	prepare func(*inUse, *testing.T)
	call    func(*inUse) error        // is held up at a table
	beside  func(*inUse) <-chan error // begins when it is
}

// TestCloseWaits closes a store while somebody is in the middle of a call of Pebble. Close must wait for that, and
// nothing may go wrong with either, unless the disk fails: then both must say that, and nothing else.
func TestCloseWaits(t *testing.T) {
	for name, c := range map[string]closeCase{
		"get": {call: func(u *inUse) error {
			_, ok, err := u.Get([]byte("b"))
			return found(ok, err)
		}},
		"snapshot": {call: func(u *inUse) error {
			_, ok, err := u.snap.Get([]byte("b"))
			return found(ok, err)
		}},
		"snapshot that is being closed": {beside: (*inUse).closeSnapshot, call: func(u *inUse) error {
			_, ok, err := u.snap.Get([]byte("b"))
			return found(ok, err)
		}},
		"iterator": {call: func(u *inUse) error {
			ok := u.it.SeekGE([]byte("b"))
			return found(ok, u.it.Err())
		}},
		"iterator that is being closed": {prepare: (*inUse).lastUser, call: func(u *inUse) error { return u.it.Close() }},
	} {
		for _, disk := range []string{"good disk", "bad disk"} {
			t.Run(name+", "+disk, func(t *testing.T) { c.test(t, disk == "bad disk") })
		}
	}
}

func (c closeCase) test(t *testing.T, bad bool) {
	before := runtime.NumGoroutine()
	disk := simdisk.New()
	fs := &heldFS{FS: disk}
	u := newInUse(t, fs)
	if c.prepare != nil {
		c.prepare(u, t)
	}
	hold := fs.holdNext()
	called, closed := make(chan error, 1), make(chan error, 1)
	go func() { called <- c.call(u) }()
	select {
	case <-hold.came:
	case err := <-called:
		t.Fatalf("the call came to no table: %v", err)
	}
	var beside <-chan error
	if c.beside != nil {
		beside = c.beside(u)
	}
	if bad {
		disk.FailFrom(1, syscall.EIO)
		u.fail(t)
	}
	go func() { closed <- u.Close() }()
	select {
	case err := <-closed:
		t.Errorf("Close did not wait: %v", err)
		closed <- err
	case <-time.After(50 * time.Millisecond):
	}
	close(hold.let)
	check := func(who string, err error) {
		if err != nil && !(bad && errors.Is(err, ErrFailed) && errors.Is(err, syscall.EIO)) {
			t.Errorf("%s: %v", who, err)
		}
	}
	check("the call", <-called)
	if beside != nil {
		check("beside", <-beside)
	}
	err := <-closed
	check("close", err)
	check("store", u.Err())
	if bad && err == nil {
		t.Error("the failure is forgotten")
	}
	noLeak(t, before)
	disk.Heal()
	s := openTest(t, "db", &Options{FS: fs})
	want(t, s, "b", "2")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
