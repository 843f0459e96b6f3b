package capability_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// A bouncer is a policy actor that lets nobody in who is on its list, which "ban NAME" and "admit NAME" change. Names are those of
// modules' issuers, and of whoever else sends.
type bouncer struct{ judge }

func (b bouncer) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if env.Sender != capability.Address {
		verb, name, _ := strings.Cut(string(msg.Body), " ")
		env.State.Delete([]byte(name))
		if verb == "ban" {
			env.State.Set([]byte(name), nil)
		}
		return actor.Response{}, nil
	}
	data, err := b.answer(env.State, msg.Body)
	return actor.Response{Data: data}, err
}

// Query implements actor.Querier.
func (b bouncer) Query(_ context.Context, view *actor.View, body []byte) ([]byte, error) {
	return b.answer(view.State, body)
}

func (b bouncer) answer(list actor.Reader, body []byte) ([]byte, error) {
	q, err := b.read(body)
	if err != nil {
		return nil, err
	}
	verdict := map[string]any{"requestId": q.RequestID, "permitted": true, "message": ""}
	for _, name := range []string{q.Source.PublicKey, q.Source.Issuer, q.Target.PublicKey, q.Target.Issuer} {
		if _, banned := list.Get([]byte(name)); banned && name != "" {
			verdict["permitted"], verdict["message"] = false, "not tonight"
		}
	}
	return mustJSON(verdict), nil
}

// visit is a request over HTTP.
const visit = `{"op":"HttpServer.HandleRequest","data":{"method":"GET","path":"/x","queryString":"","header":{},"body":""}}`

// TestPolicyActorDecidesCalls: what a policy actor denies neither starts nor is called, with the next transaction behind its change
// of mind, and a replay comes to the same.
func TestPolicyActorDecidesCalls(t *testing.T) {
	h, err := runtime.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Bind("bouncer", bouncer{}); err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("../../examples/kvcounter/kvcounter.wasm")
	if err != nil {
		t.Fatal(err)
	}
	code, err = claims.SignModule(secret(t, "acme"), code, claims.Module{Subject: key("m1"), Name: "Counter", Caps: []string{capability.HTTPServer, capability.KeyValue}})
	if err != nil {
		t.Fatal(err)
	}
	order := func(o capability.Order) {
		t.Helper()
		if _, err := h.Order(t.Context(), o, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	tell := func(text string) uint64 {
		t.Helper()
		r, err := h.Send(t.Context(), "owner", actor.Message{To: "bouncer", Body: []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
		return r.Sequence
	}
	count := func(want string) uint64 {
		t.Helper()
		r, err := h.Send(t.Context(), "guest", actor.Message{To: "counter", Body: []byte(visit)})
		if r == nil {
			t.Fatal(err)
		}
		if got := named(string(r.Data)); err == nil && !strings.Contains(got, want) {
			t.Errorf("the counter answers %s, want %s", got, want)
		} else if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("the counter fails with %v, want %s", err, want)
		}
		return r.Sequence
	}
	const denied = `denied: the policy actor bouncer denies it: "not tonight"`
	if _, err := h.Start(t.Context(), "counter", code, runtime.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	order(capability.Order{
		Provide: []capability.ProviderOrder{{Name: "store", Kind: "keyvalue"}},
		Link:    []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "counter", Contract: capability.KeyValue}, Provider: "store"}},
		Policy:  &capability.PolicyOrder{Actor: "bouncer"},
	})
	count(`{\"counter\":1}`)
	if banned, refused := tell("ban "+key("acme")), count(denied); refused != banned+1 {
		t.Errorf("it was banned by transaction %d, and called by %d", banned, refused)
	}
	if _, err := h.Start(t.Context(), "second", code, runtime.StartOptions{}); !errors.Is(err, &actor.Error{Code: capability.CodeDenied}) {
		t.Errorf("who is banned starts: %v", err)
	}
	if _, err := h.Query(t.Context(), "counter", []byte(visit)); err == nil || !strings.Contains(err.Error(), denied) {
		t.Errorf("who is banned answers a query: %v", err)
	}
	if admitted, called := tell("admit "+key("acme")), count(`{\"counter\":2}`); called != admitted+1 {
		t.Errorf("it was admitted by transaction %d, and called by %d", admitted, called)
	}
	tell("ban guest")
	count(denied)
	tell("admit guest")
	tell("ban troupe.keyvalue/store") // whose key is another
	count(`{\"counter\":3}`)
	tell("ban VAZVC4RX54J2NVCMCW7BPCAHGGG5XZXDBXFUMDUXGESTMQEJLC3YVZWB")
	count(`not tonight`) // which the counter is told, and tells
	order(capability.Order{Policy: &capability.PolicyOrder{Actor: "bouncer", Actions: []capability.Action{capability.StartActor}}})
	count(`{\"counter\":4}`)
	order(capability.Order{Policy: &capability.PolicyOrder{Actor: "nobody"}})
	count(`denied: the policy actor nobody failed: unknown_actor`)
	order(capability.Order{Policy: &capability.PolicyOrder{}})
	count(`{\"counter\":5}`)
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
