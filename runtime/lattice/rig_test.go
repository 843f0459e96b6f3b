package lattice_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/runtime/lattice"
	"github.com/troupe-run/troupe/runtime/lattice/embedded"
	"github.com/troupe-run/troupe/runtime/node"
)

// account is an actor that pays others. Its body is an amount, and for a payment a receiver behind it.
type account struct{}

func (account) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if len(msg.Body) < 8 {
		return actor.Response{}, actor.Errorf("malformed", "a message is an amount and a receiver")
	}
	amount := int64(binary.BigEndian.Uint64(msg.Body))
	events := []actor.Event{{Type: "moved", Attributes: []actor.Attribute{{Key: "amount", Value: strconv.FormatInt(amount, 10)}}}}
	if to := msg.Body[8:]; len(to) > 0 {
		env.State.Set([]byte("balance"), binary.BigEndian.AppendUint64(nil, uint64(balance(env.State)-amount)))
		return actor.Response{Events: events, Messages: []actor.SubMsg{{Msg: actor.Message{To: actor.Address(to), Body: msg.Body[:8]}}}}, nil
	}
	env.State.Set([]byte("balance"), binary.BigEndian.AppendUint64(nil, uint64(balance(env.State)+amount)))
	return actor.Response{Events: events, Data: []byte(`"paid"`)}, nil
}

func (account) Query(_ context.Context, view *actor.View, _ []byte) ([]byte, error) {
	return strconv.AppendInt(nil, balance(view.State), 10), nil
}

func balance(r actor.Reader) int64 {
	v, _ := r.Get([]byte("balance"))
	if len(v) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(v))
}

// payment is the body of a message that pays.
func payment(amount uint64, to string) []byte {
	return append(binary.BigEndian.AppendUint64(nil, amount), to...)
}

// slow is an actor whose queries take until they are let go.
type slow struct{ gate chan struct{} }

func (slow) Execute(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return actor.Response{}, nil
}

func (s slow) Query(ctx context.Context, _ *actor.View, _ []byte) ([]byte, error) {
	select {
	case <-s.gate:
		return []byte(`"done"`), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// A rig is a node on a founded host, with a server of NATS in the process and a service there.
type rig struct {
	t        testing.TB
	host     *runtime.Host
	node     *node.Node
	key      claims.Key // of the node
	operator claims.Key
	server   *embedded.Server
	service  *lattice.Service
	gate     chan struct{} // lets queries of slow end
	logged   *logged
}

type setup struct {
	dir     string // in memory if empty
	listen  string // a free port if empty
	options lattice.Options
	url     bool // the service reaches the server by its address
	body    int
	payload int
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

func newKey(t testing.TB) claims.Key {
	t.Helper()
	return must(claims.NewKey(claims.UserKey))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newRig(t testing.TB, s setup) *rig {
	t.Helper()
	h, err := runtime.Open(s.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	r := &rig{t: t, host: h, operator: newKey(t), key: must(claims.NewKey(claims.NodeKey)), gate: make(chan struct{}), logged: &logged{}}
	for name, a := range map[string]actor.Actor{"account": account{}, "slow": slow{r.gate}, "puppet": puppet.Actor{}} {
		if err := h.Bind(name, a); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Found(t.Context(), r.operator.Public()); err != nil {
		t.Fatal(err)
	}
	backups := filepath.Join(t.TempDir(), "backups")
	if r.node, err = node.New(h, node.Options{Name: "test", Version: "v1.2.3", Key: r.key, BackupDir: backups, MaxBody: s.body}); err != nil {
		t.Fatal(err)
	}
	r.serveNATS(s)
	s.options.Logger = slog.New(slog.NewTextHandler(r.logged, nil))
	if r.service, err = lattice.Serve(t.Context(), r.reached(s), r.node, s.options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := errors.Join(r.node.Drain(ctx), r.service.Stop(ctx), r.server.Shutdown(ctx)); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return r
}

func (r *rig) reached(s setup) lattice.Connection {
	if s.url {
		return lattice.Connection{URL: r.server.URL(), Key: r.key, Timeout: 30 * time.Second}
	}
	return lattice.Connection{InProcess: r.server, Key: r.key, Timeout: 30 * time.Second}
}

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

// serveNATS starts a server.
func (r *rig) serveNATS(s setup) {
	r.t.Helper()
	var err error
	if s.listen == "" {
		s.listen = home() + ":0"
	}
	r.server, err = embedded.Start(embedded.Options{Listen: s.listen, Node: r.key.Public(), Admit: r.admit, MaxPayload: s.payload,
		Logger: slog.New(slog.NewTextHandler(r.logged, nil)), Recheck: 20 * time.Millisecond})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) admit(key string) (lattice.Permission, error) {
	grants, err := r.node.Grants(key)
	if err != nil {
		return lattice.Permission{}, err
	}
	return lattice.Subjects("test").Permissions(key, grants, time.Now())
}

// do asks the node as the program itself.
func (r *rig) do(op string, req any) any {
	r.t.Helper()
	answer, err := r.node.Do(context.Background(), node.Caller{}, op, req)
	if err != nil {
		r.t.Fatalf("%s: %v", op, err)
	}
	return answer
}

// caller makes a key that has a grant.
func (r *rig) caller(g api.Grant) claims.Key {
	r.t.Helper()
	k := newKey(r.t)
	g.Subject = k.Public()
	r.do("grant", &g)
	return k
}

// connect connects a plain client of NATS.
func (r *rig) connect(k claims.Key, opts ...nats.Option) (*nats.Conn, error) {
	opts = append([]nats.Option{nats.Nkey(k.Public(), k.SignNonce), nats.CustomInboxPrefix(lattice.Inbox(k.Public())), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
		nats.MaxReconnects(0), nats.Timeout(30 * time.Second)}, opts...)
	return nats.Connect(r.server.URL(), opts...)
}

func (r *rig) plain(k claims.Key, opts ...nats.Option) *nats.Conn {
	r.t.Helper()
	nc, err := r.connect(k, opts...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(nc.Close)
	return nc
}

// dial makes a transport.
func (r *rig) dial(k claims.Key) client.Transport {
	r.t.Helper()
	tr, err := lattice.Dial(context.Background(), lattice.Connection{URL: r.server.URL(), Key: k, Timeout: 30 * time.Second}, "test")
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { tr.Close() })
	return tr
}

func (r *rig) token(k claims.Key) string {
	r.t.Helper()
	return must(claims.SignToken(k, claims.Token{Audience: r.key.Public()}))
}

func bearer(token string) map[string]string {
	return map[string]string{client.HeaderBearer: "Bearer " + token}
}

// signed is the header of a signed request.
func (r *rig) signed(k claims.Key, op, encoding, id string, payload []byte) map[string]string {
	r.t.Helper()
	sealed := must(claims.Seal(k, claims.Envelope{Audience: r.key.Public(), Op: op, BodyHash: sha256.Sum256(payload), RequestID: id}))
	return map[string]string{client.HeaderSignature: claims.EncodeSealed(sealed), client.HeaderType: encoding}
}

// ask asks by a transport, with a signature.
func (r *rig) ask(tr client.Transport, k claims.Key, op, encoding, id string, req, answer any) error {
	r.t.Helper()
	payload := must(api.Encode(encoding, req))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	b, err := tr.Call(ctx, op, r.signed(k, op, encoding, id, payload), payload)
	if err != nil {
		return err
	}
	return api.DecodeAnswer(encoding, b, answer)
}

func (r *rig) head() uint64 { return r.do("info", &api.Empty{}).(*api.Info).Sequence }

// fails checks that an error has a code and says something.
func fails(t testing.TB, err error, code api.Code, says string) *api.Error {
	t.Helper()
	var e *api.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v, want %s: …%s…", err, code, says)
	}
	if e.Code != code || !strings.Contains(e.Message, says) {
		t.Fatalf("%s: %s, want %s: …%s…", e.Code, e.Message, code, says)
	}
	return e
}

// soon waits until a condition holds.
func soon(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come about that %s", what)
		}
	}
}

// steady returns how many goroutines there are, as soon as that has not changed for a while.
func steady() int {
	n := goruntime.NumGoroutine()
	for same := 0; same < 20; time.Sleep(time.Millisecond) {
		if now := goruntime.NumGoroutine(); now == n {
			same++
		} else {
			n, same = now, 0
		}
	}
	return n
}

// settled fails the test if goroutines are left that were not there before.
func settled(t testing.TB, before int) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if goruntime.NumGoroutine() <= before {
			return
		}
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines, and there were %d:\n%s", goruntime.NumGoroutine(), before, buf[:goruntime.Stack(buf, true)])
}
