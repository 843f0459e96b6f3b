package typed

import (
	"reflect"
	"strconv"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Description lists what an actor can be told and asked: by kind, then by name.
type Description struct {
	Messages []MessageInfo `json:"messages"`
	// Virtual says that the first message to an address instantiates the actor there.
	Virtual bool `json:"virtual,omitempty"`
}

// MessageInfo describes one type of message.
type MessageInfo struct {
	// Kind is as in actor.Kind.String.
	Kind string `json:"kind"`
	// Name is empty for an instantiate or migrate message: its body is the fields alone.
	Name   string      `json:"name,omitempty"`
	Fields []FieldInfo `json:"fields,omitempty"`
	// Returns describes the answer to a query; its Name is empty.
	Returns *FieldInfo `json:"returns,omitempty"`
}

// FieldInfo describes one field of a message, in the order of its source.
type FieldInfo struct {
	Name string `json:"name,omitempty"`
	// Type is one of: any, bool, int8 to int64, uint8 to uint64, float32, float64, text, bytes, "bytes of length N", time,
	// object, "list of T", "list of N T", "map of K to T".
	Type string `json:"type"`
	// Optional says that the field may be null, or is left out when it is empty. Other fields may be missing as well, and
	// are zero then.
	Optional bool `json:"optional,omitempty"`
	// Fields are those of the object, or of the objects in the list or map. An object that holds itself is not opened
	// a second time.
	Fields []FieldInfo `json:"fields,omitempty"`
}

// Describe returns the description of a. It is the same whenever it is called.
func (a *Actor) Describe() Description {
	d := Description{Virtual: a.virtual || a.instantiate == nil}
	for _, h := range []struct {
		kind actor.Kind
		body *bodyHandler
	}{{actor.KindInstantiate, a.instantiate}, {actor.KindMigrate, a.migrate}} {
		if h.body != nil {
			d.Messages = append(d.Messages, MessageInfo{Kind: h.kind.String(), Fields: h.body.schema.info(nil)})
		}
	}
	d.Messages = a.execute.describe(d.Messages)
	d.Messages = a.query.describe(d.Messages)
	d.Messages = a.sudo.describe(d.Messages)
	return d
}

func (t *table[F]) describe(dst []MessageInfo) []MessageInfo {
	for _, name := range t.names() {
		e := t.entries[name]
		m := MessageInfo{Kind: t.kind, Name: name, Fields: e.schema.info(nil)}
		if e.answer != nil {
			m.Returns = &FieldInfo{Type: e.answer.name(nil), Fields: e.answer.info(nil)}
		}
		dst = append(dst, m)
	}
	return dst
}

// info returns the fields of s, or of what it is a list or map of. The chain open holds the objects that are being
// described.
func (s *schema) info(open []*schema) []FieldInfo {
	for s.elem != nil {
		for _, o := range open {
			if o == s {
				return nil
			}
		}
		open = append(open, s)
		s = s.elem
	}
	for _, o := range open {
		if o == s {
			return nil
		}
	}
	open = append(open, s)
	var fields []FieldInfo
	for _, f := range s.fields {
		fields = append(fields, FieldInfo{f.name, f.schema.name(nil), f.optional, f.schema.info(open[:len(open):len(open)])})
	}
	return fields
}

// name returns the word for s in descriptions and error texts.
func (s *schema) name(open []*schema) string {
	for _, o := range open {
		if o == s {
			return "any" // a list or map of itself
		}
	}
	open = append(open, s)
	switch s.form {
	case formBool:
		return "bool"
	case formInt, formUint, formFloat:
		return s.number()
	case formText, formMarked:
		return "text"
	case formBytes:
		if s.length >= 0 {
			return "bytes of length " + strconv.Itoa(s.length)
		}
		return "bytes"
	case formTime:
		return "time"
	case formList:
		if s.length >= 0 {
			return "list of " + strconv.Itoa(s.length) + " " + s.elem.name(open)
		}
		return "list of " + s.elem.name(open)
	case formMap:
		return "map of " + s.key.name(open) + " to " + s.elem.name(open)
	case formObject:
		return "object"
	}
	return "any"
}

// number names a type by what it holds, not by what its Go type is called.
func (s *schema) number() string {
	bits := strconv.Itoa(s.typ.Bits())
	switch k := s.typ.Kind(); {
	case reflect.Int <= k && k <= reflect.Int64:
		return "int" + bits
	case k == reflect.Float32 || k == reflect.Float64:
		return "float" + bits
	}
	return "uint" + bits
}

// expected says what a decoder wants to find.
func (s *schema) expected() string {
	switch s.form {
	case formBool:
		return "a boolean"
	case formInt:
		return "an integer"
	case formUint:
		return "an unsigned integer"
	case formFloat:
		return "a number"
	case formText, formMarked:
		return "text"
	case formBytes:
		return "bytes"
	case formTime:
		return "a time as RFC 3339 in UTC, ending in Z"
	case formList:
		return "an array"
	case formMap, formObject:
		return "a map"
	}
	return "a value"
}
