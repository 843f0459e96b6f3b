package txn

import (
	"bytes"

	"github.com/tidwall/btree"
)

// Iterator walks over a range in one direction: first Next, then Key and Value, until Next returns false. It reads what
// the transaction had written when Range was called, over the committed state.
//
// Key and Value are valid until the next call of Next or Close. Close may be called more than once, and an iterator that
// was not closed is closed with its transaction.
type Iterator struct {
	o            *overlay
	written      *btree.BTreeG[indexed] // nil if there was nothing
	lower, upper []byte
	reverse      bool
	sources      []source // the newest first; nil before the first Next
	at           int      // the source that holds the current pair
	scratch      []byte
	started      bool
	closed       bool
	ended        uint64 // roots of the overlay that had ended before this one
}

// A source yields pairs in the direction of the iterator.
type source interface {
	// next moves on, or to the first pair, and reports whether there is one.
	next() bool
	// key and value hold the current pair; a nil value says that the key is deleted.
	key() []byte
	value() []byte
	close() error
}

// Next moves to the next pair and reports whether there is one. At the end it stays at the end. It returns false when the
// transaction has met a fault.
func (it *Iterator) Next() bool {
	if it.closed || it.o.fault != nil || it.ended != it.o.ended {
		return false
	}
	switch {
	case !it.started:
		it.start()
	case len(it.sources) > 0:
		it.step()
	}
	for it.o.fault == nil && len(it.sources) > 0 {
		it.at = it.first()
		if it.sources[it.at].value() != nil {
			return true
		}
		it.step()
	}
	return false
}

// Key returns the current key.
func (it *Iterator) Key() []byte { return it.sources[it.at].key() }

// Value returns the current value, never nil.
func (it *Iterator) Value() []byte { return it.sources[it.at].value() }

// Close frees what the iterator holds.
func (it *Iterator) Close() {
	it.closed = true
	for len(it.sources) > 0 {
		it.drop(len(it.sources) - 1)
	}
}

// Restart returns a new iterator over the same range as of the same moment.
func (it *Iterator) Restart() *Iterator {
	return &Iterator{o: it.o, written: it.written, lower: it.lower, upper: it.upper, reverse: it.reverse, ended: it.ended}
}

func (it *Iterator) start() {
	it.started = true
	it.o.iters = append(it.o.iters, it)
	if it.written != nil {
		it.sources = append(it.sources, newTreeSource(it.written, it.lower, it.upper, it.reverse))
	}
	base, err := it.o.base.sources(it.lower, it.upper, it.reverse)
	it.sources = append(it.sources, base...)
	if err != nil {
		it.o.fault = err
		return
	}
	for i := len(it.sources) - 1; i >= 0; i-- {
		it.advance(i)
	}
}

// step moves every source that stands on the current key: the newest has hidden the others.
func (it *Iterator) step() {
	it.scratch = append(it.scratch[:0], it.Key()...) // the key dies when its source moves
	for i := len(it.sources) - 1; i >= 0; i-- {
		if bytes.Equal(it.sources[i].key(), it.scratch) {
			it.advance(i)
		}
	}
}

func (it *Iterator) advance(i int) {
	if !it.sources[i].next() {
		it.drop(i)
	}
}

func (it *Iterator) drop(i int) {
	if err := it.sources[i].close(); err != nil && it.o.fault == nil {
		it.o.fault = err
	}
	it.sources = append(it.sources[:i], it.sources[i+1:]...)
}

// first returns the source that holds the next pair; of several on one key the newest.
func (it *Iterator) first() int {
	best := 0
	for i := 1; i < len(it.sources); i++ {
		order := bytes.Compare(it.sources[i].key(), it.sources[best].key())
		if it.reverse && order > 0 || !it.reverse && order < 0 {
			best = i
		}
	}
	return best
}

// treeSource walks over an ordered set of written keys.
type treeSource struct {
	iter         btree.IterG[indexed]
	lower, upper []byte
	current      []byte // a copy of the key: the tree has strings
	reverse      bool
	started      bool
}

func newTreeSource(tree *btree.BTreeG[indexed], lower, upper []byte, reverse bool) *treeSource {
	return &treeSource{iter: tree.Iter(), lower: lower, upper: upper, reverse: reverse}
}

func (s *treeSource) next() bool {
	if !s.move() {
		return false
	}
	key := s.iter.Item().key
	s.current = append(s.current[:0], key...)
	if s.reverse {
		return key >= string(s.lower)
	}
	return s.upper == nil || key < string(s.upper)
}

func (s *treeSource) move() bool {
	if s.started {
		if s.reverse {
			return s.iter.Prev()
		}
		return s.iter.Next()
	}
	s.started = true
	if !s.reverse {
		return s.iter.Seek(indexed{key: string(s.lower)})
	}
	if s.upper == nil || !s.iter.Seek(indexed{key: string(s.upper)}) {
		return s.iter.Last()
	}
	return s.iter.Prev()
}

func (s *treeSource) key() []byte   { return s.current }
func (s *treeSource) value() []byte { return s.iter.Item().value }
func (s *treeSource) close() error  { s.iter.Release(); return nil }
