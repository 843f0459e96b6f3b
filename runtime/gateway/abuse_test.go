package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// tight are limits of size that a test reaches soon. Those of time are in the tests that wait for them: on a busy machine others would
// reach them, too.
var tight = Limits{Header: 4 << 10, Body: 64 << 10, Code: 256 << 10}

func dial(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	return c.(*net.TCPConn)
}

// answer reads one answer from a connection, and its body.
func answer(t testing.TB, c io.Reader) (*http.Response, string) {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("half of an answer, %q: %v", body, err)
	}
	return res, string(body)
}

// ends checks that the other side closes the connection.
func ends(t testing.TB, c net.Conn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is not closed")
	}
}

// drip writes one byte after the other until the connection takes no more.
func drip(c net.Conn, text string, done <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond):
		}
		if _, err := c.Write([]byte{text[i%len(text)]}); err != nil {
			return
		}
	}
}

const head = "POST /v1/send HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

// TestSlowHeader is slowloris: a header that never comes to its end.
func TestSlowHeader(t *testing.T) {
	addr := serve(t, newGateway(t, script{}, Options{Limits: Limits{HeaderTime: 150 * time.Millisecond}}))
	for _, start := range []string{"", "POST /v1/send HTTP/1.1\r\nHost: localhost\r\n"} {
		c, done := dial(t, addr), make(chan struct{})
		fmt.Fprint(c, start)
		go drip(c, "X-A: b\r\n", done)
		_ = c.SetDeadline(time.Now().Add(4 * time.Second)) // without the limit it would be 5 seconds
		ends(t, c)
		close(done)
	}
}

// TestSlowBody is a body that never comes to its end: where the node waits for it, and where nobody does.
func TestSlowBody(t *testing.T) {
	var why rejections
	g := newGateway(t, script{}, Options{Limits: Limits{BodyTime: 150 * time.Millisecond}, Rejected: why.add})
	addr := serve(t, g)
	for name, status := range map[string]int{"send": http.StatusRequestTimeout, "fly": http.StatusNotFound} {
		c, done := dial(t, addr), make(chan struct{})
		_ = c.SetDeadline(time.Now().Add(20 * time.Second)) // without the limit it would be 30 seconds
		fmt.Fprint(c, strings.Replace(head, "send", name, 1)+"Content-Length: 50000\r\n\r\n{")
		go drip(c, "          ", done)
		res, body := answer(t, c)
		if res.StatusCode != status {
			t.Errorf("%s: %s %s", name, res.Status, body)
		}
		ends(t, c)
		close(done)
	}
	if why.of("slow") != 1 {
		t.Errorf("rejected: %v", why.count)
	}
	if left := g.bodies.left.Load(); left != int64(g.limits.Bodies) {
		t.Errorf("%d bytes are left for bodies, of %d", left, g.limits.Bodies)
	}
}

// TestHalfClosed is a client that sends a request and says that nothing will follow: it gets its answer. One that says
// so in the middle of a body gets an error.
func TestHalfClosed(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	g := newGateway(t, script{handle: func(ctx context.Context, c *node.Call) node.Result {
		close(started)
		<-release
		if err := ctx.Err(); err != nil {
			return node.Result{Type: api.JSON, Payload: []byte(err.Error()), Err: &api.Error{Code: api.CodeUnknown}}
		}
		return node.Result{Type: api.JSON, Payload: []byte(`{"sequence":1}`)}
	}}, Options{})
	addr := serve(t, g)
	c := dial(t, addr)
	fmt.Fprint(c, head+"Content-Length: 2\r\n\r\n{}")
	<-started
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond) // for the server to see it
	close(release)
	if res, body := answer(t, c); res.StatusCode != 200 || body != `{"sequence":1}` {
		t.Errorf("%s %s", res.Status, body)
	}
	c = dial(t, addr)
	fmt.Fprint(c, head+"Content-Length: 200\r\n\r\n{")
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if res, body := answer(t, c); res.StatusCode != 400 || !strings.Contains(body, "no end") {
		t.Errorf("%s %s", res.Status, body)
	}
	if left := g.bodies.left.Load(); left != int64(g.limits.Bodies) {
		t.Errorf("%d bytes are left for bodies, of %d", left, g.limits.Bodies)
	}
}

// TestClientDies is a client that goes while a write is executed: the write has an outcome.
func TestClientDies(t *testing.T) {
	started, outcome := make(chan struct{}), make(chan error, 1)
	g := newGateway(t, script{handle: func(ctx context.Context, c *node.Call) node.Result {
		close(started)
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
		outcome <- ctx.Err()
		return node.Result{Type: api.JSON, Payload: []byte("{}")}
	}}, Options{})
	c := dial(t, serve(t, g))
	fmt.Fprint(c, head+"Content-Length: 2\r\n\r\n{}")
	<-started
	_ = c.SetLinger(0)
	c.Close()
	if err := <-outcome; err != nil {
		t.Errorf("the write was interrupted: %v", err)
	}
}

func TestOversized(t *testing.T) {
	var why rejections
	g := newGateway(t, script{}, Options{Limits: tight, Rejected: why.add})
	addr := serve(t, g)
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 8<<10, strings.Repeat("a", 8<<10))
	for _, c := range []struct {
		name, request string
		status        int
	}{
		{"header", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: " + strings.Repeat("a", 20<<10) + "\r\n\r\n", 431},
		{"many headers", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X-A: b\r\n", 4<<10) + "\r\n", 431},
		{"address", "GET /healthz?" + strings.Repeat("a", 20<<10) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431},
		{"announced", head + "Content-Length: 65537\r\n\r\n", 413},
		{"announced beyond numbers", head + "Content-Length: 99999999999999999999\r\n\r\n", 400},
		{"in chunks", head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(chunk, 9), 413},
		{"code", "POST /v1/install?name=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/wasm\r\nContent-Length: 262145\r\n\r\n", 413},
		{"just fits", head + "Content-Length: 65536\r\n\r\n" + strings.Repeat(" ", 65536), 200},
		{"just fits in chunks", head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(chunk, 8) + "0\r\n\r\n", 200},
		{"no length", head + "Content-Length: -1\r\n\r\n", 400},
		{"two lengths", head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
		{"length and chunks", head + "Content-Length: 2\r\nTransfer-Encoding: gzip\r\n\r\n{}", 501},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", 400},
		{"two hosts", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400},
		{"an absolute address", "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
		{"no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
		{"another version", "GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n", 505},
		{"to connect", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", 421},
		{"a proxy's options", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := dial(t, addr)
			go func() { _, _ = io.WriteString(conn, c.request) }()
			if res, body := answer(t, conn); res.StatusCode != c.status {
				t.Errorf("%s %s, want %d", res.Status, body, c.status)
			}
		})
	}
	if why.of("too_large") != 3 {
		t.Errorf("rejected: %v", why.count)
	}
	if left := g.bodies.left.Load(); left != int64(g.limits.Bodies) {
		t.Errorf("%d bytes are left for bodies, of %d", left, g.limits.Bodies)
	}
}

// TestBodiesTogether checks that many large bodies cannot take all memory.
func TestBodiesTogether(t *testing.T) {
	release := make(chan struct{})
	var inside atomic.Int64
	var why rejections
	g := newGateway(t, script{handle: func(context.Context, *node.Call) node.Result {
		inside.Add(1)
		<-release
		return node.Result{Type: api.JSON, Payload: []byte("{}")}
	}}, Options{Limits: Limits{Body: 64 << 10, Bodies: 200 << 10}, Rejected: why.add})
	addr := serve(t, g)
	request := head + "Content-Length: 65536\r\n\r\n" + strings.Repeat(" ", 65536)
	var held []*net.TCPConn
	for range 2 {
		c := dial(t, addr)
		_, _ = io.WriteString(c, request)
		held = append(held, c)
	}
	eventually(t, "two requests are with the node", func() bool { return inside.Load() == 2 })
	c := dial(t, addr)
	go func() { _, _ = io.WriteString(c, request) }()
	res, body := answer(t, c)
	var e api.Error
	if err := json.Unmarshal([]byte(body), &e); err != nil || res.StatusCode != 429 || e.Code != api.CodeOverloaded || why.of("bodies") != 1 {
		t.Errorf("the third is answered with %s %s", res.Status, body)
	}
	close(release)
	for _, c := range held {
		if res, _ := answer(t, c); res.StatusCode != 200 {
			t.Errorf("one that was there is answered with %s", res.Status)
		}
	}
	eventually(t, "all is given back", func() bool { return g.bodies.left.Load() == int64(g.limits.Bodies) })
}

// TestFlood opens more connections than there may be. Those that do nothing make room for those that ask.
func TestFlood(t *testing.T) {
	const most = 32
	var why rejections
	release := make(chan struct{})
	var inside atomic.Int64
	g := newGateway(t, script{handle: func(context.Context, *node.Call) node.Result {
		inside.Add(1)
		<-release
		return node.Result{Type: api.JSON, Payload: []byte("{}")}
	}}, Options{Limits: Limits{Connections: most}, Rejected: why.add})
	addr := serve(t, g)
	idle := func() int {
		g.room.mu.Lock()
		defer g.room.mu.Unlock()
		return g.room.idle.Len()
	}
	ask := func(path string) *net.TCPConn {
		c := dial(t, addr)
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
		return c
	}
	for range most { // they have asked once, and wait
		if res, _ := answer(t, ask("/healthz")); res.StatusCode != 200 {
			t.Fatal(res.Status)
		}
	}
	eventually(t, "they are idle", func() bool { return idle() == most })
	var busy []*net.TCPConn
	for range most {
		busy = append(busy, ask("/v1/info"))
	}
	eventually(t, "they are busy", func() bool { return inside.Load() == most })
	var flood sync.WaitGroup
	for range 200 {
		flood.Go(func() {
			c := dial(t, addr)
			// Whoever reads first sees why.
			res, body := answer(t, c)
			if res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" || !strings.Contains(body, "too many connections") {
				t.Errorf("in the flood: %s %s", res.Status, body)
			}
		})
	}
	flood.Wait()
	if why.of("connections") != 200 {
		t.Errorf("rejected: %v", why.count)
	}
	close(release)
	for _, c := range busy {
		if res, _ := answer(t, c); res.StatusCode != 200 {
			t.Errorf("one that was there is answered with %s", res.Status)
		}
	}
	if res, _ := answer(t, ask("/healthz")); res.StatusCode != 200 {
		t.Errorf("after the flood: %s", res.Status)
	}
}

// TestIdle checks that a connection on which nothing comes is closed.
func TestIdle(t *testing.T) {
	addr := serve(t, newGateway(t, script{}, Options{Limits: Limits{IdleTime: 300 * time.Millisecond}}))
	c := dial(t, addr)
	fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if res, _ := answer(t, c); res.StatusCode != 200 {
		t.Fatal(res.Status)
	}
	ends(t, c)
}

// TestKeptAlive checks that requests on one connection do not disturb each other, slow ones behind quick ones.
func TestKeptAlive(t *testing.T) {
	var last atomic.Pointer[node.Call]
	g := newGateway(t, script{handle: func(_ context.Context, c *node.Call) node.Result {
		last.Store(c)
		time.Sleep(1200 * time.Millisecond) // longer than a client may take to send and to read
		return node.Result{Type: c.Type, Payload: c.Payload}
	}}, Options{Limits: Limits{HeaderTime: time.Second, BodyTime: time.Second, WriteTime: time.Second, IdleTime: time.Second}})
	c := dial(t, serve(t, g))
	r := bufio.NewReader(c)
	for i := range 2 {
		body := fmt.Sprintf(`{"to":"a%d"}`, i)
		fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		var got bytes.Buffer
		if _, err := got.ReadFrom(res.Body); err != nil || got.String() != body {
			t.Errorf("request %d: %s %q, %v", i, res.Status, got.String(), err)
		}
	}
}

// TestNeverReads is a client that asks for much and reads nothing.
func TestNeverReads(t *testing.T) {
	var answered atomic.Int64
	big := bytes.Repeat([]byte("a"), 16<<20)
	g := newGateway(t, script{handle: func(context.Context, *node.Call) node.Result {
		answered.Add(1)
		return node.Result{Type: api.JSON, Payload: big}
	}}, Options{Limits: Limits{WriteTime: 150 * time.Millisecond}})
	addr := serve(t, g)
	before := runtime.NumGoroutine()
	for range 5 {
		c := dial(t, addr)
		fmt.Fprint(c, "GET /v1/info HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	eventually(t, "all are answered", func() bool { return answered.Load() == 5 })
	eventually(t, "all are dropped", func() bool { return runtime.NumGoroutine() <= before+1 })
}

// TestLongCall checks that a node that does not answer is not waited for without end.
func TestLongCall(t *testing.T) {
	g := newGateway(t, script{handle: func(ctx context.Context, _ *node.Call) node.Result {
		<-ctx.Done()
		return node.Result{Type: api.JSON, Payload: []byte("{}"), Err: &api.Error{Code: api.CodeExpired}}
	}}, Options{Limits: Limits{CallTime: 20 * time.Millisecond}})
	if w := do(g, "POST", "/v1/send", ""); w.Code != 408 {
		t.Errorf("%d", w.Code)
	}
}
