package keyvalue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/keyvalue"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// step is one thing that the driver does: an operation over a link, or a subtransaction of another driver.
type step struct {
	Op      string          `json:"op,omitempty"`
	Link    string          `json:"link,omitempty"`
	Arg     json.RawMessage `json:"arg,omitempty"`
	Inner   *script         `json:"inner,omitempty"`
	Payload []byte          `json:"payload,omitempty"` // in the place of Arg
}

// script is what a driver is sent. With Fail it fails at its end, and all of it is rolled back.
type script struct {
	Driver actor.Address `json:"driver"`
	Steps  []step        `json:"steps"`
	Fail   bool          `json:"fail,omitempty"`
}

// outcome is what came of a step: JSON, or the code of an error.
type outcome struct {
	Answer json.RawMessage `json:"answer,omitempty"`
	Code   string          `json:"code,omitempty"`
	Inner  []outcome       `json:"inner,omitempty"`
}

// driver is an actor that is linked to providers, as a guest would be: it calls while it runs.
type driver struct{ provider actor.Address }

func (d driver) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	var s script
	if err := json.Unmarshal(msg.Body, &s); err != nil {
		return actor.Response{}, err
	}
	var outcomes []outcome
	for _, st := range s.Steps {
		outcomes = append(outcomes, d.perform(ctx, env, st))
	}
	data, err := json.Marshal(outcomes)
	if s.Fail {
		return actor.Response{}, actor.Errorf("planned", "%s", data)
	}
	return actor.Response{Data: data}, err
}

func (d driver) perform(ctx context.Context, env *actor.Env, st step) (out outcome) {
	host := env.Services.(capability.Caller)
	if st.Inner != nil {
		body, _ := json.Marshal(st.Inner)
		data, err := host.Call(ctx, st.Inner.Driver, body)
		if err != nil {
			data, out.Code = []byte(actor.AsError(err).Message), actor.AsError(err).Code
		}
		_ = json.Unmarshal(data, &out.Inner)
		return out
	}
	inv := capability.Invocation{Operation: st.Op, Contract: capability.KeyValue, Link: st.Link, Payload: st.Payload}
	if inv.Link == "" {
		inv.Link = capability.DefaultLink
	}
	if st.Payload == nil {
		inv.Payload, _ = pack.FromJSON(st.Arg)
	}
	data, err := host.Call(ctx, d.provider, inv.Encode())
	if err != nil {
		out.Code = actor.AsError(err).Code
		return out
	}
	if len(data) > 0 {
		if out.Answer, err = pack.ToJSON(data); err != nil {
			out.Code = "unreadable"
		}
	}
	return out
}

// world is a host with a provider and two drivers, each linked to it three times: as it is, with a store of its own, and with a
// prefix.
type world struct {
	t    testing.TB
	host *runtime.Host
	now  time.Time
}

const provider actor.Address = "kv/main"

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: time.Unix(1_700_000_000, 0)}
	host, err := runtime.Open("", &runtime.Options{Executor: dispatch.Options{
		Clock: func() time.Time { return w.now }, Seed: func() [32]byte { return [32]byte{1} }}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	w.host = host
	if err := errors.Join(host.Bind("kv", keyvalue.Actor()), host.Bind("driver", driver{provider})); err != nil {
		t.Fatal(err)
	}
	order := capability.Order{Provide: []capability.ProviderOrder{{Name: "main", Address: provider, Contract: capability.KeyValue}}}
	for _, who := range []string{"driver/a", "driver/b"} {
		for name, values := range map[string]map[string]string{
			"default": nil, "apart": {"STORE": "s"}, "prefixed": {"prefix": "p:"},
		} {
			order.Link = append(order.Link, capability.LinkOrder{Provider: "main", Values: values,
				LinkName: capability.LinkName{Actor: who, Contract: capability.KeyValue, Name: name}})
		}
	}
	if _, err := host.Order(t.Context(), order, "", ""); err != nil {
		t.Fatal(err)
	}
	return w
}

// run sends a script, and returns what came of it, also if it failed as it was to.
func (w *world) run(s script) []outcome {
	w.t.Helper()
	body, err := json.Marshal(s)
	if err != nil {
		w.t.Fatal(err)
	}
	receipt, err := w.host.Send(w.t.Context(), "alice", actor.Message{To: s.Driver, Body: body})
	var data []byte
	switch {
	case err == nil:
		data = receipt.Data
	case s.Fail:
		e := actor.AsError(err)
		if e.Code != "planned" {
			w.t.Fatal(err)
		}
		data = []byte(e.Message)
	default:
		w.t.Fatal(err)
	}
	var outcomes []outcome
	if err := json.Unmarshal(data, &outcomes); err != nil {
		w.t.Fatalf("%v: %.200s", err, data)
	}
	return outcomes
}

// do performs one operation in a transaction of its own, and returns the answer in JSON, or the code of the error.
func (w *world) do(link, op, arg string) string {
	w.t.Helper()
	return w.run(script{Driver: "driver/a", Steps: []step{{Op: op, Link: link, Arg: json.RawMessage(arg)}}})[0].String()
}

func (o outcome) String() string {
	if o.Code != "" {
		return o.Code
	}
	return string(o.Answer)
}

// ask performs a reading operation as a query.
func (w *world) ask(link, op, arg string) string {
	w.t.Helper()
	payload, err := pack.FromJSON([]byte(arg))
	if err != nil {
		w.t.Fatal(err)
	}
	inv := capability.Invocation{Operation: op, Contract: capability.KeyValue, Link: link, Payload: payload, Origin: "driver/a"}
	data, err := w.host.Query(w.t.Context(), provider, inv.Encode())
	if err != nil {
		return actor.AsError(err).Code
	}
	answer, err := pack.ToJSON(data)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(answer)
}

// rows returns how many rows the provider has.
func (w *world) rows() int {
	w.t.Helper()
	page, err := w.host.Reader().Scan(provider, query.Range{Limit: query.MaxLimit})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(page.Pairs)
}

// dump returns all rows of the provider.
func (w *world) dump() string {
	w.t.Helper()
	page, err := w.host.Reader().Scan(provider, query.Range{Limit: query.MaxLimit})
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("%q", page.Pairs)
}
