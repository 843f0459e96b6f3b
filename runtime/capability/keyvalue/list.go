package keyvalue

import (
	"math"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// The parts of a list are its elements, each at its place. One that is taken out of the middle leaves its place empty.

var listClear = drop(kindList)

func listAdd(s *store, payload []byte) ([]byte, error) {
	var in messages.ListArgs
	if err := pack.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	e, err := s.findKind(in.ListName, kindList)
	if err != nil {
		return nil, err
	}
	if e.kind == kindNone {
		e.head = head{kind: kindList, id: s.number()}
	}
	if e.count == math.MaxInt32 {
		return nil, actor.Errorf(CodeOutOfRange, "the list %.80q has %d elements, and cannot have more", in.ListName, e.count)
	}
	s.put(partRow(e.id, e.next), []byte(in.Value))
	e.next++
	e.count++
	s.save(e)
	return pack.Marshal(e.count), nil
}

// listDel takes the first element out that is the value.
func listDel(s *store, payload []byte) ([]byte, error) {
	var in messages.ListArgs
	if err := pack.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	e, err := s.findKind(in.ListName, kindList)
	if err != nil {
		return nil, err
	}
	if e.kind != kindNone {
		for p := range s.parts(e.id, e.first, e.next) {
			if string(p.value) == in.Value {
				s.takeOut(e, p.place)
				return pack.Marshal(true), nil
			}
		}
	}
	return pack.Marshal(false), nil
}

// takeOut removes the element at a place, and the list with the last one. The first place is always taken, so that a list from
// whose beginning elements are taken out has no growing gap there.
func (s *store) takeOut(e *entry, place uint64) {
	if e.count == 1 {
		s.remove(e)
		return
	}
	for row := range s.rows.Range(partRow(e.id, place), partRow(e.id, place+1), actor.Ascending) {
		s.state.Delete(row)
	}
	e.count--
	if place == e.first {
		for p := range s.parts(e.id, place+1, e.next) {
			e.first = p.place
			break
		}
	}
	if place == e.next-1 {
		e.next--
	}
	s.save(e)
}

// listRange returns the elements between two indices, both inclusive. Those that are negative count from the end, as in Redis.
func listRange(s *store, payload []byte) ([]byte, error) {
	var in messages.ListRangeArgs
	if err := pack.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	e, err := s.findKind(in.ListName, kindList)
	if err != nil {
		return nil, err
	}
	values := []string{}
	start, stop := index(in.Start, e.count), index(in.Stop, e.count)
	start, stop = max(start, 0), min(stop, int64(e.count)-1)
	if start > stop {
		return pack.Marshal(values), nil
	}
	from, at := e.first, int64(0)
	if e.next-e.first == e.count { // no place is empty
		from, at = e.first+uint64(start), start
	}
	for p := range s.parts(e.id, from, e.next) {
		if at >= start {
			values = append(values, string(p.value))
		}
		if at++; at > stop {
			break
		}
	}
	return pack.Marshal(values), nil
}

func index(n int32, count uint64) int64 {
	if n < 0 {
		return int64(count) + int64(n)
	}
	return int64(n)
}
