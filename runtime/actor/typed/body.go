package typed

import (
	"slices"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// table holds the handlers of one kind of named messages.
type table[F any] struct {
	kind    string // for error texts
	entries map[string]*entryOf[F]
}

// entryOf is one handler with what it takes. It is immutable.
type entryOf[F any] struct {
	name   string
	schema *schema
	answer *schema // of a query
	run    F
}

func (t *table[F]) names() []string {
	names := make([]string, 0, len(t.entries))
	for name := range t.entries {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// find takes a body apart: it returns the handler of the message and the fields in CBOR, nil if there are none.
func (t *table[F]) find(body []byte) (*entryOf[F], []byte, error) {
	if len(t.entries) == 0 {
		return nil, nil, actor.Errorf(actor.CodeUnsupported, "the actor takes no %s messages", t.kind)
	}
	switch {
	case len(body) == 0:
		return nil, nil, actor.Errorf(actor.CodeMalformed, "the body is empty; a message is {\"name\": {…}} or \"name\"")
	case len(body) > MaxBody:
		return nil, nil, actor.Errorf(actor.CodeBodyTooLarge, "a body has at most %d bytes, this one has %d", MaxBody, len(body))
	case isJSON(body):
		return t.findJSON(body)
	}
	w := wire{data: body}
	h, err := w.head()
	if err != nil {
		return nil, nil, actor.Errorf(actor.CodeMalformed, "the body is neither CBOR nor JSON; a message is {\"name\": {…}} or \"name\", quotes included")
	}
	bare := h.major == majorText
	if !bare {
		if h.major != majorMap || h.arg != 1 {
			return nil, nil, shapeError(h)
		}
		if h, err = w.head(); err != nil || h.major != majorText {
			return nil, nil, actor.Errorf(actor.CodeMalformed, "message: its one key, the name, is a text")
		}
	}
	name, err := w.take(h)
	if err != nil {
		return nil, nil, malformed("message", (&path{name: "message"}).fault(err.Error()))
	}
	e := t.entries[string(name)]
	switch {
	case e == nil:
		return nil, nil, t.unknown(string(name))
	case !bare:
		if w.off == len(body) {
			return nil, nil, actor.Errorf(actor.CodeMalformed, "message: the data ends too early")
		}
		return e, body[w.off:], nil
	case w.off != len(body):
		return nil, nil, actor.Errorf(actor.CodeMalformed, "message: byte %d: something follows the name", w.off)
	}
	return e, nil, nil
}

// findJSON is find for JSON. The fields that it returns are in CBOR, too.
func (t *table[F]) findJSON(body []byte) (*entryOf[F], []byte, error) {
	r := jsonReader{src: body, depth: MaxDepth}
	at := path{name: "message"}
	bare := r.peek() == '"'
	var name string
	var err error
	if bare {
		name, err = r.text(&at)
	} else if r.peek() != '{' {
		err = r.faultAt(&at, `a message is {"name": {…}} or "name"`)
	} else {
		if r.off++; r.peek() == '}' {
			return nil, nil, actor.Errorf(actor.CodeMalformed, "message: a message has one key, its name")
		}
		name, err = r.key(&at)
	}
	if err != nil {
		return nil, nil, malformed("message", err)
	}
	e := t.entries[name]
	if e == nil {
		return nil, nil, t.unknown(name)
	}
	var fields []byte
	if !bare {
		if fields, err = r.value(make([]byte, 0, len(body)), e.schema, &path{name: name}); err != nil {
			return nil, nil, malformed(name, err)
		}
		if r.peek() != '}' {
			return nil, nil, malformed("message", r.faultAt(&at, "a message has one key, its name"))
		}
		r.off++
	}
	if r.peek() != 0 {
		return nil, nil, malformed("message", r.faultAt(&at, "something follows the message"))
	}
	return e, fields, nil
}

func (t *table[F]) unknown(name string) error {
	return actor.Errorf(actor.CodeUnknownMessage, "no %s message %s; known are %s",
		t.kind, quote(name), strings.Join(t.names(), ", "))
}

func shapeError(h head) error {
	found := h.String()
	if h.major == majorMap {
		found = "a map with " + strconv.FormatUint(h.arg, 10) + " keys"
	}
	return actor.Errorf(actor.CodeMalformed, "message: expected a map with one key, the name, or the name alone as text; found %s", found)
}

// validator is a message that can tell whether its fields make sense together.
type validator interface{ Validate() error }

// decodeFields decodes the fields of the message called name.
func decodeFields[M any](name string, s *schema, fields []byte, m *M) error {
	if len(fields) > 0 {
		if s.strict {
			if err := check(s, fields, name, MaxDepth, true); err != nil {
				return malformed(name, err)
			}
		}
		if !decodePlain(s, fields, m) && messageMode.Unmarshal(fields, m) != nil {
			return malformed(name, explain(s, fields, name, MaxDepth, true))
		}
	}
	v, ok := any(m).(validator)
	if !ok {
		return nil
	}
	err := v.Validate()
	if err == nil {
		return nil
	}
	if e, ok := err.(*actor.Error); ok {
		return e
	}
	return actor.Errorf(actor.CodeInvalidMessage, "%s: %s", name, err)
}

// decodeBody decodes a body that has no name in it: that of an instantiate or migrate message.
func decodeBody[M any](kind string, s *schema, body []byte, m *M) error {
	if len(body) > MaxBody {
		return actor.Errorf(actor.CodeBodyTooLarge, "a body has at most %d bytes, this one has %d", MaxBody, len(body))
	}
	if isJSON(body) {
		r := jsonReader{src: body, depth: MaxDepth}
		fields, err := r.document(make([]byte, 0, len(body)), s, &path{name: kind})
		if err != nil {
			return malformed(kind, err)
		}
		body = fields
	}
	return decodeFields(kind, s, body, m)
}
