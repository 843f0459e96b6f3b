package gateway

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// A page is a file that anybody may look at.
type page struct {
	typ string
	// policy says what the page may load; keep, that its name changes with its content.
	policy string
	keep   bool
	// content is made when it is first asked for: a node that starts has better things to do.
	content func() (content, error)
}

// content is what is in a page.
type content struct {
	body []byte
	// packed is the body under gzip, nil if that is no smaller.
	packed []byte
	etag   string
}

// Policies of pages. Nothing comes from elsewhere, and nothing is written into a page that runs or is drawn.
const (
	appPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	docsPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// types are those of the files that a dashboard has. What the system says of file names differs between machines.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json",
	".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp", ".woff2": "font/woff2",
	".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json",
}

// readPages returns everything that is served as it is, by path.
func (g *Gateway) readPages() (map[string]*page, error) {
	pages := map[string]*page{
		"/openapi.json":   newPage("openapi.json", docsPolicy, OpenAPI),
		"/docs":           newPage("docs.html", docsPolicy, docsPage),
		"/docs/style.css": newPage("style.css", docsPolicy, func() ([]byte, error) { return docsStyle, nil }),
	}
	if g.opts.Assets == nil {
		return pages, nil
	}
	err := fs.WalkDir(g.opts.Assets, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if types[path.Ext(name)] == "" {
			return fmt.Errorf("assets: %s: nobody knows what type a file %q has", name, path.Ext(name))
		}
		body, err := fs.ReadFile(g.opts.Assets, name)
		p := newPage(name, appPolicy, func() ([]byte, error) { return body, nil })
		p.keep = strings.HasPrefix(name, "assets/")
		pages["/"+name] = p
		return err
	})
	if icon, ok := pages["/icon.svg"]; ok {
		pages["/favicon.ico"] = icon // which browsers ask for by themselves
	}
	if index, ok := pages["/index.html"]; ok {
		pages["/"] = index
	} else if err == nil {
		err = fmt.Errorf("assets: there is no index.html")
	}
	return pages, err
}

func newPage(name, policy string, read func() ([]byte, error)) *page {
	typ := types[path.Ext(name)]
	return &page{typ: typ, policy: policy, content: sync.OnceValues(func() (c content, err error) {
		if c.body, err = read(); err != nil {
			return c, err
		}
		sum := sha256.Sum256(c.body)
		c.etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		if text := strings.HasPrefix(typ, "text/") || strings.HasPrefix(typ, "application/") || typ == types[".svg"]; text && len(c.body) > 1024 {
			c.packed = pack(c.body)
		}
		return c, nil
	})}
}

// pack returns a text under gzip, nil if that is no smaller.
func pack(text []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(text); err != nil || z.Close() != nil || out.Len() >= len(text) {
		return nil
	}
	return out.Bytes()
}

// servePage answers everything that is no operation.
func (g *Gateway) servePage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		g.reject("method")
		g.refuse(w, r, http.StatusMethodNotAllowed, api.CodeBadRequest, "pages are read by GET; operations are below /v1/")
		return
	}
	switch r.URL.Path {
	case "/healthz":
		g.write(w, types[".txt"], http.StatusOK, nil, []byte("ok\n"))
		return
	case "/readyz":
		g.serveReady(w)
		return
	case "/metrics":
		g.serveMetrics(w, r)
		return
	}
	p, ok := g.pages[r.URL.Path]
	if !ok && g.opts.Assets != nil && accepts(r, "text/html") {
		p, ok = g.pages["/"] // the dashboard knows its own paths
	}
	if ok {
		g.send(w, r, p)
		return
	}
	if r.URL.Path == "/" {
		http.Redirect(w, r, "/docs", http.StatusSeeOther)
		return
	}
	g.refuse(w, r, http.StatusNotFound, api.CodeNotFound, "there is nothing at "+quote(r.URL.Path)+": see /docs")
}

// send answers with the page, or says that the client has it.
func (g *Gateway) send(w http.ResponseWriter, r *http.Request, p *page) {
	c, err := p.content()
	if err != nil {
		g.refuse(w, r, http.StatusInternalServerError, api.CodeInternal, "the page cannot be made: "+err.Error())
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", p.policy)
	h.Set("ETag", c.etag)
	h.Add("Vary", "Accept-Encoding")
	if p.keep {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(g.limits.WriteTime))
	if has(r.Header.Get("If-None-Match"), c.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", p.typ)
	body := c.body
	if c.packed != nil && has(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = c.packed
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// has reports whether a list in a header has the item.
func has(header, item string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.TrimPrefix(strings.TrimSpace(name), "W/")
		if strings.EqualFold(name, item) && strings.ReplaceAll(params, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

func (g *Gateway) serveReady(w http.ResponseWriter) {
	ready, reason := g.node.Ready()
	select {
	case <-g.closing:
		ready, reason = false, "the node is being stopped"
	default:
	}
	if ready {
		g.write(w, types[".txt"], http.StatusOK, nil, []byte("ready\n"))
		return
	}
	g.write(w, types[".txt"], http.StatusServiceUnavailable, nil, []byte(reason+"\n"))
}

// serveMetrics answers /metrics to this machine, and to those who may ask for stats.
func (g *Gateway) serveMetrics(w http.ResponseWriter, r *http.Request) {
	if g.opts.Metrics == nil {
		g.refuse(w, r, http.StatusNotFound, api.CodeNotFound, "this node keeps no metrics")
		return
	}
	if !g.opts.OpenMetrics && !fromHere(r) {
		call := &node.Call{Op: "stats", Type: api.JSON, Via: "http", Remote: r.RemoteAddr, Payload: emptyRequest}
		if err := identify(r, call); err != nil {
			g.fail(w, api.JSON, err)
			return
		}
		if res := g.node.Handle(r.Context(), call); res.Err != nil {
			g.fail(w, api.JSON, res.Err)
			return
		}
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(g.limits.WriteTime))
	g.opts.Metrics.ServeHTTP(w, r)
}

// fromHere reports whether a request comes from this machine, and was not passed on by a proxy on it.
func fromHere(r *http.Request) bool {
	if r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && net.ParseIP(host).IsLoopback()
}
