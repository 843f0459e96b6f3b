package keyvalue

import (
	"encoding/binary"

	"github.com/troupe-run/troupe/runtime/actor"
)

const (
	// inHead is the longest text that stands in the head of its key.
	inHead = 64 << 10
	// piece is how much of a longer one a row has: as much as a row can.
	piece = 128 << 10
)

// put writes a value as one row or more: those of row, with the number of the piece behind.
func (s *store) put(row []byte, value []byte) {
	for n := uint32(0); ; n++ {
		size := min(len(value), piece)
		s.state.Set(binary.BigEndian.AppendUint32(row, n), value[:size])
		if value = value[size:]; len(value) == 0 {
			return
		}
	}
}

// a part is a value that was put, and the place that it has among those of its number.
type part struct {
	place uint64
	value []byte
}

// parts yields what was put under a number at places from start on and before stop, in order. Values need not be copied before the
// call ends.
func (s *store) parts(id, start, stop uint64) func(yield func(part) bool) {
	return func(yield func(part) bool) {
		var p part
		there := false
		for row, value := range s.rows.Range(partRow(id, start), partRow(id, stop), actor.Ascending) {
			place := binary.BigEndian.Uint64(row[1+8:])
			if there && place == p.place {
				p.value = append(p.value[:len(p.value):len(p.value)], value...)
				continue
			}
			if there && !yield(p) {
				return
			}
			p, there = part{place, value}, true
		}
		if there {
			yield(p)
		}
	}
}
