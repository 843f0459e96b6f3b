package capability_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

const shelf = "acme:shelf"

// A shelf keeps one text, and says what it was told by whom.
type shelves struct{}

func (shelves) Serve(_ context.Context, req *capability.Request) ([]byte, error) {
	switch req.Operation {
	case "Shelf.Put":
		if req.Env == nil {
			return nil, actor.Errorf(actor.CodeReadOnly, "a query puts nothing")
		}
		req.Env.State.Set([]byte("text"), req.Payload)
		req.Response.Events = []actor.Event{{Type: "put", Attributes: []actor.Attribute{{Key: "by", Value: string(req.From)}}}}
		return nil, nil
	case "Shelf.Get":
		text, _ := req.State().Get([]byte("text"))
		return text, nil
	case "Shelf.Color":
		color, _ := req.Link.Value(req.Provider, "color")
		return pack.Marshal(color + " " + string(req.From)), nil
	case "Shelf.Drop":
		req.Env.State.Delete([]byte("text"))
		return nil, errors.New("it stuck")
	}
	return nil, capability.ErrNoOperation(req.Operation)
}

// Deliver implements capability.Deliverer.
func (shelves) Deliver(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	env.State.Set([]byte("text"), msg.Body)
	return actor.Response{}, nil
}

// asker sends the body of its message to the shelf, and answers what that says.
type asker struct{}

func (asker) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	data, err := env.Services.(capability.Caller).Call(ctx, "shelf", msg.Body)
	return actor.Response{Data: data}, err
}

func openShelf(t testing.TB) *runtime.Host {
	t.Helper()
	h, err := runtime.Open("", &runtime.Options{Lazy: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	err = errors.Join(h.Bind("shelf", capability.NewProvider(shelf, shelves{})), h.Bind("linked", asker{}), h.Bind("stranger", asker{}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Order(t.Context(), capability.Order{
		Provide: []capability.ProviderOrder{{Name: "oak", Address: "shelf", Contract: shelf, Config: map[string]string{"color": "brown", "size": "1"}}},
		Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "linked", Contract: shelf}, Provider: "oak"},
			{LinkName: capability.LinkName{Actor: "linked", Contract: shelf, Name: "red"}, Provider: "oak", Values: map[string]string{"color": "red"}}}}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestProviders(t *testing.T) {
	h := openShelf(t)
	op := func(name string, link string, payload []byte) []byte {
		inv := capability.Invocation{Operation: "Shelf." + name, Contract: shelf, Link: link, Payload: payload}
		return inv.Encode()
	}
	for _, c := range []struct {
		by   actor.Address
		body []byte
		want string
	}{
		{"linked", op("Put", "", pack.Marshal("tea")), ""},
		{"linked", op("Get", "", nil), "\xa3tea"},
		{"linked", []byte(`{"op":"Shelf.Get"}`), `"tea"`},
		{"linked", []byte(`{"op":"Shelf.Put","data":"gin","link":"red"}`), "null"},
		{"linked", op("Get", "red", nil), "\xa3gin"},
		{"linked", op("Color", "", nil), string(pack.Marshal("brown linked"))},
		{"linked", op("Color", "red", nil), string(pack.Marshal("red linked"))},
		{"linked", op("Color", "blue", nil), "unlinked: unlinked actor: 'linked': troupe link put linked PROVIDER acme:shelf"},
		{"stranger", op("Get", "", nil), "unlinked: unlinked actor: 'stranger': troupe link put stranger PROVIDER acme:shelf"},
		{"stranger", []byte(`{"op":"Shelf.Get"}`), "unlinked: unlinked actor: 'stranger': troupe link put stranger PROVIDER acme:shelf"},
		{"linked", []byte(`{"op":"Shelf.Get","contract":"acme:other"}`), "not_provided: this is a provider of acme:shelf, and not of acme:other"},
		{"linked", op("Burn", "", nil), "unknown_message: method not handled Shelf.Burn"},
		{"linked", op("Drop", "", nil), "failed: it stuck"},
		{"linked", op("Get", "", nil), "\xa3gin"},
		{"linked", []byte("x"), "malformed"},
		{"linked", (&capability.Invocation{Operation: "Shelf.Get", Contract: shelf, Origin: "linked"}).Encode(), "malformed: an origin is for queries: a message has a sender"},
	} {
		r, err := h.Do(t.Context(), dispatch.Request{Sender: "alice", Message: actor.Message{To: c.by, Body: c.body}})
		if r == nil {
			t.Fatal(err)
		}
		got := string(r.Data)
		if r.Err != nil {
			got = r.Err.Error()
			if c.want == r.Err.Code {
				got = c.want
			}
		}
		if got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.by, c.body, got, c.want)
		}
	}
	if _, err := h.Do(t.Context(), dispatch.Request{Sender: "alice", Message: actor.Message{To: "shelf", Body: op("Get", "", nil)}}); !errors.Is(err, &actor.Error{Code: capability.CodeUnlinked}) {
		t.Errorf("a person is not linked: %v", err)
	}
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestProvidersAnswerQueries(t *testing.T) {
	h := openShelf(t)
	if _, err := h.Do(t.Context(), dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: "shelf", Body: pack.Marshal("ale")}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ body, want string }{
		{`{"op":"Shelf.Get"}`, `"ale"`},
		{string((&capability.Invocation{Operation: "Shelf.Get", Contract: shelf}).Encode()), "\xa3ale"},
		{string((&capability.Invocation{Operation: "Shelf.Color", Contract: shelf, Link: "red", Origin: "linked"}).Encode()), string(pack.Marshal("red linked"))},
		{string((&capability.Invocation{Operation: "Shelf.Color", Contract: shelf, Origin: "stranger"}).Encode()),
			"shelf: unlinked: unlinked actor: 'stranger': troupe link put stranger PROVIDER acme:shelf"},
		{`{"op":"Shelf.Put","data":"x"}`, "shelf: read_only: a query puts nothing"},
		{`{"op":"Shelf.Burn"}`, "shelf: unknown_message: method not handled Shelf.Burn"},
	} {
		b, err := h.Query(t.Context(), "shelf", []byte(c.body))
		got := string(b)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.body, got, c.want)
		}
	}
}

// Actors give no orders, whatever they are called by: only who stands at the root of a tree can be an operator.
func TestActorsGiveNoOrders(t *testing.T) {
	h := openShelf(t)
	if err := h.Bind("meddler", puppet.Actor{}); err != nil {
		t.Fatal(err)
	}
	if err := h.Found(t.Context(), key("ann")); err != nil {
		t.Fatal(err)
	}
	program := puppet.MustParse("call " + string(capability.Address))
	_, err := h.Do(t.Context(), dispatch.Request{Signer: key("ann"), Message: actor.Message{To: "meddler", Body: program.Encode()}})
	if !errors.Is(err, &actor.Error{Code: access.CodeForbidden}) {
		t.Errorf("got %v", err)
	}
}

// What nothing comes in through, and what waits for nothing, says so.
func TestProvidersWithoutAHalfOutside(t *testing.T) {
	p := capability.NewProvider(capability.KeyValue, post{})
	_, err := p.(actor.Sudoer).Sudo(t.Context(), &actor.Env{}, actor.Message{})
	_, err2 := p.(actor.Replier).Reply(t.Context(), &actor.Env{}, actor.Reply{})
	if unsupported := (&actor.Error{Code: actor.CodeUnsupported}); !errors.Is(err, unsupported) || !errors.Is(err2, unsupported) {
		t.Errorf("%v, %v", err, err2)
	}
}

func Example() {
	h, err := runtime.Open("", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer h.Close()
	ctx := context.Background()
	_, err = h.Order(ctx, capability.Order{
		Provide: []capability.ProviderOrder{{Name: "store", Kind: "keyvalue"}},
		Link:    []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "echo", Contract: capability.KeyValue}, Provider: "store"}},
	}, "", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	target, refused := h.Table().Find("echo", capability.DefaultLink, capability.KeyValue)
	fmt.Println(target.To, refused == nil)
	_, refused = h.Table().Find("echo", capability.DefaultLink, capability.Messaging)
	fmt.Println(refused)
	// Output:
	// troupe.keyvalue/store true
	// missing_link: Invocation not authorized: missing link definition for wasmcloud:messaging on default: troupe link put echo PROVIDER wasmcloud:messaging
}
