package gateway

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestHosts checks under which names the gateway is known: the protection from pages whose names point here.
func TestHosts(t *testing.T) {
	here, there := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8880}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8880}
	here6 := &net.TCPAddr{IP: net.IPv6loopback, Port: 8880}
	named := []string{"Troupe.example.org"}
	for _, c := range []struct {
		host  string
		local net.Addr
		hosts []string
		ok    bool
	}{
		{"127.0.0.1:8880", here, nil, true},
		{"127.8.8.8", here, nil, true},
		{"localhost:8880", here, nil, true},
		{"LOCALHOST.", here, nil, true},
		{"app.localhost:1", here, nil, true},
		{"[::1]:8880", here6, nil, true},
		{"[::1]", here6, nil, true},
		{"[::ffff:127.0.0.1]:80", here6, nil, true},
		{"evil.example", here, nil, false},
		{"evil.example:8880", here6, nil, false},
		{"localhost.evil.example", here, nil, false},
		{"127.0.0.1.evil.example", here, nil, false},
		{"evillocalhost", here, nil, false},
		{"", here, nil, false},
		{"192.0.2.7", here, nil, false},
		{"0.0.0.0", here, nil, false},
		{"troupe.example.org", here, nil, false},
		{"troupe.example.org:443", here, named, true},
		{"evil.example", here, named, false},
		{"anything.example", there, nil, true},
		{"192.0.2.7:8880", there, named, true},
		{"evil.example", there, named, false},
		{"troupe.EXAMPLE.org", there, named, true},
	} {
		var why rejections
		g := newGateway(t, script{}, Options{Hosts: c.hosts, Rejected: why.add})
		r := httptest.NewRequest("GET", "/healthz", nil)
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, c.local))
		r.Host = c.host
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if ok := w.Code == http.StatusOK; ok != c.ok || !ok && (w.Code != http.StatusMisdirectedRequest || why.of("host") != 1) {
			t.Errorf("%q on %s with %q: status %d, want it served: %v", c.host, c.local, c.hosts, w.Code, c.ok)
		}
	}
}

// TestOrigins checks which pages may use the gateway.
func TestOrigins(t *testing.T) {
	friend := Options{Origins: []string{"https://friend.example"}}
	for _, c := range []struct {
		name    string
		opts    Options
		method  string
		target  string
		headers []string
		status  int
		shared  string // the origin that may read the answer
	}{
		{"no browser", Options{}, "POST", "/v1/send", nil, 200, ""},
		{"own page", Options{}, "POST", "/v1/send", []string{"Origin: http://localhost", "Sec-Fetch-Site: same-origin"}, 200, ""},
		{"own page behind a proxy", Options{}, "POST", "/v1/send", []string{"Origin: https://localhost", "Sec-Fetch-Site: same-origin"}, 200, ""},
		{"another port", Options{}, "POST", "/v1/send", []string{"Origin: http://localhost:3000", "Sec-Fetch-Site: same-site"}, 403, ""},
		{"another scheme", Options{}, "POST", "/v1/send", []string{"Origin: https://localhost"}, 403, ""},
		{"another site", Options{}, "POST", "/v1/send", []string{"Origin: https://evil.example"}, 403, ""},
		{"a page in a box", Options{}, "POST", "/v1/send", []string{"Origin: null"}, 403, ""},
		{"another site, reading", Options{}, "GET", "/v1/info", []string{"Origin: https://evil.example"}, 403, ""},
		{"an image", Options{}, "GET", "/v1/info", []string{"Sec-Fetch-Site: cross-site"}, 403, ""},
		{"an image of metrics", Options{}, "GET", "/metrics", []string{"Sec-Fetch-Site: cross-site"}, 403, ""},
		{"a form", Options{}, "POST", "/v1/send", []string{"Sec-Fetch-Site: cross-site"}, 403, ""},
		{"a link", Options{}, "GET", "/docs", []string{"Sec-Fetch-Site: cross-site"}, 200, ""},
		{"the address bar", Options{}, "GET", "/v1/info", []string{"Sec-Fetch-Site: none"}, 200, ""},
		{"a question before", Options{}, "OPTIONS", "/v1/send", []string{"Origin: https://friend.example", "Access-Control-Request-Method: POST"}, 403, ""},
		{"a friend's question before", friend, "OPTIONS", "/v1/send", []string{"Origin: https://friend.example", "Access-Control-Request-Method: POST"}, 204, "https://friend.example"},
		{"a friend", friend, "POST", "/v1/send", []string{"Origin: https://friend.example", "Sec-Fetch-Site: cross-site"}, 200, "https://friend.example"},
		{"a friend's mistake", friend, "POST", "/v1/fly", []string{"Origin: https://friend.example"}, 404, "https://friend.example"},
		{"a friend's friend", friend, "POST", "/v1/send", []string{"Origin: https://evil.friend.example"}, 403, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(newGateway(t, script{}, c.opts), c.method, c.target, "", c.headers...)
			if shared := w.Header().Get("Access-Control-Allow-Origin"); w.Code != c.status || shared != c.shared {
				t.Errorf("status %d, shared with %q; want %d, %q: %s", w.Code, shared, c.status, c.shared, w.Body)
			}
			if w.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Error("a page may use what the browser knows of its user")
			}
			if c.status == 204 && !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Authorization") {
				t.Errorf("a friend is told %v", w.Header())
			}
		})
	}
}
