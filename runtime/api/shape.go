package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// A shape is which fields a value has, and the values in it. It says nothing of types: the decoders do. Where there is
// nothing to say, it is nil.
type shape struct {
	fields []field // sorted by name
	elem   *shape  // of a list or a map
	isMap  bool
	bytes  bool // it is Bytes
}

type field struct {
	name  string
	shape *shape
}

// bytesShape is that of Bytes in JSON.
var bytesShape = &shape{bytes: true, fields: []field{{name: "base64"}, {name: "json"}, {name: "text"}}}

// shapes are those of types, by reflect.Type.
var shapes sync.Map

// shapeOf returns the shape of a type. No type of this package holds itself but for Span, which is no request.
func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s := makeShape(t)
	shapes.Store(t, s)
	return s
}

func makeShape(t reflect.Type) *shape {
	switch {
	case t == reflect.TypeFor[Bytes]():
		return bytesShape
	case t == reflect.TypeFor[time.Time]():
		return nil
	case t.Kind() == reflect.Struct:
		s := &shape{fields: []field{}}
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			s.fields = append(s.fields, field{name, shapeOf(f.Type)})
		}
		slices.SortFunc(s.fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
		return s
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Map:
		return &shape{elem: shapeOf(t.Elem()), isMap: t.Kind() == reflect.Map}
	}
	return nil
}

func (s *shape) field(name string) (int, bool) {
	return slices.BinarySearchFunc(s.fields, name, func(f field, name string) int { return strings.Compare(f.name, name) })
}

// A misfit is where a value does not have its shape.
type misfit struct {
	path []string // the innermost first
	why  string
}

func (m *misfit) Error() string {
	slices.Reverse(m.path)
	defer slices.Reverse(m.path)
	if len(m.path) == 0 {
		return m.why
	}
	return strings.Join(m.path, ".") + ": " + m.why
}

// within adds the name of what a value is a part of to its misfit.
func within(name string, err error) error {
	var m *misfit
	if errors.As(err, &m) {
		m.path = append(m.path, name)
	}
	return err
}

func (s *shape) unknown(name string) error {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.name
	}
	why := "there is no such field"
	if len(names) > 0 {
		why += ", but " + strings.Join(names, ", ")
	}
	return &misfit{[]string{shortName(name)}, why}
}

func shortName(name string) string {
	if text := fmt.Sprintf("%.40q", name); text != `"`+name+`"` {
		return text
	}
	return name
}

// value compares a value that was decoded as any.
func (s *shape) value(v any) error {
	if s == nil {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		for name, v := range v {
			elem := s.elem
			if s.fields != nil {
				i, ok := s.field(name)
				if !ok {
					return s.unknown(name)
				}
				elem = s.fields[i].shape
			}
			if err := elem.value(v); err != nil {
				return within(shortName(name), err)
			}
		}
	case []any:
		for i, v := range v {
			if err := s.elem.value(v); err != nil {
				return within(fmt.Sprint(i), err)
			}
		}
	}
	return nil
}

// jsonWalk goes through a valid text of JSON.
type jsonWalk struct {
	text []byte
	off  int
	// inBytes says that one of the Bytes is known to be wrong, and wanted.
	inBytes bool
}

func (w *jsonWalk) walk(s *shape) error {
	w.space()
	switch {
	case s == nil:
		w.skip()
		return nil
	case s.bytes && w.inBytes:
		at := *w
		at.skip()
		if err := new(Bytes).UnmarshalJSON(w.text[w.off:at.off]); err != nil {
			return &misfit{nil, err.Error()}
		}
	}
	switch {
	case w.text[w.off] == '{' && (s.fields != nil || s.isMap):
		return w.object(s)
	case w.text[w.off] == '[' && s.elem != nil:
		return w.list(s)
	}
	w.skip()
	return nil
}

func (w *jsonWalk) object(s *shape) error {
	var seen uint64 // no struct has more fields
	var keys map[string]bool
	for w.next('}') {
		name := w.key()
		w.space()
		w.off++ // the colon
		elem, twice := s.elem, false
		if s.fields != nil {
			i, ok := s.field(name)
			if !ok {
				return s.unknown(name)
			}
			elem, twice = s.fields[i].shape, seen&(1<<i) != 0
			seen |= 1 << i
		} else {
			if keys == nil {
				keys = map[string]bool{}
			}
			twice, keys[name] = keys[name], true
		}
		if twice {
			return &misfit{[]string{shortName(name)}, "it stands here twice"}
		}
		if err := w.walk(elem); err != nil {
			return within(shortName(name), err)
		}
	}
	return nil
}

func (w *jsonWalk) list(s *shape) error {
	for i := 0; w.next(']'); i++ {
		if err := w.walk(s.elem); err != nil {
			return within(fmt.Sprint(i), err)
		}
	}
	return nil
}

// next goes to the next member. At the end it goes behind it and reports false.
func (w *jsonWalk) next(end byte) bool {
	w.space()
	if c := w.text[w.off]; c == '{' || c == '[' || c == ',' {
		w.off++
		w.space()
	}
	if w.text[w.off] == end {
		w.off++
		return false
	}
	return true
}

func (w *jsonWalk) space() {
	for w.off < len(w.text) && strings.IndexByte(" \t\r\n", w.text[w.off]) >= 0 {
		w.off++
	}
}

// key reads the name of a field.
func (w *jsonWalk) key() string {
	start := w.off
	w.skip()
	raw := w.text[start:w.off]
	if plain := raw[1 : len(raw)-1]; !slices.Contains(plain, '\\') {
		return string(plain)
	}
	var name string
	_ = json.Unmarshal(raw, &name) // it is a valid text
	return name
}

// skip goes behind the value that begins here.
func (w *jsonWalk) skip() {
	depth := 0
	for w.off < len(w.text) {
		switch c := w.text[w.off]; c {
		case '"':
			for w.off++; w.text[w.off] != '"'; w.off++ {
				if w.text[w.off] == '\\' {
					w.off++
				}
			}
		case '{', '[':
			depth++
		case '}', ']', ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return // the end of a number or a word
			}
			if c == '}' || c == ']' {
				depth--
			}
		default:
			w.off++
			continue
		}
		w.off++
		if depth == 0 {
			return
		}
	}
}
