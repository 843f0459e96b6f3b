package typed

import (
	"encoding"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// form says how a Go type stands on the wire.
type form uint8

const (
	formAny    form = iota // whatever the bytes say: any, or a type with its own CBOR marshaler
	formBool               //
	formInt                //
	formUint               //
	formFloat              //
	formText               //
	formBytes              // a byte string; base64 in JSON
	formTime               // an RFC 3339 text in UTC
	formMarked             // a text by MarshalText and UnmarshalText
	formList               //
	formMap                //
	formObject             // a map with the fields of a struct
)

// schema describes a Go type as it stands on the wire. It serves three ends: error texts of our own, bytes in JSON, and
// Describe. It is immutable once built; that of a recursive type has cycles.
type schema struct {
	form   form
	typ    reflect.Type
	length int // of a fixed array, else -1
	elem   *schema
	key    *schema
	fields []fieldSchema
	// strict says that a value may hold what the library would bend to fit: a fixed array of another length, a time in
	// a zone. Such values are checked before they are decoded.
	strict bool
}

type fieldSchema struct {
	name     string
	index    int // of the field in its struct, -1 if it belongs to an embedded one
	optional bool
	schema   *schema
}

func (s *schema) field(name []byte) *fieldSchema {
	if i := s.fieldIndex(name); i >= 0 {
		return &s.fields[i]
	}
	return nil
}

func (s *schema) fieldIndex(name []byte) int {
	for i := range s.fields {
		if s.fields[i].name == string(name) {
			return i
		}
	}
	return -1
}

// schemaOf builds the schema of t. The error says which part of t has no form on the wire; it is for the author of the
// type and may name Go types.
func schemaOf(t reflect.Type) (*schema, error) {
	b := schemaBuilder{}
	s, err := b.of(t)
	if err != nil {
		return nil, err
	}
	for _, s := range b {
		s.strict = holdsStrict(s, map[*schema]bool{})
	}
	return s, nil
}

type schemaBuilder map[reflect.Type]*schema

func (b schemaBuilder) of(t reflect.Type) (*schema, error) {
	if s := b[t]; s != nil {
		return s, nil
	}
	if t.Kind() == reflect.Pointer {
		return b.of(t.Elem()) // null is the zero value of every form
	}
	s := &schema{typ: t, length: -1}
	b[t] = s
	if done, err := s.special(); done || err != nil {
		return s, err
	}
	var err error
	switch k := t.Kind(); {
	case k == reflect.Bool:
		s.form = formBool
	case reflect.Int <= k && k <= reflect.Int64:
		s.form = formInt
	case reflect.Uint <= k && k <= reflect.Uint64:
		s.form = formUint
	case k == reflect.Float32 || k == reflect.Float64:
		s.form = formFloat
	case k == reflect.String:
		s.form = formText
	case k == reflect.Slice || k == reflect.Array:
		if k == reflect.Array {
			s.length = t.Len()
		}
		if s.form = formBytes; t.Elem().Kind() != reflect.Uint8 {
			s.form = formList
			s.elem, err = b.of(t.Elem())
		}
	case k == reflect.Map:
		s.form = formMap
		if s.key, err = b.of(t.Key()); err == nil {
			s.elem, err = b.of(t.Elem())
		}
		if f := s.key.form; err == nil && f != formText && f != formInt && f != formUint {
			err = fmt.Errorf("%v: the keys of a map are texts or integers", t)
		}
	case k == reflect.Struct:
		s.form = formObject
		err = b.addFields(s, t)
	case t == reflect.TypeFor[any]():
		s.form = formAny
	default:
		err = fmt.Errorf("%v has no form on the wire", t)
	}
	return s, err
}

// special recognizes the types that choose their form themselves.
func (s *schema) special() (bool, error) {
	p := reflect.PointerTo(s.typ)
	switch s.typ {
	case reflect.TypeFor[time.Time]():
		s.form = formTime
		return true, nil
	case reflect.TypeFor[big.Int](), reflect.TypeFor[cbor.Tag](), reflect.TypeFor[cbor.RawTag](),
		reflect.TypeFor[cbor.SimpleValue](), reflect.TypeFor[cbor.ByteString]():
		return false, fmt.Errorf("%v has no form on the wire", s.typ)
	}
	for _, c := range []struct {
		out, in reflect.Type
		form    form
	}{
		{reflect.TypeFor[cbor.Marshaler](), reflect.TypeFor[cbor.Unmarshaler](), formAny},
		{reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](), formMarked},
	} {
		out, in := p.Implements(c.out), p.Implements(c.in)
		if out != in {
			return false, fmt.Errorf("%v has one of %s and %s, and needs the other too", s.typ, c.out.Name(), c.in.Name())
		}
		if out {
			s.form = c.form
			return true, nil
		}
	}
	return false, nil
}

// addFields adds the exported fields of t. Those of an embedded struct without a tag count as fields of t, as in JSON;
// two of one name are refused instead of hiding each other.
func (b schemaBuilder) addFields(s *schema, t reflect.Type) error {
	for f := range t.Fields() {
		ft := f.Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		tag, ok := f.Tag.Lookup("cbor")
		if !ok {
			tag = f.Tag.Get("json")
		}
		name, options, _ := strings.Cut(tag, ",")
		embedded := f.Anonymous && ft.Kind() == reflect.Struct && name == ""
		switch {
		case strings.Contains(options, "keyasint") || strings.Contains(options, "toarray"):
			return fmt.Errorf("%v.%s: the tag options keyasint and toarray have no form in JSON", t, f.Name)
		case tag == "-" || !f.IsExported() && !embedded:
			continue
		case embedded:
			if err := b.addFields(s, ft); err != nil {
				return err
			}
			continue
		case name == "":
			name = f.Name
		}
		if s.field([]byte(name)) != nil {
			return fmt.Errorf("%v has two fields named %q", t, name)
		}
		fs, err := b.of(f.Type)
		if err != nil {
			return fmt.Errorf("%v.%s: %w", t, f.Name, err)
		}
		optional := strings.Contains(options, "omit") || f.Type.Kind() == reflect.Pointer
		index := -1
		if t == s.typ {
			index = f.Index[0]
		}
		s.fields = append(s.fields, fieldSchema{name, index, optional, fs})
	}
	return nil
}

func holdsStrict(s *schema, seen map[*schema]bool) bool {
	if s == nil || seen[s] {
		return false
	}
	seen[s] = true
	if s.length >= 0 || s.form == formTime || holdsStrict(s.elem, seen) {
		return true
	}
	for _, f := range s.fields {
		if holdsStrict(f.schema, seen) {
			return true
		}
	}
	return false
}
