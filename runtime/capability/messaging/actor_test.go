package messaging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/messaging"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

const provider actor.Address = "troupe.messaging/nats"

// talker does what its message says, and answers what it is brought.
type talker struct{}

type wish struct {
	Publish []messages.Message
	Ask     *messages.RequestArgs
	Op      string // with Sent for an argument
	Fail    bool
}

func (talker) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	call := env.Services.(capability.Caller)
	say := func(op string, payload []byte) ([]byte, error) {
		inv := capability.Invocation{Operation: op, Contract: capability.Messaging, Link: "default", Payload: payload}
		return call.Call(ctx, provider, inv.Encode())
	}
	if env.Sender == provider {
		inv, err := capability.DecodeInvocation(msg.Body)
		if err != nil {
			return actor.Response{}, err
		}
		var m messages.Message
		if err := pack.Unmarshal(inv.Payload, &m); err != nil {
			return actor.Response{}, err
		}
		if m.ReplyTo == "" {
			return actor.Response{}, nil
		}
		_, err = say(messages.Publish, pack.Marshal(&messages.Message{Subject: m.ReplyTo, Body: append([]byte("reply: "), m.Body...)}))
		return actor.Response{}, err
	}
	var w wish
	if err := json.Unmarshal(msg.Body, &w); err != nil {
		return actor.Response{}, err
	}
	for i := range w.Publish {
		if _, err := say(messages.Publish, pack.Marshal(&w.Publish[i])); err != nil {
			return actor.Response{}, err
		}
	}
	if w.Op != "" {
		if _, err := say(w.Op, pack.Marshal(&messaging.Sent{Through: 1})); err != nil {
			return actor.Response{}, err
		}
	}
	var r actor.Response
	if w.Ask != nil {
		data, err := say(messages.Request, pack.Marshal(w.Ask))
		if err != nil {
			return actor.Response{}, err
		}
		var m messages.Message
		if err := pack.Unmarshal(data, &m); err != nil {
			return actor.Response{}, err
		}
		r.Data = m.Body
	}
	if w.Fail {
		return r, actor.Errorf("told_to", "fail")
	}
	return r, nil
}

func open(t *testing.T, outside func(context.Context, dispatch.Ask) ([]byte, error), values map[string]string) *runtime.Host {
	t.Helper()
	h, err := runtime.Open("", &runtime.Options{Executor: dispatch.Options{Outside: outside}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	for _, name := range []string{"talker", "stranger"} {
		if err := h.Bind(name, talker{}); err != nil {
			t.Fatal(err)
		}
	}
	link := capability.LinkOrder{LinkName: capability.LinkName{Actor: "talker", Contract: capability.Messaging}, Provider: "nats", Values: values}
	order := capability.Order{Provide: []capability.ProviderOrder{{Name: "nats", Kind: "messaging"}}, Link: []capability.LinkOrder{link}}
	if _, err := h.Order(t.Context(), order, "", ""); err != nil {
		t.Fatal(err)
	}
	return h
}

func tell(t *testing.T, h *runtime.Host, to actor.Address, w wish) ([]byte, error) {
	t.Helper()
	body, err := json.Marshal(&w)
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Send(t.Context(), "alice", actor.Message{To: to, Body: body})
	if err != nil {
		return nil, err
	}
	return r.Data, nil
}

func outbox(t *testing.T, h *runtime.Host) (rows []*messaging.Row) {
	t.Helper()
	box := messaging.Outbox{Actor: "talker", Link: "default"}
	page, err := h.Reader().Scan(provider, query.Range{Prefix: box.RowsPrefix()})
	if err != nil {
		t.Fatal(err)
	}
	r := messaging.NewReader(box)
	for _, p := range page.Pairs {
		row, err := r.Take(p.Key, p.Value)
		if err != nil {
			t.Fatal(err)
		}
		if row != nil {
			rows = append(rows, row)
		}
	}
	return rows
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return actor.AsError(err).Code
}

// TestPublish: what is published stands in the outbox when its transaction has committed, and else does not.
func TestPublish(t *testing.T) {
	h := open(t, nil, map[string]string{"PUBLISH": "a.>, b"})
	one, two := messages.Message{Subject: "a.1", ReplyTo: "c", Body: []byte("one")}, messages.Message{Subject: "b", Body: []byte{}}
	if _, err := tell(t, h, "talker", wish{Publish: []messages.Message{one}, Fail: true}); code(err) != "told_to" {
		t.Error(err)
	}
	if rows := outbox(t, h); len(rows) > 0 {
		t.Errorf("%d messages of a transaction that failed", len(rows))
	}
	if _, err := tell(t, h, "talker", wish{Publish: []messages.Message{one, two}}); err != nil {
		t.Error(err)
	}
	rows := outbox(t, h)
	if len(rows) != 2 || rows[0].Subject != "a.1" || rows[0].ReplyTo != "c" || string(rows[0].Body) != "one" || rows[1].Subject != "b" {
		t.Errorf("there are %+v", rows)
	}
	answer, err := h.Query(t.Context(), provider, []byte(`{"op":"Outbox.Waiting"}`))
	if want := `[{"actor":"talker","link":"default","messages":2,"bytes":3}]`; err != nil || string(answer) != want {
		t.Errorf("%s, %v", answer, err)
	}
	for name, c := range map[string]struct {
		to   actor.Address
		m    messages.Message
		code string
	}{
		"a wildcard":     {"talker", messages.Message{Subject: "a.*"}, messaging.CodeSubject},
		"for the answer": {"talker", messages.Message{Subject: "a.b", ReplyTo: "x y"}, messaging.CodeSubject},
		"for a server":   {"talker", messages.Message{Subject: "a.b", ReplyTo: "$JS.API.STREAM.PURGE.S"}, capability.CodeDenied},
		"not allowed":    {"talker", messages.Message{Subject: "c"}, capability.CodeDenied},
		"too large":      {"talker", messages.Message{Subject: "a.b", Body: make([]byte, messaging.MaxBody+1)}, actor.CodeBodyTooLarge},
		"not linked":     {"stranger", messages.Message{Subject: "a.b"}, capability.CodeUnlinked},
	} {
		if _, err := tell(t, h, c.to, wish{Publish: []messages.Message{c.m}}); code(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if rows := outbox(t, h); len(rows) != 2 {
		t.Errorf("there are %d messages", len(rows))
	}
}

// TestDeliver: a message is brought to who is linked, who can answer by the same link, and to nobody else.
func TestDeliver(t *testing.T) {
	h := open(t, nil, nil)
	bring := func(to actor.Address, op string, payload []byte) error {
		inv := capability.Invocation{Operation: op, Contract: capability.Messaging, Link: "default", Payload: payload, Origin: to}
		_, err := h.Sudo(t.Context(), provider, inv.Encode())
		return err
	}
	m := pack.Marshal(&messages.Message{Subject: "a", ReplyTo: "back", Body: []byte("hello")})
	if err := bring("talker", messages.HandleMessage, m); err != nil {
		t.Fatal(err)
	}
	rows := outbox(t, h)
	if len(rows) != 1 || rows[0].Subject != "back" || string(rows[0].Body) != "reply: hello" {
		t.Fatalf("there are %+v", rows)
	}
	quiet := pack.Marshal(&messages.Message{Subject: "a"})
	if err := bring("talker", messages.HandleMessage, quiet); err != nil {
		t.Error(err)
	}
	if err := bring("stranger", messages.HandleMessage, quiet); code(err) != capability.CodeUnlinked {
		t.Error(err)
	}
	for _, err := range []error{bring("talker", messages.Publish, m), bring("", messages.HandleMessage, m), bring("talker", messaging.OpSent, []byte{0xc1, 1})} {
		if code(err) != actor.CodeMalformed {
			t.Error(err)
		}
	}
	if _, err := tell(t, h, "talker", wish{Op: messaging.OpSent}); code(err) != actor.CodeUnknownMessage {
		t.Errorf("who publishes takes messages out: %v", err)
	}
	if err := bring("talker", messaging.OpSent, pack.Marshal(&messaging.Sent{Through: 1})); err != nil || len(outbox(t, h)) != 0 {
		t.Errorf("sent: %v", err)
	}
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAsk: a question is asked once, if the link allows it, and replay finds the answer in the log.
func TestAsk(t *testing.T) {
	asked := 0
	outside := func(_ context.Context, a dispatch.Ask) ([]byte, error) {
		asked++
		inv, err := capability.DecodeInvocation(a.Request)
		var q messages.RequestArgs
		if err != nil || pack.Unmarshal(inv.Payload, &q) != nil || inv.Origin != "talker" || inv.Link != "default" || a.From != provider {
			return nil, errors.New("a question that is none")
		}
		if q.Subject == "price.bad" {
			return []byte{0xc1, 0, 0}, nil
		}
		if q.TimeoutMs != messaging.MaxTimeout {
			return nil, errors.New("a timeout that is not the greatest")
		}
		return pack.Marshal(&messages.Message{Subject: "inbox", Body: append([]byte("42 for "), q.Body...)}), nil
	}
	h := open(t, outside, map[string]string{"request": "price.*"})
	q := messages.RequestArgs{Subject: "price.tea", Body: []byte("tea"), TimeoutMs: 60_000}
	if data, err := tell(t, h, "talker", wish{Ask: &q}); err != nil || string(data) != "42 for tea" || asked != 1 {
		t.Errorf("%q, %v, asked %d times", data, err, asked)
	}
	if _, err := tell(t, h, "talker", wish{Ask: &q, Fail: true}); code(err) != "told_to" {
		t.Error(err)
	}
	q.Subject = "price.bad"
	if _, err := tell(t, h, "talker", wish{Ask: &q}); code(err) != actor.CodeOutside {
		t.Error(err)
	}
	asked = 0
	if _, err := h.Verify(t.Context()); err != nil || asked > 0 {
		t.Errorf("%v, asked %d times", err, asked)
	}
	q.Subject = "orders"
	if _, err := tell(t, h, "talker", wish{Ask: &q}); code(err) != capability.CodeDenied || asked > 0 {
		t.Errorf("%v, asked %d times", err, asked)
	}
}

// TestPolicySubject: what is published there is kept for who has asked, and goes nowhere.
func TestPolicySubject(t *testing.T) {
	h := open(t, nil, nil)
	if _, err := tell(t, h, "talker", wish{Publish: []messages.Message{{Subject: capability.PolicySubject, Body: []byte("yes")}}}); err != nil {
		t.Fatal(err)
	}
	kept, _, err := h.Get(provider, []byte(capability.PolicySubject))
	if err != nil || !bytes.Equal(kept, []byte("yes")) || len(outbox(t, h)) > 0 {
		t.Errorf("kept %q, %v", kept, err)
	}
}
