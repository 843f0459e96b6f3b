package txn

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/state"
)

// The model of a partition is a map that is copied at every savepoint. Random operations go to both, and whatever can be
// seen must be the same: values, write sets, read sets, and iterators, which are snapshots of the moment in which they
// were asked for, however much is written, rolled back, sealed and applied while they are open.
type modeled struct {
	t     *testing.T
	r     *rand.Rand
	log   []string // what was done, to be told when something is wrong
	store *state.Store
	part  *Partition

	committed map[string]string
	levels    []level // of the open transaction; empty if there is none
	reads     map[string]bool
	walks     []*walk
	sealed    []group // not yet applied
	filling   group
}

// level is a root or a savepoint.
type level struct {
	tx    *Tx
	state map[string]string
	dirty map[string]bool
}

// group is the write sets that go to the store together.
type group struct {
	number uint64
	sets   [][]Write
}

// walk is an open iterator and the pairs that are still to come.
type walk struct {
	it   *Iterator
	rest []string
}

var space = state.Partition(3).AppendSpace(nil, state.State)

func (m *modeled) key() string {
	letters := []string{"\x00", "a", "b", "\xff"}
	var key strings.Builder
	key.Write(space)
	for range 1 + m.r.IntN(3) {
		key.WriteString(letters[m.r.IntN(len(letters))])
	}
	return key.String()
}

func (m *modeled) top() *level { return &m.levels[len(m.levels)-1] }

func (m *modeled) note(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf(format, args...))
}

func (m *modeled) fatalf(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("%s\nafter\n%s", fmt.Sprintf(format, args...), strings.Join(m.log[max(0, len(m.log)-40):], "\n"))
}

func TestModel(t *testing.T) {
	for seed := range uint64(60) {
		store, err := state.Open("", nil)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(seed, 1))
		cache := []int{0, 300, 3000, 1 << 20}[r.IntN(4)]
		m := &modeled{t: t, r: r, store: store, part: NewPartition(store, cache), committed: map[string]string{}}
		m.note("seed %d, cache of %d bytes", seed, cache)
		for range 1500 {
			m.step()
		}
		for len(m.levels) > 0 {
			m.end(r.IntN(2) == 0)
		}
		for m.seal(); len(m.sealed) > 0; {
			m.apply()
		}
		m.begin()
		m.openWalk()
		m.end(false)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// step does one random thing.
func (m *modeled) step() {
	if len(m.levels) == 0 {
		switch m.r.IntN(4) {
		case 0:
			m.seal()
		case 1:
			m.apply()
		default:
			m.begin()
		}
		return
	}
	switch n := m.r.IntN(100); {
	case n < 25:
		m.set()
	case n < 35:
		m.delete()
	case n < 60:
		m.get()
	case n < 70:
		m.begin()
	case n < 80:
		m.end(m.r.IntN(2) == 0)
	case n < 84:
		m.openWalk()
	case n < 96:
		m.advance()
	case n < 97:
		m.checkSets()
	case n < 98:
		m.seal()
	default:
		m.apply()
	}
}

func (m *modeled) begin() {
	m.note("begin")
	if len(m.levels) == 0 {
		m.reads = map[string]bool{}
		m.levels = []level{{m.part.Begin(), maps.Clone(m.committed), map[string]bool{}}}
		return
	}
	top := m.top()
	m.levels = append(m.levels, level{top.tx.Begin(), maps.Clone(top.state), maps.Clone(top.dirty)})
}

func (m *modeled) set() {
	key, value := []byte(m.key()), fmt.Appendf(nil, "%d", m.r.IntN(1000))
	if m.r.IntN(10) == 0 {
		value = nil // an empty value is there, however it is given
	}
	m.note("set %q=%s", key, value)
	top := m.top()
	top.state[string(key)], top.dirty[string(key)] = string(value), true
	top.tx.Set(key, value)
	for i := range key {
		key[i] = '!' // they have been copied
	}
	for i := range value {
		value[i] = '!'
	}
}

func (m *modeled) delete() {
	key := m.key()
	m.note("delete %q", key)
	top := m.top()
	delete(top.state, key)
	top.dirty[key] = true
	top.tx.Delete([]byte(key))
}

func (m *modeled) get() {
	key := m.key()
	top := m.top()
	want, there := top.state[key]
	peek := m.r.IntN(4) == 0
	m.note("get %q, peek %t", key, peek)
	read := top.tx.Get
	if peek {
		read = top.tx.Peek
	} else if !top.dirty[key] {
		m.reads[key] = true
	}
	if got, ok := read([]byte(key)); ok != there || string(got) != want || ok != (got != nil) {
		m.fatalf("%q is %q %t, want %q %t", key, got, ok, want, there)
	}
}

// end ends a savepoint or the root.
func (m *modeled) end(commit bool) {
	top := *m.top()
	root := len(m.levels) == 1
	if m.r.IntN(8) == 0 && root {
		m.checkSets()
	}
	m.note("end, commit %t", commit)
	m.levels = m.levels[:len(m.levels)-1]
	switch {
	case !commit:
		top.tx.Rollback()
	case root:
		m.filling.sets = append(m.filling.sets, top.tx.Writes())
		m.committed = top.state
		top.tx.Commit()
	default:
		top.tx.Commit()
		m.top().state, m.top().dirty = top.state, top.dirty
	}
	top.tx.Rollback() // after the end it does nothing
	if root {
		for _, w := range m.walks {
			if w.it.Next() {
				m.fatalf("an iterator outlived its transaction")
			}
			w.it.Close()
		}
		m.walks = nil
	}
}

// checkSets compares the write set and the read set.
func (m *modeled) checkSets() {
	top := m.top()
	keys := slices.Sorted(maps.Keys(top.dirty))
	writes := top.tx.Writes()
	if len(writes) != len(keys) {
		m.fatalf("%d writes, want %d", len(writes), len(keys))
	}
	for i, w := range writes {
		value, there := top.state[keys[i]]
		if w.Key != keys[i] || string(w.Value) != value || w.Deleted == there {
			m.fatalf("write %d is %+v, want %q=%q there %t", i, w, keys[i], value, there)
		}
	}
	if reads, _ := top.tx.Reads(); !slices.Equal(reads, slices.Sorted(maps.Keys(m.reads))) {
		m.fatalf("read set %q, want %q", reads, slices.Sorted(maps.Keys(m.reads)))
	}
}

// openWalk asks for an iterator and walks none of it, some of it, or all.
func (m *modeled) openWalk() {
	lower, upper, reverse := m.key(), m.key(), m.r.IntN(2) == 0
	if m.r.IntN(3) == 0 {
		lower, upper = string(space), string(append(bytes.Clone(space), "\xff\xff\xff\xff"...))
	}
	if lower > upper {
		lower, upper = upper, lower
	}
	m.note("range %q %q, reverse %t", lower, upper, reverse)
	w := &walk{it: m.top().tx.Range([]byte(lower), []byte(upper), reverse)}
	for _, key := range slices.Sorted(maps.Keys(m.top().state)) {
		if lower <= key && key < upper {
			w.rest = append(w.rest, key+"="+m.top().state[key])
		}
	}
	if reverse {
		slices.Reverse(w.rest)
	}
	m.walks = append(m.walks, w)
	if m.r.IntN(4) == 0 {
		m.walks = append(m.walks, &walk{w.it.Restart(), slices.Clone(w.rest)})
	}
	m.walkOn(w)
}

func (m *modeled) advance() {
	if len(m.walks) > 0 {
		m.walkOn(m.walks[m.r.IntN(len(m.walks))])
	}
}

func (m *modeled) walkOn(w *walk) {
	for range m.r.IntN(8) {
		next := w.it.Next()
		if next != (len(w.rest) > 0) {
			m.fatalf("next is %t, %q are to come", next, w.rest)
		}
		if !next {
			return
		}
		if got := string(w.it.Key()) + "=" + string(w.it.Value()); got != w.rest[0] || w.it.Value() == nil {
			m.fatalf("an iterator is at %q, want %q", got, w.rest[0])
		}
		w.rest = w.rest[1:]
	}
	if m.r.IntN(10) == 0 {
		m.note("close an iterator")
		w.it.Close()
		w.rest = nil
	}
}

// seal ends the group that commits go to.
func (m *modeled) seal() {
	m.note("seal")
	m.filling.number = m.part.Group()
	m.sealed = append(m.sealed, m.filling)
	m.filling = group{}
	m.part.Seal()
}

// apply gives the oldest group to the store. The partition hears of it at once or with a later one.
func (m *modeled) apply() {
	if len(m.sealed) == 0 {
		return
	}
	g := m.sealed[0]
	m.sealed = m.sealed[1:]
	m.note("apply group %d", g.number)
	batch := m.store.NewBatch()
	for _, set := range g.sets {
		for _, w := range set {
			if w.Deleted {
				batch.Delete([]byte(w.Key))
			} else {
				batch.Set([]byte(w.Key), w.Value)
			}
		}
	}
	pending, err := m.store.Apply(batch)
	if err == nil {
		err = pending.Wait()
	}
	if err != nil {
		m.t.Fatal(err)
	}
	if m.r.IntN(2) == 0 {
		m.part.Applied(g.number)
	}
}
