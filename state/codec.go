package state

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A version begins every record. A change of a record's layout gets a new one.
const (
	recordVersion = 1
	codedVersion  = 2 // of a module whose code is in the store
)

// Every value has exactly one encoding: lengths and counts are minimal varints, fixed-size fields are big-endian, and
// nothing may follow the last field. So equal records have equal bytes, and hashes of the bytes identify the record.

func appendString[T ~string](buf []byte, s T) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(s))), s...)
}

func appendBytes(buf, b []byte) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(b))), b...)
}

// appendOptional keeps nil and empty apart: 0 is nil, and n+1 stands before n bytes.
func appendOptional(buf, b []byte) []byte {
	if b == nil {
		return append(buf, 0)
	}
	return append(binary.AppendUvarint(buf, uint64(len(b))+1), b...)
}

// reader decodes a record. The first error sticks and later reads yield zero values, so that a decoder checks once, at
// its end. What it hands out as bytes is part of the input.
type reader struct {
	rest []byte
	err  error
}

var (
	errCutOff    = errors.New("cut off")
	errTrailing  = errors.New("bytes behind the end")
	errCanonical = errors.New("a varint is not minimal or too large")
)

// newReader checks the version byte.
func newReader(b []byte) reader {
	r, _ := newVersionReader(b, recordVersion)
	return r
}

// newVersionReader is newReader for a record that has several versions, up to last.
func newVersionReader(b []byte, last byte) (r reader, version byte) {
	r = reader{rest: b}
	if version = r.byte(); r.err == nil && (version < recordVersion || version > last) {
		r.err = fmt.Errorf("record version %d is unknown, this program knows %d", version, last)
	}
	return r, version
}

// end returns the sticky error, or one if anything is left.
func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = errTrailing
	}
	return r.err
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.rest = nil
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail(errCutOff)
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

// bool accepts 0 and 1.
func (r *reader) bool() bool {
	c := r.byte()
	if c > 1 {
		r.fail(fmt.Errorf("a flag is %d", c))
	}
	return c == 1
}

func (r *reader) uvarint() uint64 {
	if r.err == nil && len(r.rest) == 0 {
		r.fail(errCutOff)
	}
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.rest)
	switch {
	case n == 0:
		r.fail(errCutOff)
		return 0
	case n < 0, n > 1 && r.rest[n-1] == 0:
		r.fail(errCanonical)
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) uint64() uint64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// take returns the next n bytes, nil if they are not there.
func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.fail(errCutOff)
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) bytes() []byte { return r.take(r.uvarint()) }

func (r *reader) string() string { return string(r.bytes()) }

func (r *reader) optional() []byte {
	n := r.uvarint()
	if n == 0 {
		return nil
	}
	return r.take(n - 1)
}

// count reads how many elements follow, each of at least size bytes. A count that cannot be true is refused before
// anything is allocated for it.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/size) {
		r.fail(errCutOff)
		return 0
	}
	return int(n)
}

func (r *reader) hash() (h Hash) {
	copy(h[:], r.take(uint64(len(h))))
	return h
}

// decodeError is the error of a decoder.
func decodeError(what string, err error) error {
	return fmt.Errorf("state: %s: %w: %w", what, ErrCorrupt, err)
}
