package capability_test

import (
	"errors"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// TestOneReading checks that JSON is refused that two readers could take for two orders: the standard library puts members of
// one name together, and takes names in any letters.
func TestOneReading(t *testing.T) {
	for _, body := range []string{
		`{"ban":[{"key":"@m1","reason":"it steals"}],"ban":[{"key":"@m2"}]}`,
		`{"ban":[{"key":"@m1","key":"@m2"}]}`,
		`{"ban":[{"key":"@m1","Key":"@m2"}]}`,
		`{"Ban":[{"key":"@m1"}]}`,
		`{"ban":[{"KEY":"@m1"}]}`,
		`{"lin\u212a":[{"actor":"a","contract":"c","provider":"p"}]}`, // the sign for kelvin, a k to the standard library
		`{"link":[{"actor":"a","contract":"c","provider":"p","values":{"a":"1"},"values":{"b":"2"}}]}`,
		`{"link":[{"actor":"a","contract":"c","provider":"p","values":{"a":"1","a":"2"}}]}`,
	} {
		var k keeper
		if events, err := k.obey(t, []byte(unnamed(body))); !errors.Is(err, &actor.Error{Code: actor.CodeMalformed}) || k.dump() != "" {
			t.Errorf("the order %s: %v, %v", body, events, err)
		}
	}
	var k keeper
	if _, err := k.obey(t, []byte(`{"link":[{"actor":"a","contract":"c","provider":"p","values":{"URL":"1","Url":"2","ban":"3"}}]}`)); err != nil {
		t.Errorf("values have any names: %v", err)
	}
	if _, err := k.Query(t.Context(), &actor.View{State: &k.state}, []byte(`{"links":{},"links":{"limit":1}}`)); !errors.Is(err, &actor.Error{Code: actor.CodeMalformed}) {
		t.Errorf("a question: %v", err)
	}
	for _, body := range []string{`{"op":"A.B","op":"C.D"}`, `{"op":"A.B","OP":"C.D"}`, `{"op":"A.B","data":1,"Data":2}`} {
		if inv, err := capability.DecodeInvocation([]byte(body)); err == nil {
			t.Errorf("the invocation %s: %+v", body, inv)
		}
	}
	if _, err := capability.DecodeInvocation([]byte(`{"op":"A.B","data":{"Content-Type":{"X":[{"op":1}]}}}`)); err != nil {
		t.Errorf("arguments have any names: %v", err)
	}
}
