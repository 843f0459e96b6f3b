package httpclient_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/httpclient"
	"github.com/troupe-run/troupe/runtime/capability/messages"
)

func TestAnActorAsksOutsideOnce(t *testing.T) {
	w := newWorld(t, nil)
	m, err := w.fetch("POST " + w.url + "/echo?secret=1 hello")
	if err != nil {
		t.Fatal(err)
	}
	if m.StatusCode != 200 || string(m.Body) != "POST hello" || m.Header["x-said"][0] != "this" {
		t.Errorf("the answer is %d %q %v", m.StatusCode, m.Body, m.Header)
	}
	seen := w.seen()
	if len(seen) != 1 {
		t.Fatalf("%d requests came: a transaction that is executed again must not ask again", len(seen))
	}
	r := seen[0]
	if strings.Join(r.Header["X-From"], " ") != "fetcher again" || r.Header.Get("Idempotency-Key") == "" || r.Host == "evil" || r.Header.Get("Accept-Encoding") != "" {
		t.Errorf("the request has the host %s and %v", r.Host, r.Header)
	}
	if kept, _, _ := w.Get("fetcher", []byte("answer")); string(kept) != "POST hello" {
		t.Errorf("the actor has kept %q", kept)
	}
	if _, err := w.fetch("GET " + w.url + "/echo"); err != nil || w.seen()[1].Header.Get("Idempotency-Key") != "" {
		t.Errorf("a request that changes nothing: %v %v", err, w.seen()[1].Header)
	}
}

// What was asked outside has been asked, and nothing else is left of a transaction that fails.
func TestARollbackDoesNotTakeBackWhatWasAsked(t *testing.T) {
	w := newWorld(t, nil)
	if _, err := w.fetch("fail POST " + w.url + "/echo hello"); !is(err, "sorry") {
		t.Fatal(err)
	}
	if kept, ok, _ := w.Get("fetcher", []byte("answer")); ok || len(w.seen()) != 1 {
		t.Errorf("%q is left, and %d requests were made", kept, len(w.seen()))
	}
	head, err := w.Reader().Head()
	if err != nil {
		t.Fatal(err)
	}
	trace, err := w.Reader().Trace(head.Sequence)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(spans(trace.Root), "outside") {
		t.Error("the trace does not say that it reached out")
	}
}

func spans(s *dispatch.Span) string {
	text := string(s.To) + "\n"
	for _, child := range s.Children {
		text += spans(child)
	}
	return text
}

// While one transaction waits for the world others go on.
func TestNobodyWaitsForTheWorld(t *testing.T) {
	w := newWorld(t, map[string]string{"timeout_ms": "60000"})
	var slow sync.WaitGroup
	slow.Go(func() {
		if _, err := w.fetch("GET " + w.url + "/held"); err != nil {
			t.Errorf("who waited: %v", err)
		}
	})
	for len(w.seen()) == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 5 {
		if _, err := w.fetch("GET " + w.url + "/echo"); err != nil {
			t.Error(err)
		}
	}
	close(w.free) // had the others waited, it would have had no answer by now
	slow.Wait()
}

func TestTheWorldTakesTooLong(t *testing.T) {
	w := newWorld(t, map[string]string{"timeout_ms": "100"})
	if _, err := w.fetch("GET " + w.url + "/slow"); !is(err, actor.CodeOutside) || !strings.Contains(err.Error(), "no answer in the time") {
		t.Errorf("what takes too long: %v", err)
	}
}

func TestWhatTheLinkDoesNotAllow(t *testing.T) {
	const denied = httpclient.CodeNotAllowed
	for _, c := range []struct {
		name   string
		values map[string]string
		ask    string // URL stands for that of the world
		code   string
		text   string
	}{
		{"nothing is allowed", map[string]string{"allow": ""}, "GET URL/echo", denied, "is not allowed by the link: put it with allow=http://127.0.0.1"},
		{"another host", nil, "GET http://example.org/", denied, "http://example.org:80 is not allowed by the link"},
		{"another port", nil, "GET http://127.0.0.1:1/", denied, "not allowed by the link"},
		{"another scheme", nil, "GET https://127.0.0.1/", denied, "not allowed by the link"},
		{"no HTTP", map[string]string{"allow": "http://*.x"}, "GET file:///etc/passwd", denied, "a URL is http or https"},
		{"a password", nil, "GET http://a:b@127.0.0.1/", denied, "no user and no password"},
		{"no URL", nil, "GET http://[::1", denied, "the URL cannot be read"},
		{"another method", map[string]string{"methods": "GET,HEAD"}, "POST URL/echo", denied, "the method POST is not allowed by the link: put it with methods=GET,HEAD,POST"},
		{"no method", nil, "CONNECT URL/echo", denied, "no method that can be used"},
		{"a large body", map[string]string{"max_request": "3"}, "POST URL/echo four", denied, "at most 3 bytes"},
		{"a large answer", map[string]string{"max_response": "10"}, "GET URL/size/11", actor.CodeOutside, "larger than the link allows"},
		{"a private address", map[string]string{"private": "false"}, "GET URL/echo", actor.CodeOutside, "of this machine or a private network"},
		{"a name of one", map[string]string{"private": "false", "allow": "http://localhost:*"}, "GET http://localhost:PORT/echo", actor.CodeOutside, "of this machine or a private network"},
		{"a redirect elsewhere", map[string]string{"redirects": "3"}, "GET URL/to?at=http://localhost:PORT/echo", actor.CodeOutside, "it leads to another host"},
		{"nobody there", map[string]string{"allow": "http://127.0.0.1:*"}, "GET http://127.0.0.1:1/", actor.CodeOutside, "nobody listens there"},
		{"bad values", map[string]string{"timeout_ms": "soon"}, "GET URL/echo", denied, "timeout_ms is a number from 1 to 60000"},
		{"a bad name", map[string]string{"METHOD": "GET"}, "POST URL/echo", denied, `"METHOD" means nothing: there are allow, max_request`},
		{"capitals", map[string]string{"METHODS": "GET"}, "POST URL/echo", denied, "GET"},
		{"a name twice", map[string]string{"METHODS": "GET", "methods": "POST"}, "POST URL/echo", denied, "methods is there twice"},
		{"a bad pattern", map[string]string{"allow": "example.org"}, "GET URL/echo", denied, `allow has "example.org": a pattern is scheme://host`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.values)
			u, _ := url.Parse(w.url)
			ask := strings.ReplaceAll(strings.ReplaceAll(c.ask, "URL", w.url), "PORT", u.Port())
			_, err := w.fetch(ask)
			if !is(err, c.code) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s: %v", ask, err)
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	w := newWorld(t, map[string]string{"redirects": "1"})
	m, err := w.fetch("GET " + w.url + "/to?at=" + w.url + "/echo")
	if err != nil || string(m.Body) != "GET " {
		t.Errorf("one that is allowed: %v %v", m, err)
	}
	m, err = w.fetch("GET " + w.url + "/to?at=" + url.QueryEscape(w.url+"/to?at="+w.url+"/echo"))
	if err != nil || m.StatusCode != 302 {
		t.Errorf("one more than is followed: %v %v", m, err)
	}
}

// What changes something is sent once, though the connection breaks before there is an answer; the error names nobody's address.
func TestABrokenConnection(t *testing.T) {
	w := newWorld(t, nil)
	if _, err := w.fetch("GET " + w.url + "/echo"); err != nil { // its connection is used again
		t.Fatal(err)
	}
	for _, body := range []string{"", " hello"} {
		before := len(w.seen())
		if _, err := w.fetch("POST " + w.url + "/drop" + body); !is(err, actor.CodeOutside) || strings.Contains(err.Error(), "->") {
			t.Errorf("a connection that breaks: %v", err)
		}
		if n := len(w.seen()) - before; n != 1 {
			t.Errorf("one question with the body %q was asked %d times", body, n)
		}
		if _, err := w.fetch("GET " + w.url + "/echo"); err != nil {
			t.Error(err)
		}
	}
}

// A server that sends an actor to another one tells that one nothing of the actor's.
func TestRedirectsElsewhere(t *testing.T) {
	w, other := newWorld(t, map[string]string{"allow": "http://127.0.0.1:*", "redirects": "2"}), newWorld(t, nil)
	back := other.url + "/to?at=" + url.QueryEscape(w.url+"/echo")
	if _, err := w.fetch("GET " + w.url + "/to?secret=1&at=" + url.QueryEscape(back)); err != nil {
		t.Fatal(err)
	}
	if h := w.seen()[0].Header; h.Get("X-From") != "fetcher" {
		t.Errorf("the first gets %v", h)
	}
	for _, r := range append(other.seen(), w.seen()[1:]...) {
		if r.Header.Get("X-From") != "" || r.Header.Get("Referer") != "" || r.Header.Get("User-Agent") != "troupe" {
			t.Errorf("behind a redirect %s gets %v", r.URL.Path, r.Header)
		}
	}
	if _, err := w.fetch("GET " + w.url + "/to?secret=1&at=" + w.url + "/echo"); err != nil {
		t.Fatal(err)
	}
	if h := w.seen()[len(w.seen())-1].Header; h.Get("X-From") != "fetcher" || h.Get("Referer") != "" {
		t.Errorf("on the same server it gets %v", h)
	}
}

// A redirect leads to no method that the link does not allow.
func TestRedirectsToAnotherMethod(t *testing.T) {
	w := newWorld(t, map[string]string{"methods": "POST", "redirects": "1"})
	if m, err := w.fetch("POST " + w.url + "/to?at=" + w.url + "/echo hello"); err != nil || m.StatusCode != 302 || len(w.seen()) != 1 {
		t.Errorf("%v %v, with %d requests", m, err, len(w.seen()))
	}
}

// Neither the environment nor the query of a URL shows in what an actor is told.
func TestErrorsKeepSecrets(t *testing.T) {
	w := newWorld(t, map[string]string{"allow": "http://127.0.0.1:*"})
	_, err := w.fetch("GET http://127.0.0.1:1/path?token=geheim")
	if err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("%v", err)
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		allow, url string
		ok         bool
	}{
		{"https://example.org", "https://example.org/a?b", true},
		{"https://example.org", "https://EXAMPLE.org:443", true},
		{"https://example.org", "https://example.org:8443", false},
		{"https://example.org:*", "https://example.org:8443", true},
		{"https://example.org", "http://example.org", false},
		{"https://example.org", "https://example.org.evil.net", false},
		{"https://example.org", "https://evilexample.org", false},
		{"https://example.org", "https://example.org./", true},
		{"https://*.example.org", "https://a.b.example.org", true},
		{"https://*.example.org", "https://example.org", false},
		{"https://*.example.org", "https://evilexample.org", false},
		{"https://*.example.org", "https://.example.org", false},
		{"http://[::1]:80", "http://[::1]/", true},
		{"http://a http://b,\nhttp://c", "http://c/", true},
		{"https://example.org", "https://user@example.org", false},
		{"https://example.org", "https://evil.net#@example.org", false},
		{"https://example.org", "https://evil.net\\@example.org", false},
	} {
		r, err := httpclient.ParseRules(func(name string) (string, bool) {
			if name != "allow" {
				return "", false
			}
			return c.allow, true
		})
		if err != nil {
			t.Fatalf("%s: %v", c.allow, err)
		}
		err = httpclient.Judge(r, &messages.FetchArgs{URL: c.url})
		if (err == nil) != c.ok {
			t.Errorf("%s under %s: %v", c.url, c.allow, err)
		}
	}
}

func TestPublicAddresses(t *testing.T) {
	for _, c := range []struct {
		address string
		public  bool
	}{
		{"8.8.8.8", true}, {"2606:4700::1111", true},
		{"127.0.0.1", false}, {"127.8.8.8", false}, {"10.0.0.1", false}, {"192.168.1.1", false}, {"172.16.0.1", false}, {"169.254.169.254", false},
		{"0.0.0.0", false}, {"100.64.0.1", false}, {"224.0.0.1", false}, {"255.255.255.255", false}, {"::1", false}, {"::", false}, {"fe80::1", false},
		{"fc00::1", false}, {"::ffff:127.0.0.1", false}, {"::ffff:8.8.8.8", true}, {"64:ff9b::7f00:1", false}, {"2002:7f00:1::", false}, {"ff02::1", false}, {"fec0::1", false},
		{"::127.0.0.1", false},
	} {
		if got := httpclient.Public(c.address); got != c.public {
			t.Errorf("%s is public: %v", c.address, got)
		}
	}
}

// What is no question of the provider's is refused, whoever sends it.
func FuzzPerform(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x87\x01garbage"))
	client := httpclient.New()
	ctx, cancel := context.WithCancel(f.Context())
	cancel() // nothing is really asked
	f.Fuzz(func(t *testing.T, request []byte) {
		if _, err := client.Perform(ctx, dispatch.Ask{From: "troupe.httpclient/out", ID: "x", Request: request}); err == nil {
			t.Error("something was asked")
		}
	})
}

func FuzzRules(f *testing.F) {
	f.Add("https://example.org", "GET", "true", "100", "https://example.org/")
	f.Add("http://*.a:*,https://[::1]:8", "get,post", "x", "-1", "http://b.a:9")
	f.Fuzz(func(t *testing.T, allow, methods, private, number, target string) {
		values := map[string]string{"allow": allow, "methods": methods, "private": private, "timeout_ms": number}
		r, err := httpclient.ParseRules(func(name string) (string, bool) { v, ok := values[name]; return v, ok })
		if err != nil {
			return
		}
		if httpclient.Judge(r, &messages.FetchArgs{URL: target, Method: methods}) != nil {
			return
		}
		u, err := url.Parse(target)
		if err != nil || u.User != nil {
			t.Fatalf("%q is allowed", target)
		}
		for _, p := range r.Allow {
			host := strings.TrimPrefix(p.Host, "*")
			if p.Scheme == strings.ToLower(u.Scheme) && strings.HasSuffix(strings.ToLower(strings.TrimSuffix(u.Host, ":"+u.Port())), strings.ToLower(host)) ||
				strings.HasSuffix(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), strings.Trim(host, "[]")) {
				return
			}
		}
		t.Errorf("%q is allowed under %q", target, allow)
	})
}
