package typed

import (
	"encoding"
	"reflect"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// layout says how the values of a plain type are written. It is immutable.
type layout struct {
	form   form
	elem   *layout       // of a list
	fields []layoutField // in the order of their encoded names
}

type layoutField struct {
	name   []byte // encoded
	index  int
	layout *layout
}

// layouts remembers the layout of each type that was ever written, nil for one that is not plain.
var layouts sync.Map // of reflect.Type to *layout

// layoutOf returns the layout of t, nil if it is not plain. A guest of WebAssembly makes that of a type that it only
// sends in each call that sends it, and does not remember it, because it would forget it with the call. That costs a
// fifth of what the library does for a type that it sees for the first time.
func layoutOf(t reflect.Type) *layout {
	if l, ok := layouts.Load(t); ok {
		return l.(*layout)
	}
	l := newLayout(t, plainDepth)
	if goruntime.GOOS != "wasip1" {
		layouts.Store(t, l)
	}
	return l
}

func newLayout(t reflect.Type, depth int) *layout {
	if depth == 0 || t.PkgPath() != "" && marshalsItself(t) {
		return nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return &layout{form: formBool}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &layout{form: formInt}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &layout{form: formUint}
	case reflect.String:
		return &layout{form: formText}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return &layout{form: formBytes}
		}
		if elem := newLayout(t.Elem(), depth-1); elem != nil {
			return &layout{form: formList, elem: elem}
		}
	case reflect.Struct:
		return structLayout(t, depth-1)
	}
	return nil
}

// marshalsItself reports whether a type with methods has one that encodes it.
func marshalsItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.NumMethod() > 0 &&
		(p.Implements(reflect.TypeFor[cbor.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]()))
}

// structLayout leaves embedded structs and tags with options to the library.
func structLayout(t reflect.Type, depth int) *layout {
	l := &layout{form: formObject, fields: make([]layoutField, 0, t.NumField())}
	for i := range t.NumField() {
		f := t.Field(i)
		name, ok := f.Tag.Lookup("cbor")
		if !ok {
			name = f.Tag.Get("json")
		}
		switch {
		case f.Anonymous || strings.Contains(name, ","):
			return nil
		case name == "-" || !f.IsExported():
			continue
		case name == "":
			name = f.Name
		}
		of := newLayout(f.Type, depth)
		if of == nil {
			return nil
		}
		encoded := append(appendHead(nil, majorText, uint64(len(name))), name...)
		at, twice := slices.BinarySearchFunc(l.fields, encoded, func(f layoutField, name []byte) int {
			return slices.Compare(f.name, name)
		})
		if twice {
			return nil
		}
		l.fields = slices.Insert(l.fields, at, layoutField{encoded, i, of})
	}
	return l
}

// append appends the encoding of v.
func (l *layout) append(dst []byte, v reflect.Value) []byte {
	switch l.form {
	case formBool:
		if v.Bool() {
			return append(dst, wireTrue)
		}
		return append(dst, wireFalse)
	case formInt:
		return appendInt(dst, v.Int())
	case formUint:
		return appendHead(dst, majorUint, v.Uint())
	case formText:
		s := v.String()
		return append(appendHead(dst, majorText, uint64(len(s))), s...)
	case formBytes:
		b := v.Bytes()
		return append(appendHead(dst, majorBytes, uint64(len(b))), b...)
	case formList:
		n := v.Len()
		dst = appendHead(dst, majorArray, uint64(n))
		for i := range n {
			dst = l.elem.append(dst, v.Index(i))
		}
		return dst
	}
	dst = appendHead(dst, majorMap, uint64(len(l.fields)))
	for i := range l.fields {
		f := &l.fields[i]
		dst = f.layout.append(append(dst, f.name...), v.Field(f.index))
	}
	return dst
}
