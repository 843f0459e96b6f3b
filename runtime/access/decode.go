package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

var (
	errBehind = errors.New("something stands behind its end")
	errNames  = errors.New("a member is there twice, or in other letters")
)

// Decode reads what an actor of the host is ordered or asked: one JSON value, with no field that v does not have, and nothing
// behind it. Names of fields are small letters and "_"; within members of the names in free there may be any.
//
// The standard library would take a field in other letters for one that it knows, and put two of one name together: a
// restriction that is there twice would be lost, and the second of two orders have what only the first one says.
func Decode(body []byte, v any, free ...string) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errBehind
	}
	n := names{json.NewDecoder(bytes.NewReader(body)), free}
	return n.check(false)
}

// names reads JSON whose form is right, and looks at the names of members.
type names struct {
	*json.Decoder
	free []string
}

// check reads one value. Within what is free the names may have any letters.
func (n *names) check(free bool) error {
	t, err := n.Token()
	if err != nil {
		return err
	}
	open, nested := t.(json.Delim)
	if !nested {
		return nil
	}
	seen := map[string]bool{}
	for n.More() {
		name := ""
		if open == '{' {
			if t, err = n.Token(); err != nil {
				return err
			}
			name, _ = t.(string)
			if seen[name] || !free && !isField(name) {
				return errNames
			}
			seen[name] = true
		}
		if err := n.check(free || slices.Contains(n.free, name)); err != nil {
			return err
		}
	}
	_, err = n.Token()
	return err
}

// isField reports whether a name has the letters of fields.
func isField(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return true
}
