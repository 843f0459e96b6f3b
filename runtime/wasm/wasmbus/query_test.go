package wasmbus

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// query asks an actor from outside.
func (w *world) query(to actor.Address, operation, payload string) dispatch.Result {
	w.t.Helper()
	res := w.Query(to, (&capability.Invocation{Operation: operation, Payload: []byte(payload)}).Encode())
	if res.Fault != nil {
		w.t.Fatal(res.Fault)
	}
	return res
}

// reads is an actor in Go that can be queried, and does nothing else.
type reads func(view *actor.View, body []byte) (string, error)

func (r reads) Query(_ context.Context, view *actor.View, body []byte) ([]byte, error) {
	data, err := r(view, body)
	return []byte(data), err
}

func (reads) Execute(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return actor.Response{}, errors.New("it was not asked to read")
}

// TestQuery checks what a guest can do in a query, and how it ends by what it cannot.
func TestQuery(t *testing.T) {
	writes := func(operation, to string) string {
		return operation + " of " + to + " may write, and a query cannot: send a message instead"
	}
	entry := string(pack.Marshal(messages.LogEntry{Level: "info", Text: "x"}))
	for name, c := range map[string]struct {
		namespace, operation, payload string
		code, want                    string
	}{
		"a read":                     {capability.KeyValue, messages.Get, "k", "", "guest default KeyValue.Get k"},
		"a read that fails":          {capability.KeyValue, messages.Get, "fail", "", "out_of_paper: the provider has no paper"},
		"a write":                    {capability.KeyValue, messages.Increment, "k", capability.CodeNeedsTransaction, writes("KeyValue.Increment", "troupe.keyvalue/store")},
		"a read of another contract": {capability.Messaging, messages.Get, "k", capability.CodeNeedsTransaction, writes("KeyValue.Get", "troupe.messaging/m")},
		"a line of the log":          {capability.Logging, messages.WriteLog, entry, "", ""},
		"a number":                   {capability.NumberGen, messages.Random32, "", capability.CodeNeedsTransaction, writes("NumberGen.Random32", "guest")},
		"no claim for a number":      {capability.NumberGenOld, "RequestGuid", "", "", "Invocation not authorized: missing capability claim for wasmcloud:extras"},
		"no link":                    {capability.Blobstore, "Blobstore.GetObject", "", "", "Invocation not authorized: missing link definition for wasmcloud:blobstore on default"},
		"another guest":              {"echo", "Test.Run", "in", "", "in"},
		"a guest that fails":         {"fails", "Test.Run", "", "", "it is wrong"},
		"a guest that would write":   {"writes", "Test.Run", "", capability.CodeNeedsTransaction, writes("Test.Run", "writes")},
		"itself":                     {"guest", "Test.Run", "in", "", "reentrant: guest is running already in this transaction, and nobody enters it in the middle of a call"},
		"actors that ask each other without an end": {"ping", "Test.Run", "", capability.CodeNeedsTransaction, writes("Test.Run", "ping")},
		"a guest that is not there":                 {"nobody", "Test.Run", "\xa1x", "", `unknown_actor: there is no actor nobody, and no module is bound as "nobody"`},
		"an actor that reads":                       {"reads", "Escrow.ListAll", "", "", "\x81\xa3got\x81\xa8list_all\x80"},
		"an actor that does not":                    {"executes", "Escrow.ListAll", "", capability.CodeNeedsTransaction, writes("Escrow.ListAll", "executes")},
		"an actor that has another question":        {"reads", "Escrow.Other", "", capability.CodeNeedsTransaction, writes("Escrow.Other", "reads")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			g := newGuest()
			g.call = g.asks("", c.namespace, c.operation, c.payload) + fetches + succeeds
			w.start("guest", g.load(t), capability.KeyValue, capability.Messaging, capability.Logging, capability.NumberGen)
			g = newGuest()
			g.call = takes + echoes
			w.start("echo", g.load(t))
			g = newGuest()
			g.call = g.text("it is wrong") + "call $__guest_error i32.const 0"
			w.start("fails", g.load(t))
			g = newGuest()
			g.call = g.asks("", capability.KeyValue, messages.Set, "k") + "drop" + succeeds
			w.start("writes", g.load(t), capability.KeyValue)
			for _, pair := range [][2]actor.Address{{"ping", "pong"}, {"pong", "ping"}} {
				g = newGuest()
				g.call = g.asks("", string(pair[1]), "Test.Run", "") + fetches + succeeds
				w.start(pair[0], g.load(t))
			}
			w.provide(store, capability.NewProvider(capability.KeyValue, keeps), "guest", "writes")
			w.provide(capability.Provider{Name: "m", Address: "troupe.messaging/m", Contract: capability.Messaging}, capability.NewProvider("", keeps), "guest")
			w.Bind("executes", dispatch.CodeOf(does(func(context.Context, *actor.Env, []byte) (string, error) { return "", nil })))
			w.Bind("reads", dispatch.CodeOf(reads(func(_ *actor.View, body []byte) (string, error) {
				if strings.Contains(string(body), "other") {
					return "", actor.Errorf(actor.CodeUnknownMessage, "no such question")
				}
				return `{"got":` + string(body) + `}`, nil
			})))
			before := w.StateText()
			res := w.query("guest", "Test.Run", "")
			if c.code != "" {
				fails(t, res, c.code, c.want)
			} else {
				answered(t, res, c.want)
			}
			if s := w.StateText(); s != before {
				t.Errorf("a query has written:\n%s", s)
			}
		})
	}
}

// TestQueryOfTheOld checks that what reads in the words of an old guest reads.
func TestQueryOfTheOld(t *testing.T) {
	w := newWorld(t)
	g := newGuest()
	g.from = ModuleOld
	g.call = g.forwards("", capability.KeyValue, "Get") + fetches + succeeds
	w.start("guest", g.load(t), capability.KeyValue)
	w.provide(store, capability.NewProvider(capability.KeyValue, keeps), "guest")
	answered(t, w.query("guest", "Test.Run", "\x81\xa3key\xa1k"), "guest default KeyValue.Get \xa1k")
}

// TestQueryIsJudged checks that a query meets the same refusals as a message, as far as it is known who asks.
func TestQueryIsJudged(t *testing.T) {
	w := newWorld(t)
	g := newGuest()
	g.call = " unreachable"
	row := w.start("guest", g.load(t))
	inv := capability.Invocation{Operation: "Test.Run", Contract: capability.HTTPServer}
	fails(t, w.Query("guest", inv.Encode()), capability.CodeMissingClaim, "Invocation source does not have the required capability claim wasmcloud:httpserver")
	row.Instances = 0
	w.put("a/guest", row.Encode())
	fails(t, w.query("guest", "Test.Run", ""), capability.CodeStopped, "guest is scaled to 0 and takes no calls")
	if res := w.Query("guest", nil); res.Err == nil || res.Err.Code != actor.CodeMalformed {
		t.Error(res.Err)
	}
}
