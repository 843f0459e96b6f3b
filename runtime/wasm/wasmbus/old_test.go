package wasmbus

import (
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
	"github.com/troupe-run/troupe/runtime/wasm"
)

// TestOldRequest checks a request over HTTP to a guest of 0.18, and its response.
func TestOldRequest(t *testing.T) {
	in := messages.HTTPRequest{Method: "GET", Path: "/a", QueryString: "b=c", Body: []byte("body"),
		Header: messages.Header{"accept": {"text/html", "*/*"}, "host": {"here"}}}
	g := newGuest()
	g.from = ModuleOld
	g.hears("HandleRequest", string(pack.Marshal(&messages.OldHTTPRequest{Method: "GET", Path: "/a", QueryString: "b=c", Body: []byte("body"),
		Header: map[string]string{"accept": "text/html, */*", "host": "here"}})))
	g.call += g.answers(string(pack.Marshal(&messages.OldHTTPResponse{StatusCode: 201, Status: "Created", Header: map[string]string{"x-a": "1"}, Body: []byte("done")}))) + succeeds
	w := newWorld(t)
	w.start("guest", g.load(t))
	answered(t, w.send("guest", messages.HandleRequest, string(pack.Marshal(&in))),
		string(pack.Marshal(&messages.HTTPResponse{StatusCode: 201, Header: messages.Header{"x-a": {"1"}}, Body: []byte("done")})))

	res := w.send("guest", messages.HandleRequest, "\xc1\xc1")
	if res.Err == nil || res.Err.Code != actor.CodeMalformed {
		t.Errorf("a request that is none: %v", res.Err)
	}
	g.call = g.answers("\x93") + succeeds
	w.start("guest", g.load(t))
	res = w.send("guest", messages.HandleRequest, string(pack.Marshal(&in)))
	if res.Err == nil || res.Err.Code != actor.CodeMalformed {
		t.Errorf("a response that is none: %v", res.Err)
	}
}

// TestOldMessage checks a message that was published, to a guest of 0.18.
func TestOldMessage(t *testing.T) {
	g := newGuest()
	g.from = ModuleOld
	g.hears("HandleMessage", string(pack.Marshal(&messages.OldMessage{Subject: "a.b", Body: []byte("body")})))
	g.call += g.answers("what it returns means nothing") + succeeds
	w := newWorld(t)
	w.start("guest", g.load(t))
	answered(t, w.send("guest", messages.HandleMessage, string(pack.Marshal(messages.Message{Subject: "a.b", Body: []byte("body")}))), "")
}

// TestOldNames checks that what such guests offer each other has the names that they know.
func TestOldNames(t *testing.T) {
	w := newWorld(t)
	g := newGuest()
	g.from = ModuleOld
	g.call = g.forwards("", "echo", "Add") + fetches + succeeds
	w.start("guest", g.load(t))
	g = newGuest()
	g.from = ModuleOld
	g.hears("Add", "x")
	g.call += echoes
	w.start("echo", g.load(t))
	answered(t, w.send("guest", "Test.Run", "x"), "x")
}

// TestOldKeyValue checks an operation of a guest of 0.18 on its way to a provider, which knows the later ones only, and back.
func TestOldKeyValue(t *testing.T) {
	w := newWorld(t)
	g := newGuest()
	g.from = ModuleOld
	g.call = g.forwards("default", capability.KeyValue, "Add") + fetches + succeeds
	w.start("guest", g.load(t), capability.KeyValue)
	w.provide(store, capability.NewProvider(capability.KeyValue, serve(func(req *capability.Request) (string, error) {
		var in messages.IncrementArgs
		if err := pack.Unmarshal(req.Payload, &in); err != nil || req.Operation != messages.Increment || in.Key != "k" {
			return "", actor.Errorf("wrong", "%s %v", req.Operation, err)
		}
		return string(pack.Marshal(in.Value + 1)), nil
	})), "guest")
	answered(t, w.send("guest", "Test.Run", "\x82\xa3key\xa1k\xa5value\x06"), "\x81\xa5value\x07")
	answered(t, w.send("guest", "Test.Run", "\x82\xa3key"), "malformed: MessagePack, byte 5: it ends in the middle of a value")
}

// TestOldFromTheCache checks that an old guest is known as one when its machine code comes from a cache.
func TestOldFromTheCache(t *testing.T) {
	g := newGuest()
	g.from = ModuleOld
	g.call = succeeds
	dir := t.TempDir()
	for range 2 {
		e, err := wasm.NewEngine(wasm.Options{CacheDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		m, err := e.Load(t.Context(), g.build(), dialect())
		if err != nil {
			t.Fatal(err)
		}
		if a := New(m, "guest", Options{}); !a.old {
			t.Errorf("it is not, with %d hits of the cache", e.Stats().CacheHits)
		}
		e.Close()
	}
}
