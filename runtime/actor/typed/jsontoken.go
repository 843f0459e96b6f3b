package typed

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// number reads a number: an integer if it has neither fraction nor exponent, unless a float is wanted.
func (r *jsonReader) number(dst []byte, float bool, at *path) ([]byte, error) {
	start := r.off
	r.digitsAnd("-")
	whole := string(r.src[start:r.off])
	digits := strings.TrimPrefix(whole, "-")
	if digits == "" || len(digits) > 1 && digits[0] == '0' || strings.Contains(digits, "-") {
		return nil, r.malformedNumber(start, at)
	}
	if c := r.peekRaw(); c != '.' && c != 'e' && c != 'E' && !float {
		h := head{major: majorUint}
		n, err := strconv.ParseUint(digits, 10, 64)
		if h.arg = n; whole[0] == '-' {
			if digits == "18446744073709551616" {
				n, err = 0, nil // -2^64, whose argument 2^64-1 is 0-1
				h = head{major: majorNegative, arg: math.MaxUint64}
			} else if n > 0 {
				h = head{major: majorNegative, arg: n - 1}
			}
		}
		if err != nil {
			return nil, at.fault("the integer " + quote(whole) + " has more than 64 bits")
		}
		return appendHead(dst, h.major, h.arg), nil
	}
	if r.peekRaw() == '.' {
		r.off++
		if r.digitsAnd("") == 0 {
			return nil, r.malformedNumber(start, at)
		}
	}
	if c := r.peekRaw(); c == 'e' || c == 'E' {
		r.off++
		if c := r.peekRaw(); c == '+' || c == '-' {
			r.off++
		}
		if r.digitsAnd("") == 0 {
			return nil, r.malformedNumber(start, at)
		}
	}
	text := string(r.src[start:r.off])
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, at.fault("the number " + quote(text) + " is out of range")
	}
	return appendAny(dst, f), nil
}

func (r *jsonReader) malformedNumber(start int, at *path) error {
	r.off = start
	return r.faultAt(at, "this is not a number of JSON")
}

func (r *jsonReader) peekRaw() byte {
	if r.off < len(r.src) {
		return r.src[r.off]
	}
	return 0
}

// digitsAnd skips digits and the bytes of extra, and returns how many.
func (r *jsonReader) digitsAnd(extra string) int {
	start := r.off
	for r.off < len(r.src) && ('0' <= r.src[r.off] && r.src[r.off] <= '9' || strings.IndexByte(extra, r.src[r.off]) >= 0) {
		r.off++
	}
	return r.off - start
}

// text reads a string, whose opening quote is the next byte.
func (r *jsonReader) text(at *path) (string, error) {
	r.off++
	start := r.off
	var out []byte // what precedes start, once there has been an escape
	for r.off < len(r.src) {
		switch c := r.src[r.off]; {
		case c == '"':
			run := r.src[start:r.off]
			if !utf8.Valid(run) {
				return "", r.faultAt(at, "a text is not valid UTF-8")
			}
			r.off++
			if out == nil {
				return string(run), nil
			}
			return string(append(out, run...)), nil
		case c < 0x20:
			return "", r.faultAt(at, "a control character stands in a text")
		case c == '\\':
			run := r.src[start:r.off]
			if !utf8.Valid(run) {
				return "", r.faultAt(at, "a text is not valid UTF-8")
			}
			var ok bool
			if out, ok = r.escape(append(out, run...)); !ok {
				return "", r.faultAt(at, "an escape in a text is wrong")
			}
			start = r.off
		default:
			r.off++
		}
	}
	return "", r.faultAt(at, "")
}

// escape appends what the escape at off stands for. It leaves off behind it, or on it if it is wrong.
func (r *jsonReader) escape(out []byte) ([]byte, bool) {
	if r.off+1 >= len(r.src) {
		return nil, false
	}
	c := r.src[r.off+1]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		r.off += 2
		return append(out, "\"\\/\b\f\n\r\t"[i]), true
	}
	first, ok := r.unit(r.off)
	if !ok {
		return nil, false
	}
	if !utf16.IsSurrogate(first) {
		r.off += 6
		return utf8.AppendRune(out, first), true
	}
	second, ok := r.unit(r.off + 6)
	both := utf16.DecodeRune(first, second)
	if !ok || both == utf8.RuneError {
		return nil, false
	}
	r.off += 12
	return utf8.AppendRune(out, both), true
}

// unit reads the code unit of an escape at off: \u and four digits.
func (r *jsonReader) unit(off int) (rune, bool) {
	if off+6 > len(r.src) || r.src[off] != '\\' || r.src[off+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(r.src[off+2:off+6]), 16, 16)
	return rune(n), err == nil
}
