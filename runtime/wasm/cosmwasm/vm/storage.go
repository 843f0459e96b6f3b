package vm

import (
	"encoding/binary"
)

const (
	maxKey   = 64 << 10
	maxValue = 128 << 10
)

func (r *run) dbRead(s []uint64) error {
	key, err := r.read(s[0], maxKey)
	if err != nil {
		return err
	}
	value, gas, failed := r.call.Host.Get(key)
	if err := r.chargeExternal(gas); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	s[0] = 0
	if value != nil {
		s[0], failed = r.give(value)
	}
	return failed
}

func (r *run) dbWrite(s []uint64) error {
	if r.call.ReadOnly {
		return errReadOnly()
	}
	key, err := r.read(s[0], maxKey)
	if err != nil {
		return tooBigTo("Key", err, maxKey, r, s[0])
	}
	value, err := r.read(s[1], maxValue)
	if err != nil {
		return tooBigTo("Value", err, maxValue, r, s[1])
	}
	if len(key) == 0 {
		return hostPanic() // S57: no store takes it
	}
	gas, failed := r.call.Host.Set(key, value)
	if err := r.chargeExternal(gas); err != nil {
		return err
	}
	return failed
}

func errReadOnly() *Error {
	return fail(WriteAccessDenied, "Must not call a writing storage function in this context.")
}

// tooBigTo says of a region that is too long what was to be done with it.
func tooBigTo(what string, e *Error, limit int, r *run, ptr uint64) *Error {
	if e.Kind != RegionLengthTooBig {
		return e
	}
	g, _ := r.region(uint32(ptr)) // it could be read a moment ago
	return fail(GenericErr, "Generic error: %s too big. Tried to write %d bytes to storage, limit is %d.", what, g.length, limit)
}

func (r *run) dbRemove(s []uint64) error {
	if r.call.ReadOnly {
		return errReadOnly()
	}
	key, err := r.read(s[0], maxKey)
	if err != nil {
		return err
	}
	gas, failed := r.call.Host.Remove(key)
	if err := r.chargeExternal(gas); err != nil {
		return err
	}
	return failed
}

// The orders of a range.
const (
	ascending  = 1
	descending = 2
)

func (r *run) dbScan(s []uint64) error {
	start, err := r.bound(s[0])
	if err != nil {
		return err
	}
	end, err := r.bound(s[1])
	if err != nil {
		return err
	}
	order := int32(uint32(s[2]))
	if order != ascending && order != descending {
		return communication("Got an invalid value for iteration order: %d", order)
	}
	it, gas, failed := r.call.Host.Scan(start, end, order == descending)
	if it != nil && !r.ranges.add(it) {
		it.Close()
		it = nil
	}
	if err := r.chargeExternal(gas); err != nil {
		return err
	}
	switch {
	case failed != nil:
		return failed
	case it == nil:
		return backend("User error during call into backend: reached iterator limit (%d)", maxIterators)
	}
	s[0] = uint64(len(r.ranges.list) - 1)
	return nil
}

// bound returns a copy of the region at ptr, or nil if ptr is 0: an iterator outlives the region.
func (r *run) bound(ptr uint64) ([]byte, *Error) {
	if uint32(ptr) == 0 {
		return nil, nil
	}
	b, err := r.read(ptr, maxKey)
	if err != nil {
		return nil, err
	}
	return append(make([]byte, 0, len(b)), b...), nil
}

// next returns the next pair of an iterator.
func (r *run) next(id uint64) (key, value []byte, ok bool, err error) {
	it := r.ranges.get(uint32(id))
	if it == nil {
		return nil, nil, false, backend("Iterator with ID %d does not exist", uint32(id))
	}
	if it.ended {
		return nil, nil, false, nil
	}
	key, value, ok, gas, err := it.Next()
	it.ended = !ok
	if err := r.chargeExternal(gas); err != nil {
		return nil, nil, false, err
	}
	return key, value, ok, err
}

// dbNext gives the key and the value as sections: the length of each follows it. The end is an empty key.
func (r *run) dbNext(s []uint64) error {
	key, value, ok, err := r.next(s[0])
	if err != nil {
		return err
	}
	if !ok {
		key, value = nil, nil
	}
	lengths := r.lengths[:]
	binary.BigEndian.PutUint32(lengths, uint32(len(key)))
	binary.BigEndian.PutUint32(lengths[4:], uint32(len(value)))
	s[0], err = r.give(key, lengths[:4], value, lengths[4:])
	return err
}

func (r *run) dbNextKey(s []uint64) error {
	key, _, ok, err := r.next(s[0])
	return r.part(s, key, ok, err)
}

func (r *run) dbNextValue(s []uint64) error {
	_, value, ok, err := r.next(s[0])
	return r.part(s, value, ok, err)
}

// part gives one half of a pair, or 0 at the end.
func (r *run) part(s []uint64, b []byte, ok bool, err error) error {
	if err != nil {
		return err
	}
	s[0] = 0
	if ok {
		s[0], err = r.give(b)
	}
	return err
}

// maxIterators is how many a call may open (S60).
const maxIterators = 32_768

// iterators are those that a call has opened, by their id.
type iterators struct{ list []iterator }

type iterator struct {
	Iterator
	ended bool
}

// add keeps an iterator, whose id is its place, and reports false if there are too many.
func (s *iterators) add(it Iterator) bool {
	if len(s.list) == maxIterators {
		return false
	}
	s.list = append(s.list, iterator{Iterator: it})
	return true
}

// get returns nil if no iterator has the id.
func (s *iterators) get(id uint32) *iterator {
	if uint64(id) >= uint64(len(s.list)) {
		return nil
	}
	return &s.list[id]
}

// keptIterators is how long the table may be to be used for the next call.
const keptIterators = 64

// clear closes all of them.
func (s *iterators) clear() {
	for i := range s.list {
		s.list[i].Close()
	}
	clear(s.list)
	s.list = s.list[:0]
	if cap(s.list) > keptIterators {
		s.list = nil
	}
}
