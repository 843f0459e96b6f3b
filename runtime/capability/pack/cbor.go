package pack

import (
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/runtime/actor"
)

// The modes are built once and are immutable from then on.
var (
	cborEncoding = newEncoding()
	cborDecoding = newDecoding()
)

// maxElements bounds one array or map of CBOR, whose elements take sixteen times their room when they are decoded.
const maxElements = 1 << 20

// newEncoding is Core Deterministic Encoding (RFC 8949, section 4.2.1).
func newEncoding() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	must(err) // the options are constants
	return mode
}

// newDecoding takes definite lengths, no tags, and maps with text keys, none of them twice.
func newDecoding() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  MaxDepth,
		MaxArrayElements: maxElements,
		MaxMapPairs:      maxElements,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
		NaN:              cbor.NaNDecodeForbidden,
		Inf:              cbor.InfDecodeForbidden,
	}.DecMode()
	must(err) // the options are constants
	return mode
}

// decodeCBOR returns the value that body is: see assign for the types.
func decodeCBOR(body []byte) (any, error) {
	var v any
	if cborDecoding.Unmarshal(body, &v) != nil || !usable(v) {
		return nil, errCBOR("it is not well-formed, nests too deep, or has what contracts do not use: tags, indefinite lengths, keys that are no text or stand twice, NaN, integers of more than 64 bits")
	}
	return v, nil
}

// usable reports whether a value has no part that contracts have no use for: simple values without a meaning, big integers.
func usable(v any) bool {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if !usable(e) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, e := range v {
			if !usable(e) {
				return false
			}
		}
		return true
	case nil, bool, uint64, int64, float64, string, []byte:
		return true
	}
	return false
}

func errCBOR(text string) error { return actor.Errorf(actor.CodeMalformed, "CBOR: %s", text) }

func marshalCBOR(v any) []byte {
	b, err := cborEncoding.Marshal(positional(reflect.ValueOf(v)))
	must(err) // positional makes what CBOR has a form for
	return append([]byte{cborPrefix}, b...)
}

// positional returns v with structs as arrays of their fields.
func positional(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return positional(v.Elem())
	case reflect.Struct:
		list := []any{}
		for _, f := range fieldsOf(v.Type()) {
			if f.omit && v.Field(f.index).IsZero() {
				list = append(list, nil)
			} else {
				list = append(list, positional(v.Field(f.index)))
			}
		}
		return list
	case reflect.String:
		return strings.ToValidUTF8(v.String(), "\ufffd")
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return append([]byte{}, v.Bytes()...)
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = positional(v.Index(i))
		}
		return list
	case reflect.Map:
		table := map[string]any{}
		for _, k := range v.MapKeys() {
			table[k.String()] = positional(v.MapIndex(k))
		}
		return table
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Interface()
	}
	panic(noForm(v.Type()))
}

func unmarshalCBOR(body []byte, v any) error {
	x, err := decodeCBOR(body)
	if err != nil {
		return err
	}
	return assign(reflect.ValueOf(v).Elem(), x)
}

// assign puts x, as the library decodes it, into v: nil, bool, uint64, int64, string, []byte, []any or map[string]any. A struct
// is an array by the order of its fields or a map by their names.
func assign(v reflect.Value, x any) error {
	if x == nil {
		v.SetZero()
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return assign(v.Elem(), x)
	case reflect.Struct:
		return assignStruct(v, x)
	case reflect.String:
		if s, ok := x.(string); ok {
			v.SetString(s)
			return nil
		}
	case reflect.Bool:
		if b, ok := x.(bool); ok {
			v.SetBool(b)
			return nil
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n, ok := wholeNumber(x); ok && !v.OverflowInt(n) {
			v.SetInt(n)
			return nil
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if n, ok := x.(uint64); ok && !v.OverflowUint(n) {
			v.SetUint(n)
			return nil
		}
	case reflect.Slice:
		return assignSlice(v, x)
	case reflect.Map:
		return assignMap(v, x)
	default:
		panic(noForm(v.Type()))
	}
	return errCBOR("a value is not of the form that is expected, or out of range")
}

func wholeNumber(x any) (int64, bool) {
	switch n := x.(type) {
	case int64:
		return n, true
	case uint64:
		return int64(n), n <= math.MaxInt64
	}
	return 0, false
}

func assignStruct(v reflect.Value, x any) error {
	fields := fieldsOf(v.Type())
	switch x := x.(type) {
	case []any:
		for i, f := range fields[:min(len(fields), len(x))] {
			if err := assign(v.Field(f.index), x[i]); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		for _, f := range fields {
			if value, ok := x[f.name]; ok {
				if err := assign(v.Field(f.index), value); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return errCBOR("a struct is an array or a map")
}

func assignSlice(v reflect.Value, x any) error {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		switch x := x.(type) {
		case []byte:
			v.SetBytes(append([]byte{}, x...))
			return nil
		case string:
			v.SetBytes([]byte(x))
			return nil
		}
	}
	list, ok := x.([]any)
	if !ok {
		return errCBOR("a list is an array")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i := range list {
		if err := assign(v.Index(i), list[i]); err != nil {
			return err
		}
	}
	return nil
}

func assignMap(v reflect.Value, x any) error {
	table, ok := x.(map[string]any)
	if !ok {
		return errCBOR("a table is a map")
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(table)))
	for _, name := range sortedKeys(table) {
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := assign(elem, table[name]); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), elem)
	}
	return nil
}

func sortedKeys(table map[string]any) []string {
	keys := make([]string, 0, len(table))
	for k := range table {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
