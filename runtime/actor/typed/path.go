package typed

import "strconv"

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

func (p *path) fault(what string) error { return fault(p.String() + ": " + what) }

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

func quote(s string) string {
	if len(s) > maxName {
		s = s[:maxName] + "…"
	}
	return strconv.QuoteToASCII(s)
}
