package troupe

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// A major type of CBOR (RFC 8949), as it stands in the upper three bits of the first byte of an item.
type major byte

const (
	majorUint   major = iota << 5 // an unsigned integer
	majorInt                      // a negative integer
	majorBytes                    // a byte string
	majorText                     // a text string
	majorArray                    // an array
	majorMap                      // a map
	majorTag                      // a tag
	majorSimple                   // a simple value or a float
)

const null = byte(majorSimple) | 22

var majorNames = [...]string{"an unsigned integer", "a negative integer", "a byte string", "a text string", "an array",
	"a map", "a tag", "a simple value"}

func (m major) String() string { return majorNames[m>>5] }

// appendHead appends the first bytes of an item in their shortest form.
func appendHead(b []byte, m major, n uint64) []byte {
	switch {
	case n < 24:
		return append(b, byte(m)|byte(n))
	case n < 1<<8:
		return append(b, byte(m)|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, byte(m)|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, byte(m)|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, byte(m)|27), n)
}

func appendUint(b []byte, n uint64) []byte { return appendHead(b, majorUint, n) }

func appendInt(b []byte, n int64) []byte {
	if n < 0 {
		return appendHead(b, majorInt, uint64(-1-n))
	}
	return appendUint(b, uint64(n))
}

func appendBytes(b, v []byte) []byte { return append(appendHead(b, majorBytes, uint64(len(v))), v...) }

// appendNullable appends null for nil.
func appendNullable(b, v []byte) []byte {
	if v == nil {
		return append(b, null)
	}
	return appendBytes(b, v)
}

// appendText appends a text string. Guests may rely on UTF-8, and not every text of an actor is, so what is not becomes
// U+FFFD.
func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	return append(appendHead(b, majorText, uint64(len(s))), s...)
}

func appendArray(b []byte, n int) []byte { return appendHead(b, majorArray, uint64(n)) }
