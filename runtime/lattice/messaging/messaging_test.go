package messaging_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	inside "github.com/troupe-run/troupe/runtime/capability/messaging"
	"github.com/troupe-run/troupe/runtime/lattice"
	"github.com/troupe-run/troupe/state"
)

func code(err error) string {
	if err == nil {
		return ""
	}
	return actor.AsError(err).Code
}

// TestEcho: somebody asks on a subject; the actor that has subscribed to it is brought the question, and its answer leaves
// when that has committed.
func TestEcho(t *testing.T) {
	s, r := newServer(t), newRig(t)
	nc := s.client()
	r.link("echo", s.values("SUBSCRIPTION", "echo.>"))
	if want := "connected to nats://" + s.at + ", subscribed to echo.>"; r.status("echo").Detail != want {
		t.Errorf("it is %q, and not %q", r.status("echo").Detail, want)
	}
	for i := range 3 {
		reply, err := nc.Request("echo.me", fmt.Appendf(nil, "hello %d", i), 30*time.Second)
		if err != nil || string(reply.Data) != fmt.Sprintf("reply: hello %d", i) {
			t.Fatalf("%v, %v\n%s", reply, err, r.logged)
		}
	}
	if n := r.count("echo"); n != 3 {
		t.Errorf("it got %d messages", n)
	}
	// What the actor fails at has no effect and no answer.
	if reply, err := nc.Request("echo.me", []byte("fail"), 300*time.Millisecond); err == nil {
		t.Errorf("it answers %q", reply.Data)
	}
	r.eventually("the outbox is empty", func() bool { return r.waiting() == 0 })
	if _, err := r.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestQueue: two who share a subscription get each message once between them; one who does not gets all.
func TestQueue(t *testing.T) {
	s, one, two := newServer(t), newRig(t), newRig(t)
	nc := s.client()
	one.link("echo", s.values("SUBSCRIPTION", "jobs.*|workers"))
	two.link("echo", s.values("subscription", "jobs.*|workers"))
	two.link("echo2", s.values("SUBSCRIPTION", "jobs.*"))
	const n = 200
	for i := range n {
		if err := nc.Publish("jobs.x", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	one.eventually("all came", func() bool { return one.count("echo")+two.count("echo") == n && two.count("echo2") == n })
	if one.count("echo") == 0 || two.count("echo") == 0 {
		t.Errorf("one got %d and two %d", one.count("echo"), two.count("echo"))
	}
}

// TestTwice: a message that comes twice under one name has one effect, and what has another name or another body is told apart.
func TestTwice(t *testing.T) {
	s, r := newServer(t), newRig(t)
	nc := s.client()
	r.link("echo", s.values("SUBSCRIPTION", "a,b"))
	send := func(subject, name, body string) {
		m := nats.NewMsg(subject)
		m.Header.Set(nats.MsgIdHdr, name)
		m.Data = []byte(body)
		if err := nc.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		send("a", "one", "x")
		send("a", "two", "x")
		send("b", "one", "x") // another subject
	}
	send("a", "one", "another body")
	send("a", "last", "last")
	r.eventually("the last came", func() bool {
		last, _, _ := r.Get("echo", []byte("last"))
		return string(last) == "last" || r.count("echo") >= 4
	})
	r.eventually("the refusal is logged", func() bool { return strings.Contains(r.logged.String(), "another one had the same name") })
	r.stop() // when all has been handled
	if n := r.count("echo"); n != 4 {
		t.Errorf("they had %d effects", n)
	}
}

// TestPublish: what is published leaves in order, once, when its transaction has committed; what is rolled back never does.
func TestPublish(t *testing.T) {
	s, r := newServer(t), newRig(t)
	sub := hear(t, s.client(), ">")
	r.link("echo", s.values())
	const n = 20
	var want []string
	for i := range n {
		w := wish{Fail: i%2 == 0}
		for j := range 3 {
			body := fmt.Sprintf("%d.%d", i, j)
			w.Publish = append(w.Publish, messages.Message{Subject: "out", ReplyTo: "back", Body: []byte(body)})
			if !w.Fail {
				want = append(want, body)
			}
		}
		if _, err := r.tell("echo", w); w.Fail != (err != nil) {
			t.Fatal(err)
		}
	}
	large := messages.Message{Subject: "out", Body: make([]byte, 1<<19)}
	if _, err := r.tell("echo", wish{Publish: []messages.Message{large}}); err != nil {
		t.Fatal(err)
	}
	want = append(want, string(large.Body))
	var got []string
	ids := map[string]bool{}
	for range want {
		m, err := sub.NextMsg(30 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(m.Data))
		ids[m.Header.Get(nats.MsgIdHdr)] = true
		if m.Subject != "out" || (len(m.Data) < 100 && m.Reply != "back") {
			t.Errorf("%s for %s", m.Subject, m.Reply)
		}
	}
	if !slices.Equal(got, want) || len(ids) != len(want) {
		t.Errorf("%d messages of %d with %d names", len(got), len(want), len(ids))
	}
	r.eventually("the outbox is empty", func() bool { return r.waiting() == 0 })
	if m, err := sub.NextMsg(50 * time.Millisecond); err == nil {
		t.Errorf("there is one more: %q", m.Data)
	}
}

// TestAway: while the server is away that is said, what is published waits, and everything goes on when it is back.
func TestAway(t *testing.T) {
	s, r := newServer(t), newRig(t)
	r.link("echo", s.values("SUBSCRIPTION", "echo"))
	s.stop()
	r.eventually("it has failed", func() bool { return r.status("echo").State == capability.Failed })
	if why := r.status("echo").Reason; !strings.Contains(why, s.at) || strings.Contains(why, seed) {
		t.Errorf("the reason is %q", why)
	}
	if _, err := r.tell("echo", wish{Publish: []messages.Message{{Subject: "out", Body: []byte("late")}}}); err != nil {
		t.Fatal(err)
	}
	if n := r.waiting(); n != 1 {
		t.Errorf("%d messages wait", n)
	}
	s.start()
	sub := hear(t, s.client(), "out")
	r.works("echo")
	r.eventually("the outbox is empty", func() bool { return r.waiting() == 0 })
	if m, err := sub.NextMsg(100 * time.Millisecond); err == nil && string(m.Data) != "late" {
		t.Errorf("%v, %v", m, err)
	} // it may have left before there was somebody to hear it
	if reply, err := s.client().Request("echo", []byte("hello"), 30*time.Second); err != nil || string(reply.Data) != "reply: hello" {
		t.Errorf("%v, %v", reply, err)
	}
}

// TestCredentials: what is not accepted is said, and nowhere shown.
func TestCredentials(t *testing.T) {
	s, r := newServer(t), newRig(t)
	other := string(must(must(nkeys.CreateUser()).Seed()))
	token := "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJzdWIiOiJ4In0.c2VjcmV0"
	for name, c := range map[string]struct {
		values map[string]string
		want   string
	}{
		"a token":         {s.values("CLIENT_JWT", token, "CLIENT_SEED", other), "does not accept the credentials"},
		"a password":      {map[string]string{"URI": "nats://joe:swordfish@" + s.at}, "does not accept the credentials"},
		"nothing":         {map[string]string{"URI": "nats://" + s.at}, "lets nobody in without credentials"},
		"no seed":         {s.values("CLIENT_SEED", "swordfish"), "client_seed is no seed"},
		"half of it":      {map[string]string{"CLIENT_JWT": token}, "needs client_seed"},
		"a bad address":   {map[string]string{"URI": "nats://joe:swordfish@127.0.0.1:x"}, "the value uri is addresses"},
		"no such file":    {map[string]string{"URI": "nats://" + s.at, "creds": "/nowhere/x.creds"}, "/nowhere/x.creds"},
		"no subscription": {s.values("SUBSCRIPTION", "a b"), "the value subscription"},
		"nobody there":    {map[string]string{"URI": "127.0.0.1:1"}, "no connection to NATS at nats://127.0.0.1:1"},
		"not a stream":    {s.values("stream", "NONE", "SUBSCRIPTION", "a"), "has no stream NONE"},
	} {
		r.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "echo", Contract: capability.Messaging}, Provider: "nats", Values: c.values}}})
		r.eventually(name, func() bool {
			status := r.status("echo")
			return status.State == capability.Failed && strings.Contains(status.Reason, c.want)
		})
	}
	// What may not be done there is a failure too, and is not silent.
	s.may.Store(&lattice.Permission{Publish: []string{">"}, Subscribe: []string{"_INBOX.>", "b"}})
	r.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "echo", Contract: capability.Messaging}, Provider: "nats", Values: s.values("SUBSCRIPTION", "a")}}})
	r.eventually("not allowed", func() bool { return strings.Contains(r.status("echo").Reason, "not allowed") })
	r.link("echo", s.values("SUBSCRIPTION", "b"))
	s.plain = true
	s.restart()
	r.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "echo", Contract: capability.Messaging}, Provider: "nats", Values: s.values("stream", "S")}}})
	r.eventually("no streams", func() bool { return strings.Contains(r.status("echo").Reason, "has no JetStream") })
	said := r.logged.String() + fmt.Sprint(must(r.Capabilities()).Status)
	for _, secret := range []string{seed, other, token, "swordfish"} {
		if strings.Contains(said, secret) {
			t.Errorf("%s stands in:\n%s", secret, said)
		}
	}
}

// TestAsk: a question is asked once, its answer stands in the log, and a replay asks nobody.
func TestAsk(t *testing.T) {
	s, r := newServer(t), newRig(t)
	nc := s.client()
	asked := make(chan *nats.Msg, 10)
	must(nc.Subscribe("price.tea", func(m *nats.Msg) {
		asked <- m
		_ = m.Respond(append([]byte("42 for "), m.Data...))
	}))
	silent := hear(t, nc, "price.silent")
	r.link("echo", s.values("REQUEST", "price.>"))
	ask := func(subject string, timeout uint32) ([]byte, error) {
		return r.tell("echo", wish{Ask: &messages.RequestArgs{Subject: subject, Body: []byte("tea"), TimeoutMs: timeout}})
	}
	if data, err := ask("price.tea", 30_000); err != nil || string(data) != "42 for tea" {
		t.Fatalf("%q, %v", data, err)
	}
	if _, err := ask("price.silent", 200); code(err) != actor.CodeOutside || !strings.Contains(err.Error(), "nobody answered on price.silent within 200ms") {
		t.Error(err)
	}
	if _, err := ask("price.nobody", 30_000); code(err) != actor.CodeOutside || !strings.Contains(err.Error(), "nobody listens on price.nobody") {
		t.Error(err)
	}
	if _, err := r.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if n, _, _ := silent.Pending(); len(asked) != 1 || n != 1 || (<-asked).Header.Get(nats.MsgIdHdr) == "" {
		t.Errorf("it was asked %d and %d times", len(asked), n)
	}
	r.order(capability.Order{Unlink: []capability.LinkName{{Actor: "echo", Contract: capability.Messaging}}})
	r.link("echo2", map[string]string{"REQUEST": "price.>", "URI": "nats://" + s.at, "CLIENT_SEED": seed})
	if data, err := r.tell("echo2", wish{Ask: &messages.RequestArgs{Subject: "price.tea"}}); err != nil || string(data) != "42 for " {
		t.Errorf("%q, %v", data, err)
	}
	r.stop()
	if _, err := r.tell("echo2", wish{Ask: &messages.RequestArgs{Subject: "price.tea", TimeoutMs: 50}}); err == nil || !strings.Contains(err.Error(), "has no connection to NATS") {
		t.Error(err)
	}
}

// TestChange: a link that changes under load loses nothing and gets nothing twice.
func TestChange(t *testing.T) {
	s, r := newServer(t), newRig(t)
	nc := s.client()
	r.link("echo", s.values("SUBSCRIPTION", "a"))
	const n = 400
	sent := make(chan error, 1)
	go func() {
		for i := range n {
			if err := nc.Publish("a", fmt.Append(nil, i)); err != nil {
				sent <- err
				return
			}
			time.Sleep(time.Millisecond)
		}
		sent <- nil
	}()
	for i := range 8 {
		r.link("echo", s.values("SUBSCRIPTION", "a", "in_flight", fmt.Sprint(i+2)))
		time.Sleep(30 * time.Millisecond)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	r.eventually("all came", func() bool { return r.count("echo") >= n })
	r.stop() // when all has been handled
	if got := r.count("echo"); got != n {
		t.Errorf("%d messages had %d effects", n, got)
	}
}

// TestMove: a link that goes to and fro between providers under load loses nothing and gets nothing twice.
func TestMove(t *testing.T) {
	s, r := newServer(t), newRig(t)
	nc := s.client()
	r.order(capability.Order{Provide: []capability.ProviderOrder{{Name: "other", Kind: "messaging"}}})
	r.link("echo", s.values("SUBSCRIPTION", "a"))
	const n = 400
	sent := make(chan error, 1)
	go func() {
		for i := range n {
			if err := nc.Publish("a", fmt.Append(nil, i)); err != nil {
				sent <- err
				return
			}
			time.Sleep(time.Millisecond)
		}
		sent <- nil
	}()
	for i := range 8 {
		to := [2]string{"other", "nats"}[i%2]
		r.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "echo", Contract: capability.Messaging}, Provider: to, Values: s.values("SUBSCRIPTION", "a")}}})
		r.eventually("it has moved", func() bool { return r.status("echo").Provider == to && r.status("echo").State == capability.Healthy })
		time.Sleep(20 * time.Millisecond)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	r.eventually("all came", func() bool { return r.count("echo") >= n })
	r.stop() // when all has been handled
	if got := r.count("echo"); got != n {
		t.Errorf("%d messages had %d effects", n, got)
	}
}

// TestNothingStays: when links, supervisor and host have ended nothing of them runs any more.
func TestNothingStays(t *testing.T) {
	before := goruntime.NumGoroutine()
	t.Run("", func(t *testing.T) {
		s, r := newServer(t), newRig(t)
		nc := s.client()
		js := streams(t, nc)
		addStream(t, js, "S", "jobs.>")
		r.link("echo", s.values("SUBSCRIPTION", "a,b|q"))
		r.link("echo2", s.values("stream", "S", "SUBSCRIPTION", "jobs.>", "publish_ack", "true"))
		if _, err := nc.Request("a", []byte("x"), 30*time.Second); err != nil {
			t.Error(err)
		}
		if _, err := r.tell("echo2", wish{Publish: []messages.Message{{Subject: "jobs.1", Body: []byte("y")}}}); err != nil {
			t.Error(err)
		}
		r.eventually("it came back", func() bool { return r.count("echo2") == 1 })
		r.order(capability.Order{Unlink: []capability.LinkName{{Actor: "echo", Contract: capability.Messaging}}})
		s.stop()
		r.eventually("the other has failed", func() bool { return r.status("echo2").State == capability.Failed })
	})
	settled(t, before)
}

// TestStuck: a message that the server does not let us publish holds up those behind it, until it does; those before it have left,
// and do not leave again and again.
func TestStuck(t *testing.T) {
	s := newServer(t)
	s.may.Store(&lattice.Permission{Publish: []string{"out.good"}, Subscribe: []string{">"}})
	s.restart()
	r := newRig(t)
	heard := hear(t, s.client(), "out.*")
	r.link("echo", s.values())
	var w wish
	for _, subject := range []string{"out.good", "out.good", "out.bad", "out.good"} {
		w.Publish = append(w.Publish, messages.Message{Subject: subject})
	}
	if _, err := r.tell("echo", w); err != nil {
		t.Fatal(err)
	}
	r.eventually("it is stuck", func() bool { return r.waiting() == 2 && strings.Contains(r.status("echo").Reason, "out.bad") })
	r.eventually("it was tried again", func() bool { return strings.Count(r.logged.String(), "provider works") > 5 })
	if n, _, _ := heard.Pending(); n > 5 { // all but the bad one at first, and then two again
		t.Errorf("%d messages have left", n)
	}
	s.may.Store(&everything)
	s.restart()
	r.eventually("the outbox is empty", func() bool { return r.waiting() == 0 })
	r.works("echo")
}

// TestAskDenied: who asks where the server does not let them has no answer, and what they publish leaves once.
func TestAskDenied(t *testing.T) {
	s := newServer(t)
	s.may.Store(&lattice.Permission{Publish: []string{"out"}, Subscribe: []string{">"}})
	s.restart()
	r := newRig(t)
	heard := hear(t, s.client(), "out")
	r.link("echo", s.values("REQUEST", ">"))
	if _, err := r.tell("echo", wish{Ask: &messages.RequestArgs{Subject: "price", TimeoutMs: 100}}); code(err) != actor.CodeOutside {
		t.Error(err)
	}
	for range 3 {
		if _, err := r.tell("echo", wish{Publish: []messages.Message{{Subject: "out"}}}); err != nil {
			t.Fatal(err)
		}
		r.eventually("the outbox is empty", func() bool { return r.waiting() == 0 })
	}
	r.eventually("all have come", func() bool { n, _, _ := heard.Pending(); return n >= 3 })
	if n, _, _ := heard.Pending(); n != 3 || strings.Contains(r.logged.String(), "provider failed") {
		t.Errorf("3 messages have left %d times\n%s", n, r.logged)
	}
}

// TestTooLarge: what the server would never take is dropped, which is an event, and holds nothing up.
func TestTooLarge(t *testing.T) {
	s := newServer(t)
	s.payload = 1 << 10
	s.restart()
	r := newRig(t)
	heard := hear(t, s.client(), "out")
	r.link("echo", s.values())
	w := wish{Publish: []messages.Message{{Subject: "out", Body: make([]byte, 1<<10)}, {Subject: "out", Body: []byte("small")}}}
	if _, err := r.tell("echo", w); err != nil {
		t.Fatal(err)
	}
	if m, err := heard.NextMsg(30 * time.Second); err != nil || string(m.Data) != "small" {
		t.Errorf("%v, %v", m, err)
	}
	r.eventually("the outbox is empty", func() bool { return r.waiting() == 0 })
	receipt := must(r.Reader().Receipt(must(r.Reader().Head()).Sequence))
	if len(receipt.Events) != 2 || receipt.Events[1].Type != "message_dropped" {
		t.Errorf("the events are %+v", receipt.Events)
	}
}

// TestLargest: a message that is as large as one may be leaves, with those before and behind it.
func TestLargest(t *testing.T) {
	s, r := newServer(t), newRig(t)
	heard := hear(t, s.client(), ">")
	r.link("echo", s.values())
	long := strings.Repeat("x", 1000)
	w := wish{Publish: []messages.Message{{Subject: "out", Body: []byte("small")}, {Subject: long, ReplyTo: long, Body: make([]byte, inside.MaxBody)}, {Subject: "out"}}}
	if _, err := r.tell("echo", w); err != nil {
		t.Fatal(err)
	}
	r.eventually("the outbox is empty", func() bool { return r.waiting() == 0 })
	for _, want := range w.Publish {
		if m, err := heard.NextMsg(30 * time.Second); err != nil || m.Subject != want.Subject || m.Reply != want.ReplyTo || len(m.Data) != len(want.Body) {
			t.Fatalf("%v", err)
		}
	}
}

// TestOrder: one at a time they keep their order.
func TestOrder(t *testing.T) {
	s, r := newServer(t), newRig(t)
	nc := s.client()
	heard := hear(t, nc, "back")
	r.link("echo", s.values("SUBSCRIPTION", "a", "in_flight", "1"))
	for i := range 50 {
		if err := nc.PublishRequest("a", "back", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		if m, err := heard.NextMsg(30 * time.Second); err != nil || string(m.Data) != fmt.Sprintf("reply: %d", i) {
			t.Fatalf("%d: %v, %v", i, m, err)
		}
	}
}

// crowded is a host that has no room, some times.
type crowded struct {
	edge.Host
	left atomic.Int64
}

func (c *crowded) Do(ctx context.Context, req dispatch.Request) (*state.Receipt, error) {
	if c.left.Add(-1) >= 0 {
		return nil, &dispatch.OverloadedError{Queued: 1, RetryAfter: time.Millisecond}
	}
	return c.Host.Do(ctx, req)
}

// TestCrowded: a message for which the host has no room is tried until it has, although the half is told to end meanwhile.
func TestCrowded(t *testing.T) {
	s, r := newServer(t), newRig(t)
	nc := s.client()
	r.stop()
	values := s.values("SUBSCRIPTION", "a")
	r.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "echo", Contract: capability.Messaging}, Provider: "nats", Values: values}}})
	host := &crowded{Host: r.Host}
	host.left.Store(8)
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- r.bus.Kind().New().Run(ctx, edge.At{Host: host, Provider: capability.Provider{Name: "nats", Address: provider, Contract: capability.Messaging, Kind: "messaging"},
			Link: capability.Link{Actor: "echo", Contract: capability.Messaging, Name: "default", Provider: "nats", Values: values}}, func(d string) { ready <- d })
	}()
	<-ready
	for range 3 {
		if err := nc.Publish("a", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	r.eventually("it was tried", func() bool { return host.left.Load() <= 5 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n := r.count("echo"); n != 3 {
		t.Errorf("it got %d messages", n)
	}
}

// TestEchoMessaging: the classic actor of that name, as wasmCloud had it.
func TestEchoMessaging(t *testing.T) {
	dir := os.Getenv("TROUPE_WASMBUS_ACTORS")
	if dir == "" {
		t.Skip("TROUPE_WASMBUS_ACTORS names no folder with classic actors")
	}
	files := must(filepath.Glob(filepath.Join(dir, "*echo_messaging*.wasm")))
	if len(files) == 0 {
		t.Skip("there is no echo_messaging")
	}
	s := newServer(t)
	nc := s.client()
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			r := newRig(t)
			if _, err := r.Start(t.Context(), "classic", must(os.ReadFile(file)), runtime.StartOptions{}); err != nil {
				t.Fatal(err)
			}
			r.link("classic", s.values("SUBSCRIPTION", "classic.*|q"))
			reply, err := nc.Request("classic.echo", []byte("hello"), 30*time.Second)
			if err != nil || string(reply.Data) != "reply: hello" {
				t.Errorf("%v, %v\n%s", reply, err, r.logged)
			}
			if _, err := r.Verify(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
