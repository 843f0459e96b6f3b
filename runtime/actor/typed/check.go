package typed

import (
	"encoding"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"
)

// checker walks CBOR along a schema and finds what is wrong with it. It is the slow path, for values that the library
// has refused, and for the few types (schema.strict) that the library would take too kindly.
type checker struct {
	wire
	depth int
	known bool // unknown fields are faults
}

// explain returns the first fault of data, or one that says no more than that it does not fit.
func explain(s *schema, data []byte, root string, depth int, known bool) error {
	if err := check(s, data, root, depth, known); err != nil {
		return err
	}
	return fault(root + ": does not fit")
}

// check returns the first fault of data, or nil.
func check(s *schema, data []byte, root string, depth int, known bool) error {
	c := checker{wire{data: data, placeless: true}, depth, known}
	at := path{name: root}
	if err := c.value(s, &at); err != nil {
		return err
	}
	if c.off != len(data) {
		return at.fault("something follows the value")
	}
	return nil
}

func (c *checker) value(s *schema, at *path) error {
	h, err := c.head()
	if err != nil {
		return at.fault(err.Error())
	}
	if h.major == majorSimple && (h.arg == 22 || h.arg == 23) && h.info < 24 {
		return nil // null and undefined leave the zero value
	}
	switch h.major {
	case majorArray, majorMap:
		if c.depth--; c.depth < 0 {
			return at.root().fault("maps and arrays nest too deep")
		}
		defer func() { c.depth++ }()
		return c.container(s, h, at)
	case majorText, majorBytes:
		content, err := c.take(h)
		if err != nil {
			return at.fault(err.Error())
		}
		return s.checkString(h, content, at)
	}
	return s.checkScalar(h, at)
}

func (s *schema) checkScalar(h head, at *path) error {
	float := h.String() == "a float"
	ok := true
	switch s.form {
	case formAny:
	case formBool:
		ok = h.String() == "a boolean"
	case formFloat:
		ok = float || h.major <= majorNegative
	case formInt, formUint:
		if ok = h.major <= majorNegative; ok && !s.fits(h) {
			return at.fault("the integer is out of range for " + s.number())
		}
	case formList, formMap, formObject, formText, formBytes, formTime, formMarked:
		ok = false
	}
	if !ok {
		return at.fault("expected " + s.expected() + ", found " + h.String())
	}
	return nil
}

// fits reports whether the integer h is in the range of s.
func (s *schema) fits(h head) bool {
	bits := s.typ.Bits()
	if s.form == formUint {
		return h.major == majorUint && h.arg <= math.MaxUint64>>(64-bits)
	}
	return h.arg <= math.MaxInt64>>(64-bits) // -1-arg reaches one lower than arg reaches up
}

func (s *schema) checkString(h head, content []byte, at *path) error {
	text := h.major == majorText
	switch s.form {
	case formAny:
		return nil
	case formText:
		if text {
			return nil
		}
	case formBytes:
		if !text {
			if s.length >= 0 && len(content) != s.length {
				return at.fault("expected " + strconv.Itoa(s.length) + " bytes, found " + strconv.Itoa(len(content)))
			}
			return nil
		}
	case formTime:
		if _, err := time.Parse(time.RFC3339Nano, string(content)); text && err == nil && strings.HasSuffix(string(content), "Z") {
			return nil
		}
		return at.fault("expected " + s.expected() + ", found " + quote(string(content)))
	case formMarked:
		if v, ok := reflect.New(s.typ).Interface().(encoding.TextUnmarshaler); text && ok {
			if v.UnmarshalText(content) != nil {
				return at.fault("the text " + quote(string(content)) + " is not valid here")
			}
			return nil
		}
	}
	return at.fault("expected " + s.expected() + ", found " + h.String())
}

func (c *checker) container(s *schema, h head, at *path) error {
	switch {
	case s.form == formAny:
		return c.pairsOrItems(s, h, at)
	case h.major == majorArray && s.form == formList, h.major == majorMap && (s.form == formMap || s.form == formObject):
		if s.length >= 0 && uint64(s.length) != h.arg {
			return at.fault("expected " + strconv.Itoa(s.length) + " items, found " + strconv.FormatUint(h.arg, 10))
		}
		return c.pairsOrItems(s, h, at)
	}
	return at.fault("expected " + s.expected() + ", found " + h.String())
}

func (c *checker) pairsOrItems(s *schema, h head, at *path) error {
	if h.major == majorArray {
		elem := s.elem
		if s.form == formAny {
			elem = s
		}
		for i := range h.arg {
			if err := c.value(elem, &path{up: at, index: int(i)}); err != nil {
				return err
			}
		}
		return nil
	}
	seen := make(map[string]bool, min(h.arg, 64))
	for range h.arg {
		if err := c.pair(s, at, seen); err != nil {
			return err
		}
	}
	return nil
}

// pair checks one key and its value.
func (c *checker) pair(s *schema, at *path, seen map[string]bool) error {
	start := c.off
	h, err := c.head()
	if err != nil {
		return at.fault(err.Error())
	}
	name, next := "", s
	switch {
	case h.major == majorText:
		content, err := c.take(h)
		if err != nil {
			return at.fault(err.Error())
		}
		name = string(content)
	case h.major > majorNegative:
		return at.fault("a key is text or an integer, found " + h.String())
	default:
		name = integer(h)
	}
	raw := string(c.data[start:c.off])
	if seen[raw] {
		return at.fault("the key " + quote(name) + " appears twice")
	}
	seen[raw] = true
	switch s.form {
	case formAny:
		// A map that is decoded into any becomes one of texts: a type with a marshaler of its own may take others.
		if h.major != majorText && s.typ == reflect.TypeFor[any]() {
			return at.fault("a map where any value may stand has texts as keys, found the integer " + name)
		}
	case formMap:
		if ok := h.major == majorText && s.key.form == formText ||
			h.major <= majorNegative && s.key.form != formText && s.key.fits(h); !ok {
			return at.fault("expected " + s.key.expected() + " as key, found " + quote(name))
		}
		next = s.elem
	case formObject:
		f := s.field([]byte(name))
		switch {
		case f != nil && h.major == majorText:
			next = f.schema
		case c.known:
			return at.fault(s.unknownField(name))
		default:
			next = anything
		}
	}
	return c.value(next, &path{up: at, name: name})
}

// anything is the schema of a value about which nothing is known.
var anything = &schema{length: -1}

func (s *schema) unknownField(name string) string {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.name
	}
	sort.Strings(names)
	if len(names) == 0 {
		return "unknown field " + quote(name) + "; there are none"
	}
	return "unknown field " + quote(name) + "; known are " + strings.Join(names, ", ")
}

// integer returns the decimal form of an integer of CBOR.
func integer(h head) string {
	switch {
	case h.major == majorUint:
		return strconv.FormatUint(h.arg, 10)
	case h.arg == math.MaxUint64:
		return "-18446744073709551616" // the one value whose magnitude has no uint64
	}
	return "-" + strconv.FormatUint(h.arg+1, 10)
}
