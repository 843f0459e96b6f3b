package state

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// Numbers in keys: one byte that counts the bytes that follow, then the number big-endian without leading zeroes. The
// order of the encodings is the order of the numbers, and no encoding is the prefix of another.

func appendNumber(buf []byte, n uint64) []byte {
	size := (bits.Len64(n) + 7) / 8
	buf = append(buf, byte(size))
	var be [8]byte
	binary.BigEndian.PutUint64(be[:], n)
	return append(buf, be[8-size:]...)
}

// readNumber returns the number at the start of b and how many bytes it takes. A longer form than needed is refused:
// a row must have one key.
func readNumber(b []byte) (number uint64, size int, err error) {
	if len(b) == 0 {
		return 0, 0, errors.New("a number is missing")
	}
	n := int(b[0])
	if n > 8 {
		return 0, 0, errors.New("a number has at most 8 bytes")
	}
	if len(b) < 1+n {
		return 0, 0, errors.New("a number is cut off")
	}
	if n > 0 && b[1] == 0 {
		return 0, 0, errors.New("a number has leading zeroes")
	}
	for _, c := range b[1 : 1+n] {
		number = number<<8 | uint64(c)
	}
	return number, 1 + n, nil
}
