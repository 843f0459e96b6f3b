package access_test

import (
	"errors"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
)

// TestOneReading checks that orders are refused that two readers could take for two: a restriction that is there twice, or in
// other letters, would be lost or be that of another grant.
func TestOneReading(t *testing.T) {
	ann, bob := people["ann"], people["bob"]
	for _, body := range []string{
		`{"grant":{"subject":"` + bob + `","role":"caller","actors":["a"],"actors":["b"]}}`,
		`{"grant":{"subject":"` + bob + `","role":"caller","actors":["a"],"Actors":null}}`,
		`{"grant":{"subject":"` + bob + `","role":"caller","Actors":["a"]}}`,
		`{"grant":{"subject":"` + bob + `","role":"operator"},"grant":{"actors":["a"]}}`,
		`{"Grant":{"subject":"` + bob + `","role":"caller"}}`,
		`{"grant":{"\u017fubject":"` + bob + `","role":"caller"}}`, // a long s, a short one to the standard library
		`{"grant":{"subject":"` + bob + `","role":"caller","rol":"reader"}}`,
		`{"grant":{"subject":"` + bob + `","role":"caller"}} {}`,
	} {
		var mem actor.MemState
		env := &actor.Env{Self: access.Address, State: &mem, Time: time.Unix(1_800_000_000, 0)}
		if _, err := (access.Actor{}).Sudo(t.Context(), env, access.Found(ann)); err != nil {
			t.Fatal(err)
		}
		if resp, err := (access.Actor{}).Sudo(t.Context(), env, actor.Message{Body: []byte(body)}); !errors.Is(err, &actor.Error{Code: actor.CodeMalformed}) {
			t.Errorf("%s: %v, %v", body, resp.Events, err)
		}
	}
}

func TestDecode(t *testing.T) {
	var o struct {
		Plain  string            `json:"plain"`
		Values map[string]string `json:"values"`
	}
	for body, ok := range map[string]bool{
		`{"plain":"x","values":{"URL":"1","Url":"2","plain":"3"}}`: true,
		`{}`:                           true,
		` null `:                       true,
		`{"values":{"a":"1","a":"2"}}`: false,
		`{"values":{},"values":{}}`:    false,
		`{"Values":{}}`:                false,
		`{"plain":1}`:                  false,
		`{"plain":"x"}]`:               false,
		`{"plain":"x"`:                 false,
		``:                             false,
	} {
		if err := access.Decode([]byte(body), &o, "values"); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
	var any struct {
		Plain any `json:"plain"`
	}
	if err := access.Decode([]byte(`{"plain":[{"a":{"A":1}}]}`), &any); err == nil {
		t.Error("what is deep has other letters")
	}
	if err := access.Decode([]byte(`{"plain":[{"a":{"A":1}},{"b":[{"B":2}]}]}`), &any, "plain"); err != nil {
		t.Error(err)
	}
}
