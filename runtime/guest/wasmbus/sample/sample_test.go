package sample_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/guest/wasmbus/sample"
)

// newHost returns a host with all actors, linked to what they claim.
func newHost(t *testing.T) *runtime.Host {
	t.Helper()
	h, err := runtime.Open("", &runtime.Options{Limits: dispatch.Limits{Gas: 50_000_000}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	order := capability.Order{Provide: []capability.ProviderOrder{{Name: "keyvalue", Kind: "keyvalue"}, {Name: "messaging", Kind: "messaging"}}}
	for _, name := range sample.Names() {
		code := sample.Code(name)
		if _, err := h.Start(t.Context(), name, code, runtime.StartOptions{}); err != nil {
			t.Fatal(err)
		}
		m, _, err := claims.OpenModule(code)
		if err != nil {
			t.Fatal(err)
		}
		for _, contract := range []string{capability.KeyValue, capability.Messaging} {
			if slices.Contains(m.Caps, contract) {
				_, provider, _ := strings.Cut(contract, ":")
				order.Link = append(order.Link, capability.LinkOrder{LinkName: capability.LinkName{Actor: name, Contract: contract}, Provider: provider})
			}
		}
	}
	if _, err := h.Order(t.Context(), order, "", ""); err != nil {
		t.Fatal(err)
	}
	return h
}

// send sends an operation, and returns its answer in JSON, or the error.
func send(t *testing.T, h *runtime.Host, to actor.Address, operation string, data any) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"op": operation, "data": data})
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Send(t.Context(), "tester", actor.Message{To: to, Body: body})
	if err != nil {
		var e *actor.Error
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		return e.Code + ": " + e.Message
	}
	return string(r.Data)
}

// get makes a request, and returns the body of the response, or the error.
func get(t *testing.T, h *runtime.Host, to actor.Address, path, query string) string {
	t.Helper()
	answer := send(t, h, to, "HttpServer.HandleRequest", map[string]any{"method": "GET", "path": path, "queryString": query, "header": map[string]any{}, "body": ""})
	var response struct {
		StatusCode int
		Body       string
	}
	if json.Unmarshal([]byte(answer), &response) != nil {
		return answer
	}
	if response.StatusCode != 200 {
		t.Logf("%s %s has status %d", to, path, response.StatusCode)
	}
	return response.Body
}

// TestTwice lets an actor fail behind its writes: then they have not happened.
func TestTwice(t *testing.T) {
	h := newHost(t)
	for _, test := range []struct{ path, want string }{
		{"/ok", `{"first":1,"second":1}`},
		{"/error", "failed: failed after the second write"},
		{"/trap", "trap: unreachable"},
		{"/ok", `{"first":2,"second":2}`},
		{"/status", `{"first":3,"second":3}`},
		{"/ok", `{"first":4,"second":4}`},
	} {
		if got := get(t, h, "twice", test.path, ""); got != test.want {
			t.Errorf("%s: %s, not %s", test.path, got, test.want)
		}
	}
}

// TestRelay lets an actor call others by their aliases, and by a contract.
func TestRelay(t *testing.T) {
	h := newHost(t)
	twice := func(path string) map[string]any {
		return map[string]any{"to": "twice", "operation": "HttpServer.HandleRequest", "message": map[string]any{"path": path}}
	}
	caught := twice("/error")
	caught["catch"] = true
	for _, test := range []struct {
		data map[string]any
		want string
	}{
		{twice("/ok"), `{"statusCode":200,"header":{},"body":"{\"first\":1,\"second\":1}"}`},
		{twice("/error"), "failed: Host send error failed after the second write"},
		{caught, `{"error":"Host send error failed after the second write"}`},
		{twice("/ok"), `{"statusCode":200,"header":{},"body":"{\"first\":2,\"second\":2}"}`},
		{map[string]any{"to": capability.KeyValue, "operation": "KeyValue.Get", "link": "default", "message": "first"}, `{"value":"2","exists":true}`},
	} {
		if got := send(t, h, "relay", "Relay.Call", test.data); got != test.want {
			t.Errorf("%v: %s, not %s", test.data, got, test.want)
		}
	}
	request := map[string]any{"path": "/wasmcloud:keyvalue/KeyValue.Increment", "queryString": "key=k&value=5", "header": map[string]any{"Link": []string{"default"}}}
	if got, want := send(t, h, "relay", "HttpServer.HandleRequest", request), `{"statusCode":200,"header":{},"body":"\u0005"}`; got != want {
		t.Errorf("over HTTP: %s, not %s", got, want)
	}
	request["path"] = "/nobody/Any.Thing"
	if got, want := send(t, h, "relay", "HttpServer.HandleRequest", request), `{"statusCode":502,"header":{},"body":"Host send error `; !strings.HasPrefix(got, want) {
		t.Errorf("over HTTP: %s, not %s", got, want)
	}
}

// TestSpin bounds what does not end by itself. The next call is as if nothing had been.
func TestSpin(t *testing.T) {
	h := newHost(t)
	for _, path := range []string{"/spin", "/memory", "/depth", "/print"} {
		if got := get(t, h, "spin", path, ""); !strings.HasPrefix(got, actor.CodeOutOfGas) && !strings.HasPrefix(got, actor.CodeTrap) {
			t.Errorf("%s: %s", path, got)
		}
		if got := get(t, h, "spin", "/ok", ""); got != "ok" {
			t.Errorf("after %s: %s", path, got)
		}
	}
}

func TestBusy(t *testing.T) {
	h := newHost(t)
	for path, want := range map[string]string{"/100": "25", "/10000": "1229", "/x": "failed: x is no number"} {
		if got := get(t, h, "busy", path, ""); got != want {
			t.Errorf("%s: %s, not %s", path, got, want)
		}
	}
}

func TestDice(t *testing.T) {
	h := newHost(t)
	var thrown struct {
		GUID     string
		Any, Die uint32
	}
	got := get(t, h, "dice", "/", "")
	if err := json.Unmarshal([]byte(got), &thrown); err != nil || len(thrown.GUID) != 36 || thrown.Die < 1 || thrown.Die > 6 {
		t.Errorf("%s: %v", got, err)
	}
	if again := get(t, h, "dice", "/", ""); again == got {
		t.Errorf("twice the same: %s", got)
	}
}

func TestMailbox(t *testing.T) {
	h := newHost(t)
	message := func(body string) map[string]any { return map[string]any{"subject": "s", "replyTo": "r", "body": body} }
	for _, test := range []struct{ body, want string }{{"hello", "null"}, {"fail", "failed: failed as it was told"}, {"log", "null"}} {
		if got := send(t, h, "mailbox", "MessageSubscriber.HandleMessage", message(test.body)); got != test.want {
			t.Errorf("%s: %q, not %q", test.body, got, test.want)
		}
	}
	if got := get(t, h, "mailbox", "/s", "text=x"); got != "" {
		t.Error(got)
	}
}
