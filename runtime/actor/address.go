package actor

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Address says who: an actor, as "name" or "kind/key", or the sender of a transaction.
//
// The name of an actor, and a kind, match [a-z0-9][a-z0-9._-]* and have at most MaxName bytes; a key is 1 to MaxKey
// bytes of printable UTF-8. When a module is bound under the name of the kind, "kind/key" is a virtual actor: the first
// message to it instantiates it.
type Address string

// Bounds of an address, in bytes.
const (
	MaxName = 128
	MaxKey  = 256
)

// Kind returns what stands before the first slash: the kind of a virtual actor, or the whole name.
func (a Address) Kind() string {
	kind, _, _ := strings.Cut(string(a), "/")
	return kind
}

// Key returns what stands behind the first slash, empty if there is none.
func (a Address) Key() string {
	_, key, _ := strings.Cut(string(a), "/")
	return key
}

// String returns a as it is if it is printable, else quoted: an address that was refused must not reach a terminal raw.
func (a Address) String() string {
	if checkPrintable("", string(a)) == "" {
		return string(a)
	}
	return strconv.Quote(string(a))
}

// Valid reports whether a is the address of an actor: whether Validate returns nil. It does not allocate.
func (a Address) Valid() bool {
	name, key, keyed := strings.Cut(string(a), "/")
	if name == "" || len(name) > MaxName {
		return false
	}
	for i := 0; i < len(name); i++ {
		if !nameByte(name[i], i == 0) {
			return false
		}
	}
	return !keyed || checkPrintable("", key) == ""
}

// nameByte reports whether c may stand in a name, at its beginning or later.
func nameByte(c byte, first bool) bool {
	letter := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
	return letter || !first && (c == '.' || c == '_' || c == '-')
}

// Validate returns nil if a is the address of an actor, else an *Error with CodeInvalidAddress that says what is wrong.
func (a Address) Validate() error {
	if a.Valid() {
		return nil
	}
	return Errorf(CodeInvalidAddress, "%.80q: %s", string(a), a.check())
}

// check says in words what is wrong.
func (a Address) check() string {
	name, key, keyed := strings.Cut(string(a), "/")
	switch {
	case name == "":
		return "a name is missing"
	case len(name) > MaxName:
		return fmt.Sprintf("a name has at most %d bytes, this one has %d", MaxName, len(name))
	}
	for i := 0; i < len(name); i++ {
		if !nameByte(name[i], i == 0) {
			r, _ := utf8.DecodeRuneInString(name[i:])
			return fmt.Sprintf("a name matches [a-z0-9][a-z0-9._-]*, but %q stands at byte %d", r, i+1)
		}
	}
	if !keyed {
		return ""
	}
	return checkPrintable("a key", key)
}

// ValidateSender returns nil if a can send a transaction: 1 to MaxKey bytes of printable UTF-8. A sender need not be the
// address of an actor; an nkeys user key, for one, never is.
func (a Address) ValidateSender() error {
	if e := checkPrintable("a sender", string(a)); e != "" {
		return Errorf(CodeInvalidAddress, "%.80q: %s", string(a), e)
	}
	return nil
}

func checkPrintable(what, s string) string {
	switch {
	case s == "":
		return what + " has at least one byte"
	case len(s) > MaxKey:
		return fmt.Sprintf("%s has at most %d bytes, this one has %d", what, MaxKey, len(s))
	case plain(s):
		return "" // most are
	case !utf8.ValidString(s):
		return what + " is valid UTF-8"
	}
	for i, r := range s {
		if !printable(r) {
			return fmt.Sprintf("%s is printable, but %U stands at byte %d", what, r, i+1)
		}
	}
	return ""
}

// plain reports whether s has nothing but printable ASCII.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// printable is a rule of our own, because package unicode follows the tables of the Go version: what an address is must
// not depend on how a host was built. It refuses controls, spaces other than U+0020, marks that show nothing or turn the
// direction of text, what is reserved for private use, and non-characters.
func printable(r rune) bool {
	for _, hidden := range unprintable {
		if r <= hidden[1] {
			return r < hidden[0]
		}
	}
	return false
}

var unprintable = [...][2]rune{
	{0x00, 0x1f}, {0x7f, 0xa0}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x1680, 0x1680},
	{0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},
	{0x3164, 0x3164}, {0xd800, 0xf8ff}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb},
	{0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
}
