package capability

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

var (
	errBehind = errors.New("something stands behind its end")
	errNames  = errors.New("a member is there twice, or in other letters")
)

// decode reads one JSON value, without fields that it does not know, and nothing behind it. The standard library would take a
// field in other letters for one that it knows, and put two of one name together: of two bans the one would get the reason of
// the other, and the other be lost.
func decode(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errBehind
	}
	return checkNames(json.NewDecoder(bytes.NewReader(body)), false)
}

// checkNames reads a value whose form is right, and checks the names of members. If it is a map they are anybody's, in any
// letters.
func checkNames(d *json.Decoder, isMap bool) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, nested := t.(json.Delim)
	if !nested {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		name := ""
		if open == '{' {
			if t, err = d.Token(); err != nil {
				return err
			}
			name, _ = t.(string)
			if seen[name] || !isMap && !isField(name) {
				return errNames
			}
			seen[name] = true
		}
		if name == "data" { // the argument of an operation: see package pack
			err = d.Decode(new(json.RawMessage))
		} else {
			err = checkNames(d, isMap || name == "values" || name == "config")
		}
		if err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// isField reports whether a name has the letters of fields here.
func isField(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return true
}
