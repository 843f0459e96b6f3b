package txn

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/state"
)

func openPartition(t testing.TB) *Partition {
	t.Helper()
	store, err := state.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return NewPartition(store, 1<<20)
}

// What the guards say in every build.
const (
	usedParent = "txn: a Tx was used while its child is open; the writes would vanish with the child"
	usedEnded  = "txn: a Tx was used after its end"
)

func TestGuards(t *testing.T) {
	key := []byte("k")
	uses := map[string]func(*Tx){
		"Begin":  func(tx *Tx) { tx.Begin() },
		"Commit": func(tx *Tx) { tx.Commit() },
		"Get":    func(tx *Tx) { tx.Get(key) },
		"Peek":   func(tx *Tx) { tx.Peek(key) },
		"Set":    func(tx *Tx) { tx.Set(key, key) },
		"Delete": func(tx *Tx) { tx.Delete(key) },
		"Range":  func(tx *Tx) { tx.Range(nil, nil, false) },
		"Writes": func(tx *Tx) { tx.Writes() },
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			p := openPartition(t)
			root := p.Begin()
			child := root.Begin()
			grandchild := child.Begin()
			panics(t, usedParent, func() { use(root) })
			panics(t, usedParent, func() { use(child) })
			grandchild.Commit()
			panics(t, usedEnded, func() { use(grandchild) })
			panics(t, usedParent, func() { use(root) })
			child.Rollback()
			panics(t, usedEnded, func() { use(child) })
			root.Set(key, nil)
			root.Rollback()
			panics(t, usedEnded, func() { use(root) })
			if tx := p.Begin(); len(tx.Writes()) != 0 {
				t.Error("a use that panicked has written")
			}
		})
	}
}

func TestGuardsOfPartition(t *testing.T) {
	p := openPartition(t)
	root := p.Begin()
	panics(t, "txn: a partition runs one transaction at a time", func() { p.Begin() })
	root.Fail(errors.New("the disk is on fire"))
	panics(t, "txn: commit of a transaction that met a fault: the disk is on fire", func() { root.Commit() })
	root.Rollback()
	p.Begin().Commit()
}

func panics(t *testing.T, want string, fn func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if v := recover(); v != want {
			t.Errorf("panic %v, want %s", v, want)
		}
	}()
	fn()
}

// A rollback takes the savepoints below along, and ending twice is nothing.
func TestRollbackOfOpenChildren(t *testing.T) {
	p := openPartition(t)
	root := p.Begin()
	root.Set([]byte("kept"), nil)
	child := root.Begin()
	child.Set([]byte("lost"), nil)
	child.Begin().Begin().Set([]byte("lost too"), nil)
	child.Rollback()
	child.Rollback()
	if w := root.Writes(); len(w) != 1 || w[0].Key != "kept" {
		t.Errorf("%+v", w)
	}
	root.Begin()
	root.Rollback() // with a child open
	root.Rollback()
	if _, ok := p.Begin().Get([]byte("kept")); ok {
		t.Error("a root that was rolled back has left a key")
	}
}

// failing is a base whose reads fail from some number on.
type failing struct{ reads, failFrom int }

var errDisk = errors.New("the disk is on fire")

func (f *failing) next() error {
	if f.reads++; f.reads >= f.failFrom {
		return fmt.Errorf("read %d: %w", f.reads, errDisk)
	}
	return nil
}

func (f *failing) get(key []byte) (cached, error) {
	if err := f.next(); err != nil {
		return cached{}, err
	}
	return cached{string(key), []byte("there")}, nil
}

func (f *failing) sources([]byte, []byte, bool) ([]source, error) {
	return []source{&failingSource{f: f}}, f.next()
}

func (f *failing) publish([]Write) { panic("a transaction with a fault was published") }
func (f *failing) end()            {}

// failingSource has pairs without end, until a read fails. Like that of the store it ends then, and tells on close.
type failingSource struct {
	f   *failing
	n   int
	err error
}

func (s *failingSource) next() bool    { s.n++; s.err = s.f.next(); return s.err == nil }
func (s *failingSource) key() []byte   { return fmt.Appendf(nil, "%04d", s.n) }
func (s *failingSource) value() []byte { return []byte("there") }
func (s *failingSource) close() error  { return s.err }

// A fault sticks: from then on every read finds nothing, every write is dropped, and the first fault is what Err tells.
func TestFaultSticks(t *testing.T) {
	for failFrom := 1; failFrom <= 6; failFrom++ {
		o := &overlay{base: &failing{failFrom: failFrom}}
		o.reset()
		root := &Tx{o: o}
		root.Set([]byte("own"), []byte("v"))
		child := root.Begin()
		walked := 0
		it := child.Range(nil, nil, false)
		for i := range 2 {
			child.Get(fmt.Appendf(nil, "key %d", i))
		}
		for it.Next() {
			walked++
		}
		if child.Err() == nil || !errors.Is(child.Err(), errDisk) || !strings.Contains(child.Err().Error(), fmt.Sprintf("read %d", failFrom)) {
			t.Fatalf("from read %d: %v after %d pairs", failFrom, child.Err(), walked)
		}
		first := child.Err()
		child.Fail(errors.New("another"))
		if _, ok := child.Get([]byte("unknown")); ok {
			t.Error("a read behind a fault has found something")
		}
		if it := child.Range(nil, nil, false); it.Next() {
			t.Error("an iterator behind a fault has found something")
		}
		writes := len(o.journal)
		child.Set([]byte("dropped"), nil)
		child.Delete([]byte("own"))
		if len(o.journal) != writes {
			t.Error("a write behind a fault was kept")
		}
		child.Rollback()
		if root.Err() != first {
			t.Errorf("after the rollback of the child the fault is %v, want %v", root.Err(), first)
		}
		panics(t, "txn: commit of a transaction that met a fault: "+first.Error(), root.Commit)
		root.Rollback()
	}
}

// The fault of a store that was closed reaches Err, and the partition goes on with what it has in memory.
func TestFaultOfStore(t *testing.T) {
	p := openPartition(t)
	p.store.Close()
	tx := p.Begin()
	tx.Set([]byte("k"), []byte("v"))
	tx.Commit()
	tx = p.Begin()
	if v, ok := tx.Get([]byte("k")); !ok || string(v) != "v" || tx.Err() != nil {
		t.Errorf("%q %t %v", v, ok, tx.Err())
	}
	if tx.Range([]byte("a"), []byte("z"), false).Next() || !errors.Is(tx.Err(), state.ErrClosed) {
		t.Error(tx.Err())
	}
	tx.Rollback()
	if tx = p.Begin(); tx.Err() != nil {
		t.Error("the fault of one transaction has reached the next")
	}
	if tx.Peek([]byte("other")); !errors.Is(tx.Err(), state.ErrClosed) {
		t.Error(tx.Err())
	}
	tx.Rollback()
}

func TestOnSnapshot(t *testing.T) {
	p := openPartition(t)
	batch := p.store.NewBatch()
	batch.Set([]byte("a"), []byte("1"))
	batch.Set([]byte("b"), nil)
	pending, err := p.store.Apply(batch)
	if err != nil {
		t.Fatal(err)
	}
	if err := pending.Wait(); err != nil {
		t.Fatal(err)
	}
	snap := p.store.Snapshot()
	defer snap.Close()
	tx, other := OnSnapshot(snap), OnSnapshot(snap)
	tx.Set([]byte("c"), []byte("own"))
	child := tx.Begin()
	child.Delete([]byte("a"))
	child.Rollback()
	got := ""
	for it := tx.Range([]byte("a"), []byte("z"), true); it.Next(); {
		got += fmt.Sprintf("%s=%s ", it.Key(), it.Value())
	}
	if got != "c=own b= a=1 " {
		t.Errorf("%q, %v", got, tx.Err())
	}
	if v, ok := tx.Get([]byte("b")); !ok || v == nil {
		t.Error("an empty value is there")
	}
	if _, ok := other.Get([]byte("c")); ok {
		t.Error("what one has written shows in another")
	}
	panics(t, "txn: a transaction on a snapshot was committed", tx.Commit)
	tx.Rollback()
	other.Rollback()
}
