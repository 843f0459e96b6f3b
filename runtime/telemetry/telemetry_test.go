package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// A collector takes what is sent.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	spans  []span
	fail   atomic.Int32 // how many requests are refused first
	status int
}

func newCollector(t *testing.T) *collector {
	c := &collector{status: http.StatusServiceUnavailable}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v: %v", r.URL, r.Header, err)
		}
		if c.fail.Add(-1) >= 0 {
			w.WriteHeader(c.status)
			return
		}
		var doc struct {
			ResourceSpans []struct {
				Resource   struct{ Attributes []attribute }
				ScopeSpans []struct{ Spans []span }
			}
		}
		if err := json.Unmarshal(body, &doc); err != nil || len(doc.ResourceSpans) != 1 || *doc.ResourceSpans[0].Resource.Attributes[0].Value.String != "troupe" {
			t.Errorf("%v: %s", err, body)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.spans = append(c.spans, doc.ResourceSpans[0].ScopeSpans[0].Spans...)
		fmt.Fprint(w, "{}")
	}))
	t.Cleanup(c.Close)
	return c
}

func newExporter(t *testing.T, o Options) *Exporter {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, e) })
	return e
}

func closed(t *testing.T, e *Exporter) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
}

// newNode returns a node on a host in memory.
func newNode(t *testing.T, e *Exporter, logger *slog.Logger) *node.Node {
	t.Helper()
	h, err := runtime.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	key, err := claims.NewKey(claims.NodeKey)
	if err == nil {
		err = h.Bind("puppet", puppet.Actor{})
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.New(h, node.Options{Key: key, Tracer: e, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func attributes(s *span) map[string]string {
	m := map[string]string{}
	for _, a := range s.Attributes {
		switch {
		case a.Value.String != nil:
			m[a.Key] = *a.Value.String
		case a.Value.Int != nil:
			m[a.Key] = *a.Value.Int
		case a.Value.Bool != nil:
			m[a.Key] = strconv.FormatBool(*a.Value.Bool)
		}
	}
	return m
}

func TestTreeOfARequest(t *testing.T) {
	c := newCollector(t)
	e := newExporter(t, Options{Endpoint: c.URL, Sample: 1, Name: "test"})
	n := newNode(t, e, nil)
	send := api.SendRequest{ID: "r-1", To: "puppet/a", As: "tester", Body: []byte("set k=1\ncall puppet/b id=1\n  set k=2\n  call puppet/c id=2\n    set k=3")}
	answer, failed := n.Do(t.Context(), node.Caller{Via: "local"}, "send", send)
	if failed != nil || answer.(*api.Receipt).Trace != nil || answer.(*api.Receipt).Messages != 2 {
		t.Fatalf("%+v, %v", answer, failed)
	}
	if _, failed := n.Do(t.Context(), node.Caller{Via: "local"}, "send", api.SendRequest{To: "puppet/a", As: "tester", Body: []byte("fail rich: nope")}); failed == nil {
		t.Fatal("it did not fail")
	}
	closed(t, e)
	if len(c.spans) != 9 || e.Stats() != (Stats{Sent: 9}) {
		t.Fatalf("%d spans, %+v", len(c.spans), e.Stats())
	}
	// The first message to each puppet makes it, which is a call of its own.
	c.spans = slices.DeleteFunc(c.spans, func(s span) bool { return s.Name == "instantiate puppet" })
	root := &c.spans[0]
	a := attributes(root)
	if a["troupe.op"] != "send" || a["troupe.code"] != "ok" || a["troupe.request_id"] != "r-1" || a["troupe.sequence"] == "" || root.Kind != kindServer || root.ParentID != "" {
		t.Errorf("%+v", root)
	}
	for i, who := range []string{"puppet/a", "puppet/b", "puppet/c"} {
		s, above := &c.spans[1+i], &c.spans[i]
		if attributes(s)["troupe.actor"] != who || s.ParentID != above.SpanID || s.TraceID != root.TraceID || s.Start < above.Start || s.End > above.End || s.Start > s.End {
			t.Errorf("%+v below %+v", s, above)
		}
	}
	if f := c.spans[4]; f.Status.Code != statusError || attributes(&f)["troupe.code"] != "actor" || f.TraceID == root.TraceID {
		t.Errorf("%+v", f)
	}
	if f := c.spans[5]; f.Status.Code != statusError || attributes(&f)["troupe.code"] != "rich" || attributes(&f)["troupe.committed"] != "false" {
		t.Errorf("%+v", f)
	}
}

func TestParentIsFollowed(t *testing.T) {
	c := newCollector(t)
	e := newExporter(t, Options{Endpoint: c.URL, Sample: 1})
	n := newNode(t, e, nil)
	n.Handle(t.Context(), &node.Call{Op: "info", Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
	closed(t, e)
	if len(c.spans) != 1 || c.spans[0].TraceID != "0af7651916cd43dd8448eb211c80319c" || c.spans[0].ParentID != "b7ad6b7169203331" {
		t.Errorf("%+v", c.spans)
	}
}

func TestLogSaysTheSameIDs(t *testing.T) {
	c := newCollector(t)
	e := newExporter(t, Options{Endpoint: c.URL, Sample: 1})
	var log bytes.Buffer
	n := newNode(t, e, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if _, failed := n.Do(t.Context(), node.Caller{}, "send", api.SendRequest{ID: "r-9", To: "puppet/a", As: "tester"}); failed != nil {
		t.Fatal(failed)
	}
	closed(t, e)
	if line := log.String(); !strings.Contains(line, `"request":"r-9"`) || !strings.Contains(line, `"trace":"`+c.spans[0].TraceID+`"`) {
		t.Errorf("%s", line)
	}
}

func TestCollectorThatIsBusyOrGone(t *testing.T) {
	c := newCollector(t)
	e := newExporter(t, Options{Endpoint: c.URL + "/", Sample: 1, Delay: 10 * time.Millisecond})
	c.fail.Store(1)
	e.Begin("").End(node.Recorded{Op: "get", Code: "ok", Start: time.Now()})
	for until := time.Now().Add(30 * time.Second); e.Stats().Sent == 0 && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
	}
	c.status = http.StatusBadRequest
	c.fail.Store(1)
	e.Begin("").End(node.Recorded{Op: "get"})
	closed(t, e)
	if got := e.Stats(); got.Sent != 1 || got.Dropped != 1 {
		t.Errorf("%+v", got)
	}
	e.Begin("").End(node.Recorded{Op: "get"}) // after the end
	if got := e.Stats(); got.Dropped != 2 {
		t.Errorf("%+v", got)
	}
}

func TestRequestsDoNotWait(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	e := newExporter(t, Options{Endpoint: slow.URL, Sample: 1, Queue: 10, Delay: time.Millisecond})
	var took []time.Duration
	for range 1000 {
		start := time.Now()
		e.Begin("").End(node.Recorded{Op: "get"})
		took = append(took, time.Since(start))
		time.Sleep(10 * time.Microsecond)
	}
	slices.Sort(took)
	// Half of them: a busy machine holds up some, whatever they do.
	if half := took[len(took)/2]; half > time.Millisecond || e.Stats().Dropped < 100 {
		t.Errorf("%s, %+v", half, e.Stats())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := e.Close(ctx); err == nil {
		t.Error("what was not sent is not told")
	}
}

func TestSample(t *testing.T) {
	e := newExporter(t, Options{Endpoint: "http://127.0.0.1:1", Sample: 0.25})
	n := 0
	for range 10_000 {
		if e.Begin("") != nil {
			n++
		}
	}
	if n < 2000 || n > 3000 {
		t.Errorf("%d of 10000", n)
	}
	for _, bad := range []string{"", "127.0.0.1:4318", "ftp://x", "http://", "http://a b"} {
		if _, err := New(Options{Endpoint: bad}); err == nil || !strings.Contains(err.Error(), "is no endpoint") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestLargeTreeIsCut(t *testing.T) {
	c := newCollector(t)
	e := newExporter(t, Options{Endpoint: c.URL, Sample: 1})
	n := newNode(t, e, nil)
	body := strings.Repeat("call puppet/x\n"+strings.Repeat("  call puppet/b\n    set k=2\n", 60), 9)
	if _, failed := n.Do(t.Context(), node.Caller{Via: "local"}, "send", api.SendRequest{To: "puppet/a", As: "tester", Body: []byte(body)}); failed != nil {
		t.Fatal(failed)
	}
	closed(t, e)
	if left := attributes(&c.spans[0])["troupe.calls_left_out"]; len(c.spans) != maxSpans || left == "" {
		t.Errorf("%d spans, %q left out", len(c.spans), left)
	}
}

func FuzzParent(f *testing.F) {
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	f.Add("00-00000000000000000000000000000000-b7ad6b7169203331-01")
	f.Add("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	f.Add("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")
	f.Add("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")
	f.Fuzz(func(t *testing.T, text string) {
		trace, span, ok := parseParent(text)
		if ok && !strings.Contains(text, "-"+trace.String()+"-"+span.String()+"-") {
			t.Errorf("%q becomes %s and %s", text, trace, span)
		}
	})
}
