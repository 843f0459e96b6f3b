package messaging_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
	"github.com/troupe-run/troupe/runtime/lattice"
	"github.com/troupe-run/troupe/runtime/lattice/embedded"
	"github.com/troupe-run/troupe/runtime/lattice/messaging"
)

const provider actor.Address = "troupe.messaging/nats"

// echoer does what echo_messaging does: it answers "reply: " and what it was brought. It counts, and keeps the last body. A body
// that begins with "fail" it fails at, unless it was told to be kind.
type echoer struct{}

func (echoer) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	say := func(op string, argument any) ([]byte, error) {
		inv := capability.Invocation{Operation: op, Contract: capability.Messaging, Link: "default", Payload: pack.Marshal(argument)}
		return env.Services.(capability.Caller).Call(ctx, provider, inv.Encode())
	}
	if env.Sender.Kind() != provider.Kind() {
		if string(msg.Body) == "kind" {
			env.State.Set([]byte("kind"), nil)
			return actor.Response{}, nil
		}
		var w wish
		if err := json.Unmarshal(msg.Body, &w); err != nil {
			return actor.Response{}, err
		}
		return w.execute(say)
	}
	inv, err := capability.DecodeInvocation(msg.Body)
	if err != nil {
		return actor.Response{}, err
	}
	var m messages.Message
	if err := pack.Unmarshal(inv.Payload, &m); err != nil {
		return actor.Response{}, err
	}
	if inv.Operation != messages.HandleMessage {
		return actor.Response{}, capability.ErrNoOperation(inv.Operation)
	}
	_, kind := env.State.Get([]byte("kind"))
	if strings.HasPrefix(string(m.Body), "fail") && !kind {
		return actor.Response{}, actor.Errorf("told_to", "fail")
	}
	env.State.Set([]byte("count"), binary.BigEndian.AppendUint64(nil, count(env.State)+1))
	env.State.Set([]byte("last"), m.Body)
	if m.ReplyTo == "" {
		return actor.Response{}, nil
	}
	_, err = say(messages.Publish, &messages.Message{Subject: m.ReplyTo, Body: append([]byte("reply: "), m.Body...)})
	return actor.Response{}, err
}

func count(r actor.Reader) uint64 {
	b, _ := r.Get([]byte("count"))
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

type wish struct {
	Publish []messages.Message
	Ask     *messages.RequestArgs
	Fail    bool
}

func (w *wish) execute(say func(string, any) ([]byte, error)) (r actor.Response, err error) {
	for i := range w.Publish {
		if _, err := say(messages.Publish, &w.Publish[i]); err != nil {
			return r, err
		}
	}
	if w.Ask != nil {
		data, err := say(messages.Request, w.Ask)
		if err != nil {
			return r, err
		}
		var m messages.Message
		if err := pack.Unmarshal(data, &m); err != nil {
			return r, err
		}
		r.Data = m.Body
	}
	if w.Fail {
		return r, actor.Errorf("told_to", "fail")
	}
	return r, nil
}

// logged is a log for tests.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A server is one of NATS in the process, with streams.
type server struct {
	*embedded.Server
	t    testing.TB
	node claims.Key
	dir  string
	at   string
	may  atomic.Pointer[lattice.Permission]
	// plain servers have no streams.
	plain bool
	// payload bounds messages; 0 is what the server has.
	payload int
}

var everything = lattice.Permission{Publish: []string{">"}, Subscribe: []string{">"}}

// home is an address of this machine that no other test listens on, so that a server finds its port free when it comes back. Where the
// loopback has but one address, it is that.
var home = sync.OnceValue(func() string {
	n := os.Getpid()
	host := fmt.Sprintf("127.%d.%d.%d", 1+n>>14&127, 1+n>>7&127, 1+n&127)
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		return "127.0.0.1"
	}
	l.Close()
	return host
})

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{t: t, node: must(claims.NewKey(claims.NodeKey)), dir: t.TempDir(), at: home() + ":0"}
	s.may.Store(&everything)
	s.start()
	s.at = strings.TrimPrefix(s.URL(), "nats://")
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	var err error
	dir := s.dir
	if s.plain {
		dir = ""
	}
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s.Server, err = embedded.Start(embedded.Options{Listen: s.at, Node: s.node.Public(), JetStream: dir, MaxPayload: s.payload,
			Admit: func(string) (lattice.Permission, error) { return *s.may.Load(), nil }})
		if err == nil {
			return
		}
		if time.Now().After(until) {
			s.t.Fatal(err)
		}
	}
}

func (s *server) stop() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		s.t.Error(err)
	}
}

// restart lets other permissions and bounds hold.
func (s *server) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

// client is somebody else there.
func (s *server) client() *nats.Conn {
	s.t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.Nkey(s.node.Public(), s.node.SignNonce), nats.NoReconnect(), nats.Timeout(30*time.Second))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(nc.Close)
	return nc
}

// hear subscribes, so that the server knows it already.
func hear(t testing.TB, nc *nats.Conn, subject string) *nats.Subscription {
	t.Helper()
	sub, err := nc.SubscribeSync(subject)
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// values are those of a link to the server, with more of them.
func (s *server) values(more ...string) map[string]string {
	v := map[string]string{"URI": "nats://" + s.at, "CLIENT_SEED": seed}
	for i := 0; i < len(more); i += 2 {
		v[more[i]] = more[i+1]
	}
	return v
}

// seed is that of the user that the links are.
var seed = func() string {
	pair := must(nkeys.CreateUser())
	return string(must(pair.Seed()))
}()

// A rig is a host with the halves of its links.
type rig struct {
	*runtime.Host
	t      testing.TB
	bus    *messaging.Bus
	halves *edge.Supervisor
	logged *logged
	stop   func()
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, bus: messaging.New(), logged: &logged{}}
	var err error
	if r.Host, err = runtime.Open("", &runtime.Options{Executor: dispatch.Options{Outside: r.bus.Ask}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"echo", "echo2"} {
		if err := r.Bind(name, echoer{}); err != nil {
			t.Fatal(err)
		}
	}
	r.order(capability.Order{Provide: []capability.ProviderOrder{{Name: "nats", Kind: "messaging"}}})
	r.supervise()
	t.Cleanup(func() { r.stop() })
	return r
}

// supervise runs the halves until stop.
func (r *rig) supervise() {
	r.halves = edge.New(r.Host, []edge.Kind{r.bus.Kind()}, &edge.Options{First: 20 * time.Millisecond, Longest: 50 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(r.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.halves.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	})
}

func (r *rig) order(o capability.Order) {
	r.t.Helper()
	if _, err := r.Order(r.t.Context(), o, "", ""); err != nil {
		r.t.Fatal(err)
	}
}

// link links an actor, and waits until that works.
func (r *rig) link(who string, values map[string]string) {
	r.t.Helper()
	r.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: who, Contract: capability.Messaging}, Provider: "nats", Values: values}}})
	r.works(who)
}

func (r *rig) works(who string) {
	r.t.Helper()
	r.eventually(who+" is linked", func() bool { return r.status(who).State == capability.Healthy })
}

func (r *rig) status(who string) capability.Status {
	for _, s := range r.halves.Status() {
		if string(s.Actor) == who {
			return s
		}
	}
	return capability.Status{}
}

// tell sends an actor what it should do.
func (r *rig) tell(to string, w wish) ([]byte, error) {
	r.t.Helper()
	receipt, err := r.Send(r.t.Context(), "alice", actor.Message{To: actor.Address(to), Body: must(json.Marshal(&w))})
	if err != nil {
		return nil, err
	}
	return receipt.Data, nil
}

// count returns how many messages an actor got.
func (r *rig) count(who string) uint64 {
	r.t.Helper()
	b, _, err := r.Get(actor.Address(who), []byte("count"))
	if err != nil || len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// waiting returns how many messages wait in outboxes.
func (r *rig) waiting() (n uint64) {
	r.t.Helper()
	answer, err := r.Query(r.t.Context(), provider, []byte(`{"op":"Outbox.Waiting"}`))
	if err != nil {
		r.t.Fatal(err)
	}
	var list []struct{ Messages uint64 }
	if err := json.Unmarshal(answer, &list); err != nil {
		r.t.Fatal(err)
	}
	for _, one := range list {
		n += one.Messages
	}
	return n
}

// eventually waits for something to hold.
func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	for until := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			r.t.Fatalf("did not happen in 30 s: %s\nstatus: %+v\nlog:\n%s", what, r.halves.Status(), r.logged)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// settled fails the test if goroutines are left that were not there before.
func settled(t testing.TB, before int) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if goruntime.NumGoroutine() <= before {
			return
		}
	}
	buf := make([]byte, 1<<18)
	t.Errorf("%d goroutines, and there were %d:\n%s", goruntime.NumGoroutine(), before, buf[:goruntime.Stack(buf, true)])
}
