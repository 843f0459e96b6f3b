package wasmbus

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// serve is a provider in Go.
type serve func(*capability.Request) (string, error)

func (s serve) Serve(_ context.Context, req *capability.Request) ([]byte, error) {
	answer, err := s(req)
	return []byte(answer), err
}

// does is an actor in Go.
type does func(ctx context.Context, env *actor.Env, body []byte) (string, error)

func (d does) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	data, err := d(ctx, env, msg.Body)
	return actor.Response{Data: []byte(data)}, err
}

var store = capability.Provider{Name: "store", Address: "troupe.keyvalue/store", Contract: capability.KeyValue, Kind: "keyvalue"}

// keeps is a provider that says what it was asked, and remembers the payload under the operation. The payload "fail" fails
// after that.
var keeps = serve(func(req *capability.Request) (string, error) {
	if req.Env != nil {
		req.Env.State.Set([]byte(req.Operation), req.Payload)
	}
	if string(req.Payload) == "fail" {
		return "", actor.Errorf("out_of_paper", "the provider has no paper")
	}
	return string(req.From) + " " + req.Link.Name + " " + req.Operation + " " + string(req.Payload), nil
})

func storing(name string) *guest {
	g := newGuest()
	g.call = g.forwards(name, capability.KeyValue, "KeyValue.Set") + fetches + succeeds
	return g
}

func TestProvider(t *testing.T) {
	for _, name := range []string{"", "default"} {
		w := newWorld(t)
		w.start("guest", storing(name).load(t), capability.KeyValue)
		w.provide(store, capability.NewProvider(capability.KeyValue, keeps), "guest")
		answered(t, w.send("guest", "Test.Run", "a"), "guest default KeyValue.Set a")
		if s := w.StateText(); !strings.Contains(s, "troupe.keyvalue/store: KeyValue.Set=a") {
			t.Error(s)
		}
		answered(t, w.send("guest", "Test.Run", "fail"), "out_of_paper: the provider has no paper")
		if s := w.StateText(); !strings.Contains(s, "troupe.keyvalue/store: KeyValue.Set=a") {
			t.Errorf("what a provider wrote that failed is there:\n%s", s)
		}
	}
}

// TestLargeReply checks a payload to a provider and back.
func TestLargeReply(t *testing.T) {
	w := newWorld(t)
	w.D.Limits.Body, w.D.Limits.Data, w.D.Limits.State = 5<<20, 5<<20, 64<<20
	g := newGuest()
	g.call = g.forwards("", capability.Blobstore, "Blobstore.PutChunk") + fetches + succeeds
	w.start("guest", g.load(t), capability.Blobstore)
	blobs := capability.Provider{Name: "b", Address: "troupe.blobstore/b", Contract: capability.Blobstore}
	w.provide(blobs, capability.NewProvider(capability.Blobstore, serve(func(req *capability.Request) (string, error) {
		return string(req.Payload), nil
	})), "guest")
	large := strings.Repeat("0123456789abcdef", 4<<16)
	answered(t, w.send("guest", "Test.Run", large), large)
}

// TestOutbound checks what a guest is told that may not do what it wants, and that nobody was called then.
func TestOutbound(t *testing.T) {
	never := capability.NewProvider("", serve(func(*capability.Request) (string, error) {
		t.Error("the provider was called")
		return "", nil
	}))
	for name, c := range map[string]struct {
		prepare func(w *world, a *Actor)
		want    string
	}{
		"no link": {func(w *world, a *Actor) { w.start("guest", a, capability.KeyValue) },
			"Invocation not authorized: missing link definition for wasmcloud:keyvalue on default"},
		"no link, no claim": {func(w *world, a *Actor) { w.start("guest", a) },
			"Invocation not authorized: missing link definition for wasmcloud:keyvalue on default"},
		"no claim": {func(w *world, a *Actor) {
			w.start("guest", a, capability.HTTPServer)
			w.provide(store, never, "guest")
		}, "Invocation not authorized: missing capability claim for wasmcloud:keyvalue"},
		"a provider that is gone": {func(w *world, a *Actor) {
			w.start("guest", a, capability.KeyValue)
			w.put("l/guest\x00wasmcloud:keyvalue\x00default",
				(&capability.Link{Actor: "guest", Contract: capability.KeyValue, Name: "default", Provider: "lost"}).Encode())
		}, "there is no provider lost, to which guest is linked for wasmcloud:keyvalue on default"},
		"somebody else's link": {func(w *world, a *Actor) {
			w.start("guest", a, capability.KeyValue)
			w.provide(store, never, "other")
		}, "Invocation not authorized: missing link definition for wasmcloud:keyvalue on default"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.prepare(w, storing("default").load(t))
			answered(t, w.send("guest", "Test.Run", "a"), c.want)
		})
	}
}

// TestActors checks the ways in which one actor calls another.
func TestActors(t *testing.T) {
	key := "M" + strings.Repeat("B", 55)
	for name, c := range map[string]struct {
		namespace string
		want      string
	}{
		"by key":              {key, "\xa2in"},
		"by alias":            {"wasmcloud/ponger", "\xa2in"},
		"by address":          {"ponger", "\xa2in"},
		"a key of nobody":     {"M" + strings.Repeat("C", 55), "no actor of the module M" + strings.Repeat("C", 55) + " is started"},
		"nobody":              {"nobody", `unknown_actor: there is no actor nobody, and no module is bound as "nobody"`},
		"a name of the host":  {"troupe.links", "Invocation not authorized: missing link definition for troupe.links on default"},
		"itself":              {"guest", "reentrant: guest is running already in this transaction, and nobody enters it in the middle of a call"},
		"nothing":             {"", `Invocation not authorized: missing link definition for "" on default`},
		"one that is stopped": {"sleeper", "stopped: sleeper is scaled to 0 and takes no calls"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			g := newGuest()
			g.call = g.forwards("", c.namespace, "Pinger.Ping") + fetches + succeeds
			w.start("guest", g.load(t))
			p := newGuest()
			p.call = takes + echoes
			w.start("ponger", p.load(t))
			row := w.start("sleeper", p.load(t))
			row.Instances = 0
			w.put("a/sleeper", row.Encode())
			w.put("k/"+key, []byte("ponger"))
			w.put("s/wasmcloud/ponger", []byte("ponger"))
			answered(t, w.send("guest", "Test.Run", "\xa2in"), c.want)
		})
	}
}

// TestPlain checks what actors get that know nothing of invocations, and what becomes of their answers.
func TestPlain(t *testing.T) {
	plain := does(func(_ context.Context, _ *actor.Env, body []byte) (string, error) {
		if string(body) == `{"stop":{}}` {
			return "", actor.Errorf("stopped_by_hand", "no more")
		}
		return `{"got":` + string(body) + `}`, nil
	})
	arg := string(pack.Marshal(messages.RangeLimit{Min: 1, Max: 2}))
	for _, linked := range []bool{false, true} {
		w := newWorld(t)
		g := newGuest()
		namespace := "escrow"
		if linked {
			namespace = "acme:escrow"
		}
		g.call = g.forwards("", namespace, "Escrow.ApproveAll") + fetches + succeeds
		w.start("guest", g.load(t), "acme:escrow")
		w.provide(capability.Provider{Name: "e", Address: "escrow", Contract: "acme:escrow", Plain: true}, plain, "guest")
		res := w.send("guest", "Test.Run", arg)
		text, err := pack.ToJSON(res.Data)
		if want := `{"got":{"approve_all":{"min":1,"max":2}}}`; err != nil || string(text) != want {
			t.Errorf("linked %v: %s, %v, %v\nwant %s", linked, text, err, res.Err, want)
		}
		if res := w.send("guest", "Test.Run", "\xc1"); !strings.HasPrefix(string(res.Data), "malformed: ") {
			t.Errorf("%q, %v", res.Data, res.Err)
		}

		g = newGuest()
		g.call = g.asks("", namespace, "Escrow.Stop", "") + fetches + succeeds
		w.start("guest", g.load(t), "acme:escrow")
		answered(t, w.send("guest", "Test.Run", ""), "stopped_by_hand: no more")
	}
}

// TestAllOrNothing checks that what a guest has done through others is gone if it fails at its end, however it does.
func TestAllOrNothing(t *testing.T) {
	for name, c := range map[string]struct{ end, code string }{
		"an error": {"error", actor.CodeFailed}, "a trap": {" unreachable", actor.CodeTrap}, "a loop": {" loop br 0 end" + succeeds, actor.CodeOutOfGas},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			g := newGuest()
			g.call = g.asks("", capability.KeyValue, "KeyValue.Set", "a") + "drop" + g.asks("", capability.KeyValue, "KeyValue.Del", "b") + "drop"
			if c.end == "error" {
				c.end = g.text("no") + "call $__guest_error i32.const 0"
			}
			g.call += c.end
			w.start("guest", g.load(t), capability.KeyValue)
			w.provide(store, capability.NewProvider(capability.KeyValue, keeps), "guest")
			before := w.StateText()
			w.D.Limits.Gas = 10_000_000
			if res := w.send("guest", "Test.Run", ""); res.Err == nil || res.Err.Code != c.code {
				t.Error(res.Err)
			}
			if s := w.StateText(); s != before {
				t.Errorf("something is left:\n%s", s)
			}
			g = storing("")
			w.start("guest", g.load(t), capability.KeyValue)
			answered(t, w.send("guest", "Test.Run", "c"), "guest default KeyValue.Set c")
		})
	}
}

// TestCaught checks that a guest goes on after something has failed, with what else it has done.
func TestCaught(t *testing.T) {
	w := newWorld(t)
	g := newGuest()
	g.call = g.asks("", capability.KeyValue, "KeyValue.Del", "kept") + "drop" + g.asks("", capability.KeyValue, "KeyValue.Set", "fail") + "if unreachable end" +
		g.asks("", capability.KeyValue, "KeyValue.ListDel", "kept") + "i32.eqz if unreachable end" + succeeds
	w.start("guest", g.load(t), capability.KeyValue)
	w.provide(store, capability.NewProvider(capability.KeyValue, keeps), "guest")
	answered(t, w.send("guest", "Test.Run", ""), "")
	if s := w.StateText(); !strings.Contains(s, "KeyValue.Del=kept KeyValue.ListDel=kept") || strings.Contains(s, "fail") {
		t.Error(s)
	}
}

// TestReentrancy checks that an actor that is in the middle of a call is not entered by whom it calls, and that it goes on.
func TestReentrancy(t *testing.T) {
	w := newWorld(t)
	for _, pair := range [][2]string{{"a", "b"}, {"b", "c"}, {"c", "a"}} {
		g := newGuest()
		g.call = g.forwards("", pair[1], "Test.Run") + fetches + succeeds
		w.start(actor.Address(pair[0]), g.load(t))
	}
	answered(t, w.send("a", "Test.Run", "x"), "reentrant: a is running already in this transaction, and nobody enters it in the middle of a call")
}

// TestDepth checks that actors that call each other without an end are stopped.
func TestDepth(t *testing.T) {
	w := newWorld(t)
	w.D.Limits.Depth = 5
	for i, name := range []string{"a", "b", "c", "d", "e", "f"} {
		g := newGuest()
		g.call = g.forwards("", string(rune('b'+i)), "Test.Run") + fetches + succeeds
		w.start(actor.Address(name), g.load(t))
	}
	if res := w.send("a", "Test.Run", "x"); res.Err != nil || !strings.HasPrefix(string(res.Data), "depth_exceeded: ") {
		t.Errorf("%q %v", res.Data, res.Err)
	}
}

// comes is an actor that brings in what is sent to it, as a provider does.
var comes = does(func(ctx context.Context, env *actor.Env, body []byte) (string, error) {
	data, err := env.Services.(capability.Caller).Call(ctx, "guest", body)
	return string(data), err
})

var web = capability.Provider{Name: "web", Address: "troupe.httpserver/web", Contract: capability.HTTPServer}

// TestInbound checks who gets in, and that a guest is not entered for nobody.
func TestInbound(t *testing.T) {
	inv := capability.Invocation{Operation: "Test.Run", Contract: capability.HTTPServer, Link: "default", Payload: []byte("in")}
	late := time.Unix(1, 0)
	for name, c := range map[string]struct {
		prepare func(w *world, a *Actor)
		through actor.Address
		code    string
		want    string
	}{
		"all is well": {func(w *world, a *Actor) {
			w.start("guest", a, capability.HTTPServer)
			w.provide(web, comes, "guest")
		}, web.Address, "", "in"},
		"no claim": {func(w *world, a *Actor) {
			w.start("guest", a, "")
			w.provide(web, comes, "guest")
		}, web.Address, capability.CodeMissingClaim, "Invocation source does not have the required capability claim wasmcloud:httpserver"},
		"no link": {func(w *world, a *Actor) {
			w.start("guest", a, capability.HTTPServer)
			w.provide(web, comes, "other")
		}, web.Address, capability.CodeUnlinked, "unlinked actor: 'guest'"},
		"a link to another provider": {func(w *world, a *Actor) {
			w.start("guest", a, capability.HTTPServer)
			w.provide(web, comes, "guest")
			w.Bind("false", dispatch.CodeOf(comes))
		}, "false", capability.CodeUnlinked, "unlinked actor: 'guest'"},
		"never started": {func(w *world, a *Actor) { w.Bind("guest", dispatch.CodeOf(a)); w.provide(web, comes, "guest") },
			web.Address, capability.CodeNotStarted, "guest is not started"},
		"stopped": {func(w *world, a *Actor) {
			row := w.start("guest", a, capability.HTTPServer)
			row.Instances = 0
			w.put("a/guest", row.Encode())
			w.provide(web, comes, "guest")
		}, web.Address, capability.CodeStopped, "guest is scaled to 0 and takes no calls"},
		"expired": {func(w *world, a *Actor) {
			row := w.start("guest", a, capability.HTTPServer)
			row.Expires = late
			w.put("a/guest", row.Encode())
			w.provide(web, comes, "guest")
		}, web.Address, capability.CodeExpired, "the claims of guest expired at 1970-01-01T00:00:01Z: sign its module again with troupe claims sign, and start it"},
		"other code than it was started with": {func(w *world, a *Actor) {
			row := w.start("guest", a, capability.HTTPServer)
			row.Hash = "that of another"
			w.put("a/guest", row.Encode())
			w.provide(web, comes, "guest")
		}, web.Address, capability.CodeNotStarted, "guest has other code than it was started with, for which nobody has signed its claims"},
		"banned": {func(w *world, a *Actor) {
			row := w.start("guest", a, capability.HTTPServer)
			w.put("b/"+row.Key, []byte("it steals"))
			w.put("n", []byte{0, 0, 0, 1, 0})
			w.provide(web, comes, "guest")
		}, web.Address, capability.CodeBanned, "the module of guest is banned (it steals)"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuest()
			g.call = takes + echoes
			if c.code != "" {
				g.call = " unreachable"
			}
			w := newWorld(t)
			c.prepare(w, g.load(t))
			res := w.Send(t.Context(), "alice", actor.Message{To: c.through, Body: inv.Encode()})
			if c.code == "" {
				answered(t, res, c.want)
				return
			}
			fails(t, res, c.code, c.want)
		})
	}
}

// TestBodies checks what is no invocation.
func TestBodies(t *testing.T) {
	g := newGuest()
	g.call = " unreachable"
	w := newWorld(t)
	w.start("guest", g.load(t))
	inv := capability.Invocation{Operation: "Test.Run", Origin: "bob"}
	for _, body := range []string{"", "hello", "{", "[]", `{"op":""}`, string(inv.Encode())} {
		res := w.Send(t.Context(), "alice", actor.Message{To: "guest", Body: []byte(body)})
		if res.Err == nil || res.Err.Code != actor.CodeMalformed {
			t.Errorf("%q: %v", body, res.Err)
		}
	}
}

// TestJSON checks what people write and read.
func TestJSON(t *testing.T) {
	g := newGuest()
	g.call = takes + echoes
	w := newWorld(t)
	w.start("guest", g.load(t))
	res := w.Send(t.Context(), "alice", actor.Message{To: "guest", Body: []byte(`{"op":"Test.Run","data":{"a":[1,"b",null]}}`)})
	answered(t, res, `{"a":[1,"b",null]}`)
	answered(t, w.Query("guest", []byte(`{"op":"Test.Run","data":7}`)), "7")
	answered(t, w.Query("guest", []byte(`{"op":"Test.Run"}`)), "null")

	g = newGuest()
	g.call = g.answers("\xc4\x05") + succeeds
	w.start("guest", g.load(t))
	res = w.Send(t.Context(), "alice", actor.Message{To: "guest", Body: []byte(`{"op":"Test.Run"}`)})
	fails(t, res, actor.CodeFailed, "the answer to Test.Run cannot be had in JSON")
}

// hears makes a guest that ends in a trap unless it is asked for this operation with this payload.
func (g *guest) hears(operation, payload string) {
	g.call = takes + fmt.Sprintf(" local.get 0 i32.const %d i32.ne local.get 1 i32.const %d i32.ne i32.or if unreachable end", len(operation), len(payload))
	for at, want := range map[int]string{opAt: operation, msgAt: payload} {
		for i := range len(want) {
			g.call += fmt.Sprintf(" i32.const %d i32.load8_u i32.const %d i32.ne if unreachable end", at+i, want[i])
		}
	}
}

// TestHealth checks that a guest of either kind is asked in its own words, whether or not there is an argument.
func TestHealth(t *testing.T) {
	for from, want := range map[string][2]string{Module: {"Actor.HealthRequest", "\x80"}, ModuleOld: {"HealthRequest", "\x81\xabplaceholder\xc3"}} {
		g := newGuest()
		g.from = from
		g.hears(want[0], want[1])
		g.call += g.answers(string(pack.Marshal(messages.Health{Healthy: true}))) + succeeds
		w := newWorld(t)
		w.start("guest", g.load(t))
		for _, body := range []string{`{"op":"Actor.HealthRequest"}`, `{"op":"Actor.HealthRequest","data":{}}`} {
			res := w.Send(t.Context(), "alice", actor.Message{To: "guest", Body: []byte(body)})
			answered(t, res, `{"healthy":true}`)
		}
	}
}
