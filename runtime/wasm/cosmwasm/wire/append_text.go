package wire

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"
)

// escaped tells the bytes that encoding/json does not write as they are: controls, what ends a string, and what means
// something in HTML. Bytes of other letters are looked at together.
var escaped = func() (set [256]bool) {
	for i := range set {
		set[i] = i < ' ' || i >= utf8.RuneSelf
	}
	for _, c := range []byte(`"\<>&`) {
		set[c] = true
	}
	return set
}()

const hexDigits = "0123456789abcdef"

// appendString appends a string as encoding/json writes it. What is not UTF-8 becomes the replacement character, as six
// letters.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	begin := 0 // of what is not written yet
	for i := 0; i < len(s); {
		if i+8 <= len(s) && usual(word(s[i:i+8])) {
			i += 8
			continue
		}
		c := s[i]
		if !escaped[c] {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				dst = append(append(dst, s[begin:i]...), `\ufffd`...)
			case r == '\u2028' || r == '\u2029': // ends a line in JavaScript
				dst = append(append(dst, s[begin:i]...), `\u202`...)
				dst = append(dst, hexDigits[r&0xf])
			default:
				i += size
				continue
			}
		} else {
			dst = appendEscape(append(dst, s[begin:i]...), c)
		}
		i += size
		begin = i
	}
	return append(append(dst, s[begin:]...), '"')
}

// word returns the eight bytes of s as a number.
func word[T string | []byte](s T) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// usual tells whether none of eight bytes is one of escaped. A byte that is smaller than n leaves its highest bit set
// when n is taken away, unless it was set before; a byte that is c is zero, smaller than 1, when c is taken out by xor.
func usual(w uint64) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	backslash := w ^ each*'\\'
	quoteOrAnd := w&^(each*('"'^'&')) ^ each*('"'&'&')
	lessOrGreater := w&^(each*('<'^'>')) ^ each*('<'&'>')
	below := (w-each*' ')&^w | (backslash-each)&^backslash | (quoteOrAnd-each)&^quoteOrAnd | (lessOrGreater-each)&^lessOrGreater
	return (w|below)&high == 0
}

// appendEscape appends one byte that is not written as it is.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}

// appendBytes appends bytes in base64, and null for nil.
func appendBytes(dst, b []byte) []byte {
	if b == nil {
		return append(dst, "null"...)
	}
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), b), '"')
}

// appendNumber appends a number in digits.
func appendNumber(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }
