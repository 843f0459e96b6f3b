package world

import (
	"bytes"
	"maps"
	"slices"
	"sort"
)

// A Store holds the rows of one contract, in memory, and takes back what was written since a mark.
type Store struct {
	rows map[string][]byte
	keys []string // sorted
	undo []before // since Mark
}

// before is a row as it was before a write.
type before struct {
	key   string
	value []byte // nil: there was none
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{rows: map[string][]byte{}} }

// Get returns nil if there is no row.
func (s *Store) Get(key []byte) []byte { return s.rows[string(key)] }

// Set keeps the value, which is not to be changed any more.
func (s *Store) Set(key, value []byte) {
	if value == nil {
		value = []byte{}
	}
	s.remember(key)
	s.put(string(key), value)
}

// Remove deletes a row if it is there.
func (s *Store) Remove(key []byte) {
	s.remember(key)
	s.drop(string(key))
}

func (s *Store) remember(key []byte) {
	s.undo = append(s.undo, before{string(key), s.rows[string(key)]})
}

func (s *Store) put(key string, value []byte) {
	if _, ok := s.rows[key]; !ok {
		i, _ := slices.BinarySearch(s.keys, key)
		s.keys = slices.Insert(s.keys, i, key)
	}
	s.rows[key] = value
}

func (s *Store) drop(key string) {
	if _, ok := s.rows[key]; !ok {
		return
	}
	delete(s.rows, key)
	i, _ := slices.BinarySearch(s.keys, key)
	s.keys = slices.Delete(s.keys, i, i+1)
}

// Mark keeps what was written until now.
func (s *Store) Mark() { s.undo = s.undo[:0] }

// Rollback takes back what was written since Mark.
func (s *Store) Rollback() {
	for _, b := range slices.Backward(s.undo) {
		if b.value == nil {
			s.drop(b.key)
		} else {
			s.put(b.key, b.value)
		}
	}
	s.Mark()
}

// Changed lists the rows written since Mark that are not what they were, sorted by key.
func (s *Store) Changed() []Row {
	first := map[string][]byte{}
	for _, b := range s.undo {
		if _, ok := first[b.key]; !ok {
			first[b.key] = b.value
		}
	}
	var changed []Row
	for _, key := range slices.Sorted(maps.Keys(first)) {
		now, ok := s.rows[key]
		if was := first[key]; ok != (was != nil) || !bytes.Equal(now, was) {
			changed = append(changed, Row{[]byte(key), now})
		}
	}
	return changed
}

// Row is a key and its value; nil for a row that is gone.
type Row struct{ Key, Value []byte }

// Equal reports whether two stores hold the same rows.
func (s *Store) Equal(o *Store) bool { return maps.EqualFunc(s.rows, o.rows, bytes.Equal) }

// Len is the number of rows.
func (s *Store) Len() int { return len(s.keys) }

// Scan returns the rows from start to before end; nil is no bound. They do not change any more (S58, S59).
func (s *Store) Scan(start, end []byte, descending bool) []Row {
	from := 0
	if start != nil {
		from = sort.SearchStrings(s.keys, string(start))
	}
	to := len(s.keys)
	if end != nil {
		to = sort.SearchStrings(s.keys, string(end))
	}
	if from >= to {
		return nil
	}
	rows := make([]Row, 0, to-from)
	for _, key := range s.keys[from:to] {
		rows = append(rows, Row{[]byte(key), s.rows[key]})
	}
	if descending {
		slices.Reverse(rows)
	}
	return rows
}
