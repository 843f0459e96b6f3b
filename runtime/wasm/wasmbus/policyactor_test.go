package wasmbus

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// A judge is a policy actor. It denies what goes to deny, and remembers in its state what it has permitted and in asked what it
// was asked. What it does before it answers is in first.
type judge struct {
	deny  string
	asked []string
	first func(ctx context.Context, env *actor.Env) (actor.Response, error)
}

func (j *judge) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (resp actor.Response, err error) {
	if env.Sender != capability.Address {
		if j.first != nil {
			return j.first(ctx, env)
		}
		return actor.Response{Data: []byte(`"called by ` + env.Sender + `"`)}, nil
	}
	if j.first != nil {
		if resp, err = j.first(ctx, env); err != nil {
			return resp, err
		}
	}
	line, answer, err := j.decide(msg.Body)
	if err == nil {
		env.State.Set([]byte(line), nil)
	}
	resp.Data = answer
	return resp, err
}

// decide returns what was asked, and the answer.
func (j *judge) decide(body []byte) (line string, answer []byte, err error) {
	inv, err := capability.DecodeInvocation(body)
	if err != nil {
		return "", nil, err
	}
	var m messages.Message
	if err := pack.Unmarshal(inv.Payload, &m); err != nil {
		return "", nil, err
	}
	type party struct{ PublicKey, ContractID, LinkName string }
	var q struct {
		RequestID, Action string
		Source, Target    party
	}
	if err := json.Unmarshal(m.Body, &q); err != nil {
		return "", nil, err
	}
	over := ""
	for _, p := range []party{q.Source, q.Target} {
		if p.ContractID+p.LinkName != "" {
			over = " " + p.ContractID + "/" + p.LinkName
		}
	}
	line = q.Source.PublicKey + ">" + q.Target.PublicKey + over
	j.asked = append(j.asked, line)
	switch j.deny {
	case q.Target.PublicKey:
		return line, fmt.Appendf(nil, `{"requestId":%q,"permitted":false,"message":"%s is closed"}`, q.RequestID, q.Target.PublicKey), nil
	case "another id":
		q.RequestID = "0123"
	case "no JSON":
		return line, []byte("yes"), nil
	case "no answer":
		return line, nil, nil
	}
	return line, fmt.Appendf(nil, `{"requestId":%q,"permitted":true,"message":""}`, q.RequestID), nil
}

// A seer is a judge that can be asked without that it writes.
type seer struct{ *judge }

func (s seer) Query(_ context.Context, _ *actor.View, body []byte) ([]byte, error) {
	_, answer, err := s.decide(body)
	return answer, err
}

// court is a world with a policy actor: guests that call echo, store something, and are called through a door.
func court(t *testing.T, policy actor.Actor) *world {
	w := newWorld(t)
	start := func(name actor.Address, g *guest, caps ...string) {
		row := w.start(name, g.load(t), caps...)
		row.Key = strings.ToUpper(string(name)) // whoever decides knows them by their keys
		w.put("a/"+string(name), row.Encode())
	}
	g := newGuest()
	g.call = g.forwards("", "echo", "Test.Run") + fetches + succeeds
	start("calls", g)
	start("stores", storing(""), capability.KeyValue)
	g = newGuest()
	g.call = takes + echoes
	start("echo", g, capability.HTTPServer, capability.Messaging)
	g = newGuest()
	g.call = g.forwards("", "judge", "Test.Run") + fetches + succeeds
	start("appeals", g)
	w.provide(store, capability.NewProvider(capability.KeyValue, keeps), "stores")
	w.provide(capability.Provider{Name: "web", Key: "DOOR", Address: "door", Contract: capability.HTTPServer}, doorway{}, "echo")
	w.Bind("judge", dispatch.CodeOf(policy))
	w.put("y", []byte("judge\x00perform_invocation"))
	return w
}

// A doorway brings what it is sent to the actor echo.
type doorway struct{}

func (doorway) invocation(body []byte) []byte {
	inv, _ := capability.DecodeInvocation(body)
	inv.Contract, inv.Link, inv.Origin = capability.HTTPServer, capability.DefaultLink, ""
	return inv.Encode()
}

func (d doorway) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	data, err := env.Services.(capability.Caller).Call(ctx, "echo", d.invocation(msg.Body))
	return actor.Response{Data: data}, err
}

func (d doorway) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	return view.Query(ctx, "echo", d.invocation(body))
}

// TestPolicyActor checks what a policy actor is asked in a transaction and in a query, and that what it denies does not happen.
func TestPolicyActor(t *testing.T) {
	for _, c := range []struct {
		to           actor.Address
		deny         string
		code, answer string
		asked        string
	}{
		{"calls", "", "", "x", "alice>CALLS, CALLS>ECHO"},
		{"calls", "CALLS", capability.CodeDenied, `the policy actor judge denies it: "CALLS is closed"`, "alice>CALLS"},
		{"calls", "ECHO", "", `the policy actor judge denies it: "ECHO is closed"`, "alice>CALLS, CALLS>ECHO"},
		{"stores", "", "", "stores default KeyValue.Set x", "alice>STORES, STORES>troupe.keyvalue/store wasmcloud:keyvalue/default"},
		{"stores", "troupe.keyvalue/store", "", `the policy actor judge denies it: "troupe.keyvalue/store is closed"`,
			"alice>STORES, STORES>troupe.keyvalue/store wasmcloud:keyvalue/default"},
		{"door", "", "", "x", "DOOR>ECHO wasmcloud:httpserver/default"},
		{"door", "ECHO", capability.CodeDenied, `the policy actor judge denies it: "ECHO is closed"`, "DOOR>ECHO wasmcloud:httpserver/default"},
	} {
		j := &judge{deny: c.deny}
		w := court(t, seer{j})
		check := func(how string, res dispatch.Result, asked string) {
			t.Helper()
			if c.code != "" {
				fails(t, res, c.code, c.answer)
			} else {
				answered(t, res, c.answer)
			}
			if got := strings.Join(j.asked, ", "); got != asked {
				t.Errorf("%s: %s was asked, want %s", how, got, asked)
			}
			j.asked = nil
		}
		check("transaction", w.send(c.to, "Test.Run", "x"), c.asked)
		after := w.StateText()
		if stored := strings.Contains(after, "KeyValue.Set=x"); stored != (c.to == "stores" && c.deny == "") {
			t.Errorf("%s, while %q is closed:\n%s", c.to, c.deny, after)
		}
		inv := capability.Invocation{Operation: "Test.Run", Payload: []byte("x"), Origin: "calls"} // which is not proven, so nobody is known to ask
		res := w.Query(c.to, inv.Encode())
		if c.to == "stores" && c.deny == "" {
			c.code, c.answer = capability.CodeNeedsTransaction, "KeyValue.Set of troupe.keyvalue/store may write, and a query cannot: send a message instead"
		}
		check("query", res, strings.Replace(c.asked, "alice>", ">", 1))
		if s := w.StateText(); s != after {
			t.Errorf("a query has written:\n%s", s)
		}
	}
}

// TestPolicyActorThatWrites checks that a query does not end denied where only a transaction can tell.
func TestPolicyActorThatWrites(t *testing.T) {
	const needs = "the policy actor judge may write to decide, and a query cannot: send a message instead"
	j := &judge{}
	w := court(t, j) // it answers no query
	fails(t, w.query("echo", "Test.Run", "x"), capability.CodeNeedsTransaction, needs)
	answered(t, w.send("echo", "Test.Run", "x"), "x")
	w.put("y", []byte("judge\x00start_actor"))
	answered(t, w.query("echo", "Test.Run", "x"), "x") // who is asked about starts alone is not asked
	for _, deny := range []string{"no answer", "no JSON", "another id"} {
		j := &judge{deny: deny}
		fails(t, court(t, seer{j}).query("echo", "Test.Run", "x"), capability.CodeNeedsTransaction, needs)
	}

	// In the middle of a query it ends the call, so that the guest takes no other way than in a transaction.
	g := newGuest()
	g.call = g.asks("", "echo", "Test.Run", "") + "drop" + g.answers("it took another way") + succeeds
	w.start("prods", g.load(t))
	w.Bind("prudent", dispatch.CodeOf(prudent{seer{&judge{}}}))
	w.put("y", []byte("prudent\x00perform_invocation"))
	fails(t, w.query("prods", "Test.Run", "x"), capability.CodeNeedsTransaction, strings.Replace(needs, "judge", "prudent", 1))
	answered(t, w.send("prods", "Test.Run", "x"), "it took another way")
}

// prudent is a seer that tells in a transaction alone who may call echo.
type prudent struct{ seer }

func (p prudent) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	if line, _, _ := p.decide(body); strings.HasSuffix(line, ">ECHO") {
		return nil, actor.Errorf(actor.CodeReadOnly, "it would write")
	}
	return p.seer.Query(ctx, view, body)
}

// TestPolicyActorFails checks that what a policy actor does not permit is denied, however it comes to that, and leaves nothing.
func TestPolicyActorFails(t *testing.T) {
	const denied = "the policy actor judge "
	for name, c := range map[string]struct {
		j    judge
		want string
	}{
		"no answer":  {judge{deny: "no answer"}, "gives no answer: it must publish one over a link for wasmcloud:messaging, or return one"},
		"no JSON":    {judge{deny: "no JSON"}, "gives no answer: it must publish one over a link for wasmcloud:messaging, or return one"},
		"another id": {judge{deny: "another id"}, "gives no answer: it must publish one over a link for wasmcloud:messaging, or return one"},
		"an error": {judge{first: func(context.Context, *actor.Env) (actor.Response, error) {
			return actor.Response{}, actor.Errorf("confused", "it knows nobody")
		}}, "failed: confused: it knows nobody: mend it, or end the policy"},
		"a refusal to be entered": {judge{first: func(context.Context, *actor.Env) (actor.Response, error) {
			return actor.Response{}, actor.Errorf(actor.CodeReentrant, "not now")
		}}, "failed: reentrant: not now: mend it, or end the policy"},
		"no wish to write": {judge{first: func(context.Context, *actor.Env) (actor.Response, error) {
			return actor.Response{}, actor.Errorf(capability.CodeNeedsTransaction, "not here")
		}}, "failed: needs_transaction: not here: mend it, or end the policy"},
		"a panic": {judge{first: func(context.Context, *actor.Env) (actor.Response, error) { panic("no") }}, "failed: panic: judge panicked: mend it, or end the policy"},
		"a sub-message that fails": {judge{first: func(context.Context, *actor.Env) (actor.Response, error) {
			return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: "nobody"}}}}, nil
		}}, `failed: unknown_actor: there is no actor nobody, and no module is bound as "nobody": mend it, or end the policy`},
	} {
		t.Run(name, func(t *testing.T) {
			w := court(t, &c.j)
			before := w.StateText()
			fails(t, w.send("echo", "Test.Run", "x"), capability.CodeDenied, denied+c.want)
			if s := w.StateText(); s != before {
				t.Errorf("it has left\n%s", s)
			}
		})
	}
	w := court(t, &judge{})
	w.put("y", []byte("nobody\x00perform_invocation"))
	fails(t, w.send("echo", "Test.Run", "x"), capability.CodeDenied,
		`the policy actor nobody failed: unknown_actor: there is no actor nobody, and no module is bound as "nobody": mend it, or end the policy`)
	w.put("y", []byte("echo\x00perform_invocation")) // a guest that decides nothing
	fails(t, w.send("calls", "Test.Run", "x"), capability.CodeDenied,
		"the policy actor echo gives no answer: it must publish one over a link for wasmcloud:messaging, or return one")
}

// TestPolicyActorIsNotAskedAboutItself checks that what happens within a call of the policy actor is not asked about: nobody could
// enter it.
func TestPolicyActorIsNotAskedAboutItself(t *testing.T) {
	inv := capability.Invocation{Operation: "Test.Run", Payload: []byte("x")}
	call := func(to actor.Address) func(context.Context, *actor.Env) (actor.Response, error) {
		return func(ctx context.Context, env *actor.Env) (actor.Response, error) {
			data, err := env.Services.(capability.Caller).Call(ctx, to, inv.Encode())
			return actor.Response{Data: data}, err
		}
	}
	for name, c := range map[string]struct {
		first func(context.Context, *actor.Env) (actor.Response, error)
		to    actor.Address
		want  string
		asked string
	}{
		"it calls a guest":                              {call("calls"), "judge", "x", ""},
		"it calls a guest before it decides":            {call("calls"), "echo", "x", "alice>ECHO"},
		"it calls one that writes":                      {call("stores"), "echo", "x", "alice>ECHO"},
		"it is called by a guest, which has asked":      {nil, "appeals", "\xb1called by appeals", "alice>APPEALS, APPEALS>judge"},
		"it calls who calls it, and is denied to enter": {call("appeals"), "judge", "reentrant: judge is running already in this transaction, and nobody enters it in the middle of a call", ""},
		"it returns a message to a guest": {func(context.Context, *actor.Env) (actor.Response, error) {
			return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: "stores", Body: inv.Encode()}, ReplyOn: actor.ReplyNever}}}, nil
		}, "echo", "x", "alice>ECHO"},
	} {
		t.Run(name, func(t *testing.T) {
			j := &judge{first: c.first}
			w := court(t, j)
			answered(t, w.send(c.to, "Test.Run", "x"), c.want)
			if got := strings.Join(j.asked, ", "); got != c.asked {
				t.Errorf("asked %s, want %s", got, c.asked)
			}
		})
	}

	// A guest is a policy actor like others: it is reached, and reaches, without that anybody decides.
	w := court(t, &judge{})
	w.put("y", []byte("stores\x00perform_invocation"))
	answered(t, w.send("stores", "Test.Run", "x"), "stores default KeyValue.Set x")
	w.put("y", []byte("calls\x00perform_invocation"))
	answered(t, w.query("calls", "Test.Run", "x"), "x")
}

// TestPolicyActorInSubtransactions checks that a decision lives and dies with what asked for it.
func TestPolicyActorInSubtransactions(t *testing.T) {
	j := &judge{deny: "ECHO"}
	w := court(t, j)
	answered(t, w.send("calls", "Test.Run", "x"), `the policy actor judge denies it: "ECHO is closed"`)
	if s := w.StateText(); !strings.Contains(s, "judge: alice>CALLS=") || strings.Contains(s, "CALLS>ECHO") {
		t.Errorf("a denial is rolled back, and a permit is not:\n%s", s)
	}
	j.deny = ""
	tried := does(func(ctx context.Context, env *actor.Env, body []byte) (string, error) {
		if _, err := env.Services.(capability.Caller).Call(ctx, "fails", body); err == nil {
			return "", actor.Errorf("strange", "it has not failed")
		}
		j.deny = "ECHO"
		_, err := env.Services.(capability.Caller).Call(ctx, "echo", body)
		return "", err
	})
	w.Bind("tries", dispatch.CodeOf(tried))
	w.Bind("fails", dispatch.CodeOf(does(func(ctx context.Context, env *actor.Env, body []byte) (string, error) {
		if _, err := env.Services.(capability.Caller).Call(ctx, "echo", body); err != nil {
			return "", err
		}
		return "", actor.Errorf("late", "after echo was called")
	})))
	fails(t, w.send("tries", "Test.Run", "x"), capability.CodeDenied, `the policy actor judge denies it: "ECHO is closed"`)
}
