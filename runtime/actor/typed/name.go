package typed

import (
	"reflect"
	"unicode/utf8"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Named is a message that chooses its name. The name of any other message is that of its Go type in snake case:
// Transfer is "transfer", MintTo "mint_to", HTTPGet "http_get". The method is called on a zero value.
type Named interface{ MessageName() string }

// maxName is the longest name of a message, in bytes.
const maxName = 64

// nameOf returns the name and the struct type of a message, given as a struct or a pointer to one. It fails if msg has
// none.
func nameOf(msg any) (string, reflect.Type) {
	t := reflect.TypeOf(msg)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		fail(actor.CodeInvalidMessage, "a message is a struct or a pointer to one")
	}
	name, ok := typeName(t)
	if !ok {
		fail(actor.CodeInvalidMessage, "a message of an unnamed or generic type needs a method MessageName")
	}
	return name, t
}

// typeName returns the name of the messages of type t, and whether they have a valid one.
func typeName(t reflect.Type) (string, bool) {
	if t.Implements(reflect.TypeFor[Named]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[Named]()) {
		name := reflect.New(t).Interface().(Named).MessageName()
		return name, name != "" && len(name) <= maxName && utf8.ValidString(name)
	}
	name := t.Name()
	for i := range len(name) {
		if c := name[i]; !isLower(c) && !isUpper(c) {
			return "", false // a generic type, or a letter that has no plain snake case
		}
	}
	return snake(name), name != "" && len(name) <= maxName
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' }

// snake puts "_" before each capital that begins a word: one behind a small letter, or the last of a run of capitals
// that a small letter follows.
func snake(s string) string {
	var buf [2 * maxName]byte
	out := buf[:0]
	for i := range len(s) {
		c := s[i]
		if isUpper(c) {
			if i > 0 && s[i-1] != '_' && (isLower(s[i-1]) || i+1 < len(s) && isLower(s[i+1])) {
				out = append(out, '_')
			}
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return string(out)
}
