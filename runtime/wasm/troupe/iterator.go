package troupe

import (
	"iter"

	"github.com/troupe-run/troupe/runtime/actor"
)

// iterators are the ranges that a call has opened. The handle of the first is 1. A handle is never given twice in a call.
type iterators struct {
	list []iterator
	open int
}

// iterator is one range. It is in one of three states: open, at its end, when seq is nil and ended is set, and closed.
type iterator struct {
	seq   iter.Seq2[[]byte, []byte]
	next  func() (key, value []byte, ok bool) // nil before the first pair
	stop  func()
	ended bool
}

// add returns the handle of a new iterator.
func (s *iterators) add(seq iter.Seq2[[]byte, []byte]) uint32 {
	s.list = append(s.list, iterator{seq: seq})
	s.open++
	return uint32(len(s.list))
}

// get returns nil if no iterator has the handle, or one that was closed.
func (s *iterators) get(handle uint32) *iterator {
	if handle == 0 || uint64(handle) > uint64(len(s.list)) {
		return nil
	}
	it := &s.list[handle-1]
	if it.seq == nil && !it.ended {
		return nil
	}
	return it
}

// advance returns the next pair, and false at the end, again and again.
func (s *iterators) advance(it *iterator) (key, value []byte, ok bool) {
	if it.ended {
		return nil, nil, false
	}
	if it.next == nil {
		it.next, it.stop = iter.Pull2(it.seq)
	}
	if key, value, ok = it.next(); !ok {
		s.close(it)
		it.ended = true
	}
	return key, value, ok
}

func (s *iterators) close(it *iterator) {
	if it.seq != nil {
		s.open--
	}
	stop := it.stop
	*it = iterator{}
	if stop != nil {
		stop()
	}
}

// clear closes what is open and forgets all of them.
func (s *iterators) clear() {
	for i := range s.list {
		s.close(&s.list[i])
	}
	clear(s.list)
	s.list = s.list[:0]
	if cap(s.list) > keptIterators {
		s.list = nil
	}
}

// keptIterators is how long a table of iterators may be to be used for the next call.
const keptIterators = 64

// tooManyIterators is the error of a call that opens one more.
func tooManyIterators() *actor.Error {
	return actor.Errorf(actor.CodeTooManyIterators, "a call has at most %d ranges open", MaxIterators)
}
