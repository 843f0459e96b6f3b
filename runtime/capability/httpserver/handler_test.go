package httpserver_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
	"github.com/troupe-run/troupe/state"
)

// scaled returns a handler for a shop that has claims, and what says with how many instances.
func scaled(r *rig, instances int) (http.Handler, *atomic.Pointer[capability.Actor]) {
	r.put("shop", anyPort)
	link, _ := r.Table().Link("shop", capability.HTTPServer, "default")
	provider, _ := r.Table().Provider("web")
	var row atomic.Pointer[capability.Actor]
	row.Store(&capability.Actor{Address: "shop", Instances: instances})
	values, err := httpserver.ParseValues(nil, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	at := edge.At{Host: r.Host, Provider: *provider, Link: *link, Actor: row.Load, Logger: slog.New(slog.DiscardHandler)}
	return httpserver.NewHandler(at, values), &row
}

func ask(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

// An actor with several instances answers what it only reads for on all processors, and as many at once as it has instances.
func TestInstancesAnswerAtOnce(t *testing.T) {
	r := newRig(t)
	h, _ := scaled(r, 3)
	ask(h, "/count")
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			if w := ask(h, "/think"); w.Code != 200 || w.Body.String() != "1" || w.Header().Get("Troupe-Transaction") != "" {
				t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
			}
		})
	}
	all.Wait()
	if r.shop.peak != 3 {
		t.Errorf("%d queries ran at once, of 3 that may", r.shop.peak)
	}
}

// What needs a transaction gets one, and is not tried as a query again for a while.
func TestWhatWritesBecomesATransaction(t *testing.T) {
	r := newRig(t)
	h, _ := scaled(r, 4)
	for want := range 5 {
		if w := ask(h, "/count"); w.Code != 200 || w.Body.String() != string(rune('1'+want)) || w.Header().Get("Troupe-Transaction") == "" {
			t.Fatalf("%d %q %v", w.Code, w.Body, w.Header())
		}
	}
	if r.shop.queries != 1 {
		t.Errorf("%d queries were tried for 5 requests that write", r.shop.queries)
	}
	if w := ask(h, "/read"); w.Body.String() != "5" || w.Header().Get("Troupe-Transaction") != "" || r.shop.queries != 2 {
		t.Errorf("a request that reads: %q in transaction %s", w.Body, w.Header().Get("Troupe-Transaction"))
	}
	if w := ask(h, "/fail"); w.Code != 500 || w.Body.Len() != 0 || r.count() != "5" {
		t.Errorf("a query that fails: %d, and %s counted", w.Code, r.count())
	}
}

// Where no request of a method gets by without writing, queries are hardly tried any more, wherever they go.
func TestStubbornWriters(t *testing.T) {
	r := newRig(t)
	h, _ := scaled(r, 4)
	for i := range 200 {
		ask(h, "/count/"+strings.Repeat("x", i))
	}
	if r.shop.queries > 30 {
		t.Errorf("%d of 200 requests that write were tried as queries", r.shop.queries)
	}
}

func TestScaledToNothing(t *testing.T) {
	r := newRig(t)
	h, row := scaled(r, 0)
	if w := ask(h, "/count"); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("scaled to 0: %d %v", w.Code, w.Header())
	}
	row.Store(&capability.Actor{Address: "shop", Instances: 1})
	if w := ask(h, "/count"); w.Code != 200 || w.Body.String() != "1" {
		t.Errorf("scaled to 1: %d %q", w.Code, w.Body)
	}
}

// brittle is a host that panics.
type brittle struct{ *runtime.Host }

func (brittle) Do(context.Context, dispatch.Request) (*state.Receipt, error) { panic("as told") }

// failed is a host that fails in the middle of what it is asked to do.
type failed struct {
	*runtime.Host
	err error
}

func (f failed) Do(context.Context, dispatch.Request) (*state.Receipt, error) { return nil, f.err }

// Who cannot know whether a request had an effect, here or outside, is not told to send it again.
func TestTheHostFails(t *testing.T) {
	r := newRig(t)
	values, err := httpserver.ParseValues(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, why := range []error{
		fmt.Errorf("%w: the disk is gone", dispatch.ErrStopped),
		fmt.Errorf("%w: %w", dispatch.ErrExpired, dispatch.ErrReached),
		fmt.Errorf("%w: %w", &dispatch.OverloadedError{RetryAfter: time.Second}, dispatch.ErrReached),
	} {
		at := edge.At{Host: failed{r.Host, why}, Actor: func() *capability.Actor { return nil }, Logger: slog.New(slog.DiscardHandler)}
		if w := ask(httpserver.NewHandler(at, values), "/"); w.Code != 500 || w.Header().Get("Retry-After") != "" {
			t.Errorf("%v: %d %v", why, w.Code, w.Header())
		}
	}
}

// HTTP/2 lets a client name the host twice, and says which counts.
func TestOneHost(t *testing.T) {
	r := httptest.NewRequest("GET", "http://right.example/", nil)
	r.Header.Set("Host", "wrong.example")
	text, err := pack.ToJSON(httpserver.Inbound(r, nil))
	if err != nil || !strings.Contains(string(text), `"host":["right.example"]`) || strings.Contains(string(text), "wrong") {
		t.Errorf("the actor gets %s, %v", text, err)
	}
}

// A panic in the middle of a request takes no place away.
func TestAPanicLeavesTheGate(t *testing.T) {
	r := newRig(t)
	values, err := httpserver.ParseValues(map[string]string{"max_in_flight": "1", "queue": "0"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := httpserver.NewHandler(edge.At{Host: brittle{r.Host}, Actor: func() *capability.Actor { return nil }}, values)
	for range 3 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("it did not panic: there was no place")
				}
			}()
			ask(h, "/")
		}()
	}
}

func TestReadOnlyAndCacheControl(t *testing.T) {
	r, c := newRig(t), client(t)
	url := r.put("shop", map[string]string{"port": "0", "readonly_mode": "true", "cache_control": "max-age=9", "nonsense": "1"})
	if resp, _ := get(t, c, "POST", url+"/count", nil); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD" || r.count() != "" {
		t.Errorf("POST: %d %v", resp.StatusCode, resp.Header)
	}
	if resp, _ := get(t, c, "GET", url+"/count", nil); resp.StatusCode != 200 || resp.Header.Get("Cache-Control") != "max-age=9" {
		t.Errorf("GET: %d %v", resp.StatusCode, resp.Header)
	}
	for _, size := range []int64{5, 50_000} {
		for _, method := range []string{"HEAD", "GET"} {
			resp, text := get(t, c, method, url+"/size/"+strconv.FormatInt(size, 10), nil)
			if resp.StatusCode != 200 || resp.ContentLength != size || method == "HEAD" && text != "" {
				t.Errorf("%s of %d bytes: %d, %d bytes, %v", method, size, resp.StatusCode, len(text), resp.Header)
			}
		}
	}
	if detail := r.status("shop").Detail; !strings.HasSuffix(detail, "; does not know what these values mean: nonsense") {
		t.Errorf("detail %q", detail)
	}
}

func TestCors(t *testing.T) {
	r, c := newRig(t), client(t)
	open := r.put("shop", anyPort)
	narrow := r.put("bank", map[string]string{"port": "0", "cors.allowed_origins": "https://a.example", "cors.allowed_methods": "GET", "cors.exposed_headers": "X-Many"})
	for _, k := range []struct {
		name, method, url string
		headers           []string
		status            int
		want              map[string]string
	}{
		{"no origin", "GET", narrow, nil, 200, map[string]string{"Access-Control-Allow-Origin": ""}},
		{"any origin", "GET", open, []string{"Origin", "https://x"}, 200, map[string]string{"Access-Control-Allow-Origin": "*"}},
		{"the origin", "GET", narrow, []string{"Origin", "https://a.example"}, 200,
			map[string]string{"Access-Control-Allow-Origin": "https://a.example", "Vary": "Origin", "Access-Control-Expose-Headers": "X-Many"}},
		{"another origin", "GET", narrow, []string{"Origin", "https://b.example"}, 403, map[string]string{"Access-Control-Allow-Origin": ""}},
		{"asks before", "OPTIONS", open, []string{"Origin", "https://x", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "Content-Type"}, 200,
			map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, HEAD, OPTIONS", "Access-Control-Max-Age": "300"}},
		{"asks for another method", "OPTIONS", narrow, []string{"Origin", "https://a.example", "Access-Control-Request-Method", "PUT"}, 403, nil},
		{"asks for another header", "OPTIONS", open, []string{"Origin", "https://x", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "X-Secret"}, 403, nil},
	} {
		resp, _ := get(t, c, k.method, k.url+"/read", nil, k.headers...)
		if resp.StatusCode != k.status {
			t.Errorf("%s: %d", k.name, resp.StatusCode)
		}
		for name, want := range k.want {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", k.name, name, got, want)
			}
		}
	}
}

// pair writes a certificate and its key, and returns their files and who trusts it.
func pair(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	server := httptest.NewTLSServer(nil) // it has a certificate for 127.0.0.1 and example.com
	defer server.Close()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	secret, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: server.Certificate().Raw}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return cert, key, pool
}

func TestTLS(t *testing.T) {
	r := newRig(t)
	cert, key, pool := pair(t)
	address := free(t)
	url := r.put("shop", map[string]string{"address": address, "tls.cert_file": cert, "tls.priv_key_file": key})
	if url != "https://"+address {
		t.Errorf("it listens on %s", url)
	}
	c := client(t)
	c.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "example.com"}, ForceAttemptHTTP2: true}
	resp, text := get(t, c, "POST", url+"/count", strings.NewReader("x"))
	if text != "1" || resp.ProtoMajor != 2 {
		t.Errorf("%q over %s", text, resp.Proto)
	}
	c.CloseIdleConnections()

	// Without TLS at the same address.
	r.put("shop", map[string]string{"address": address})
	r.eventually("it speaks in the clear", func() bool {
		_, text, err := try(client(t), "GET", "http://"+address+"/read", nil)
		return err == nil && text == "1"
	})

	r.order(capability.Order{Link: []capability.LinkOrder{link("shop", "web", map[string]string{"address": address, "tls.cert_file": cert, "tls.priv_key_file": cert})}})
	r.eventually("a key that is none shows", func() bool { return strings.Contains(r.status("shop").Reason, "tls: certificate") })
}

// Whatever comes over a connection as a request, the actor gets what it can read.
func FuzzInbound(f *testing.F) {
	f.Add([]byte("GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\nA: \xff\r\n\r\n"), []byte("body"))
	f.Add([]byte("POST http://u@h/ HTTP/1.0\r\nX: 1\r\nX: 2\r\n\r\n"), []byte{})
	f.Fuzz(func(t *testing.T, head, body []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
		if err != nil {
			return
		}
		var m messages.HTTPRequest
		if err := pack.Unmarshal(httpserver.Inbound(r, body), &m); err != nil {
			t.Fatalf("%q: %v", head, err)
		}
		if m.Method != strings.ToValidUTF8(r.Method, "\ufffd") || !bytes.Equal(m.Body, body) || m.Header == nil {
			t.Errorf("%q became %+v", head, m)
		}
	})
}

// Whatever an actor answers, it is judged in the transaction, and what passes can be sent.
func FuzzAnswer(f *testing.F) {
	f.Add(pack.Marshal(&messages.HTTPResponse{StatusCode: 200, Header: messages.Header{"a": {"b"}}, Body: []byte("c")}))
	f.Add([]byte{0x81, 0xaa, 's', 't', 'a', 't', 'u', 's', 'C', 'o', 'd', 'e', 0xcd, 0x03, 0xe7})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		err := httpserver.Check("shop", data)
		if err != nil {
			if actor.AsError(err).Code != actor.CodeMalformed {
				t.Errorf("%v", err)
			}
			return
		}
		w := httptest.NewRecorder()
		httpserver.Write(w, httptest.NewRequest("GET", "/", nil), data)
		if w.Code < 200 || w.Code > 999 {
			t.Errorf("status %d", w.Code)
		}
		_, _ = io.Copy(io.Discard, w.Body)
	})
}
