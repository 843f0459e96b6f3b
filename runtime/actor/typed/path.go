package typed

import (
	"strconv"
	"unicode/utf8"
)

// path is where in a value a decoder stands. It is a list on the stack, so that it costs nothing until a fault is told.
type path struct {
	up    *path
	name  string
	index int // of an array, if name is empty
}

func (p *path) String() string {
	switch {
	case p.up == nil:
		return p.name
	case p.name == "":
		return p.up.String() + "[" + strconv.Itoa(p.index) + "]"
	}
	return p.up.String() + "." + quotable(p.name)
}

// root is where the path begins. Faults of depth are told there: the rest would be long and say nothing.
func (p *path) root() *path {
	for p.up != nil {
		p = p.up
	}
	return p
}

// maxPath bounds a path in a text, in bytes.
const maxPath = 256

func (p *path) fault(what string) error {
	where := p.String()
	if len(where) > maxPath {
		where = where[:maxPath] + "…"
	}
	return fault(where + ": " + what)
}

// quotable returns a name as it is if it is short and plain, else quoted and cut: it may come from outside.
func quotable(name string) string {
	plain := name != "" && len(name) <= maxName
	for i := 0; plain && i < len(name); i++ {
		plain = isLower(name[i]) || isUpper(name[i]) || name[i] == '-'
	}
	if plain {
		return name
	}
	return quote(name)
}

// quote quotes and cuts a text from outside. It escapes all that is not ASCII: what else is printable differs between
// versions of Unicode.
func quote(s string) string {
	if len(s) <= maxName {
		return strconv.QuoteToASCII(s)
	}
	end := maxName
	for end > maxName-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return strconv.QuoteToASCII(s[:end]) + "…"
}
