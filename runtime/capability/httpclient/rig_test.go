package httpclient_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/httpclient"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// A fetcher is an actor that asks outside what its message says: "METHOD URL [BODY]". It counts, and keeps the answer. With
// "fail " before it, it fails behind that.
type fetcher struct{}

func (fetcher) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	text, fails := strings.CutPrefix(string(msg.Body), "fail ")
	method, rest, _ := strings.Cut(text, " ")
	url, body, _ := strings.Cut(rest, " ")
	inv := capability.Invocation{Operation: messages.FetchRequest, Contract: capability.HTTPClient, Link: "default", Payload: pack.Marshal(
		&messages.FetchArgs{Method: method, URL: url, Body: []byte(body), Headers: messages.Header{"X-From": {"fetcher"}, "x-from": {"again"}, "Host": {"evil"}}})}
	data, err := env.Services.(capability.Caller).Call(ctx, "troupe.httpclient/out", inv.Encode())
	if err != nil {
		return actor.Response{}, err
	}
	var m messages.HTTPResponse
	if err := pack.Unmarshal(data, &m); err != nil {
		return actor.Response{}, err
	}
	env.State.Set([]byte("answer"), m.Body)
	if fails {
		return actor.Response{}, actor.Errorf("sorry", "it was in vain")
	}
	return actor.Response{Data: pack.Marshal(&m)}, nil
}

// A world is a server that tells of its requests, and a host with an actor that may reach it.
type world struct {
	*runtime.Host
	t    testing.TB
	url  string
	free chan struct{} // is closed when /held may answer

	mu       sync.Mutex
	requests []*http.Request
}

func newWorld(t testing.TB, values map[string]string) *world {
	t.Helper()
	w := &world{t: t, free: make(chan struct{})}
	server := httptest.NewServer(w)
	w.url = server.URL
	client := httpclient.New()
	h, err := runtime.Open("", &runtime.Options{Executor: dispatch.Options{Outside: client.Perform, KeepTraces: true}})
	if err != nil {
		t.Fatal(err)
	}
	w.Host = h
	t.Cleanup(func() {
		_ = h.Close()
		client.Close()
		server.Close()
	})
	if err := h.Bind("fetcher", fetcher{}); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"allow": w.url, "private": "true"}
	for name, value := range values {
		all[name] = strings.ReplaceAll(value, "URL", w.url)
	}
	order := capability.Order{Provide: []capability.ProviderOrder{{Name: "out", Kind: "httpclient"}}, Link: []capability.LinkOrder{{
		LinkName: capability.LinkName{Actor: "fetcher", Contract: capability.HTTPClient}, Provider: "out", Values: all}}}
	if _, err := h.Order(t.Context(), order, "", ""); err != nil {
		t.Fatal(err)
	}
	return w
}

// ServeHTTP answers as the path says: /echo with the body, /size/N, /to?at=URL with a redirect, /slow late, /held when the test lets
// it, /drop with the end of the connection.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	w.requests = append(w.requests, r)
	w.mu.Unlock()
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch first {
	case "echo":
		rw.Header().Set("X-Said", "this")
		_, _ = fmt.Fprintf(rw, "%s %s", r.Method, body)
	case "size":
		n, _ := strconv.Atoi(rest)
		_, _ = rw.Write(bytes.Repeat([]byte{'x'}, n))
	case "to":
		http.Redirect(rw, r, r.URL.Query().Get("at"), http.StatusFound)
	case "drop":
		if conn, _, err := http.NewResponseController(rw).Hijack(); err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	case "held":
		select {
		case <-r.Context().Done():
		case <-w.free:
		}
	case "slow":
		select {
		case <-r.Context().Done():
		case <-time.After(30 * time.Second):
		}
	}
}

// seen returns the requests that came.
func (w *world) seen() []*http.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests
}

func (w *world) fetch(text string) (*messages.HTTPResponse, error) {
	w.t.Helper()
	r, err := w.Send(w.t.Context(), "me", actor.Message{To: "fetcher", Body: []byte(text)})
	if err != nil {
		return nil, err
	}
	var m messages.HTTPResponse
	if err := pack.Unmarshal(r.Data, &m); err != nil {
		w.t.Fatal(err)
	}
	return &m, nil
}

func is(err error, code string) bool { return errors.Is(err, &actor.Error{Code: code}) }
