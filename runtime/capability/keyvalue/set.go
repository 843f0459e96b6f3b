package keyvalue

import (
	"math"
	"slices"
	"sort"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// The parts of a set are its members: the row of the number with the member behind, and nothing in it.

var setClear = drop(kindSet)

func member(id uint64, value string) []byte { return append(partRow(id), value...) }

func setAdd(s *store, payload []byte) ([]byte, error) {
	e, value, err := s.member(payload)
	if err != nil {
		return nil, err
	}
	if e.kind == kindNone {
		e.head = head{kind: kindSet, id: s.number()}
	}
	row := member(e.id, value)
	if _, there := s.rows.Get(row); there {
		return pack.Marshal(0), nil
	}
	if e.count == math.MaxInt32 {
		return nil, actor.Errorf(CodeOutOfRange, "a set has at most %d members", e.count)
	}
	s.state.Set(row, nil)
	e.count++
	s.save(e)
	return pack.Marshal(1), nil
}

func setDel(s *store, payload []byte) ([]byte, error) {
	e, value, err := s.member(payload)
	if err != nil {
		return nil, err
	}
	row := member(e.id, value)
	if _, there := s.rows.Get(row); e.kind == kindNone || !there {
		return pack.Marshal(0), nil
	}
	s.state.Delete(row)
	if e.count--; e.count == 0 {
		s.remove(e)
	} else {
		s.save(e)
	}
	return pack.Marshal(1), nil
}

// member decodes the argument of the operations on one member.
func (s *store) member(payload []byte) (*entry, string, error) {
	var in messages.SetMember
	if err := pack.Unmarshal(payload, &in); err != nil {
		return nil, "", err
	}
	if len(in.Value) > MaxKey {
		return nil, "", actor.Errorf(actor.CodeValueTooLarge, "a member of a set has at most %d bytes, not %d: keep longer texts under keys of their own", MaxKey, len(in.Value))
	}
	e, err := s.findKind(in.SetName, kindSet)
	return e, in.Value, err
}

func setQuery(s *store, payload []byte) ([]byte, error) {
	key, err := name(payload)
	if err != nil {
		return nil, err
	}
	members, err := s.members(key)
	if err != nil {
		return nil, err
	}
	return pack.Marshal(members), nil
}

// members returns those of a set in their order, none if it is not there.
func (s *store) members(key string) ([]string, error) {
	e, err := s.findKind(key, kindSet)
	if err != nil || e.kind == kindNone {
		return []string{}, err
	}
	members := make([]string, 0, min(e.count, 1024))
	prefix := partRow(e.id)
	for row := range s.rows.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
		members = append(members, string(row[len(prefix):]))
	}
	return members, nil
}

// sets returns the members of all sets that an argument names.
func (s *store) sets(payload []byte) ([][]string, error) {
	var keys []string
	if err := pack.Unmarshal(payload, &keys); err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, actor.Errorf(actor.CodeMalformed, "ERR wrong number of arguments: name the sets")
	}
	sets := make([][]string, 0, min(len(keys), 16))
	for _, key := range keys {
		members, err := s.members(key)
		if err != nil {
			return nil, err
		}
		sets = append(sets, members)
	}
	return sets, nil
}

func setUnion(s *store, payload []byte) ([]byte, error) {
	sets, err := s.sets(payload)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(sets...)
	sort.Strings(all)
	return pack.Marshal(append([]string{}, slices.Compact(all)...)), nil
}

func setIntersection(s *store, payload []byte) ([]byte, error) {
	sets, err := s.sets(payload)
	if err != nil {
		return nil, err
	}
	both := sets[0]
	for _, other := range sets[1:] {
		both = slices.DeleteFunc(both, func(m string) bool {
			_, there := slices.BinarySearch(other, m)
			return !there
		})
	}
	return pack.Marshal(both), nil
}
