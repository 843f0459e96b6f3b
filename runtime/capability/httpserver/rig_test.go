package httpserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/httpserver"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// A shop is an actor that answers requests as their path says:
//
//	/echo     the request, in JSON
//	/count    counts, and says how far
//	/fail     counts, and fails
//	/status/N with the status N
//	/size/N   with a body of N bytes
//	/garbage  counts, and answers with what is no response
//	/hold     counts, when the test lets it
//	/stranger asks a provider that it is not linked to
//	/headers  names headers twice, and what is none
//	/read     says how far it has counted; a query can ask for it
type shop struct {
	mu            sync.Mutex
	running, peak int // queries
	queries       int
	entered       chan struct{} // has one for each /hold that was begun
	hold          chan struct{} // is closed when they may go on
}

func newShop() *shop { return &shop{entered: make(chan struct{}, 100), hold: make(chan struct{})} }

func (s *shop) most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

func (s *shop) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	inv, err := capability.DecodeInvocation(msg.Body)
	if err != nil {
		return actor.Response{}, err
	}
	var in messages.HTTPRequest
	if err := pack.Unmarshal(inv.Payload, &in); err != nil {
		return actor.Response{}, err
	}
	count := func() int {
		b, _ := env.State.Get([]byte("n"))
		n, _ := strconv.Atoi(string(b))
		env.State.Set([]byte("n"), []byte(strconv.Itoa(n+1)))
		return n + 1
	}
	out := &messages.HTTPResponse{StatusCode: 200, Header: messages.Header{}}
	first, rest, _ := strings.Cut(strings.TrimPrefix(in.Path, "/"), "/")
	number, _ := strconv.Atoi(rest)
	switch first {
	case "echo":
		out.Body, _ = json.Marshal(in)
		out.Header["content-type"] = []string{"application/json"}
		out.Header["x-many"] = []string{"one", "two"}
		out.Header["connection"] = []string{"close"} // not for it to say
	case "count":
		out.Body = strconv.AppendInt(nil, int64(count()), 10)
	case "fail":
		count()
		return actor.Response{}, actor.Errorf("sold_out", "nothing is left")
	case "status":
		out.StatusCode = uint16(number)
	case "size":
		out.Body = bytes.Repeat([]byte{'x'}, number)
	case "garbage":
		count()
		return actor.Response{Data: []byte{0xc1}}, nil
	case "hold":
		s.entered <- struct{}{}
		<-s.hold
		out.Body = strconv.AppendInt(nil, int64(count()), 10)
	case "stranger":
		inv := capability.Invocation{Operation: messages.Get, Contract: capability.KeyValue, Link: "default", Payload: pack.Marshal("k")}
		_, err := env.Services.(capability.Caller).Call(ctx, "troupe.keyvalue/store", inv.Encode())
		return actor.Response{}, err
	case "headers":
		out.Header = messages.Header{"X-Two": {"a"}, "x-two": {"b", "c"}, "X-TWO": {"d"}, "vary": {"Accept"}, "Trailer:X-Late": {"e"}, "X Y": {"f"},
			"X-Split": {"g\r\nX-Injected: h"}, "access-control-allow-origin": {"https://c.example"}}
		out.Body = bytes.Repeat([]byte{'x'}, 9000)
	case "read":
		b, _ := env.State.Get([]byte("n"))
		out.Body = b
	}
	return actor.Response{Data: pack.Marshal(out)}, nil
}

func (s *shop) Query(_ context.Context, view *actor.View, body []byte) ([]byte, error) {
	inv, err := capability.DecodeInvocation(body)
	if err != nil {
		return nil, err
	}
	var in messages.HTTPRequest
	if err := pack.Unmarshal(inv.Payload, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.queries++
	s.running++
	s.peak = max(s.peak, s.running)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running--
		s.mu.Unlock()
	}()
	switch in.Path {
	case "/read":
	case "/think": // with two others, and with as many as come beside them
		for until := time.Now().Add(30 * time.Second); s.most() < 3 && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(20 * time.Millisecond)
	case "/fail":
		return nil, actor.Errorf("sold_out", "nothing is left")
	default:
		return nil, actor.Errorf("needs_transaction", "it would have to write")
	}
	b, _ := view.State.Get([]byte("n"))
	return pack.Marshal(&messages.HTTPResponse{StatusCode: 200, Body: b}), nil
}

// A rig is a host in memory with shops, a provider of the name web, and a supervisor.
type rig struct {
	*runtime.Host
	t    testing.TB
	shop *shop
	edge *edge.Supervisor
	stop func() // the supervisor
	free func() // lets the shops go on
}

func newRig(t testing.TB) *rig {
	t.Helper()
	return newRigAt(t, "")
}

func newRigAt(t testing.TB, dir string) *rig {
	t.Helper()
	return newRigOf(t, dir, httpserver.Kind())
}

func newRigOf(t testing.TB, dir string, kind edge.Kind) *rig {
	t.Helper()
	h, err := runtime.Open(dir, &runtime.Options{Limits: dispatch.Limits{Body: 4 << 20, Data: 4 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Host: h, t: t, shop: newShop()}
	r.free = sync.OnceFunc(func() { close(r.shop.hold) })
	t.Cleanup(func() { _ = h.Close() })
	t.Cleanup(r.free)
	for _, name := range []string{"shop", "bank"} {
		if err := h.Bind(name, r.shop); err != nil {
			t.Fatal(err)
		}
	}
	r.order(capability.Order{Provide: []capability.ProviderOrder{{Name: "web", Kind: "httpserver"}}})
	r.edge = edge.New(h, []edge.Kind{kind}, &edge.Options{First: 5 * time.Millisecond, Longest: 40 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.edge.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func (r *rig) order(o capability.Order) {
	r.t.Helper()
	if _, err := r.Order(r.t.Context(), o, "", ""); err != nil {
		r.t.Fatal(err)
	}
}

func link(who, provider string, values map[string]string) capability.LinkOrder {
	return capability.LinkOrder{LinkName: capability.LinkName{Actor: who, Contract: capability.HTTPServer}, Provider: provider, Values: values}
}

// put links an actor to web, and returns the address at which it is served.
func (r *rig) put(who string, values map[string]string) string {
	r.t.Helper()
	r.order(capability.Order{Link: []capability.LinkOrder{link(who, "web", values)}})
	var url string
	r.eventually("the link of "+who+" is served", func() bool {
		s := r.status(who)
		_, url, _ = strings.Cut(s.Detail, "listens on ")
		return s.State == capability.Healthy
	})
	url, _, _ = strings.Cut(url, ";")
	return url
}

func (r *rig) status(who string) capability.Status {
	for _, s := range r.edge.Status() {
		if s.Actor == actor.Address(who) {
			return s
		}
	}
	return capability.Status{}
}

func (r *rig) count() string {
	r.t.Helper()
	n, _, err := r.Get("shop", []byte("n"))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(n)
}

func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	for until := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			r.t.Fatalf("did not happen in 30 s: %s", what)
		}
	}
}

// get asks, and reads the whole answer.
func get(t testing.TB, c *http.Client, method, url string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	resp, text, err := try(c, method, url, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return resp, text
}

func try(c *http.Client, method, url string, body io.Reader, headers ...string) (*http.Response, string, error) {
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return nil, "", err
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp, string(text), err
}

// client returns one with connections of its own.
func client(t testing.TB) *http.Client {
	tr := &http.Transport{MaxIdleConnsPerHost: 256}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: time.Minute}
}

// home is an address of this machine that no other test listens on, so that a port which was free stays so. Where the loopback has but
// one address, it is that.
var home = sync.OnceValue(func() string {
	n := os.Getpid()
	host := fmt.Sprintf("127.%d.%d.%d", 1+n>>14&127, 1+n>>7&127, 1+n&127)
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		return "127.0.0.1"
	}
	_ = l.Close()
	return host
})

var anyPort = map[string]string{"address": "127.0.0.1:0"}

func is(err error, code string) bool { return errors.Is(err, &actor.Error{Code: code}) }
