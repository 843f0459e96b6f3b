package lattice_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/lattice"
	"github.com/troupe-run/troupe/runtime/node"
)

// renamed is a node with another name.
type renamed struct{ *node.Node }

func (r renamed) Info() api.Info {
	info := r.Node.Info()
	info.Name = "other"
	return info
}

func msg(subject, body, authorization string) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Data = []byte(body)
	if authorization != "" {
		m.Header.Set("Authorization", authorization)
	}
	return m
}

// TestServerRestarts: while payments are made the server stops and comes back, again and again. Each payment is asked until
// it has an answer, and has one effect.
func TestServerRestarts(t *testing.T) {
	r := newRig(t, setup{url: true})
	tr := r.dial(r.operator)
	listen := r.server.URL()[len("nats://"):]
	const least, workers = 400, 8
	var next, paid, broken atomic.Int64
	var over atomic.Bool // the server stops no more
	defer over.Store(true)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := next.Add(1); i <= least || !over.Load(); i = next.Add(1) {
				id := fmt.Sprint("payment-", i)
				for deadline := time.Now().Add(30 * time.Second); ; {
					var receipt api.Receipt
					err := r.ask(tr, r.operator, "send", api.CBOR, id, api.SendRequest{To: "account/a", Body: payment(1, "")}, &receipt)
					if err == nil {
						paid.Add(1)
						break
					}
					var e *api.Error
					if !errors.As(err, &e) || e.Code != api.CodeUnavailable && e.Code != api.CodeUnknown || time.Now().After(deadline) {
						t.Errorf("payment %d: %v", i, err)
						return
					}
					broken.Add(1)
					time.Sleep(5 * time.Millisecond)
				}
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	quickest := time.Hour
	for range 3 {
		time.Sleep(30 * time.Millisecond)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		if err := r.server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		cancel()
		start := time.Now()
		soon(t, "the service knows", func() bool { return !r.service.Connected() })
		soon(t, "calls say so", func() bool {
			_, err := tr.Call(context.Background(), "info", nil, nil) // no deadline: it must not wait
			var e *api.Error
			return errors.As(err, &e) && e.Code == api.CodeUnavailable && strings.Contains(e.Message, "is not there")
		})
		quickest = min(quickest, time.Since(start))
		r.serveNATS(setup{listen: listen})
		soon(t, "the service is back", r.service.Connected)
	}
	over.Store(true)
	all.Wait()
	if quickest > time.Second {
		t.Errorf("it took %s to notice, and more", quickest)
	}
	if broken.Load() == 0 {
		t.Error("nothing was interrupted")
	}
	value, _, err := r.host.Get("account/a", []byte("balance"))
	if err != nil || int64(binary.BigEndian.Uint64(value)) != paid.Load() || paid.Load() < least {
		t.Errorf("%d payments of 1 make %v, %v", paid.Load(), value, err)
	}
}

// TestInterrupted: a call whose answer cannot come says at once that nobody knows, and the same id tells later.
func TestInterrupted(t *testing.T) {
	r := newRig(t, setup{url: true})
	if _, err := r.host.Send(t.Context(), "x", actor.Message{To: "slow/a"}); err != nil {
		t.Fatal(err)
	}
	tr := r.dial(r.operator)
	result := make(chan error, 1)
	go func() {
		_, err := tr.Call(context.Background(), "query", bearer(r.token(r.operator)), []byte(`{"to":"slow/a"}`))
		result <- err
	}()
	soon(t, "it is under way", func() bool { return r.service.Stats().InFlight == 1 })
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := r.server.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-result:
		fails(t, err, api.CodeUnknown, "same request id")
	case <-time.After(20 * time.Second): // it would wait for half a minute
		t.Error("the call still waits")
	}
	close(r.gate)
}

// TestSilentServer: a server that is connected and says nothing is given up within seconds.
func TestSilentServer(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 6 seconds")
	}
	t.Parallel()
	r := newRig(t, setup{})
	// A wire to the server that can go dead.
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	var dead atomic.Bool
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", r.server.URL()[len("nats://"):])
			if err != nil {
				c.Close()
				continue
			}
			pass := func(to, from net.Conn) {
				defer to.Close()
				buf := make([]byte, 4096)
				for {
					n, err := from.Read(buf)
					if err != nil {
						return
					}
					if dead.Load() {
						continue // it takes everything, and nothing comes out
					}
					if _, err := to.Write(buf[:n]); err != nil {
						return
					}
				}
			}
			go pass(s, c)
			go pass(c, s)
		}
	}()
	tr, err := lattice.Dial(context.Background(), lattice.Connection{URL: "nats://" + l.Addr().String(), Key: r.operator, Timeout: 30 * time.Second}, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if _, err := tr.Call(context.Background(), "info", nil, nil); err != nil {
		t.Fatal(err)
	}
	dead.Store(true)
	start := time.Now()
	_, err = tr.Call(context.Background(), "info", nil, nil)
	fails(t, err, api.CodeUnknown, "lost")
	if took := time.Since(start); took > 20*time.Second { // a call waits for half a minute
		t.Errorf("it took %s to notice", took)
	}
}

// TestStop: what was taken is answered, what comes behind is told that nobody is there, and nothing is left.
func TestStop(t *testing.T) {
	r := newRig(t, setup{})
	if _, err := r.host.Send(t.Context(), "x", actor.Message{To: "slow/a"}); err != nil {
		t.Fatal(err)
	}
	tr := r.dial(r.operator)
	before := steady()
	service, err := lattice.Serve(t.Context(), lattice.Connection{InProcess: r.server, Key: r.key, Timeout: 30 * time.Second}, renamed{r.node}, lattice.Options{Events: true})
	if err != nil {
		t.Fatal(err)
	}
	tr2, err := lattice.Dial(context.Background(), lattice.Connection{InProcess: r.server, Key: r.operator, Timeout: 30 * time.Second}, "test")
	if err != nil {
		t.Fatal(err)
	}
	nc := r.plain(r.key) // which may ask the other name
	results := make(chan error, 10)
	for range cap(results) {
		go func() {
			m, err := nc.RequestMsg(msg("troupe.other.query", `{"to":"slow/a"}`, "Bearer "+r.token(r.operator)), 30*time.Second)
			if err == nil && m.Header.Get(lattice.HeaderErrorCode) != "" {
				err = errors.New(string(m.Data))
			}
			results <- err
		}()
	}
	soon(t, "they are under way", func() bool { return service.Stats().InFlight == cap(results) })
	go func() {
		time.Sleep(50 * time.Millisecond)
		close(r.gate)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := service.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	for range cap(results) {
		if err := <-results; err != nil {
			t.Errorf("a request that was taken: %v", err)
		}
	}
	if _, err := nc.RequestMsg(msg("troupe.other.info", "", ""), time.Second); err == nil {
		t.Error("somebody answers")
	}
	if err := service.Stop(ctx); err != nil {
		t.Errorf("the second stop: %v", err)
	}
	if err := tr2.Close(); err != nil {
		t.Error(err)
	}
	nc.Close()
	settled(t, before)
	if _, err := tr.Call(context.Background(), "info", nil, nil); err != nil {
		t.Errorf("the other service: %v", err)
	}
	if _, err := tr2.Call(context.Background(), "info", nil, nil); err == nil {
		t.Error("a transport that is closed is answered")
	}
}

// TestStopsInTime: what does not end is cut, and the error says so.
func TestStopsInTime(t *testing.T) {
	r := newRig(t, setup{})
	if _, err := r.host.Send(t.Context(), "x", actor.Message{To: "slow/a"}); err != nil {
		t.Fatal(err)
	}
	tr := r.dial(r.operator)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = tr.Call(t.Context(), "query", bearer(r.token(r.operator)), []byte(`{"to":"slow/a"}`))
	}()
	soon(t, "it is under way", func() bool { return r.service.Stats().InFlight == 1 })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := r.service.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stop: %v", err)
	}
	soon(t, "the request has ended", func() bool { return r.service.Stats().InFlight == 0 })
	tr.Close()
	<-ended
}

// TestDeadline: the node gives up when the caller has.
func TestDeadline(t *testing.T) {
	r := newRig(t, setup{})
	if _, err := r.host.Send(t.Context(), "x", actor.Message{To: "slow/a"}); err != nil {
		t.Fatal(err)
	}
	q := msg("troupe.test.query", `{"to":"slow/a"}`, "Bearer "+r.token(r.operator))
	q.Header.Set(lattice.HeaderTimeout, "30")
	m, err := r.plain(r.operator).RequestMsg(q, 30*time.Second)
	if err != nil || m.Header.Get(lattice.HeaderErrorCode) != string(api.CodeExpired) {
		t.Errorf("%v, %v", m, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := r.dial(r.operator).Call(ctx, "query", bearer(r.token(r.operator)), []byte(`{"to":"slow/a"}`)); !errors.Is(err, context.DeadlineExceeded) {
		var e *api.Error
		if !errors.As(err, &e) || e.Code != api.CodeExpired {
			t.Error(err)
		}
	}
	soon(t, "nothing is under way", func() bool { return r.service.Stats().InFlight == 0 })
}

// TestNobody: a name that no node has is said at once.
func TestNobody(t *testing.T) {
	r := newRig(t, setup{})
	tr, err := lattice.Dial(context.Background(), lattice.Connection{URL: r.server.URL(), Key: r.operator, Timeout: 30 * time.Second}, "other")
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	_, err = tr.Call(context.Background(), "info", nil, nil)
	fails(t, err, api.CodeForbidden, "another name")
	// The node itself may ask anywhere, and learns that nobody is there.
	own, err := lattice.Dial(context.Background(), lattice.Connection{URL: r.server.URL(), Key: r.key, Timeout: 30 * time.Second}, "other")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	_, err = own.Call(context.Background(), "info", nil, nil)
	fails(t, err, api.CodeUnavailable, "no node other")
}

// TestWait: a service can wait for its server.
func TestWait(t *testing.T) {
	r := newRig(t, setup{})
	l := must(net.Listen("tcp", home()+":0"))
	listen := l.Addr().String()
	l.Close()
	c := lattice.Connection{URL: "nats://" + listen, Key: r.key, Timeout: 30 * time.Second}
	if _, err := lattice.Serve(t.Context(), c, r.node, lattice.Options{}); err == nil {
		t.Fatal("there is no server")
	}
	service, err := lattice.Serve(t.Context(), c, r.node, lattice.Options{Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	first := r.server
	r.serveNATS(setup{listen: listen})
	soon(t, "the service is there", service.Connected)
	tr := r.dial(r.operator)
	soon(t, "it answers", func() bool { _, err := tr.Call(context.Background(), "info", nil, nil); return err == nil })
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := errors.Join(service.Stop(ctx), first.Shutdown(ctx)); err != nil {
		t.Error(err)
	}
}
