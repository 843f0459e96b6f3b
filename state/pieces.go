package state

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Pebble reads, caches and compacts blocks, and a block holds whole rows: whoever reads the small row beside a large one
// reads both, each time if the cache has no room for them. The code of a module has megabytes, and the log, which holds
// it, begins where the state of actors ends. So a row with more than pieceSize bytes is stored in pieces, in a space of
// their own behind all others, and what stands in its place is a header: how long it is, and its sum.

// pieceSize is the length of all pieces but the last, in bytes: much less than the share of the smallest cache, and
// enough that the rows of the largest module are few.
const pieceSize = 64 << 10

// piecedVersion begins the header of a row that is in pieces.
const piecedVersion = 3

// maxPieced bounds what a header may claim: no batch has held more.
const maxPieced = maxBatch

// pieces is the header of a row.
type pieces struct {
	size uint64 // at least 1
	sum  Hash   // of all bytes
}

func (h *pieces) append(buf []byte) []byte {
	buf = binary.AppendUvarint(append(buf, piecedVersion), h.size)
	return append(buf, h.sum[:]...)
}

// inPieces reports whether a row is a header.
func inPieces(row []byte) bool { return len(row) > 0 && row[0] == piecedVersion }

// decodePieces is the inverse of pieces.append.
func decodePieces(b []byte) (pieces, error) {
	if !inPieces(b) {
		return pieces{}, decodeError("the header of a row in pieces", errors.New("it begins with another version"))
	}
	r := reader{rest: b[1:]}
	h := pieces{size: r.uvarint(), sum: r.hash()}
	if r.err == nil && (h.size == 0 || h.size > maxPieced) {
		r.fail(fmt.Errorf("it says that there are %d bytes", h.size))
	}
	if err := r.end(); err != nil {
		return pieces{}, decodeError("the header of a row in pieces", err)
	}
	return h, nil
}

// count returns how many pieces there are.
func (h *pieces) count() uint64 { return (h.size + pieceSize - 1) / pieceSize }

// length returns how long a piece is.
func (h *pieces) length(n uint64) int { return int(min(h.size-n*pieceSize, pieceSize)) }

// appendPiece appends the key of a piece of the row with a key: the row's own, behind another space and before the
// number, from 0.
func appendPiece(buf, key []byte, n uint64) []byte {
	buf = append(append(append(buf, key[:partitionLen]...), byte(Pieces)), key[partitionLen:]...)
	return binary.BigEndian.AppendUint32(buf, uint32(n))
}

// SetCode writes code, at least one byte of it, under key, which is that of AppendCode for its hash. ReadCode reads it.
func (b *Batch) SetCode(key, code []byte, hash Hash) { b.setPieces(key, code, hash) }

// SetCommand writes a command, whose encoding is row and whose Hash is sum, under key, which is that of AppendLog.
// ReadCommand reads it.
func (b *Batch) SetCommand(key, row []byte, sum Hash) {
	if len(row) > pieceSize {
		b.setPieces(key, row, sum)
		return
	}
	b.Set(key, row)
}

// setPieces writes a row in pieces. Its key is one of a space whose keys have one length: see Space.owner.
func (b *Batch) setPieces(key, value []byte, sum Hash) {
	h := pieces{uint64(len(value)), sum}
	b.Set(key, h.append(nil))
	var buf []byte
	for n := range h.count() {
		buf = appendPiece(buf[:0], key, n)
		b.Set(buf, value[n*pieceSize:][:h.length(n)])
	}
}

// joinPieces reads the pieces of a row whose header is row. What it returns has the sum that the header says.
func joinPieces(g Getter, key, row []byte) ([]byte, Hash, error) {
	h, err := decodePieces(row)
	if err != nil {
		return nil, Hash{}, err
	}
	// The last one first: if it is there and fits, memory for the others may be taken on the header's word.
	last, err := h.read(g, key, h.count()-1)
	if err != nil {
		return nil, Hash{}, err
	}
	value := make([]byte, 0, h.size)
	for n := range h.count() - 1 {
		piece, err := h.read(g, key, n)
		if err != nil {
			return nil, Hash{}, err
		}
		value = append(value, piece...)
	}
	value = append(value, last...)
	if sum := Hash(sha256.Sum256(value)); sum != h.sum {
		return nil, Hash{}, fmt.Errorf("%w: the hash of its %d bytes is %s, and should be %s; %s", ErrCorrupt, h.size, sum, h.sum, adviseRestore)
	}
	return value, h.sum, nil
}

// read returns one piece.
func (h *pieces) read(g Getter, key []byte, n uint64) ([]byte, error) {
	piece, ok, err := g.Get(appendPiece(nil, key, n))
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, fmt.Errorf("%w: piece %d of %d is missing; %s", ErrCorrupt, n+1, h.count(), adviseRestore)
	case len(piece) != h.length(n):
		return nil, fmt.Errorf("%w: piece %d of %d has %d bytes, and should have %d; %s", ErrCorrupt, n+1, h.count(),
			len(piece), h.length(n), adviseRestore)
	}
	return piece, nil
}

// adviseRestore ends a message about rows that are lost.
const adviseRestore = "restore the store from a checkpoint"
