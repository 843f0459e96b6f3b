package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// counter is a node whose notices are numbers without end, or up to last, and then an error.
func counter(last uint64, failure *api.Error, open *atomic.Int64) script {
	return script{handle: func(_ context.Context, c *node.Call) node.Result {
		return node.Result{Type: c.Type, Payload: []byte(`{"sequence":40}`)}
	}, watch: func(ctx context.Context, c *node.Call) (iter.Seq2[api.Notice, *api.Error], *api.Error) {
		var req api.WatchRequest
		if err := json.Unmarshal(c.Payload, &req); err != nil {
			return nil, &api.Error{Code: api.CodeBadRequest, Message: err.Error()}
		}
		return func(yield func(api.Notice, *api.Error) bool) {
			open.Add(1)
			defer open.Add(-1)
			for seq := req.From + 1; last == 0 || seq <= last; seq++ {
				notice := api.Notice{Sequence: seq, Changes: []api.Change{{Actor: req.Actor, Key: api.Bytes("k"), Value: api.Bytes(strings.Repeat("v", 1000))}}}
				if ctx.Err() != nil || !yield(notice, nil) {
					return
				}
			}
			if failure != nil {
				yield(api.Notice{}, failure)
				return
			}
			<-ctx.Done()
		}, nil
	}}
}

// sse is one server-sent event.
type sse struct{ event, id, data string }

// readEvent reads one event of a stream. Comments are events without anything.
func readEvent(r *bufio.Reader) (e sse, err error) {
	for {
		line, err := r.ReadString('\n')
		line = strings.TrimSuffix(line, "\n")
		if err != nil || line == "" {
			return e, err
		}
		switch name, value, _ := strings.Cut(line, ": "); name {
		case "event":
			e.event = value
		case "id":
			e.id = value
		case "data":
			e.data += value
		}
	}
}

// open asks for a stream and returns what comes. The test closes it.
func open(t testing.TB, addr, query string, headers ...string) (*http.Response, *bufio.Reader) {
	t.Helper()
	r, err := http.NewRequest("GET", "http://"+addr+"/v1/watch?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res, bufio.NewReader(res.Body)
}

func events(t testing.TB, r *bufio.Reader) (list []sse) {
	t.Helper()
	for {
		e, err := readEvent(r)
		if err != nil {
			return list
		}
		if e.event != "" {
			list = append(list, e)
		}
	}
}

func TestWatch(t *testing.T) {
	var opened atomic.Int64
	failure := &api.Error{Code: api.CodeTooOld, Message: "gone"}
	addr := serve(t, newGateway(t, counter(43, failure, &opened), Options{}))
	for _, c := range []struct {
		name, query, header string
		want                []string // ids
	}{
		{"from", "from=41&actor=a", "Accept: text/event-stream", []string{"start 41", "notice 42", "notice 43", "error "}},
		{"now", "now=true", "Accept: text/event-stream", []string{"start 40", "notice 41", "notice 42", "notice 43", "error "}},
		{"resumed", "from=1", "Last-Event-ID: 42", []string{"start 42", "notice 43", "error "}},
		{"resumed what began now", "now", "Last-Event-ID: 42", []string{"start 42", "notice 43", "error "}},
	} {
		res, body := open(t, addr, c.query, c.header)
		if typ := res.Header.Get("Content-Type"); res.StatusCode != 200 || typ != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s %v", c.name, res.Status, res.Header)
		}
		var got []string
		list := events(t, body)
		for _, e := range list {
			got = append(got, e.event+" "+e.id)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
			continue
		}
		var notice api.Notice
		if err := json.Unmarshal([]byte(list[len(list)-2].data), &notice); err != nil || notice.Sequence != 43 {
			t.Errorf("%s: the notice is %q, %v", c.name, list[len(list)-2].data, err)
		}
		var e api.Error
		if err := json.Unmarshal([]byte(list[len(list)-1].data), &e); err != nil || !reflect.DeepEqual(&e, failure) {
			t.Errorf("%s: the error is %q, %v", c.name, list[len(list)-1].data, err)
		}
	}
	r, err := http.NewRequest("POST", "http://"+addr+"/v1/watch", strings.NewReader(`{"from":42}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if list := events(t, bufio.NewReader(res.Body)); len(list) != 3 {
		t.Errorf("asked by POST: %v", list)
	}
}

func TestWatchRefused(t *testing.T) {
	n := script{watch: func(context.Context, *node.Call) (iter.Seq2[api.Notice, *api.Error], *api.Error) {
		return nil, &api.Error{Code: api.CodeForbidden, Message: "no"}
	}}
	w := do(newGateway(t, n, Options{}), "GET", "/v1/watch", "", "Accept: text/event-stream")
	if e := errorOf(t, w); w.Code != 403 || e.Message != "no" {
		t.Errorf("%d %+v", w.Code, e)
	}
}

func TestHeartbeat(t *testing.T) {
	var opened atomic.Int64
	addr := serve(t, newGateway(t, script{}, Options{Limits: Limits{Heartbeat: 5 * time.Millisecond}}))
	_, body := open(t, addr, "")
	for beats := 0; beats < 5; {
		line, err := body.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == ":\n" {
			beats++
		}
	}
	if opened.Load() != 0 {
		t.Error("no watch of the counter was opened")
	}
}

// TestWatchShutdown checks that streams end with a reason when the gateway does.
func TestWatchShutdown(t *testing.T) {
	var opened atomic.Int64
	g := newGateway(t, counter(41, nil, &opened), Options{})
	addr := serve(t, g)
	_, body := open(t, addr, "now")
	for range 3 { // retry, start, notice
		if _, err := readEvent(body); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := g.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	list := events(t, body)
	if len(list) != 1 || list[0].event != "error" || !strings.Contains(list[0].data, string(api.CodeUnavailable)) {
		t.Errorf("the stream ends with %v", list)
	}
	if opened.Load() != 0 {
		t.Error("the node's watch goes on")
	}
}

// TestWatchNeverRead checks that a client that does not read is dropped, and that nothing is collected for it.
func TestWatchNeverRead(t *testing.T) {
	var opened atomic.Int64
	g := newGateway(t, counter(0, nil, &opened), Options{Limits: Limits{WriteTime: 100 * time.Millisecond}})
	addr := serve(t, g)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET /v1/watch HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
	eventually(t, "the watch is opened", func() bool { return opened.Load() == 1 })
	eventually(t, "the client is dropped", func() bool { return opened.Load() == 0 && g.watches.Load() == 0 })
}

// TestWatchLeft checks that a watch ends when its client goes, and when it closes its half of the connection.
func TestWatchLeft(t *testing.T) {
	var opened atomic.Int64
	g := newGateway(t, counter(41, nil, &opened), Options{})
	addr := serve(t, g)
	res, _ := open(t, addr, "")
	eventually(t, "the watch is opened", func() bool { return opened.Load() == 1 })
	res.Body.Close()
	eventually(t, "the watch is over", func() bool { return opened.Load() == 0 && g.watches.Load() == 0 })
}

// TestManyWatches opens a thousand, and one more than may be.
func TestManyWatches(t *testing.T) {
	const many = 1000
	var opened atomic.Int64
	var why rejections
	g := newGateway(t, counter(41, nil, &opened), Options{Limits: Limits{Watches: many}, Rejected: why.add})
	addr := serve(t, g)
	before := runtime.NumGoroutine()
	var streams []*http.Response
	for range many {
		res, body := open(t, addr, "from=40")
		streams = append(streams, res)
		for range 3 {
			if _, err := readEvent(body); err != nil {
				t.Fatal(err)
			}
		}
	}
	res, _ := open(t, addr, "from=40")
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" || why.of("watches") != 1 {
		t.Errorf("one more is answered with %s", res.Status)
	}
	var left sync.WaitGroup
	for _, s := range streams {
		left.Go(func() { s.Body.Close() })
	}
	left.Wait()
	eventually(t, "all watches are over", func() bool { return opened.Load() == 0 && g.watches.Load() == 0 })
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before+5 })
}

// eventually waits for something that others do.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not come to it that %s", what)
		}
	}
}
