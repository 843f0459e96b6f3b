package wire

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// A reader reads JSON of the shape that contracts usually send. What it does not know (another field, a field again,
// null where it is unusual, an escape of four digits, an error) makes it odd: it then reads nothing more, what it has
// read is of no use, and encoding/json has to read everything anew. So nothing here has to be judged or explained, but
// what is read must be what encoding/json would read.
type reader struct {
	data []byte
	text string // data, unless it is long: strings are parts of it then, in one piece of memory
	pos  int
	odd  bool
}

// longText is how many bytes are copied as one. A string that is kept keeps all of them.
const longText = 4096

func newReader(data []byte) reader {
	r := reader{data: data}
	if len(data) <= longText {
		r.text = string(data)
	}
	return r
}

// peek skips white space and returns the byte behind it, 0 at the end.
func (r *reader) peek() byte {
	for r.pos < len(r.data) && !r.odd {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// take reads one byte that has to be there.
func (r *reader) take(c byte) {
	if r.peek() != c {
		r.odd = true
		return
	}
	r.pos++
}

// end checks that nothing follows.
func (r *reader) end() bool {
	r.peek()
	return !r.odd && r.pos == len(r.data)
}

// null reads a null if it is there.
func (r *reader) null() bool {
	if r.peek() != 'n' {
		return false
	}
	if !bytes.HasPrefix(r.data[r.pos:], []byte("null")) {
		r.odd = true
		return false
	}
	r.pos += len("null")
	return true
}

// A seen remembers the fields of an object, by their bit.
type seen uint8

// mark makes the reader odd if a field is there again: what it means then depends on its type.
func (r *reader) mark(s *seen, bit seen) {
	if *s&bit != 0 {
		r.odd = true
	}
	*s |= bit
}

// open begins an object and returns the name of its first field, nil if it has none. The value follows.
func (r *reader) open() []byte {
	r.take('{')
	if r.peek() == '}' {
		r.pos++
		return nil
	}
	return r.name()
}

// next returns the name of the next field of an object, nil at its end.
func (r *reader) next() []byte {
	if r.peek() == '}' {
		r.pos++
		return nil
	}
	r.take(',')
	return r.name()
}

// name reads the name of a field and the colon, nil if they are odd. A name that is not nil must be used before anything
// else is read.
func (r *reader) name() []byte {
	r.take('"')
	begin := r.pos
	for !r.odd && r.pos < len(r.data) {
		switch c := r.data[r.pos]; {
		case c == '"':
			name := r.data[begin:r.pos]
			r.pos++
			r.take(':')
			if r.odd {
				return nil
			}
			return name
		case c == '_' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			r.pos++
		default:
			r.odd = true
		}
	}
	r.odd = true
	return nil
}

// list begins a list and tells whether it has a first element.
func (r *reader) list() bool {
	r.take('[')
	if r.peek() == ']' {
		r.pos++
		return false
	}
	return !r.odd
}

// more tells whether a list has another element.
func (r *reader) more() bool {
	if r.peek() == ']' {
		r.pos++
		return false
	}
	r.take(',')
	return !r.odd
}

// string reads a string; null is an empty one.
func (r *reader) string() string {
	if r.null() {
		return ""
	}
	begin, end, escapes := r.quoted()
	switch {
	case r.odd:
		return ""
	case escapes:
		return string(r.unescape(r.data[begin:end]))
	case r.text == "":
		return string(r.data[begin:end])
	}
	return r.text[begin:end]
}

// bytes reads bytes in base64; null is nil.
func (r *reader) bytes() []byte {
	if r.null() {
		return nil
	}
	begin, end, escapes := r.quoted()
	if r.odd {
		return nil
	}
	text := r.data[begin:end]
	if escapes {
		text = r.unescape(text)
	}
	decoded := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(decoded, text)
	if err != nil {
		r.odd = true
	}
	return decoded[:n]
}

// quoted reads a string and tells where it is, and whether it has escapes.
func (r *reader) quoted() (begin, end int, escapes bool) {
	r.take('"')
	begin = r.pos
	ascii := true
	for i := r.pos; i < len(r.data) && !r.odd; i++ {
		for i+8 < len(r.data) && usual(word(r.data[i:i+8])) {
			i += 8
		}
		switch c := r.data[i]; {
		case c == '"':
			r.pos = i + 1
			if !ascii && !utf8.Valid(r.data[begin:i]) {
				r.odd = true
			}
			return begin, i, escapes
		case c == '\\':
			escapes = true
			i++ // a quote behind it ends nothing
		case c < ' ':
			r.odd = true
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.odd = true
	return begin, begin, false
}

// unescape returns what a string with escapes means.
func (r *reader) unescape(s []byte) []byte {
	plain := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			plain = append(plain, s[i])
			continue
		}
		i++
		// A string does not end with a backslash: it would have escaped the quote.
		at := strings.IndexByte(`"\/bfnrt`, s[i])
		if at < 0 {
			r.odd = true
			return nil
		}
		plain = append(plain, "\"\\/\b\f\n\r\t"[at])
	}
	return plain
}

// number reads a number without sign, fraction and exponent that fits; null is 0.
func (r *reader) number() uint64 {
	if r.null() {
		return 0
	}
	r.peek()
	var n uint64
	begin := r.pos
	for r.pos < len(r.data) && '0' <= r.data[r.pos] && r.data[r.pos] <= '9' {
		n = n*10 + uint64(r.data[r.pos]-'0')
		r.pos++
	}
	digits := r.pos - begin
	// Twenty digits may not fit, and what goes on is no such number. A number that goes on is followed by no comma and no
	// bracket, which whoever reads next will find odd.
	if digits == 0 || digits > 19 || digits > 1 && r.data[begin] == '0' {
		r.odd = true
	}
	return n
}
