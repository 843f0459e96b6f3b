package gateway

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/troupe-run/troupe/runtime/api"
)

// params are the query parameters that an operation takes: the fields of its request, by their names in JSON.
type params map[string]reflect.Type

// The types of fields that have a form of their own.
var (
	bytesType = reflect.TypeFor[api.Bytes]()
	textsType = reflect.TypeFor[[]string]()
)

// paramsOf returns the query parameters of an operation. Fields that a parameter cannot hold are left out, and so is
// code, which is a body.
func paramsOf(op api.Op) params {
	p := params{}
	t := reflect.TypeOf(op.Request)
	for i := range t.NumField() {
		name, _ := fieldName(t.Field(i))
		switch f := t.Field(i).Type; {
		case op.TakesCode() && name == "code":
		case f == bytesType, f == textsType:
			p[name] = f
		default:
			switch f.Kind() {
			case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint64:
				p[name] = f
			}
		}
	}
	return p
}

// fieldName returns the name of a field in JSON and CBOR, and whether it may be missing there.
func fieldName(f reflect.StructField) (name string, optional bool) {
	name, flags, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name, flags == "omitempty" || flags == "omitzero"
}

// names returns the names of all parameters, sorted.
func (p params) names() []string { return slices.Sorted(maps.Keys(p)) }

// parse returns the fields that a query sets. Bytes are given as text under the name of the field, or under it with
// ".json" or ".base64" behind it.
func (p params) parse(query string) (map[string]any, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("the query parameters are malformed: %s", quote(err.Error()))
	}
	fields := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		field, form, _ := strings.Cut(name, ".")
		t, ok := p[field]
		if !ok || form != "" && t != bytesType || strings.HasSuffix(name, ".") {
			return nil, fmt.Errorf("%s is no query parameter here: there are %s", quote(name), p.list())
		}
		texts := values[name]
		if _, twice := fields[field]; twice || len(texts) > 1 && t != textsType {
			return nil, fmt.Errorf("the query parameter %s is there more than once", field)
		}
		if fields[field], err = parseParam(t, form, texts); err != nil {
			return nil, fmt.Errorf("the query parameter %s: %w", name, err)
		}
	}
	return fields, nil
}

func (p params) list() string {
	if len(p) == 0 {
		return "none"
	}
	return strings.Join(p.names(), ", ")
}

// parseParam returns the value of a field of type t.
func parseParam(t reflect.Type, form string, texts []string) (any, error) {
	text := texts[0]
	if t != bytesType && !utf8.ValidString(strings.Join(texts, "")) {
		return nil, fmt.Errorf("%s is no UTF-8", quote(text))
	}
	switch t {
	case textsType:
		return texts, nil
	case bytesType:
		return parseBytes(form, text)
	}
	switch t.Kind() {
	case reflect.Bool:
		if text == "" {
			return true, nil
		}
		v, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("%s is neither true nor false", quote(text))
		}
		return v, nil
	case reflect.Int, reflect.Int64:
		v, err := strconv.ParseInt(text, 10, t.Bits())
		if err != nil {
			return nil, fmt.Errorf("%s is no whole number that fits", quote(text))
		}
		return v, nil
	case reflect.Uint64:
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s is no whole number from 0 to 18446744073709551615", quote(text))
		}
		return v, nil
	default:
		return text, nil
	}
}

func parseBytes(form, text string) (api.Bytes, error) {
	switch form {
	case "":
		return api.Bytes(text), nil
	case "json":
		if !json.Valid([]byte(text)) {
			return nil, fmt.Errorf("%s is no JSON", quote(text))
		}
		return api.Bytes(text), nil
	case "base64":
		// A plus sign in a query means a space, and padding is easily lost: both alphabets will do.
		text = strings.NewReplacer("-", "+", "_", "/", " ", "+").Replace(strings.TrimRight(text, "="))
		v, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("%s is no base64", quote(text))
		}
		return v, nil
	}
	return nil, fmt.Errorf("bytes have the forms .json and .base64, and .%s is none", quote(form))
}
