package gateway

import (
	"compress/gzip"
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

var assets = fstest.MapFS{
	"index.html":          {Data: []byte("<!doctype html><title>t</title>")},
	"assets/index-123.js": {Data: []byte(strings.Repeat("let a = 1;\n", 500))},
	"icon.svg":            {Data: []byte("<svg/>")},
}

func TestAssets(t *testing.T) {
	g := newGateway(t, script{}, Options{Assets: assets})
	for _, c := range []struct {
		target, accept, typ, cache string
		status                     int
	}{
		{"/", "", "text/html; charset=utf-8", "no-cache", 200},
		{"/index.html", "", "text/html; charset=utf-8", "no-cache", 200},
		{"/actors/a.b", "text/html,*/*", "text/html; charset=utf-8", "no-cache", 200},
		{"/actors/a.b", "*/*", api.JSON, "no-store", 404},
		{"/assets/index-123.js", "", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", 200},
		{"/icon.svg", "", "image/svg+xml", "no-cache", 200},
		{"/favicon.ico", "", "image/svg+xml", "no-cache", 200},
		{"/assets", "", api.JSON, "no-store", 404},
		{"/../go.mod", "", api.JSON, "no-store", 404},
		{"/assets/..%2findex.html", "", api.JSON, "no-store", 404},
	} {
		w := do(g, "GET", c.target, "", "Accept: "+c.accept)
		h := w.Header()
		if w.Code != c.status || h.Get("Content-Type") != c.typ || h.Get("Cache-Control") != c.cache {
			t.Errorf("%s: %d %v", c.target, w.Code, h)
		}
		if w.Code != 200 {
			continue
		}
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", c.target, h)
		}
		again := do(g, "GET", c.target, "", "If-None-Match: \"x\", W/"+h.Get("ETag"), "Accept: "+c.accept)
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != h.Get("ETag") {
			t.Errorf("%s, which the client has: %d %v", c.target, again.Code, again.Header())
		}
		head := do(g, "HEAD", c.target, "", "Accept: "+c.accept)
		if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != h.Get("Content-Length") {
			t.Errorf("HEAD %s: %d %v", c.target, head.Code, head.Header())
		}
	}
	w := do(g, "GET", "/assets/index-123.js", "", "Accept-Encoding: br, gzip")
	z, err := gzip.NewReader(w.Body)
	if err != nil || w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v, %v", w.Header(), err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != string(assets["assets/index-123.js"].Data) {
		t.Errorf("unpacked it is %d bytes, %v", len(text), err)
	}
	if w := do(g, "GET", "/assets/index-123.js", "", "Accept-Encoding: gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("who takes no gzip gets it")
	}
	if _, err := New(script{}, Options{Assets: fstest.MapFS{"a.html": {}}}); err == nil || !strings.Contains(err.Error(), "index.html") {
		t.Errorf("no index: %v", err)
	}
	if _, err := New(script{}, Options{Assets: fstest.MapFS{"index.html": {}, "a.exe": {}}}); err == nil || !strings.Contains(err.Error(), "a.exe") {
		t.Errorf("a strange file: %v", err)
	}
}

func TestDocs(t *testing.T) {
	g := newGateway(t, script{}, Options{})
	if w := do(g, "GET", "/", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/docs" {
		t.Errorf("without a dashboard / is %d %v", w.Code, w.Header())
	}
	page := do(g, "GET", "/docs", "").Body.String()
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("two elements are %s", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(` href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to #%s, which is not there", m[1])
		}
	}
	for _, op := range api.Ops() {
		if !ids[op.Name] || !strings.Contains(page, op.Doc) {
			t.Errorf("the page says nothing about %s", op.Name)
		}
	}
	for _, m := range regexp.MustCompile(` (src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[2], "#") && do(g, "GET", m[2], "").Code != 200 {
			t.Errorf("the page refers to %s", m[2])
		}
	}
	if strings.Contains(page, "style=") || strings.Contains(page, "<script") || strings.Contains(page, "<style") {
		t.Error("the policy forbids what is in the page")
	}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
	}
	if w := do(g, "GET", "/openapi.json", ""); w.Code != 200 || w.Header().Get("Content-Type") != api.JSON {
		t.Errorf("/openapi.json is %d %v", w.Code, w.Header())
	}
}

func TestHealth(t *testing.T) {
	if w := do(newGateway(t, script{}, Options{}), "GET", "/readyz", ""); w.Code != 200 || w.Body.String() != "ready\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	g := newGateway(t, script{busy: "the disk is full"}, Options{})
	if w := do(g, "GET", "/readyz", ""); w.Code != 503 || w.Body.String() != "the disk is full\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(g, "GET", "/healthz", ""); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestMetrics(t *testing.T) {
	if w := do(newGateway(t, script{}, Options{}), "GET", "/metrics", ""); w.Code != 404 {
		t.Errorf("without metrics: %d", w.Code)
	}
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") })
	n := script{handle: func(_ context.Context, c *node.Call) node.Result {
		if c.Op != "stats" || c.Bearer != "good" {
			return node.Result{Err: &api.Error{Code: api.CodeUnauthenticated, Message: "who?"}}
		}
		return node.Result{}
	}}
	for _, c := range []struct {
		name, remote, token, forwarded string
		open                           bool
		status                         int
	}{
		{"this machine", "127.0.0.1:99", "", "", false, 200},
		{"this machine, IPv6", "[::1]:99", "", "", false, 200},
		{"behind a proxy", "127.0.0.1:99", "", "192.0.2.1", false, 401},
		{"another machine", "192.0.2.1:99", "", "", false, 401},
		{"another machine with a token", "192.0.2.1:99", "good", "", false, 200},
		{"open", "192.0.2.1:99", "", "", true, 200},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.Host, r.RemoteAddr = "localhost", c.remote
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		newGateway(t, n, Options{Metrics: metrics, OpenMetrics: c.open}).ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
}
