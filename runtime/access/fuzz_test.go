package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
)

// FuzzOrders lets the operator of the host say anything, line by line. Whatever it is, somebody stays who can grant, and the
// number of pauses is that of the actors that are paused.
func FuzzOrders(f *testing.F) {
	ann, bob := people["ann"], people["bob"]
	f.Add(`{"grant":{"subject":"` + bob + `","role":"operator"}}` + "\n" + `{"revoke":{"subject":"` + ann + `"}}` + "\n" + `{"revoke":{"subject":"` + bob + `"}}`)
	f.Add(`{"grant":{"subject":"` + bob + `","role":"caller","actors":["a*"],"as":["x"],"until":1900000000}}`)
	f.Add(`{"pause":{"actor":"a"}}` + "\n" + `{"pause":{"actor":"a","reason":"b"}}` + "\n" + `{"resume":{"actor":"a"}}` + "\n" + `{"resume":{"actor":"a"}}`)
	f.Add(`{"grants":{"after":"U","limit":1}}` + "\n" + `{"paused":{"limit":-1}}` + "\n" + `{"grants":{},"paused":{}}`)
	f.Add(`{"found":{"subject":"` + bob + `"}}`)
	f.Add(`{"grant":null}` + "\n" + `[]` + "\n" + `{"pause":{"actor":"troupe.access"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var mem actor.MemState
		env := &actor.Env{Self: access.Address, State: &mem, Time: time.Unix(1_800_000_000, 0)}
		if _, err := (access.Actor{}).Sudo(t.Context(), env, access.Found(ann)); err != nil {
			t.Fatal(err)
		}
		for body := range strings.SplitSeq(text, "\n") {
			_, err := access.Actor{}.Sudo(t.Context(), env, actor.Message{Body: []byte(body)})
			if err != nil && actor.AsError(err).Code == actor.CodeFailed {
				t.Errorf("%q has no code of its own: %v", body, err)
			}
			_, err = access.Actor{}.Query(t.Context(), &actor.View{State: &mem}, []byte(body))
			if err != nil && actor.AsError(err).Code != actor.CodeMalformed {
				t.Errorf("the question %q: %v", body, err)
			}
		}
		get := func(key []byte) ([]byte, bool, error) {
			value, ok := mem.Get(key)
			return value, ok, nil
		}
		operators := 0
		for row := range mem.Range([]byte("g/"), []byte("g0"), actor.Ascending) {
			grants, err := access.Grants(get, string(row[2:]))
			if err != nil {
				t.Errorf("the grants of %s cannot be read: %v", row[2:], err)
			}
			if claims.Decide(grants, claims.Request{Role: claims.Operator, Actor: claims.Everything, Now: time.Unix(1<<40, 0)}) == nil {
				operators++
			}
		}
		paused := 0
		for range mem.Range([]byte("p/"), []byte("p0"), actor.Ascending) {
			paused++
		}
		if n, _ := mem.Get([]byte("pauses")); paused < 128 && (len(n) != 1 || int(n[0]) != paused) {
			t.Errorf("%d actors are paused, and the number is %x", paused, n)
		}
		if operators == 0 {
			t.Errorf("there is no operator behind %q", text)
		}
	})
}
