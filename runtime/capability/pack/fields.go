package pack

import (
	"reflect"
	"strings"
	"sync"
)

// field is a field of a struct as it stands in messages.
type field struct {
	name  string
	index int
	omit  bool // if it is zero
}

// layouts remembers what fieldsOf has found, by type: programs have few.
var layouts sync.Map

// fieldsOf returns the exported fields of a struct type in their order.
func fieldsOf(t reflect.Type) []field {
	if known, ok := layouts.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields = append(fields, field{name: name, index: i, omit: options == "omitempty"})
	}
	layouts.Store(t, fields)
	return fields
}
