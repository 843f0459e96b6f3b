package typescript

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
)

// Types returns the file src/types.ts: an interface for each type of package api, and the table of operations.
func Types() []byte {
	w := writer{done: map[reflect.Type]bool{}}
	w.printf("// Made from package api by `go test ./runtime/client/typescript -update`. Changes here get lost.\n\n")
	w.printf(`/**
 * Bytes of an actor. A node answers "base64", the exact bytes, and beside it "json" or "text" if they mean something there.
 * Who asks gives one of the three.
 */
export interface Bytes {
  json?: unknown;
  text?: string;
  base64?: string;
}
`)
	w.done[reflect.TypeFor[api.Bytes]()] = true
	for _, op := range api.Ops() {
		w.declare(reflect.TypeOf(op.Request))
		w.declare(reflect.TypeOf(op.Answer))
	}
	w.declare(reflect.TypeFor[api.Error]())
	w.printf("\n/** What can be asked: the request and the answer of each operation. */\nexport interface Operations {\n")
	for _, op := range api.Ops() {
		w.printf("  /** %s */\n  %s: { request: %s; answer: %s };\n", op.Doc, op.Name,
			name(reflect.TypeOf(op.Request)), name(reflect.TypeOf(op.Answer)))
	}
	w.printf("}\n\n/** The operations that make a transaction and take a request id. */\nexport const writes: ReadonlySet<keyof Operations> = new Set([")
	separator := ""
	for _, op := range api.Ops() {
		if op.Write {
			w.printf("%s%q", separator, op.Name)
			separator = ", "
		}
	}
	w.printf("] as const);\n")
	return w.out.Bytes()
}

type writer struct {
	out  bytes.Buffer
	done map[reflect.Type]bool
}

func (w *writer) printf(format string, args ...any) { fmt.Fprintf(&w.out, format, args...) }

// declare writes the interface of a struct, and those of what is in it.
func (w *writer) declare(t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		if t == reflect.TypeFor[api.Bytes]() {
			return
		}
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || w.done[t] {
		return
	}
	w.done[t] = true
	w.printf("\nexport interface %s {\n", t.Name())
	for f := range fields(t) {
		optional := ""
		if f.optional {
			optional = "?"
		}
		w.printf("  %s%s: %s;\n", f.name, optional, name(f.of))
	}
	w.printf("}\n")
	for f := range fields(t) {
		w.declare(f.of)
	}
}

// field is one of an interface.
type field struct {
	name     string
	of       reflect.Type
	optional bool
}

// fields returns those of a struct as JSON names them.
func fields(t reflect.Type) func(yield func(field) bool) {
	return func(yield func(field) bool) {
		for i := range t.NumField() {
			label, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			if !yield(field{label, t.Field(i).Type, strings.HasPrefix(options, "omit")}) {
				return
			}
		}
	}
}

// name returns how TypeScript writes a type.
func name(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[api.Bytes]():
		return "Bytes | null"
	case reflect.TypeFor[time.Time]():
		return "string"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return name(t.Elem()) + " | null"
	case reflect.Slice:
		elem := t.Elem()
		if elem.Kind() == reflect.Pointer {
			elem = elem.Elem() // in a list there is something at each place
		}
		return "ReadonlyArray<" + name(elem) + "> | null"
	case reflect.Map:
		return "Readonly<Record<string, " + name(t.Elem()) + ">>"
	case reflect.Struct:
		return t.Name()
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	}
	return "number"
}
