package gateway

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// A script is a node that does what a test says: what is looked at here is what becomes of it on the way. A nil
// function answers with an empty answer, and a watch without notices.
type script struct {
	handle func(ctx context.Context, c *node.Call) node.Result
	watch  func(ctx context.Context, c *node.Call) (iter.Seq2[api.Notice, *api.Error], *api.Error)
	busy   string
}

func (s script) Handle(ctx context.Context, c *node.Call) node.Result {
	if s.handle == nil {
		return node.Result{Type: c.Type, Payload: []byte("{}")}
	}
	return s.handle(ctx, c)
}

func (s script) Watch(ctx context.Context, c *node.Call) (iter.Seq2[api.Notice, *api.Error], *api.Error) {
	if s.watch == nil {
		return func(func(api.Notice, *api.Error) bool) { <-ctx.Done() }, nil
	}
	return s.watch(ctx, c)
}

func (s script) Ready() (bool, string) { return s.busy == "", s.busy }

func newGateway(t testing.TB, n Node, o Options) *Gateway {
	t.Helper()
	g, err := New(n, o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// do asks the handler itself. Headers are "Name: value".
func do(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	r.Host = "localhost"
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// serve runs a gateway on a socket and returns its address.
func serve(t testing.TB, g *Gateway) string {
	t.Helper()
	l, err := Listen("127.0.0.1:0", ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, g, l)
	return l.Addr().String()
}

func serveOn(t testing.TB, g *Gateway, l net.Listener) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- g.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := g.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

// rejections count why requests were rejected.
type rejections struct {
	mu    sync.Mutex
	count map[string]int
}

func (r *rejections) add(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count == nil {
		r.count = map[string]int{}
	}
	r.count[reason]++
}

func (r *rejections) of(reason string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count[reason]
}

// errorOf returns the error in an answer.
func errorOf(t testing.TB, w *httptest.ResponseRecorder) api.Error {
	t.Helper()
	var e api.Error
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Code == "" || e.Message == "" {
		t.Fatalf("the answer %q is no error: %v", w.Body, err)
	}
	return e
}

// recorder is a script that keeps the last call.
func recorder(last **node.Call) script {
	return script{handle: func(_ context.Context, c *node.Call) node.Result {
		*last = c
		return node.Result{Type: c.Type, Payload: []byte("{}")}
	}}
}

func TestCalls(t *testing.T) {
	var call *node.Call
	g := newGateway(t, recorder(&call), Options{})
	w := do(g, "POST", "/v1/send", `{"to":"a"}`, "Content-Type: application/json; charset=UTF-8", "Authorization: bearer abc",
		"Troupe-Signature: sig", `Idempotency-Key: "order 7"`)
	want := &node.Call{Op: "send", Type: api.JSON, Bearer: "abc", Signature: "sig", RequestID: "order 7", Payload: []byte(`{"to":"a"}`),
		Via: "http", Remote: "192.0.2.1:1234"}
	if w.Code != http.StatusOK || !reflect.DeepEqual(call, want) {
		t.Errorf("status %d, call %+v\nwant %+v", w.Code, call, want)
	}
	for name, value := range map[string]string{"Content-Type": api.JSON, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Access-Control-Allow-Origin": ""} {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	do(g, "POST", "/v1/get", "\xa0", "Content-Type: application/cbor")
	if call.Type != api.CBOR || string(call.Payload) != "\xa0" {
		t.Errorf("CBOR became %+v", call)
	}
	if do(g, "POST", "/v1/info", ""); string(call.Payload) != "{}" || call.Type != api.JSON {
		t.Errorf("nothing became %q", call.Payload)
	}
	do(g, "GET", "/v1/get?actor=a/b&key.base64=AAH-", "", "Accept: text/html, application/cbor;q=0.9")
	var get api.GetRequest
	if err := cbor.Unmarshal(call.Payload, &get); err != nil || get.Actor != "a/b" || string(get.Key) != "\x00\x01\xfe" || call.Type != api.CBOR {
		t.Errorf("a GET became %+v: %+v, %v", call, get, err)
	}
	do(g, "POST", "/v1/install?name=counter&replace", "\x00asm", "Content-Type: application/wasm")
	var install api.InstallRequest
	if err := json.Unmarshal(call.Payload, &install); err != nil || install.Name != "counter" || !install.Replace || string(install.Code) != "\x00asm" {
		t.Errorf("code became %+v, %v", install, err)
	}
	if left := g.bodies.left.Load(); left != int64(g.limits.Bodies) {
		t.Errorf("%d bytes are left for bodies, of %d", left, g.limits.Bodies)
	}
}

func TestAnswers(t *testing.T) {
	var result node.Result
	g := newGateway(t, script{handle: func(context.Context, *node.Call) node.Result { return result }}, Options{})
	result = node.Result{Type: api.CBOR, Payload: []byte{0xa0}, Replayed: true}
	w := do(g, "POST", "/v1/send", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != api.CBOR || w.Header().Get("Idempotency-Replayed") != "true" || w.Body.String() != "\xa0" {
		t.Errorf("the answer is %d %v %q", w.Code, w.Header(), w.Body)
	}
	for code, status := range statuses {
		result = node.Result{Type: api.JSON, Payload: []byte(`{}`), Err: &api.Error{Code: code, RetryAfter: 1500}}
		w := do(g, "POST", "/v1/send", "")
		if w.Code != status || w.Header().Get("Retry-After") != "2" || (w.Header().Get("WWW-Authenticate") != "") != (status == 401) {
			t.Errorf("%s is answered with %d and %v", code, w.Code, w.Header())
		}
	}
}

func TestRefusals(t *testing.T) {
	g := newGateway(t, script{handle: func(context.Context, *node.Call) node.Result { panic("the node was asked") }}, Options{})
	for _, c := range []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		text                       string
	}{
		{"no such operation", "POST", "/v1/fly", "", nil, 404, "fly"},
		{"path below", "POST", "/v1/send/", "", nil, 404, "send/"},
		{"nothing there", "GET", "/nothing", "", nil, 404, "/nothing"},
		{"a write by GET", "GET", "/v1/send?to=a", "", nil, 405, "POST"},
		{"a backup by GET", "GET", "/v1/backup?name=a", "", nil, 405, "POST"},
		{"a read by PUT", "PUT", "/v1/get", "", nil, 405, "GET or POST"},
		{"HEAD", "HEAD", "/v1/get?actor=a&key=b", "", nil, 405, ""},
		{"a page by POST", "POST", "/docs", "", nil, 405, "GET"},
		{"a form", "POST", "/v1/send", "to=a", []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "application/json"},
		{"text", "POST", "/v1/send", "{}", []string{"Content-Type: text/plain"}, 415, "application/json"},
		{"no type", "POST", "/v1/send", "{}", nil, 415, "application/json"},
		{"another charset", "POST", "/v1/send", "{}", []string{"Content-Type: application/json; charset=utf-16"}, 415, "application/json"},
		{"a malformed type", "POST", "/v1/send", "{}", []string{"Content-Type: application/json; ;="}, 415, "application/json"},
		{"packed", "POST", "/v1/send", "{}", []string{"Content-Type: application/json", "Content-Encoding: gzip"}, 415, "Content-Encoding"},
		{"code elsewhere", "POST", "/v1/send", "x", []string{"Content-Type: application/wasm"}, 415, "application/json"},
		{"both query and body", "POST", "/v1/send?to=a", "{}", []string{"Content-Type: application/json"}, 400, "query"},
		{"a body in a GET", "GET", "/v1/info", "{}", []string{"Content-Type: application/json"}, 400, "no body"},
		{"a signed GET", "GET", "/v1/info", "", []string{"Troupe-Signature: x"}, 400, "use POST"},
		{"signed code", "POST", "/v1/install?name=a", "x", []string{"Troupe-Signature: x", "Content-Type: application/wasm"}, 400, "bearer"},
		{"code with its field", "POST", "/v1/install?name=a&code=b", "x", []string{"Content-Type: application/wasm"}, 400, "code"},
		{"an unknown parameter", "GET", "/v1/get?actor=a&nyckel=b", "", nil, 400, "actor, key"},
		{"no bearer", "POST", "/v1/info", "", []string{"Authorization: Basic YTpi"}, 401, "troupe token"},
		{"an empty bearer", "POST", "/v1/info", "", []string{"Authorization: Bearer "}, 401, "troupe token"},
		{"two tokens", "POST", "/v1/info", "", []string{"Authorization: Bearer a", "Authorization: Bearer b"}, 400, "more than once"},
		{"two ids", "POST", "/v1/send", "", []string{"Idempotency-Key: a", "Idempotency-Key: b"}, 400, "more than once"},
		{"an empty id", "POST", "/v1/send", "", []string{`Idempotency-Key: ""`}, 400, "1 to 200"},
		{"a long id", "POST", "/v1/send", "", []string{"Idempotency-Key: " + strings.Repeat("a", 201)}, 400, "1 to 200"},
		{"an id with more", "POST", "/v1/send", "", []string{`Idempotency-Key: "a"b"`}, 400, "quotation"},
		{"an id that is no text", "POST", "/v1/send", "", []string{"Idempotency-Key: ä"}, 400, "ASCII"},
		{"an event id", "GET", "/v1/watch", "", []string{"Accept: text/event-stream", "Last-Event-ID: -1"}, 400, "Last-Event-ID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(g, c.method, c.target, c.body, c.headers...)
			if e := errorOf(t, w); w.Code != c.status || !strings.Contains(e.Message, c.text) {
				t.Errorf("%d %+v, want %d with %q", w.Code, e, c.status, c.text)
			}
		})
	}
	w := do(g, "POST", "/v1/fly", "x", "Content-Type: application/cbor")
	var e api.Error
	if err := cbor.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Code != api.CodeNotFound {
		t.Errorf("who asks in CBOR is told %q", w.Body)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{Hosts: []string{"example.org:80"}}, {Hosts: []string{""}}, {Hosts: []string{"http://a"}}, {Origins: []string{"*"}},
		{Origins: []string{"example.org"}}, {Origins: []string{"https://example.org/"}}, {Origins: []string{"https://Example.org"}},
		{Origins: []string{"null"}}, {Origins: []string{"ftp://a"}}} {
		if _, err := New(script{}, o); err == nil || !strings.HasPrefix(err.Error(), "gateway: ") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
