package vm

import (
	"strings"
	"unicode/utf8"
)

// maxText bounds what a contract may print, or say when it aborts.
const maxText = 2 << 20

func (r *run) debug(s []uint64) error {
	b, err := r.read(s[0], maxText)
	if err != nil {
		return err
	}
	if r.call.Debug != nil {
		r.call.Debug(lossy(b))
	}
	return nil
}

func (r *run) abort(s []uint64) error {
	b, err := r.read(s[0], maxText)
	if err != nil {
		return err
	}
	if err := r.charge(gasString.of(len(b))); err != nil {
		return err
	}
	return fail(Aborted, "Aborted: %s", lossy(b))
}

// lossy returns b as text in which each part that is no UTF-8 is one U+FFFD. A part is the beginning of a sequence that
// does not go on, as far as it goes, or a byte that begins none: so Rust does it, and not Go.
func lossy(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		c, n := utf8.DecodeRune(b)
		if c == utf8.RuneError && n == 1 {
			n = broken(b)
		}
		out.WriteRune(c)
		b = b[n:]
	}
	return out.String()
}

// broken returns how many bytes belong to the sequence that b begins with, which is not whole.
func broken(b []byte) int {
	need, low, high := 0, byte(0x80), byte(0xbf)
	switch c := b[0]; {
	case c >= 0xc2 && c <= 0xdf:
		need = 1
	case c >= 0xe0 && c <= 0xef:
		need = 2
		switch c {
		case 0xe0:
			low = 0xa0
		case 0xed:
			high = 0x9f
		}
	case c >= 0xf0 && c <= 0xf4:
		need = 3
		switch c {
		case 0xf0:
			low = 0x90
		case 0xf4:
			high = 0x8f
		}
	}
	n := 1
	for ; n <= need && n < len(b) && b[n] >= low && b[n] <= high; n++ {
		low, high = 0x80, 0xbf
	}
	return n
}
