package typed

import (
	"bytes"
	"math"
	"reflect"
)

// Most messages and values are structs of texts, numbers, booleans, and lists of them. They are read here, and written
// by layouts, without the library, in a third of the time. All that is unusual in bytes or in types is left to the
// library: plain is that of which it and these say the same.

// Bounds on what is plain, far from those of the library.
const (
	plainDepth = 8
	plainItems = 1 << 10 // of a list
)

// decodePlain decodes data into v, a pointer to a zero value of the type of s, and reports whether it has. If not, v is
// zero again.
func decodePlain[V any](s *schema, data []byte, v *V) bool {
	if s == nil || s.form != formObject && s.form != formList || s.typ != reflect.TypeFor[V]() {
		return false
	}
	w := wire{data: data}
	if w.plain(s, reflect.ValueOf(v).Elem(), plainDepth) && w.off == len(data) {
		return true
	}
	var zero V
	*v = zero
	return false
}

// plain reads one item into v, which is zero and of the type of s. It reports whether it was a plain one.
func (w *wire) plain(s *schema, v reflect.Value, depth int) bool {
	if depth == 0 || v.Kind() == reflect.Pointer || w.off == len(w.data) {
		return false
	}
	if b := w.data[w.off]; s.form == formBool {
		w.off++
		v.SetBool(b == wireTrue)
		return b&^1 == wireFalse
	}
	h, err := w.head()
	if err != nil {
		return false
	}
	switch s.form {
	case formUint:
		if h.major != majorUint || v.OverflowUint(h.arg) {
			return false
		}
		v.SetUint(h.arg)
	case formInt:
		n := int64(h.arg)
		if h.major == majorNegative {
			n = ^n
		}
		if h.major > majorNegative || h.arg > math.MaxInt64 || v.OverflowInt(n) {
			return false
		}
		v.SetInt(n)
	case formText:
		if h.major != majorText {
			return false
		}
		content, err := w.take(h)
		if err != nil {
			return false
		}
		v.SetString(string(content))
	case formBytes:
		if h.major != majorBytes || v.Kind() != reflect.Slice {
			return false
		}
		content, _ := w.take(h)
		v.SetBytes(bytes.Clone(content))
	case formList:
		if h.major != majorArray || v.Kind() != reflect.Slice || h.arg > plainItems {
			return false
		}
		return w.plainList(s, v, int(h.arg), depth-1)
	case formObject:
		if h.major != majorMap || h.arg > uint64(len(s.fields)) {
			return false
		}
		return w.plainFields(s, v, int(h.arg), depth-1)
	default:
		return false
	}
	return true
}

func (w *wire) plainList(s *schema, v reflect.Value, n, depth int) bool {
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		if !w.plain(s.elem, v.Index(i), depth) {
			return false
		}
	}
	return true
}

func (w *wire) plainFields(s *schema, v reflect.Value, n, depth int) bool {
	var seen uint64
	for range n {
		h, err := w.head()
		if err != nil || h.major != majorText {
			return false
		}
		i := s.fieldIndex(w.data[w.off : w.off+int(h.arg)])
		if i < 0 || i > 63 || seen&(1<<i) != 0 || s.fields[i].index < 0 {
			return false
		}
		seen |= 1 << i
		w.off += int(h.arg)
		if !w.plain(s.fields[i].schema, v.Field(s.fields[i].index), depth) {
			return false
		}
	}
	return true
}
