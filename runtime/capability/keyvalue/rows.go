package keyvalue

import (
	"encoding/binary"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// The rows of the state. A key has one row, its head; what does not fit there, and elements, have rows of their own under a
// number, which is never used again.
//
//	'k' store 0 key             → head
//	'e' number(8) …             → a part: see text.go, list.go, set.go
//	'x' end(8) store 0 key      → nothing: the keys that expire, by when
//	'n'                         → the last number, uvarint
const (
	headPrefix   = 'k'
	partPrefix   = 'e'
	expiryPrefix = 'x'
)

var numberKey = []byte{'n'}

// MaxKey is how long a key may be, with store and prefix, and a member of a set, in bytes.
const MaxKey = 32 << 10

// kind says what a key holds.
type kind byte

const (
	kindNone kind = iota
	kindText      // in the head itself
	kindLong      // a text in pieces
	kindList
	kindSet
)

func (k kind) String() string {
	switch k {
	case kindList:
		return "list"
	case kindSet:
		return "set"
	}
	return "text"
}

// head is the row of a key.
type head struct {
	kind kind
	// end is when it expires, in microseconds since 1970, 0 for never.
	end uint64
	// value is the text, if it is short.
	value []byte
	// id numbers the parts of the others. count is the length of a long text, or how many elements there are; a list has
	// them at places from first to less than next, not all of which need be taken.
	id, count, first, next uint64
}

func (h *head) encode() []byte {
	b := binary.AppendUvarint([]byte{byte(h.kind)}, h.end)
	switch h.kind {
	case kindText:
		return append(b, h.value...)
	case kindList:
		b = binary.AppendUvarint(binary.AppendUvarint(b, h.first), h.next)
	}
	return binary.AppendUvarint(binary.AppendUvarint(b, h.id), h.count)
}

func decodeHead(b []byte) (h head, ok bool) {
	if len(b) == 0 {
		return h, false
	}
	h.kind, b = kind(b[0]), b[1:]
	fields := []*uint64{&h.end}
	switch h.kind {
	case kindText:
	case kindLong, kindSet:
		fields = append(fields, &h.id, &h.count)
	case kindList:
		fields = append(fields, &h.first, &h.next, &h.id, &h.count)
	default:
		return h, false
	}
	for _, f := range fields {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			return h, false
		}
		*f, b = n, b[size:]
	}
	h.value = b
	return h, true
}

func (h *head) expired(now time.Time) bool { return h.end != 0 && uint64(now.UnixMicro()) >= h.end }

// entry is a key with its head.
type entry struct {
	head
	key string // with store and prefix
	row []byte
}

// find returns what a key holds, of no kind if it is not there. What has expired is not there, and goes if it can.
func (s *store) find(key string) (*entry, error) {
	e := &entry{key: s.space + key}
	if len(e.key) > MaxKey {
		return nil, actor.Errorf(actor.CodeKeyTooLarge, "a key has at most %d bytes, with the store and the prefix of the link, not %d", MaxKey, len(e.key))
	}
	e.row = append(append(make([]byte, 0, 1+len(e.key)), headPrefix), e.key...)
	b, ok := s.rows.Get(e.row)
	if !ok {
		return e, nil
	}
	if e.head, ok = decodeHead(b); !ok {
		return nil, actor.Errorf(CodeDamaged, "the row of the key %.80q cannot be read", key)
	}
	if e.expired(s.now) {
		if s.state != nil {
			s.remove(e)
		}
		e.head = head{}
	}
	return e, nil
}

// findKind is find for an operation that is for one kind of value.
func (s *store) findKind(key string, want kind) (*entry, error) {
	e, err := s.find(key)
	if err != nil {
		return nil, err
	}
	have := e.kind
	if have == kindLong {
		have = kindText
	}
	if have != kindNone && have != want {
		return nil, actor.Errorf(CodeWrongType, "WRONGTYPE Operation against a key holding the wrong kind of value: %.80q is a %s, and no %s", key, have, want)
	}
	return e, nil
}

func (s *store) save(e *entry) { s.state.Set(e.row, e.encode()) }

// remove takes a key away, with its parts.
func (s *store) remove(e *entry) {
	if e.kind == kindNone {
		return
	}
	if e.kind != kindText {
		s.clear(e.id)
	}
	if e.end != 0 {
		s.state.Delete(expiryRow(e.end, e.key))
	}
	s.state.Delete(e.row)
	e.head = head{}
}

// clear removes all rows of a number.
func (s *store) clear(id uint64) {
	prefix := partRow(id)
	for key := range s.state.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
		s.state.Delete(key)
	}
}

// number returns one that was never used.
func (s *store) number() uint64 {
	b, _ := s.state.Get(numberKey)
	n, _ := binary.Uvarint(b)
	s.state.Set(numberKey, binary.AppendUvarint(nil, n+1))
	return n + 1
}

// partRow begins the rows of a number; more words follow in it.
func partRow(id uint64, words ...uint64) []byte {
	b := make([]byte, 1, 1+8+8*len(words)+8)
	b[0] = partPrefix
	b = binary.BigEndian.AppendUint64(b, id)
	for _, w := range words {
		b = binary.BigEndian.AppendUint64(b, w)
	}
	return b
}

func expiryRow(end uint64, key string) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{expiryPrefix}, end), key...)
}

// swept is how many keys that are over a Set with an expiry removes at most: more than the one that it adds, so that they do
// not become more and more.
const swept = 4

// sweep removes keys of all links that have expired.
func (s *store) sweep() {
	start := []byte{expiryPrefix}
	end := expiryRow(uint64(s.now.UnixMicro())+1, "")
	var over []string
	for row := range s.rows.Range(start, end, actor.Ascending) {
		if over = append(over, string(row[1+8:])); len(over) == swept {
			break
		}
	}
	all := *s
	all.space = ""
	for _, key := range over {
		_, _ = all.find(key) // removes it
	}
}
