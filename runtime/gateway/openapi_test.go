package gateway

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/api"
)

// TestOpenAPIDocument keeps the document under the eyes of who changes the API.
func TestOpenAPIDocument(t *testing.T) {
	document, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/openapi.json", document)
}

func openAPI(t *testing.T) object {
	t.Helper()
	text, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var document object
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// lookup follows a reference into the document.
func lookup(document object, reference string) (any, bool) {
	var at any = document
	for name := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		level, ok := at.(object)
		if !ok {
			return nil, false
		}
		if at, ok = level[name]; !ok {
			return nil, false
		}
	}
	return at, true
}

func TestOpenAPIReferences(t *testing.T) {
	document := openAPI(t)
	references := 0
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case object:
			for name, child := range v {
				if to, ok := child.(string); ok && name == "$ref" {
					references++
					if _, ok := lookup(document, to); !ok {
						t.Errorf("%s refers to %s, which is not there", where, to)
					}
				}
				walk(where+"/"+name, child)
			}
		case []any:
			for _, child := range v {
				walk(where, child)
			}
		}
	}
	walk("", document)
	if references < 100 {
		t.Errorf("%d references were seen, which are too few for the test to mean anything", references)
	}
}

// TestOpenAPIOperations checks that the document has each operation, by the methods that the handler takes.
func TestOpenAPIOperations(t *testing.T) {
	document := openAPI(t)
	g := newGateway(t, script{}, Options{})
	paths := document["paths"].(object)
	if len(paths) != len(api.Ops()) {
		t.Errorf("%d paths, and %d operations", len(paths), len(api.Ops()))
	}
	for _, op := range api.Ops() {
		path, ok := paths["/v1/"+op.Name].(object)
		if !ok {
			t.Errorf("no path for %s", op.Name)
			continue
		}
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			described, ok := path[strings.ToLower(method)].(object)
			status := do(g, method, "/v1/"+op.Name, "").Code
			if ok == (status == http.StatusMethodNotAllowed) {
				t.Errorf("%s %s is described: %v, and is answered with %d", method, op.Name, ok, status)
			}
			if ok && (described["summary"] != op.Doc || described["operationId"] != strings.ToLower(method)+"_"+op.Name) {
				t.Errorf("%s %s is %v", method, op.Name, described["operationId"])
			}
		}
	}
	schemas := document["components"].(object)["schemas"].(object)
	for name, schema := range schemas {
		if text, _ := schema.(object)["description"].(string); text == "" {
			t.Errorf("the schema %s has no description", name)
		}
	}
}

// TestStatuses checks that each code has a status, and that no other text is one.
func TestStatuses(t *testing.T) {
	if len(codes()) != len(statuses) {
		t.Errorf("%d codes and %d statuses", len(codes()), len(statuses))
	}
	for _, code := range codes() {
		if _, ok := statuses[api.Code(code)]; !ok {
			t.Errorf("the code %s has no status", code)
		}
	}
	if got := Status("something else"); got != http.StatusInternalServerError {
		t.Errorf("an unknown code has the status %d", got)
	}
}
