package httpserver_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
)

func TestARequestIsATransaction(t *testing.T) {
	r := newRig(t)
	url, c := r.put("shop", anyPort), client(t)

	resp, text := get(t, c, "POST", url+"/echo/%C3%A9?a=b&c", strings.NewReader("hello"), "X-Asked", "é", "X-Asked", "again", "Content-Type", "text/plain")
	var in messages.HTTPRequest
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	host := strings.TrimPrefix(url, "http://")
	if in.Method != "POST" || in.Path != "/echo/%C3%A9" || in.QueryString != "a=b&c" || string(in.Body) != "hello" ||
		strings.Join(in.Header["x-asked"], "|") != "é|again" || in.Header["host"][0] != host || in.Header["content-length"][0] != "5" {
		t.Errorf("the actor got %+v", in)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" || len(resp.Header["X-Many"]) != 2 || resp.Close {
		t.Errorf("the response has %d and %v", resp.StatusCode, resp.Header)
	}

	resp, text = get(t, c, "GET", url+"/count", nil)
	if text != "1" || r.count() != "1" {
		t.Errorf("counted %q, and %q stands in the state: a response leaves when its transaction is durable", text, r.count())
	}
	seq, err := strconv.ParseUint(resp.Header.Get("Troupe-Transaction"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := r.Reader().Receipt(seq)
	if err != nil || receipt.Callee != "troupe.httpserver/web" {
		t.Errorf("transaction %d is of %s: %v", seq, receipt.Callee, err)
	}
	if _, typed := resp.Header["Content-Type"]; typed {
		t.Error("somebody has guessed a content type")
	}
}

func TestFailuresLeaveNothing(t *testing.T) {
	r := newRig(t)
	url, c := r.put("shop", anyPort), client(t)
	for _, path := range []string{"/fail", "/garbage", "/status/199", "/status/1000"} {
		resp, text := get(t, c, "GET", url+path, nil)
		if resp.StatusCode != 500 || text != "" || resp.Header.Get("Troupe-Transaction") == "" {
			t.Errorf("%s: %d %q %v", path, resp.StatusCode, text, resp.Header)
		}
	}
	if r.count() != "" {
		t.Errorf("%s was left by requests that failed", r.count())
	}
	for _, status := range []int{200, 204, 304, 404, 599} {
		if resp, _ := get(t, c, "GET", url+"/status/"+strconv.Itoa(status), nil); resp.StatusCode != status {
			t.Errorf("status %d came as %d", status, resp.StatusCode)
		}
	}
	if resp, _ := get(t, c, "GET", url+"/status/0", nil); resp.StatusCode != 200 {
		t.Errorf("no status came as %d", resp.StatusCode)
	}
}

// Nobody but the host brings requests in, and those for linked actors only.
func TestWhoMayBringRequests(t *testing.T) {
	r := newRig(t)
	r.put("shop", anyPort)
	inv := capability.Invocation{Operation: messages.HandleRequest, Contract: capability.HTTPServer, Link: "default", Origin: "bank",
		Payload: []byte{0x80}}
	if _, err := r.Sudo(t.Context(), "troupe.httpserver/web", inv.Encode()); !is(err, capability.CodeUnlinked) {
		t.Errorf("for an actor that is not linked: %v", err)
	}
	if _, err := r.Query(t.Context(), "troupe.httpserver/web", inv.Encode()); !is(err, capability.CodeUnlinked) {
		t.Errorf("a query for an actor that is not linked: %v", err)
	}
	inv.Origin = "shop"
	if _, err := r.Sudo(t.Context(), "troupe.httpserver/other", inv.Encode()); !is(err, capability.CodeUnlinked) {
		t.Errorf("by another provider: %v", err)
	}
	if _, err := r.Send(t.Context(), "shop", actor.Message{To: "troupe.httpserver/web", Body: inv.Encode()}); err == nil {
		t.Error("an actor could bring in a request")
	}
	inv.Operation = "HttpServer.Other"
	if _, err := r.Sudo(t.Context(), "troupe.httpserver/web", inv.Encode()); !is(err, actor.CodeMalformed) {
		t.Errorf("another operation: %v", err)
	}
	for _, body := range []string{"", "{}", "\x85", "garbage"} {
		if _, err := r.Sudo(t.Context(), "troupe.httpserver/web", []byte(body)); !is(err, actor.CodeMalformed) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestLargeBodies(t *testing.T) {
	r := newRig(t)
	url, c := r.put("shop", map[string]string{"address": "127.0.0.1:0", "max_content_len": "3m"}), client(t)
	const size = 2 << 20
	large := bytes.Repeat([]byte{'y'}, size)
	for _, chunked := range []bool{false, true} {
		var body io.Reader = bytes.NewReader(large)
		if chunked {
			body = io.MultiReader(body)
		}
		resp, text := get(t, c, "POST", url+"/size/"+strconv.Itoa(size), body)
		if resp.StatusCode != 200 || len(text) != size {
			t.Errorf("2 MiB, chunked %v: %d, %d bytes back", chunked, resp.StatusCode, len(text))
		}
		body = bytes.NewReader(append(large, large...))
		if chunked {
			body = io.MultiReader(body)
		}
		if resp, _, err := try(c, "POST", url+"/count", body); err == nil && resp.StatusCode != 413 {
			t.Errorf("4 MiB where 3 are allowed, chunked %v: %d", chunked, resp.StatusCode)
		}
	}
	// The link allows it, and a message may not have as much.
	url = r.put("bank", map[string]string{"address": "127.0.0.1:0"})
	if resp, _, err := try(c, "POST", url+"/count", bytes.NewReader(bytes.Repeat(large, 3))); err == nil && resp.StatusCode != 413 {
		t.Errorf("6 MiB where a message has 4: %d", resp.StatusCode)
	}
	if r.count() != "" {
		t.Error("a body that is too large reached the actor")
	}
}

func TestATakenPortShowsAndHeals(t *testing.T) {
	r := newRig(t)
	other, err := net.Listen("tcp", home()+":0")
	if err != nil {
		t.Fatal(err)
	}
	address := other.Addr().String()
	r.order(capability.Order{Link: []capability.LinkOrder{link("shop", "web", map[string]string{"ADDRESS": address})}})
	r.eventually("the failure shows", func() bool { return r.status("shop").State == capability.Failed })
	if got := r.status("shop").Reason; got != address+" is taken by another listener: stop it, or put the link with another address; it will be tried again" {
		t.Errorf("the reason is %q", got)
	}
	r.event("provider_failed", "shop")
	_ = other.Close()
	r.eventually("it recovers by itself", func() bool { return r.status("shop").State == capability.Healthy })
	r.event("provider_recovered", "shop")
	if _, text := get(t, client(t), "GET", "http://"+address+"/count", nil); text != "1" {
		t.Errorf("it serves %q", text)
	}
}

// event waits for an event about a link.
func (r *rig) event(what, who string) {
	r.t.Helper()
	r.eventually(what+" becomes an event", func() bool {
		list, _, err := r.Reader().Past(r.t.Context(), query.WatchOptions{Actor: capability.Address, Events: true, EventTypes: []string{what}})
		if err != nil {
			r.t.Fatal(err)
		}
		for _, n := range list {
			for _, ev := range n.Events {
				for _, a := range ev.Attributes {
					if a.Key == "actor" && a.Value == who {
						return true
					}
				}
			}
		}
		return false
	})
}

func TestTwoLinksWantOneAddress(t *testing.T) {
	r, c := newRig(t), client(t)
	url := r.put("shop", map[string]string{"address": free(t)})
	address := strings.TrimPrefix(url, "http://")
	r.order(capability.Order{Link: []capability.LinkOrder{link("bank", "web", map[string]string{"address": address})}})
	r.eventually("the second fails", func() bool { return r.status("bank").State == capability.Failed })
	if got := r.status("bank").Reason; got != address+" is where the link of shop over default listens: give one of the two another address" {
		t.Errorf("the reason is %q", got)
	}
	get(t, c, "GET", url+"/count", nil)
	r.order(capability.Order{Unlink: []capability.LinkName{{Actor: "shop", Contract: capability.HTTPServer}}})
	r.eventually("the second gets it", func() bool { return r.status("bank").State == capability.Healthy })
	if _, text := get(t, c, "GET", url+"/count", nil); text != "1" {
		t.Errorf("bank counts %q", text)
	}
}

// free returns an address that nobody listens on.
func free(t testing.TB) string {
	l, err := net.Listen("tcp", home()+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Whatever changes about a link that keeps its address, no request fails and none is lost.
func TestNoRequestIsLostWhenALinkChanges(t *testing.T) {
	r := newRig(t)
	address := free(t)
	values := func(timeout int) map[string]string {
		return map[string]string{"address": address, "timeout_ms": strconv.Itoa(timeout)}
	}
	url := r.put("shop", values(60000))
	var answered atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range 6 {
		c := client(t)
		c.Transport.(*http.Transport).DisableKeepAlives = i%3 == 0 // new connections are not refused either
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				resp, text, err := try(c, "POST", url+"/count", strings.NewReader("x"))
				if err != nil || resp.StatusCode != 200 {
					t.Errorf("a request failed while the link changed: %v %v %q", resp, err, text)
					return
				}
				answered.Add(1)
			}
		})
	}
	r.order(capability.Order{Provide: []capability.ProviderOrder{{Name: "other", Kind: "httpserver"}}})
	for i := range 40 {
		provider := "web"
		if i%4 == 3 {
			provider = "other"
		}
		r.order(capability.Order{Link: []capability.LinkOrder{link("shop", provider, values(60001+i))}})
		time.Sleep(5 * time.Millisecond)
	}
	close(stop)
	clients.Wait()
	if want := strconv.FormatInt(answered.Load(), 10); r.count() != want {
		t.Errorf("%s requests were answered and %s counted", want, r.count())
	}
	t.Logf("%d requests", answered.Load())
}

// Another actor may take an address over in one transaction: then, too, nothing is refused.
func TestAnotherActorTakesTheAddress(t *testing.T) {
	r := newRig(t)
	values := map[string]string{"address": free(t)}
	url := r.put("shop", values)
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 3 {
		c := client(t)
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				// Who was served by the actor that went, with the link gone already, may be told to come again.
				resp, text, err := try(c, "POST", url+"/count", strings.NewReader("x"))
				if err != nil || resp.StatusCode != 200 && resp.StatusCode != 503 {
					t.Errorf("a request failed: %v %v %q", resp, err, text)
					return
				}
			}
		})
	}
	actors := [2]string{"shop", "bank"}
	for i := range 10 {
		from, to := actors[i%2], actors[1-i%2]
		r.order(capability.Order{Unlink: []capability.LinkName{{Actor: from, Contract: capability.HTTPServer}}, Link: []capability.LinkOrder{link(to, "web", values)}})
		r.eventually(to+" is served", func() bool { return r.status(to).State == capability.Healthy })
	}
	close(stop)
	clients.Wait()
}

// What has begun is finished where it began, while the new address is served.
func TestALinkMoves(t *testing.T) {
	r, c := newRig(t), client(t)
	was := r.put("shop", map[string]string{"address": free(t)})
	answer := make(chan string, 1)
	go func() {
		_, text, err := try(c, "GET", was+"/hold", nil)
		if err != nil {
			text = err.Error()
		}
		answer <- text
	}()
	<-r.shop.entered
	time.AfterFunc(50*time.Millisecond, r.free) // the change waits behind the request
	r.put("shop", map[string]string{"address": free(t)})
	if text := <-answer; text != "1" {
		t.Errorf("the request that had begun got %q", text)
	}
	r.eventually("the old address is free", func() bool {
		l, err := net.Listen("tcp", strings.TrimPrefix(was, "http://"))
		if err == nil {
			_ = l.Close()
		}
		return err == nil
	})
}

func TestWhatIsTooMuchIsRefused(t *testing.T) {
	r := newRig(t)
	url := r.put("shop", map[string]string{"address": "127.0.0.1:0", "max_in_flight": "1", "queue": "1"})
	var codes [6]int
	refused := make(chan struct{}, len(codes))
	var all sync.WaitGroup
	for i := range codes {
		c := client(t)
		all.Go(func() {
			resp, _, err := try(c, "GET", url+"/hold", nil)
			if err != nil {
				t.Error(err)
				return
			}
			if codes[i] = resp.StatusCode; codes[i] == 503 {
				refused <- struct{}{}
				if resp.Header.Get("Retry-After") == "" {
					t.Error("503 does not say when to come again")
				}
			}
		})
	}
	for range 4 {
		<-refused
	}
	r.free()
	all.Wait()
	got := map[int]int{}
	for _, code := range codes {
		got[code]++
	}
	if got[200] != 2 || got[503] != 4 || r.count() != "2" {
		t.Errorf("of 6 requests, with room for 1 and a queue of 1: %v, and %s counted", got, r.count())
	}
	if resp, _ := get(t, client(t), "GET", url+"/count", nil); resp.StatusCode != 200 {
		t.Errorf("behind that: %d", resp.StatusCode)
	}
}

func TestATimeoutHasNoEffect(t *testing.T) {
	r := newRig(t)
	url := r.put("shop", map[string]string{"address": "127.0.0.1:0", "timeout_ms": "100"})
	ask := func(path string) {
		resp, text, err := try(client(t), "GET", url+path, nil)
		if err != nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || text != "" {
			t.Errorf("%s, where the time is over: %v %v %q", path, resp, err, text)
		}
	}
	for begun := false; !begun; { // one takes too long, and the other has to wait for too long
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			ask("/hold")
		}()
		select {
		case <-r.shop.entered:
			ask("/count")
			r.free()
			<-answered
			begun = true
		case <-answered: // on a busy machine its time may be over before it begins
		}
	}
	r.eventually("it goes on, and nothing has counted", func() bool {
		_, text := get(t, client(t), "GET", url+"/count", nil)
		return text == "1"
	})
}

func TestNothingIsLeft(t *testing.T) {
	before := goruntime.NumGoroutine()
	r := newRig(t)
	c := client(t)
	for i := range 20 {
		url := r.put("shop", map[string]string{"port": "0", "timeout_ms": strconv.Itoa(1000 + i)})
		get(t, c, "GET", url+"/count", nil)
	}
	idle, err := net.Dial("tcp", strings.TrimPrefix(r.put("bank", anyPort), "http://")) // says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	begun := time.Now()
	r.stop()
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("the supervisor took %v to end", took)
	}
	_ = r.Close()
	c.CloseIdleConnections()
	r.eventually("no goroutine is left", func() bool { return goruntime.NumGoroutine() <= before+3 })
}

// Where a host closes under requests they are told so.
func TestTheHostClosesFirst(t *testing.T) {
	r := newRig(t)
	url := r.put("shop", anyPort)
	_ = r.Close()
	resp, _, err := try(client(t), "GET", url+"/count", nil)
	if err == nil && resp.StatusCode != 503 {
		t.Errorf("a request to a host that is closed: %d", resp.StatusCode)
	}
}

// A request that has reached the actor is not tried again, whatever the actor fails with.
func TestTheActorIsAskedOnce(t *testing.T) {
	r := newRig(t)
	url := r.put("shop", anyPort)
	r.order(capability.Order{Provide: []capability.ProviderOrder{{Name: "store", Kind: "keyvalue"}}})
	r.eventually("the reports are written", func() bool { return len(must(r.Capabilities()).Status) == 1 })
	before := must(r.Reader().Head())
	if resp, _ := get(t, client(t), "POST", url+"/stranger", nil); resp.StatusCode != 503 {
		t.Errorf("status %d", resp.StatusCode)
	}
	if after := must(r.Reader().Head()); after.Sequence != before.Sequence+1 {
		t.Errorf("one request became %d transactions", after.Sequence-before.Sequence)
	}
}

// Headers that an actor names twice keep all their values, in one order; those that CORS needs stay; what is no header goes nowhere.
func TestHeadersOfAnActor(t *testing.T) {
	r, c := newRig(t), client(t)
	url := r.put("shop", map[string]string{"port": "0", "cors.allowed_origins": "https://a.example"})
	for range 8 {
		resp, _ := get(t, c, "GET", url+"/headers", nil, "Origin", "https://a.example")
		h := resp.Header
		if got := strings.Join(h["X-Two"], ""); got != "dabc" {
			t.Fatalf("X-Two came as %q", got)
		}
		if got := strings.Join(h["Vary"], ", "); got != "Origin, Accept" {
			t.Errorf("Vary came as %q", got)
		}
		if len(h["Access-Control-Allow-Origin"]) != 1 || len(resp.Trailer) != 0 || h.Get("X-Injected") != "" {
			t.Errorf("there came %v and the trailers %v", h, resp.Trailer)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
