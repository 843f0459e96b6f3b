package generate

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// spoil breaks a message: its fields, its types, its numbers, or its JSON.
func (s *Source) spoil(msg any) []byte {
	b := s.encoded(msg)
	switch s.IntN(12) {
	case 0, 1, 2, 3, 4: // one value of the tree is another
		var tree any
		if json.Unmarshal(b, &tree) != nil {
			return b
		}
		return s.encoded(s.change(tree, 0))
	case 5:
		return b[:s.IntN(len(b)+1)]
	case 6:
		b = slices.Clone(b)
		b[s.IntN(len(b))] = byte(s.Uint32())
		return b
	case 7:
		return append(b, one(s, " ", "}", "x", "\x00", "\n\n", "{}")...)
	case 8: // white space wherever it may be, and where it may not
		return bytes.ReplaceAll(b, []byte(":"), []byte(" :\t\n "))
	case 9: // a field that is there twice
		if i := bytes.IndexByte(b, '{'); i >= 0 && len(b) > i+2 && b[i+1] == '"' {
			field := b[i+1:]
			if j := bytes.IndexByte(field, ':'); j >= 0 {
				return slices.Concat(b[:i+1], field[:j], []byte(`:null,`), field)
			}
		}
		return b
	case 10:
		return one(s, []byte("null"), []byte{}, []byte("[]"), []byte(`""`), []byte("0"), []byte("{"), []byte(`{"":{}}`),
			[]byte(strings.Repeat("[", 200)), []byte(`{"transfer":`+strings.Repeat(`{"a":`, 150)), []byte("\xff\xfe"),
			[]byte(`{"release":{"denom":"\ud83d"}}`), []byte(`{"transfer":{"recipient":"\u0000","amount":"1"}}`))
	default: // huge
		return slices.Concat(b[:len(b)-1], []byte(`,"padding":"`), bytes.Repeat([]byte("x"), 1+s.IntN(100_000)), []byte(`"}`))
	}
}

// change returns the tree with one thing in it that is different.
func (s *Source) change(v any, depth int) any {
	if depth > 0 && s.chance(25) {
		return s.odd(v)
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return object{"surprise": 1}
		}
		key := slices.Sorted(maps.Keys(v))[s.IntN(len(v))]
		if depth > 0 {
			switch s.IntN(8) {
			case 0:
				delete(v, key)
				return v
			case 1:
				v[key+"x"] = v[key]
				delete(v, key)
				return v
			case 2:
				v["surprise"] = object{"deep": list{1, "2", nil}}
				return v
			}
		}
		v[key] = s.change(v[key], depth+1)
		return v
	case []any:
		if len(v) == 0 {
			return append(v, s.odd(nil))
		}
		i := s.IntN(len(v))
		v[i] = s.change(v[i], depth+1)
		return v
	}
	return s.odd(v)
}

// odd is a value that nobody expects.
func (s *Source) odd(v any) any {
	return one[any](s, nil, true, 0, -1, 1.5, json.Number("1e400"), json.Number("18446744073709551616"), json.Number("4294967296"), json.Number("-0"),
		json.Number("123456789012345678901234567890123456789012345"), "", s.text(), s.amount(), strings.Repeat("y", s.IntN(70_000)),
		list{}, list{v}, object{}, object{"x": v}, "not base64!", "AA=", "////")
}
