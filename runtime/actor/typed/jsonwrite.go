package typed

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ToJSON returns a value in CBOR as JSON on one line, for people and for clients that speak JSON: the keys of a map
// sorted, integers exact whatever their size, bytes as base64 (as encoding/json has them), integer keys as decimal
// texts, undefined as null. A float always shows a point or an exponent, so that FromJSON makes a float of it again; those
// that JSON has no number for are the texts "NaN", "Infinity" and "-Infinity".
//
// Data that is not one whole item of CBOR within the limits (no tags, no indefinite lengths, no key twice, valid UTF-8,
// nesting up to 256) is an *actor.Error with CodeMalformed; the caller may then show it some other way. Beware that
// short raw bytes can be CBOR by chance.
func ToJSON(data []byte) ([]byte, error) {
	w := jsonWriter{wire: wire{data: data}, depth: valueDepth}
	out, err := w.value(make([]byte, 0, 2*len(data)))
	if err == nil && w.off != len(data) {
		err = w.faultAt("something follows the value")
	}
	if err != nil {
		return nil, malformed("cbor", err)
	}
	return out, nil
}

type jsonWriter struct {
	wire
	depth int
}

func (w *jsonWriter) value(dst []byte) ([]byte, error) {
	h, err := w.head()
	if err != nil {
		return nil, err
	}
	switch h.major {
	case majorUint, majorNegative:
		return append(dst, integer(h)...), nil
	case majorBytes:
		content, err := w.take(h)
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), content), '"'), err
	case majorText:
		content, err := w.take(h)
		return appendQuoted(dst, content), err
	case majorArray, majorMap:
		if w.depth--; w.depth < 0 {
			return nil, w.faultAt("maps and arrays nest too deep")
		}
		defer func() { w.depth++ }()
		if h.major == majorMap {
			return w.object(dst, h)
		}
		dst = append(dst, '[')
		for i := range h.arg {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = w.value(dst); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	}
	return appendSimple(dst, h), nil
}

func (w *jsonWriter) object(dst []byte, h head) ([]byte, error) {
	type pair struct{ key, text string }
	var pairs []pair
	for range h.arg {
		k, err := w.head()
		if err != nil {
			return nil, err
		}
		var p pair
		switch {
		case k.major == majorText:
			content, err := w.take(k)
			if err != nil {
				return nil, err
			}
			p.key = string(content)
		case k.major <= majorNegative:
			p.key = integer(k)
		default:
			return nil, w.faultAt("a key is text or an integer, found " + k.String())
		}
		text, err := w.value(nil)
		if err != nil {
			return nil, err
		}
		p.text = string(text)
		pairs = append(pairs, p)
	}
	slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for i, p := range pairs {
		if i > 0 {
			if p.key == pairs[i-1].key {
				return nil, w.faultAt("a key appears twice")
			}
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, []byte(p.key)), ':')
		dst = append(dst, p.text...)
	}
	return append(dst, '}'), nil
}

// appendSimple appends a float, a boolean or null. Undefined is null.
func appendSimple(dst []byte, h head) []byte {
	switch h.info {
	case 25:
		return appendFloat(dst, half(uint16(h.arg)))
	case 26:
		return appendFloat(dst, float64(math.Float32frombits(uint32(h.arg))))
	case 27:
		return appendFloat(dst, math.Float64frombits(h.arg))
	}
	switch majorSimple<<5 | h.info {
	case wireFalse:
		return append(dst, "false"...)
	case wireTrue:
		return append(dst, "true"...)
	}
	return append(dst, "null"...)
}

func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if dst = append(dst, text...); !strings.ContainsAny(text, ".e") {
		dst = append(dst, ".0"...)
	}
	return dst
}

// half widens a float of 16 bits (RFC 8949, appendix D).
func half(b uint16) float64 {
	exponent, mantissa := int(b>>10&0x1f), float64(b&0x3ff)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(mantissa, -24)
	case 31:
		if f = math.Inf(1); mantissa != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(mantissa+1024, exponent-25)
	}
	if b>>15 != 0 {
		f = -f
	}
	return f
}

// appendQuoted appends s, which is valid UTF-8, as a text of JSON. It escapes what JSON asks for and, for people who
// read it in a terminal or a page, other control characters and the line separators.
func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < 0x20 || 0x7f <= r && r < 0xa0 || r == '\u2028' || r == '\u2029':
			const hex = "0123456789abcdef"
			b := binary.BigEndian.AppendUint16(nil, uint16(r))
			dst = append(dst, '\\', 'u', hex[b[0]>>4], hex[b[0]&15], hex[b[1]>>4], hex[b[1]&15])
		default:
			dst = append(dst, s[:n]...)
		}
		s = s[n:]
	}
	return append(dst, '"')
}

// isJSON reports whether a message body is JSON, not CBOR: the first byte tells.
func isJSON(body []byte) bool {
	if len(body) == 0 {
		return false
	}
	switch body[0] {
	case '{', '"', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}
