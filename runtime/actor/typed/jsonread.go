package typed

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// FromJSON returns JSON text in Core Deterministic CBOR. A number without fraction and exponent is an integer and must
// fit in 65 bits (-2^64 to 2^64-1); any other is a float, 1.0 too. A text stays a text: FromJSON cannot know which were
// bytes, but an actor does and takes base64 for them, so a message for an actor is better sent as the JSON it is.
//
// It is stricter than package encoding/json: no key twice in an object, no invalid UTF-8, no lone surrogates, nesting up
// to MaxDepth. The error is an *actor.Error with CodeMalformed; it says at which byte.
func FromJSON(json []byte) ([]byte, error) {
	r := jsonReader{src: json, depth: MaxDepth}
	at := path{name: "json"}
	out, err := r.document(make([]byte, 0, len(json)), anything, &at)
	if err != nil {
		return nil, malformed("json", err)
	}
	return out, nil
}

// jsonReader turns JSON into deterministic CBOR. It follows a schema as far as it must: bytes from base64, floats
// that are written without a point, and the integer keys of a map, which are texts in JSON. What does not match the schema it passes on as it is, for the decoder
// of CBOR to judge, so that there is one judge of types.
type jsonReader struct {
	src   []byte
	off   int
	depth int
}

// document reads one value and the end of the text.
func (r *jsonReader) document(dst []byte, s *schema, at *path) ([]byte, error) {
	dst, err := r.value(dst, s, at)
	if err == nil && r.peek() != 0 {
		err = r.faultAt(at, "something follows the value")
	}
	return dst, err
}

// peek skips white space and returns the byte behind it, or 0 at the end. A NUL in the text is returned as 1: neither
// begins or ends anything.
func (r *jsonReader) peek() byte {
	for ; r.off < len(r.src); r.off++ {
		switch c := r.src[r.off]; c {
		case ' ', '\t', '\n', '\r':
		case 0:
			return 1
		default:
			return c
		}
	}
	return 0
}

func (r *jsonReader) faultAt(at *path, what string) error {
	if r.off >= len(r.src) {
		what = "the text ends too early"
	}
	return at.fault("byte " + strconv.Itoa(r.off) + ": " + what)
}

func (r *jsonReader) value(dst []byte, s *schema, at *path) ([]byte, error) {
	switch c := r.peek(); {
	case c == '{':
		return r.object(dst, s, at)
	case c == '[':
		return r.array(dst, s, at)
	case c == '"':
		text, err := r.text(at)
		if err != nil {
			return nil, err
		}
		if s.form == formBytes {
			raw, err := base64.StdEncoding.Strict().DecodeString(text)
			if err != nil {
				return nil, at.fault("expected bytes in base64, found " + quote(text))
			}
			return append(appendHead(dst, majorBytes, uint64(len(raw))), raw...), nil
		}
		return append(appendHead(dst, majorText, uint64(len(text))), text...), nil
	case c == '-' || '0' <= c && c <= '9':
		return r.number(dst, s.form == formFloat, at)
	case r.word("true"):
		return append(dst, wireTrue), nil
	case r.word("false"):
		return append(dst, wireFalse), nil
	case r.word("null"):
		return append(dst, wireNull), nil
	}
	return nil, r.faultAt(at, "this is not JSON")
}

func (r *jsonReader) word(w string) bool {
	if !bytes.HasPrefix(r.src[r.off:], []byte(w)) {
		return false
	}
	r.off += len(w)
	return true
}

// next consumes what separates items: it returns false at the end of the container.
func (r *jsonReader) next(n int, end byte, at *path) (bool, error) {
	c := r.peek()
	switch {
	case c == end:
		r.off++
		return false, nil
	case n == 0:
		return true, nil
	case c != ',':
		return false, r.faultAt(at, "a comma is missing")
	}
	r.off++
	if r.peek() == end {
		return false, r.faultAt(at, "a value is missing behind the comma")
	}
	return true, nil
}

func (r *jsonReader) array(dst []byte, s *schema, at *path) ([]byte, error) {
	if r.depth--; r.depth < 0 {
		return nil, r.faultAt(at.root(), "maps and arrays nest too deep")
	}
	defer func() { r.depth++ }()
	r.off++
	elem := anything
	if s.form == formList {
		elem = s.elem
	}
	var items []byte
	for n := 0; ; n++ {
		more, err := r.next(n, ']', at)
		if err != nil {
			return nil, err
		}
		if !more {
			return append(appendHead(dst, majorArray, uint64(n)), items...), nil
		}
		if items, err = r.value(items, elem, &path{up: at, index: n}); err != nil {
			return nil, err
		}
	}
}

// entry is where a pair stands in a scratch buffer.
type entry struct {
	start, value, end int
	name              string
}

func (r *jsonReader) object(dst []byte, s *schema, at *path) ([]byte, error) {
	if r.depth--; r.depth < 0 {
		return nil, r.faultAt(at.root(), "maps and arrays nest too deep")
	}
	defer func() { r.depth++ }()
	r.off++
	var buf []byte
	var entries []entry
	for {
		more, err := r.next(len(entries), '}', at)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		name, err := r.key(at)
		if err != nil {
			return nil, err
		}
		e := entry{start: len(buf), name: name}
		buf = appendKeyOf(buf, s, name)
		e.value = len(buf)
		if buf, err = r.value(buf, valueSchema(s, name), &path{up: at, name: name}); err != nil {
			return nil, err
		}
		e.end = len(buf)
		entries = append(entries, e)
	}
	// Bytewise order of the encoded keys is what Core Deterministic Encoding asks for.
	slices.SortFunc(entries, func(a, b entry) int {
		return bytes.Compare(buf[a.start:a.value], buf[b.start:b.value])
	})
	dst = appendHead(dst, majorMap, uint64(len(entries)))
	for i, e := range entries {
		if i > 0 && bytes.Equal(buf[e.start:e.value], buf[entries[i-1].start:entries[i-1].value]) {
			return nil, at.fault("the key " + quote(e.name) + " appears twice")
		}
		dst = append(dst, buf[e.start:e.end]...)
	}
	return dst, nil
}

// key reads the key of a pair and the colon.
func (r *jsonReader) key(at *path) (string, error) {
	if r.peek() != '"' {
		return "", r.faultAt(at, "a key is a text in quotes")
	}
	name, err := r.text(at)
	if err == nil && r.peek() != ':' {
		err = r.faultAt(at, "a colon is missing")
	}
	r.off++
	return name, err
}

// appendKeyOf appends the key of a pair of a map that s describes.
func appendKeyOf(dst []byte, s *schema, name string) []byte {
	if s.form == formMap && s.key.form != formText {
		h := head{major: majorUint}
		digits, negative := strings.CutPrefix(name, "-")
		n, err := strconv.ParseUint(digits, 10, 64)
		if h.arg = n; negative && n > 0 {
			h = head{major: majorNegative, arg: n - 1}
		}
		if err == nil && integer(h) == name {
			return appendHead(dst, h.major, h.arg)
		}
	}
	return append(appendHead(dst, majorText, uint64(len(name))), name...)
}

func valueSchema(s *schema, name string) *schema {
	switch s.form {
	case formMap:
		return s.elem
	case formObject:
		if f := s.field([]byte(name)); f != nil {
			return f.schema
		}
	}
	return anything
}
