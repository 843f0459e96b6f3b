package gateway

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
)

// object is an object of JSON. Its keys are sorted when it is written, so that a document is the same each time.
type object = map[string]any

// wordsJSON is what the comments of package api say of its types and fields: "Type" and "Type.field". A test makes it.
//
//go:embed words.json
var wordsJSON []byte

// schemas makes schemas of types, and keeps those of structs under their names.
type schemas struct {
	words map[string]string
	named object
	// closed says that structs have no other fields: what is asked is checked, what is answered may grow.
	closed bool
}

// newSchemas returns schemas that have those of all requests, answers and errors.
func newSchemas() (*schemas, error) {
	s := &schemas{named: object{}, closed: true}
	if err := json.Unmarshal(wordsJSON, &s.words); err != nil {
		return nil, fmt.Errorf("words.json: %w", err)
	}
	for _, op := range api.Ops() {
		s.of(reflect.TypeOf(op.Request))
	}
	s.closed = false
	for _, op := range api.Ops() {
		s.of(reflect.TypeOf(op.Answer))
	}
	s.of(reflect.TypeFor[api.Error]())
	s.of(reflect.TypeFor[api.Notice]())
	return s, nil
}

// roles are what words stand for a role in a grant, from the least on.
var roles = []string{"reader", "caller", "deployer", "operator"}

// enums are the words that fields take.
var enums = map[string][]string{
	"Grant.role":       roles,
	"SendRequest.kind": {"", "execute", "instantiate", "migrate", "sudo", "set_admin"},
	"Error.code":       codes(),
}

func codes() (list []string) {
	for _, code := range []api.Code{api.CodeActor, api.CodeBadRequest, api.CodeUnauthenticated, api.CodeForbidden,
		api.CodeReplayed, api.CodeStale, api.CodeNotFound, api.CodeConflict, api.CodeTooLarge, api.CodeOverloaded,
		api.CodeExpired, api.CodeUnavailable, api.CodeTooOld, api.CodeUnknown, api.CodeInternal} {
		list = append(list, string(code))
	}
	return list
}

// of returns the schema of a type in JSON.
func (s *schemas) of(t reflect.Type) object {
	switch t {
	case bytesType:
		return s.bytes()
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[actor.Address]():
		s.named["Address"] = object{"type": "string", "maxLength": 384, "description": "The name of an actor, or kind/key, or the public key of a caller."}
		return ref("Address")
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer", "format": "int64"}
	case reflect.Uint64:
		return object{"type": "integer", "minimum": 0, "format": "uint64"}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		return s.object(t)
	}
	panic("gateway: no schema for " + t.String()) // a field of package api of a new kind: the tests see it first
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// bytes is the schema of api.Bytes, and refers to what is one of its forms.
func (s *schemas) bytes() object {
	s.named["Bytes"] = object{
		"description": "Bytes of an actor, or null. A node answers \"base64\", the exact bytes, and beside it \"json\" or \"text\" if they mean " +
			"something there. Who asks gives one of the three. In CBOR they are a byte string, or null.",
		"type": []string{"object", "null"},
		"properties": object{
			"json":   object{"description": "The value that the bytes are, as JSON or as CBOR."},
			"text":   object{"type": "string", "description": "The bytes, which are UTF-8."},
			"base64": object{"type": "string", "contentEncoding": "base64", "description": "The exact bytes."},
		},
		"minProperties": 1, "maxProperties": 2, "additionalProperties": false,
	}
	return ref("Bytes")
}

// object keeps the schema of a struct, and refers to it.
func (s *schemas) object(t reflect.Type) object {
	name := t.Name()
	if _, known := s.named[name]; known {
		return ref(name)
	}
	schema := object{"type": "object"}
	if s.closed {
		schema["additionalProperties"] = false
	}
	s.named[name] = schema
	s.describe(schema, name)
	properties, required := object{}, []string{}
	for i := range t.NumField() {
		field, optional := fieldName(t.Field(i))
		property := s.of(t.Field(i).Type)
		s.describe(property, name+"."+field)
		if words := enums[name+"."+field]; words != nil {
			property["enum"] = words
		}
		properties[field] = property
		if !optional {
			required = append(required, field)
		}
	}
	if len(properties) > 0 {
		schema["properties"] = properties
	}
	if len(required) > 0 {
		schema["required"] = required
	}
	return ref(name)
}

// describe adds what the comments say.
func (s *schemas) describe(schema object, key string) {
	if text := s.words[key]; text != "" {
		schema["description"] = text
	}
}
