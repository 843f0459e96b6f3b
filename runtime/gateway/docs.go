package gateway

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/runtime/api"
)

//go:embed docs.css
var docsStyle []byte

//go:embed docs.html
var docsHTML string

// What the page about the operations shows.
type (
	docsOp struct {
		api.Op
		Example string
		Request docsType
		Answer  string
	}
	docsType struct {
		Name, Doc string
		Fields    []docsField
	}
	docsField struct {
		Name, Type, Doc string
		Required        bool
	}
	docsCode struct {
		Code   string
		Status int
	}
)

// docsPage returns a page for people that says what the document of OpenAPI says to programs.
func docsPage() ([]byte, error) {
	s, err := newSchemas()
	if err != nil {
		return nil, err
	}
	var page struct {
		Ops   []docsOp
		Types []docsType
		Codes []docsCode
	}
	requests := map[string]bool{}
	for _, op := range api.Ops() {
		name := reflect.TypeOf(op.Request).Name()
		requests[name] = name != "Grant" // which is an answer as well
		page.Ops = append(page.Ops, docsOp{op, example(op), s.docsOf(name), reflect.TypeOf(op.Answer).Name()})
	}
	for _, name := range slices.Sorted(maps.Keys(s.named)) {
		if !requests[name] {
			page.Types = append(page.Types, s.docsOf(name))
		}
	}
	for _, code := range codes() {
		page.Codes = append(page.Codes, docsCode{code, Status(api.Code(code))})
	}
	t, err := template.New("docs").Parse(docsHTML)
	if err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, page); err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	return out.Bytes(), nil
}

func (s *schemas) docsOf(name string) docsType {
	schema := s.named[name].(object)
	t := docsType{Name: name}
	t.Doc, _ = schema["description"].(string)
	required, _ := schema["required"].([]string)
	properties, _ := schema["properties"].(object)
	for _, field := range slices.Sorted(maps.Keys(properties)) {
		property := properties[field].(object)
		doc, _ := property["description"].(string)
		t.Fields = append(t.Fields, docsField{field, typeName(property), doc, slices.Contains(required, field)})
	}
	return t
}

// typeName returns what a schema is called among people.
func typeName(schema object) string {
	if to, ok := schema["$ref"].(string); ok {
		return to[strings.LastIndex(to, "/")+1:]
	}
	switch schema["type"] {
	case "array":
		return "list of " + typeName(schema["items"].(object))
	case "object":
		if values, ok := schema["additionalProperties"].(object); ok {
			return "map to " + typeName(values)
		}
	case "string":
		if schema["format"] == "date-time" {
			return "time"
		}
	}
	name, _ := schema["type"].(string)
	return name
}

// examples are requests as curl sends them; an operation without one has an empty request.
var examples = map[string]string{
	"send":    `{"to":"currency","body":{"json":{"mint":{"to":"bob","amount":5}}},"id":"order-17"}`,
	"query":   `{"to":"currency","body":{"json":{"balance":{"of":"bob"}}}}`,
	"get":     `?actor=currency&key=balance/bob`,
	"scan":    `?actor=currency&prefix=balance/&limit=50`,
	"history": `?actor=currency&key=balance/bob`,
	"actors":  `?prefix=warrior/`,
	"actor":   `?address=currency`,
	"receipt": `?id=order-17`,
	"log":     `?last=20`,
	"trace":   `?sequence=17`,
	"watch":   `?actor=currency&keys=true&events=true&now=true`,
	"module":  `?name=currency`,
	"install": `?name=counter`,
	"grant":   `{"subject":"UAX4…","name":"bob","role":"caller","actors":["shop/*"]}`,
	"revoke":  `{"subject":"UAX4…"}`,
	"pause":   `{"actor":"currency","reason":"an audit"}`,
	"resume":  `{"actor":"currency"}`,
	"backup":  `{"name":"friday"}`,

	"start":    `?name=echo&instances=4`,
	"stop":     `{"actor":"echo"}`,
	"scale":    `{"actor":"echo","instances":8}`,
	"provide":  `{"name":"web","kind":"httpserver"}`,
	"withdraw": `{"name":"web"}`,
	"links":    `?actor=echo`,
	"link":     `{"actor":"echo","contract":"wasmcloud:httpserver","provider":"web","values":{"address":"127.0.0.1:8080"}}`,
	"unlink":   `{"actor":"echo","contract":"wasmcloud:httpserver"}`,
	"trust":    `{"key":"ADPC…"}`,
	"distrust": `{"key":"ADPC…"}`,
	"ban":      `{"key":"MCRW…","reason":"it leaks"}`,
	"unban":    `{"key":"MCRW…"}`,
	"policy":   `{"actor":"policy","actions":["perform_invocation"]}`,
}

// example returns a command line that asks for the operation.
func example(op api.Op) string {
	request := examples[op.Name]
	const curl = `curl -H "Authorization: Bearer $TOKEN" `
	url := `"$URL/v1/` + op.Name
	switch {
	case op.Name == "watch":
		return curl + `-N -H "Accept: text/event-stream" ` + url + request + `"`
	case op.TakesCode():
		return curl + `-H "Content-Type: application/wasm" --data-binary @module.wasm ` + url + request + `"`
	case strings.HasPrefix(request, "?"), request == "":
		return curl + url + request + `"`
	}
	return curl + `-H "Content-Type: application/json" -d '` + request + `' ` + url + `"`
}
