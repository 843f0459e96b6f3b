package typed

import (
	"errors"
	"math"
	"reflect"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Bounds on what is decoded.
const (
	// MaxBody is the largest message body that is decoded, in bytes. A host may allow less.
	MaxBody = 1 << 20
	// MaxDepth is how deep maps and arrays may nest in a message and in JSON.
	MaxDepth = 64

	// valueDepth bounds what actors have encoded themselves: it must take whatever EncodeValue makes.
	valueDepth = 256
)

// The modes are built once and are immutable from then on.
var (
	simples     = knownSimpleValues()
	encMode     = newEncoding()
	messageMode = newDecoding(MaxDepth, true)
	valueMode   = newDecoding(valueDepth, false)
)

// newEncoding is Core Deterministic Encoding (RFC 8949, section 4.2.1). Times are RFC 3339 texts in UTC and types with
// MarshalText are texts, as in JSON, so that one tag and one rule serve both encodings. A nil slice is an empty one:
// the difference is none that a reader in another language could see.
func newEncoding() cbor.EncMode {
	o := cbor.CoreDetEncOptions()
	o.Time = cbor.TimeRFC3339NanoUTC
	o.NilContainers = cbor.NilContainerAsEmpty
	o.TagsMd = cbor.TagsForbidden
	o.BinaryMarshaler = cbor.BinaryMarshalerNone
	o.TextMarshaler = cbor.TextMarshalerTextString
	mode, err := o.EncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}

// newDecoding makes a mode that takes definite lengths only, no tags and no map key twice. A strict one is for what
// comes from outside: it takes known fields and valid UTF-8 only. The other is for what an actor wrote itself: it must
// read back every value that could be written, and values written before a field was removed.
func newDecoding(depth int, strict bool) cbor.DecMode {
	o := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:   depth,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		DefaultMapType:    reflect.TypeFor[map[string]any](),
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		BinaryUnmarshaler: cbor.BinaryUnmarshalerNone,
		TextUnmarshaler:   cbor.TextUnmarshalerTextString,
		SimpleValues:      simples,
	}
	if strict {
		o.ExtraReturnErrors = cbor.ExtraDecErrorUnknownField
	} else {
		o.UTF8 = cbor.UTF8DecodeInvalid
		o.MaxArrayElements = math.MaxInt32
		o.MaxMapPairs = math.MaxInt32
	}
	mode, err := o.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}

// knownSimpleValues refuses the simple values but false, true, null and undefined: the others have no meaning yet, and no
// form in JSON.
func knownSimpleValues() *cbor.SimpleValueRegistry {
	refused := make([]func(*cbor.SimpleValueRegistry) error, 0, 256)
	for n := range 256 {
		if n < 20 || n > 31 {
			refused = append(refused, cbor.WithRejectedSimpleValue(cbor.SimpleValue(n)))
		}
	}
	values, err := cbor.NewSimpleValueRegistryFromDefaults(refused...)
	if err != nil {
		panic(err) // the values are constants
	}
	return values
}

// Encode returns the body of an execute, query or sudo message: {"name": {fields}} in CBOR, or the name alone as a text
// if the message is a struct without fields. It is meant for host.Send and host.Query; inside a handler Call.Execute and
// Ask encode for themselves.
//
// It panics if msg cannot be a message (see Named) or a part of it cannot be encoded: a channel, a function, a
// marshaler that fails. In a handler of this package the panic becomes the error of the handler.
func Encode(msg any) []byte {
	name, t := nameOf(msg)
	body := make([]byte, 0, 64)
	if t.NumField() == 0 {
		return append(appendHead(body, majorText, uint64(len(name))), name...)
	}
	body = append(body, majorMap<<5|1)
	body = append(appendHead(body, majorText, uint64(len(name))), name...)
	return appendAny(body, msg)
}

// EncodeValue returns v alone in CBOR: the body of an instantiate or migrate message, the data of a response, the
// payload of a sub-message. It panics where Encode does.
func EncodeValue(v any) []byte { return appendAny(nil, v) }

// Decode returns the value that data, made by EncodeValue, Call.Return or a query handler, encodes. Fields that T does
// not have are skipped. The error is an *actor.Error with CodeMalformed.
func Decode[T any](data []byte) (T, error) {
	v, err := decodeValue[T](data, nil)
	if err != nil {
		var zero T
		s, serr := schemaOf(reflect.TypeFor[T]())
		if serr != nil {
			return zero, actor.Errorf(actor.CodeMalformed, "data: cannot be decoded")
		}
		return zero, malformed("data", explain(s, data, "data", valueDepth, false))
	}
	return v, nil
}

// appendAny appends the encoding of v. What is not plain the library encodes.
func appendAny(dst []byte, v any) []byte {
	if v != nil {
		r := reflect.ValueOf(v)
		if r.Kind() == reflect.Pointer && !r.IsNil() {
			r = r.Elem()
		}
		if l := layoutOf(r.Type()); l != nil {
			return l.append(dst, r)
		}
	}
	data, err := encMode.Marshal(v)
	if err != nil {
		failEncoding(err)
	}
	return append(dst, data...)
}

// failEncoding ends the handler. A failure is a mistake in the actor or the client, see Encode.
func failEncoding(err error) {
	var e *actor.Error
	if errors.As(err, &e) {
		panic(abort{e}) // of a marshaler that the author of the actor wrote
	}
	fail(actor.CodeInvalidMessage, "a value cannot be encoded: a part of it has no form in CBOR")
}

// malformed makes an actor error of a fault. Its text begins with the path of the faulty part, or with root.
func malformed(root string, err error) *actor.Error {
	if f, ok := err.(fault); ok {
		return &actor.Error{Code: actor.CodeMalformed, Message: string(f)}
	}
	return &actor.Error{Code: actor.CodeMalformed, Message: root + ": does not fit"}
}
