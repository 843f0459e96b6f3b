package blobstore

import (
	"encoding/binary"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// The rows of the state. Bytes have rows of their own under a number, which is never used again.
//
//	'c' store 0 container          → container
//	'o' store 0 container 0 object → object
//	'u' store 0 container 0 object → object, which is being uploaded
//	'e' number(8) piece(8)         → bytes, as many as a row can have in each piece but the last
//	'd' number(8)                  → download
//	'n'                            → the last number, uvarint
const (
	containerPrefix = 'c'
	objectPrefix    = 'o'
	uploadPrefix    = 'u'
	piecePrefix     = 'e'
	downloadPrefix  = 'd'
)

var numberKey = []byte{'n'}

const piece = 128 << 10

// container is the row of one. Times are in microseconds since 1970.
type container struct {
	Created uint64 `json:"created"`
}

// object is the row of one.
type object struct {
	Number          uint64 `json:"number"`
	Length          uint64 `json:"length"`
	Modified        uint64 `json:"modified"`
	ContentType     string `json:"contentType,omitempty"`
	ContentEncoding string `json:"contentEncoding,omitempty"`
}

// download is what is left to send of an object: bytes from Offset to before End.
type download struct {
	Actor       actor.Address `json:"actor"`
	Link        string        `json:"link"`
	Store       string        `json:"store"`
	ContainerID string        `json:"containerId"`
	ObjectID    string        `json:"objectId"`
	Number      uint64        `json:"number"` // of the bytes
	Offset      uint64        `json:"offset"`
	End         uint64        `json:"end"`
	Chunk       uint64        `json:"chunk"`
	Protocol    pack.Protocol `json:"protocol"`
}

func (s *store) row(prefix byte, names ...string) []byte {
	b := append([]byte{prefix}, s.name...)
	for _, name := range names {
		b = append(append(b, 0), name...)
	}
	return b
}

func numbered(prefix byte, words ...uint64) []byte {
	b := []byte{prefix}
	for _, w := range words {
		b = binary.BigEndian.AppendUint64(b, w)
	}
	return b
}

// load decodes a row into v, and reports whether there is one. Rows are our own, so that they decode.
func (s *store) load(row []byte, v any) bool {
	b, ok := s.rows.Get(row)
	return ok && pack.Unmarshal(b, v) == nil
}

func (s *store) save(row []byte, v any) { s.state.Set(row, pack.Marshal(v)) }

// number returns one that was never used.
func (s *store) number() uint64 {
	b, _ := s.state.Get(numberKey)
	n, _ := binary.Uvarint(b)
	s.state.Set(numberKey, binary.AppendUvarint(nil, n+1))
	return n + 1
}

func (s *store) micros() uint64 { return uint64(s.now.UnixMicro()) }

// extend appends to the bytes of a number, of which there are length.
func (s *store) extend(number, length uint64, data []byte) {
	for len(data) > 0 {
		row, at := numbered(piecePrefix, number, length/piece), length%piece
		n := min(uint64(len(data)), piece-at)
		var before []byte
		if at > 0 {
			before, _ = s.state.Get(row)
		}
		s.state.Set(row, append(before[:len(before):len(before)], data[:n]...))
		data, length = data[n:], length+n
	}
}

// read returns the bytes of a number from start to before end, which are there.
func (s *store) read(number, start, end uint64) []byte {
	out := make([]byte, 0, end-start)
	for at := start; at < end; {
		b, _ := s.rows.Get(numbered(piecePrefix, number, at/piece))
		from, to := at%piece, min(uint64(len(b)), at%piece+end-at)
		if from >= to {
			break // the row is not there, which cannot be
		}
		out = append(out, b[from:to]...)
		at += to - from
	}
	return out
}

// clear removes the bytes of a number.
func (s *store) clear(number uint64) {
	prefix := numbered(piecePrefix, number)
	for row := range s.state.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
		s.state.Delete(row)
	}
}

// drop removes an object, or an upload, with its bytes, and reports whether it was there.
func (s *store) drop(row []byte) bool {
	var o object
	if !s.load(row, &o) {
		return false
	}
	s.clear(o.Number)
	s.state.Delete(row)
	return true
}

// checkName refuses names that could not be parts of a key.
func checkName(what, name string) error {
	if name == "" || len(name) > MaxName || strings.IndexByte(name, 0) >= 0 {
		return actor.Errorf(CodeInvalidName, "%.80q is no name of %s: it has 1 to %d bytes, none of them zero", name, what, MaxName)
	}
	return nil
}

// inContainer checks the names of an object, and that its container is there.
func (s *store) inContainer(containerID, objectID string) error {
	if err := checkName("a container", containerID); err != nil {
		return err
	}
	if err := checkName("an object", objectID); err != nil {
		return err
	}
	if _, ok := s.rows.Get(s.row(containerPrefix, containerID)); !ok {
		return errNoContainer(containerID)
	}
	return nil
}

func errNoContainer(id string) *actor.Error {
	return actor.Errorf(CodeNotFound, "there is no container %.80q: create it", id)
}

func errNoObject(containerID, objectID string) *actor.Error {
	return actor.Errorf(CodeNotFound, "there is no object %.80q in the container %.80q", objectID, containerID)
}

// find returns an object.
func (s *store) find(containerID, objectID string) (o object, err error) {
	if err := s.inContainer(containerID, objectID); err != nil {
		return o, err
	}
	if !s.load(s.row(objectPrefix, containerID, objectID), &o) {
		return o, errNoObject(containerID, objectID)
	}
	return o, nil
}
