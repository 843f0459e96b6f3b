package binary

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	unsigned := []uint32{0, 1, 0x7f, 0x80, 0x3fff, 0x4000, math.MaxInt32, math.MaxUint32}
	signed := []int64{0, 1, -1, 63, 64, -64, -65, 8191, 8192, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64}
	for range 10_000 {
		v := rng.Uint64() >> rng.IntN(64)
		unsigned, signed = append(unsigned, uint32(v)), append(signed, int64(v), -int64(v))
	}
	for _, v := range unsigned {
		b := AppendU32(nil, v)
		if got, end := readU32(b, 0); got != v || end != len(b) || len(b) != sizeU32(v) {
			t.Fatalf("%d is %x, of %d bytes; it reads as %d to %d", v, b, sizeU32(v), got, end)
		}
	}
	for _, v := range signed {
		b := AppendS64(nil, v)
		if got, end := readSigned(b, 0, 64); got != v || end != len(b) {
			t.Fatalf("%d is %x, and reads as %d to %d", v, b, got, end)
		}
		b = AppendS32(nil, int32(v))
		if got, end := readSigned(b, 0, 32); got != int64(int32(v)) || end != len(b) {
			t.Fatalf("%d is %x, and reads as %d to %d", int32(v), b, got, end)
		}
		if got, end := readSigned(b, 0, 33); got != int64(int32(v)) || end != len(b) {
			t.Fatalf("%d is %x, and reads as %d to %d in 33 bits", int32(v), b, got, end)
		}
	}
}

// Longer forms are the same number as far as the type has bytes for them.
func TestNumbersLong(t *testing.T) {
	pad := func(b []byte, n int, sign byte) []byte {
		b = slices.Clone(b)
		for len(b) < n {
			b[len(b)-1] |= 0x80
			b = append(b, sign)
		}
		return b
	}
	for n := 1; n <= 7; n++ {
		want := n
		if n > 5 {
			want = overlong
		}
		if v, end := readU32(pad([]byte{5}, n, 0), 0); end != want || end > 0 && v != 5 {
			t.Errorf("5 in %d bytes reads as %d to %d", n, v, end)
		}
		for _, bits := range []int{32, 33} {
			if v, end := readSigned(pad([]byte{0x7b}, n, 0x7f), 0, bits); end != want || end > 0 && v != -5 {
				t.Errorf("-5 in %d bytes and %d bits reads as %d to %d", n, bits, v, end)
			}
		}
	}
	for n := 1; n <= 12; n++ {
		want := n
		if n > 10 {
			want = overlong
		}
		if v, end := readSigned(pad([]byte{0x7b}, n, 0x7f), 0, 64); end != want || end > 0 && v != -5 {
			t.Errorf("-5 in %d bytes reads as %d to %d", n, v, end)
		}
	}
}

func TestNumbersRefused(t *testing.T) {
	full := func(last byte, n int) []byte { return append(slices.Repeat([]byte{0x80}, n-1), last) }
	tests := []struct {
		b    []byte
		bits int // 0: unsigned
		want int
	}{
		{nil, 0, truncated},
		{[]byte{0x80}, 0, truncated},
		{full(0x10, 5), 0, overlong},
		{full(0x0f, 5), 0, 5},
		{full(0x8f, 5), 0, overlong},
		{nil, 32, truncated},
		{full(0x07, 5), 32, 5},
		{full(0x08, 5), 32, overlong},
		{full(0x78, 5), 32, 5},
		{full(0x70, 5), 32, overlong},
		{full(0x38, 5), 32, overlong},
		{full(0x0f, 5), 33, 5},
		{full(0x10, 5), 33, overlong},
		{full(0x70, 5), 33, 5},
		{full(0x00, 10), 64, 10},
		{full(0x01, 10), 64, overlong},
		{full(0x7f, 10), 64, 10},
		{full(0x7e, 10), 64, overlong},
		{full(0xff, 10), 64, overlong},
		{full(0x80, 9), 64, truncated},
	}
	for _, test := range tests {
		end := 0
		if test.bits == 0 {
			_, end = readU32(test.b, 0)
		} else {
			_, end = readSigned(test.b, 0, test.bits)
		}
		if end != test.want {
			t.Errorf("%x in %d bits ends at %d, want %d", test.b, test.bits, end, test.want)
		}
	}
}
