package pack

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// An Appender writes itself: the messages that are on the way of every call do, instead of being looked at by reflection. What
// it writes is what Marshal would write for its fields.
type Appender interface{ Pack(w *Writer) }

// A Parser reads itself, likewise.
type Parser interface{ Unpack(r *Reader) }

// Marshal returns v as MessagePack: structs of exported fields with the names that their json tags give them, of texts, truth
// values, whole numbers, bytes, slices, maps with text keys, pointers for what may be missing, and structs. A field with
// omitempty is left out if it is zero. It panics if v has any other form: that is a mistake of the program.
func Marshal(v any) []byte {
	if a, ok := v.(Appender); ok {
		return Write(a.Pack)
	}
	return Write(func(w *Writer) { w.value(reflect.ValueOf(v)) })
}

// Unmarshal decodes a payload into what v points to, which has a form that Marshal takes. It takes MessagePack, with or without
// the prefix 0xc1, and the CBOR of protocol 2. An empty payload leaves v as it is. The error is an *actor.Error with the
// code malformed.
//
// Bytes that it decodes from MessagePack are part of the payload: they must not be modified.
func Unmarshal(payload []byte, v any) error {
	protocol, body, err := split(payload)
	if err != nil || len(body) == 0 {
		return err
	}
	if protocol == CBOR {
		return unmarshalCBOR(body, v)
	}
	if p, ok := v.(Parser); ok {
		return Read(body, p.Unpack)
	}
	return Read(body, func(r *Reader) { r.value(reflect.ValueOf(v).Elem()) })
}

func (w *Writer) value(v reflect.Value) {
	if v.CanInterface() {
		if a, ok := v.Interface().(Appender); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
			a.Pack(w)
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			w.Nil()
			return
		}
		w.value(v.Elem())
	case reflect.Struct:
		w.structure(v)
	case reflect.String:
		w.Text(v.String())
	case reflect.Bool:
		w.Bool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.Int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		w.Uint(v.Uint())
	case reflect.Slice:
		w.slice(v)
	case reflect.Map:
		w.sorted(v)
	default:
		panic(noForm(v.Type()))
	}
}

func noForm(t reflect.Type) string { return fmt.Sprintf("pack: a contract has no value of type %v", t) }

func (w *Writer) structure(v reflect.Value) {
	fields := fieldsOf(v.Type())
	n := 0
	for _, f := range fields {
		if !f.omit || !v.Field(f.index).IsZero() {
			n++
		}
	}
	w.Map(n)
	for _, f := range fields {
		if !f.omit || !v.Field(f.index).IsZero() {
			w.Text(f.name)
			w.value(v.Field(f.index))
		}
	}
}

func (w *Writer) slice(v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		w.Bytes(v.Bytes())
		return
	}
	w.Array(v.Len())
	for i := range v.Len() {
		w.value(v.Index(i))
	}
}

func (w *Writer) sorted(v reflect.Value) {
	w.Map(v.Len())
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		w.Text(k.String())
		w.value(v.MapIndex(k))
	}
}

// value reads into v, which can be set. Null is the zero value, but for bytes, which are never nil.
func (r *Reader) value(v reflect.Value) {
	if p, ok := v.Addr().Interface().(Parser); ok {
		p.Unpack(r)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if r.Nil() {
			v.SetZero()
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		r.value(v.Elem())
	case reflect.Struct:
		r.structure(v)
	case reflect.String:
		v.SetString(r.Text())
	case reflect.Bool:
		v.SetBool(r.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		low, high := intRange(v.Type())
		v.SetInt(r.Int(low, high))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint(math.MaxUint64 >> (64 - v.Type().Bits())))
	case reflect.Slice:
		r.slice(v)
	case reflect.Map:
		r.table(v)
	default:
		panic(noForm(v.Type()))
	}
}

func intRange(t reflect.Type) (low, high int64) {
	high = math.MaxInt64 >> (64 - t.Bits())
	return -high - 1, high
}

// structure reads a map by the names of fields or, as Rust's decoder does, an array by their order.
func (r *Reader) structure(v reflect.Value) {
	c, ok := r.peek()
	if !ok {
		return
	}
	fields := fieldsOf(v.Type())
	if formOf(c) == isArray {
		r.Each(nil, func(i int) {
			if i < len(fields) {
				r.value(v.Field(fields[i].index))
			} else {
				r.Skip()
			}
		})
		return
	}
	r.Fields(func(name []byte) {
		for _, f := range fields {
			if f.name == string(name) {
				r.value(v.Field(f.index))
				return
			}
		}
		r.Skip()
	})
}

func (r *Reader) slice(v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		v.SetBytes(r.Bytes())
		return
	}
	v.SetZero()
	r.Each(nil, func(int) {
		v.Grow(1)
		v.SetLen(v.Len() + 1)
		r.value(v.Index(v.Len() - 1))
	})
}

func (r *Reader) table(v reflect.Value) {
	v.Set(reflect.MakeMap(v.Type()))
	r.Fields(func(name []byte) {
		elem := reflect.New(v.Type().Elem()).Elem()
		r.value(elem)
		v.SetMapIndex(reflect.ValueOf(string(name)).Convert(v.Type().Key()), elem)
	})
}
