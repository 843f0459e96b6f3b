package actor

import (
	"bytes"
	"iter"
	"slices"
)

// MemState is a State in memory, to call an actor's entry points in a plain unit test without any host. The zero value
// is empty and ready.
type MemState struct {
	pairs []pair // sorted by key
}

type pair struct{ key, value []byte }

func (s *MemState) find(key []byte) (int, bool) {
	return slices.BinarySearchFunc(s.pairs, key, func(p pair, k []byte) int { return bytes.Compare(p.key, k) })
}

// Get implements Reader.
func (s *MemState) Get(key []byte) ([]byte, bool) {
	if i, ok := s.find(key); ok {
		return s.pairs[i].value, true
	}
	return nil, false
}

// Set implements State.
func (s *MemState) Set(key, value []byte) {
	p := pair{bytes.Clone(key), append([]byte{}, value...)}
	if i, ok := s.find(key); ok {
		s.pairs[i] = p
	} else {
		s.pairs = slices.Insert(s.pairs, i, p)
	}
}

// Delete implements State.
func (s *MemState) Delete(key []byte) {
	if i, ok := s.find(key); ok {
		s.pairs = slices.Delete(s.pairs, i, i+1)
	}
}

// Range implements Reader.
func (s *MemState) Range(start, end []byte, order Order) iter.Seq2[[]byte, []byte] {
	lo, hi := 0, len(s.pairs)
	if start != nil {
		lo, _ = s.find(start)
	}
	if end != nil {
		hi, _ = s.find(end)
	}
	var run []pair
	if lo < hi {
		run = slices.Clone(s.pairs[lo:hi])
	}
	if order == Descending {
		slices.Reverse(run)
	}
	return func(yield func([]byte, []byte) bool) {
		for _, p := range run {
			if !yield(p.key, p.value) {
				return
			}
		}
	}
}
