package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nkeys"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/runtime/gateway"
	"github.com/troupe-run/troupe/runtime/node"
)

// A rig is a node with puppets behind a gateway.
type rig struct {
	host     *runtime.Host
	node     *node.Node
	key      claims.Key
	operator claims.Key
	server   *httptest.Server
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{key: mustKey(t, claims.NodeKey), operator: mustKey(t, claims.UserKey)}
	var err error
	if r.host, err = runtime.Open("", nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.host.Close() })
	err = errors.Join(r.host.Bind("puppet", puppet.Actor{}), r.host.Found(t.Context(), r.operator.Public()))
	if err == nil {
		r.node, err = node.New(r.host, node.Options{Name: "test", Version: "v0", Key: r.key, BackupDir: t.TempDir()})
	}
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.New(r.node, gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.server = httptest.NewServer(g)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := errors.Join(r.node.Drain(ctx), g.Shutdown(ctx)); err != nil {
			t.Error(err)
		}
		r.server.Close()
	})
	return r
}

func (r *rig) http(t testing.TB) *client.HTTP {
	t.Helper()
	way, err := client.NewHTTP(r.server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { way.Close() })
	return way
}

// client asks as the operator over a transport.
func (r *rig) client(way client.Transport) *client.Client {
	return client.New(way, client.Identity{Key: r.operator, Node: r.key.Public()})
}

func (r *rig) head(t testing.TB) uint64 {
	t.Helper()
	head, err := r.host.Reader().Head()
	if err != nil {
		t.Fatal(err)
	}
	return head.Sequence
}

func set(to actor.Address, key, value string) *api.SendRequest {
	return &api.SendRequest{To: to, Body: api.Bytes("set " + key + "=" + value)}
}

func codeOf(err error) api.Code {
	var failed *api.Error
	if errors.As(err, &failed) {
		return failed.Code
	}
	return ""
}

// TestMethods: every operation has a method of its name with its types, but for watch, which is a sequence.
func TestMethods(t *testing.T) {
	typ := reflect.TypeFor[*client.Client]()
	for _, op := range api.Ops() {
		name := strings.ToUpper(op.Name[:1]) + op.Name[1:]
		m, ok := typ.MethodByName(name)
		switch {
		case !ok:
			t.Errorf("there is no method %s", name)
			continue
		case op.Name == "watch":
			continue
		}
		in, want := m.Type.NumIn(), 2
		if op.Request != (any)(api.Empty{}) {
			want = 3
			if in == want && m.Type.In(2) != reflect.PointerTo(reflect.TypeOf(op.Request)) {
				t.Errorf("%s takes a %v, not a %T", name, m.Type.In(2), op.Request)
			}
		}
		if in != want || m.Type.Out(0) != reflect.PointerTo(reflect.TypeOf(op.Answer)) {
			t.Errorf("%s is %v", name, m.Type)
		}
	}
}

func TestOperations(t *testing.T) {
	r := newRig(t)
	token, err := claims.SignToken(r.operator, claims.Token{Audience: r.key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	for name, who := range map[string]client.Identity{
		"key": {Key: r.operator, Node: r.key.Public()}, "key alone": {Key: r.operator}, "token": {Token: token},
	} {
		t.Run(name, func(t *testing.T) {
			c, ctx := client.New(r.http(t), who), t.Context()
			to := actor.Address("puppet/" + strings.ReplaceAll(name, " ", "-"))
			receipt, err := c.Send(ctx, set(to, "a", "b"))
			if err != nil || !receipt.Committed || receipt.Callee != to || receipt.RequestID == "" {
				t.Fatalf("send: %+v: %v", receipt, err)
			}
			if v, err := c.Get(ctx, &api.GetRequest{Actor: to, Key: api.Bytes("a")}); err != nil || string(v.Value) != "b" {
				t.Errorf("get: %+v: %v", v, err)
			}
			if p, err := c.Scan(ctx, &api.ScanRequest{Actor: to}); err != nil || len(p.Pairs) != 1 {
				t.Errorf("scan: %+v: %v", p, err)
			}
			if a, err := c.Query(ctx, &api.QueryRequest{To: to, Body: api.Bytes("get a; data {it}")}); codeOf(err) != api.CodeActor && err != nil {
				t.Errorf("query: %+v: %v", a, err)
			}
			if a, err := c.Actor(ctx, &api.ActorRequest{Address: to}); err != nil || a.Module != "puppet" {
				t.Errorf("actor: %+v: %v", a, err)
			}
			if l, err := c.Log(ctx, &api.LogRequest{From: receipt.Sequence, Limit: 1, Changes: true}); err != nil || len(l.Entries) != 1 || len(l.Entries[0].Changes) != 1 {
				t.Errorf("log: %+v: %v", l, err)
			}
			if tr, err := c.Trace(ctx, &api.TraceRequest{Sequence: receipt.Sequence}); err != nil || tr.Root.To != to {
				t.Errorf("trace: %+v: %v", tr, err)
			}
			if again, err := c.Receipt(ctx, &api.ReceiptRequest{ID: receipt.RequestID}); err != nil || again.Sequence != receipt.Sequence {
				t.Errorf("receipt: %+v: %v", again, err)
			}
			if info, err := c.Info(ctx); err != nil || info.Key != r.operator.Public() {
				t.Errorf("info: %+v: %v", info, err)
			}
			for what, err := range map[string]error{
				"stats": second(c.Stats(ctx)), "actors": second(c.Actors(ctx, &api.ActorsRequest{})), "modules": second(c.Modules(ctx)),
				"module": second(c.Module(ctx, &api.ModuleRequest{Name: "puppet"})), "grants": second(c.Grants(ctx)),
				"history": second(c.History(ctx, &api.HistoryRequest{Actor: to, Key: api.Bytes("a")})),
				"pause":   second(c.Pause(ctx, &api.PauseRequest{Actor: to})), "backup": second(c.Backup(ctx, &api.BackupRequest{Name: to.Key()})),
			} {
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			_, err = c.Send(ctx, set(to, "a", "c"))
			var failed *api.Error
			if !errors.As(err, &failed) || failed.Actor != "paused" || failed.Receipt == nil || failed.Receipt.Committed {
				t.Errorf("a message to a paused actor: %+v", err)
			}
			if _, err := c.Resume(ctx, &api.ResumeRequest{Actor: to}); err != nil {
				t.Error(err)
			}
			if _, err := c.Install(ctx, &api.InstallRequest{Name: "x", Code: api.Bytes("no code")}); codeOf(err) != api.CodeBadRequest {
				t.Errorf("what is no code: %v", err)
			}
			other := mustKey(t, claims.UserKey).Public()
			if _, err := c.Grant(ctx, &api.Grant{Subject: other, Role: "reader"}); err != nil {
				t.Error(err)
			}
			if _, err := c.Revoke(ctx, &api.RevokeRequest{Subject: other}); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("nobody", func(t *testing.T) {
		c := client.New(r.http(t), client.Identity{})
		if info, err := c.Info(t.Context()); err != nil || info.Host != r.key.Public() || info.Sequence != 0 {
			t.Errorf("info: %+v: %v", info, err)
		}
		if _, err := c.Actors(t.Context(), &api.ActorsRequest{}); codeOf(err) != api.CodeUnauthenticated {
			t.Errorf("nobody is told the actors: %v", err)
		}
	})
	t.Run("another node", func(t *testing.T) {
		c := client.New(r.http(t), client.Identity{Key: r.operator, Node: mustKey(t, claims.NodeKey).Public()})
		if _, err := c.Actors(t.Context(), &api.ActorsRequest{}); codeOf(err) != api.CodeUnauthenticated {
			t.Errorf("what is signed for another node: %v", err)
		}
	})
}

func second[A any](_ *A, err error) error { return err }

// A spoiled transport fails as it is told, before or behind the node.
type spoiled struct {
	client.Transport
	mu     sync.Mutex
	fails  []spoil
	ids    map[string]bool // the signed ids
	seals  map[string]bool
	called int
}

type spoil struct {
	code   api.Code
	behind bool // the node has executed it
}

func (s *spoiled) Call(ctx context.Context, op string, header map[string]string, payload []byte) ([]byte, error) {
	s.mu.Lock()
	s.called++
	fail := spoil{}
	if len(s.fails) > 0 {
		fail, s.fails = s.fails[0], s.fails[1:]
	}
	if sealed, err := claims.DecodeSealed(header[client.HeaderSignature]); err == nil {
		if e, err := claims.OpenEnvelope(sealed); err == nil {
			s.ids[e.RequestID], s.seals[header[client.HeaderSignature]] = true, true
		}
	}
	s.mu.Unlock()
	if fail.code != "" && !fail.behind {
		return nil, &api.Error{Code: fail.code, Message: "spoiled"}
	}
	answer, err := s.Transport.Call(ctx, op, header, payload)
	if fail.code != "" {
		return nil, &api.Error{Code: fail.code, Message: "spoiled"}
	}
	return answer, err
}

func spoil1(way client.Transport, fails ...spoil) *spoiled {
	return &spoiled{Transport: way, fails: fails, ids: map[string]bool{}, seals: map[string]bool{}}
}

// TestRepeated: a write that is asked again and again has one id, one effect, and a signature for each time.
func TestRepeated(t *testing.T) {
	r := newRig(t)
	way := spoil1(r.http(t), spoil{api.CodeUnavailable, false}, spoil{api.CodeUnknown, true}, spoil{api.CodeOverloaded, false},
		spoil{api.CodeUnknown, true}, spoil{api.CodeStale, false})
	before := r.head(t)
	receipt, err := r.client(way).Send(t.Context(), set("puppet/a", "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	// A virtual actor is made by its first message, in the same transaction.
	if after := r.head(t); after != before+1 || receipt.Sequence != after {
		t.Errorf("there were %d transactions, and the receipt is of %d", after-before, receipt.Sequence)
	}
	if way.called != 6 || len(way.ids) != 1 || len(way.seals) != 6 {
		t.Errorf("asked %d times with %d ids and %d signatures", way.called, len(way.ids), len(way.seals))
	}
	// So it is for who brings the id.
	way = spoil1(r.http(t), spoil{api.CodeUnknown, true})
	req := set("puppet/a", "a", "c")
	req.ID = "mine"
	if receipt, err := r.client(way).Send(t.Context(), req); err != nil || receipt.RequestID != "mine" || !way.ids["mine"] {
		t.Errorf("with an id: %+v: %v", receipt, err)
	}
	if again, err := r.client(r.http(t)).Send(t.Context(), req); err != nil || again.Sequence != r.head(t) {
		t.Errorf("again: %+v: %v", again, err)
	}
}

func TestNotRepeated(t *testing.T) {
	r := newRig(t)
	for _, code := range []api.Code{api.CodeForbidden, api.CodeUnauthenticated, api.CodeNotFound, api.CodeConflict, api.CodeBadRequest, api.CodeInternal} {
		way := spoil1(r.http(t), spoil{code, false})
		if _, err := r.client(way).Send(t.Context(), set("puppet/a", "a", "b")); codeOf(err) != code || way.called != 1 {
			t.Errorf("%s: asked %d times: %v", code, way.called, err)
		}
	}
	way := spoil1(r.http(t), spoil{api.CodeUnknown, true})
	if _, err := r.client(way).Backup(t.Context(), &api.BackupRequest{Name: "b"}); codeOf(err) != api.CodeUnknown || way.called != 1 {
		t.Errorf("a backup of unknown outcome: asked %d times: %v", way.called, err)
	}
	way = spoil1(r.http(t), spoil{api.CodeStale, false}, spoil{api.CodeStale, false}, spoil{api.CodeStale, false}, spoil{api.CodeStale, false})
	if _, err := r.client(way).Info(t.Context()); codeOf(err) != api.CodeStale || way.called != 3 {
		t.Errorf("a wrong clock: asked %d times: %v", way.called, err)
	}
	way = spoil1(r.http(t), spoil{api.CodeOverloaded, false})
	c := r.client(way)
	c.Patience = -1
	if _, err := c.Info(t.Context()); codeOf(err) != api.CodeOverloaded || way.called != 1 {
		t.Errorf("without patience: asked %d times: %v", way.called, err)
	}
	// The end of the context is the answer.
	way = spoil1(r.http(t))
	for range 1000 {
		way.fails = append(way.fails, spoil{api.CodeUnavailable, false})
	}
	gone := errors.New("gone home")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, gone)
	defer cancel()
	if _, err := r.client(way).Info(ctx); !errors.Is(err, gone) {
		t.Errorf("when the time is up: %v", err)
	}
}

// hidden keeps a transport from carrying streams.
type hidden struct{ client.Transport }

// TestWatch: a watch sees every transaction once and in order, although the connection breaks all the time.
func TestWatch(t *testing.T) {
	for name, over := range map[string]func(client.Transport) client.Transport{
		"stream": func(w client.Transport) client.Transport { return w }, "pieces": func(w client.Transport) client.Transport { return hidden{w} },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			c := r.client(over(r.http(t)))
			const total = 40
			first := r.head(t) + 1
			done := make(chan struct{})
			go func() {
				defer close(done)
				for i := range total {
					if i%10 == 5 {
						r.server.CloseClientConnections()
					}
					if _, err := c.Send(t.Context(), set("puppet/a", "a", strings.Repeat("x", i+1))); err != nil {
						t.Error(err)
						return
					}
				}
			}()
			next := first
			for n, err := range c.Watch(t.Context(), &api.WatchRequest{Actor: "puppet/a", Keys: true, From: first - 1}) {
				if err != nil {
					t.Fatal(err)
				}
				if n.Sequence != next || len(n.Changes) != 1 || len(n.Changes[0].Value) != int(next-first)+1 {
					t.Fatalf("notice %+v, and %d is next", n, next)
				}
				if next++; next == first+total {
					break
				}
			}
			<-done
		})
	}
}

func TestWatchEnds(t *testing.T) {
	r := newRig(t)
	c := r.client(r.http(t))
	c.Patience = 100 * time.Millisecond
	// Now is behind what there is.
	if _, err := c.Send(t.Context(), set("puppet/a", "a", "old")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errors.New("enough"))
	defer cancel()
	for n, err := range c.Watch(ctx, &api.WatchRequest{Actor: "puppet/a", Now: true}) {
		if err == nil || err.Error() != "enough" {
			t.Errorf("%+v: %v", n, err)
		}
	}
	for _, err := range c.Watch(t.Context(), &api.WatchRequest{Actor: "not an address"}) {
		if codeOf(err) != api.CodeBadRequest {
			t.Error(err)
		}
	}
	for _, err := range client.New(r.http(t), client.Identity{}).Watch(t.Context(), &api.WatchRequest{}) {
		if codeOf(err) != api.CodeUnauthenticated {
			t.Error(err)
		}
	}
	// A node that stops and does not come back is given up.
	watching := make(chan error, 1)
	go func() {
		for _, err := range c.Watch(t.Context(), &api.WatchRequest{Actor: "puppet/a"}) {
			if err != nil {
				watching <- err
			} else {
				ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
				defer cancel()
				go r.node.Drain(ctx)
			}
		}
	}()
	select {
	case err := <-watching:
		if codeOf(err) != api.CodeUnavailable {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the watch goes on")
	}
}

// TestLeavesNothing: a transport that is closed ends all watches, and no goroutine stays behind.
func TestLeavesNothing(t *testing.T) {
	r := newRig(t)
	if _, err := r.client(r.http(t)).Send(t.Context(), set("puppet/a", "a", "b")); err != nil {
		t.Fatal(err)
	}
	r.server.CloseClientConnections()
	before := goruntime.NumGoroutine()
	way, err := client.NewHTTP(r.server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := r.client(way)
	c.Patience = -1
	var watches sync.WaitGroup
	for range 20 {
		first := make(chan struct{})
		watches.Go(func() {
			for _, err := range c.Watch(t.Context(), &api.WatchRequest{Actor: "puppet/a"}) {
				if err == nil {
					close(first)
				} else if codeOf(err) != api.CodeUnavailable {
					t.Error(err)
				}
			}
		})
		<-first
	}
	way.Close()
	watches.Wait()
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if goruntime.NumGoroutine() <= before {
			return
		}
	}
	t.Errorf("%d goroutines, and there were %d", goruntime.NumGoroutine(), before)
}

// TestNoNode: what answers may be no node, and what is asked may not be there.
func TestNoNode(t *testing.T) {
	answer := func(status int, typ, body string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", typ)
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(status)
			w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return s
	}
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(broken.Close)
	for name, c := range map[string]struct {
		url  string
		code api.Code
		says string
	}{
		"a page":      {answer(200, "text/html", "<p>").URL, api.CodeInternal, "is no node of Troupe: 200"},
		"a redirect":  {answer(307, "text/html", "").URL, api.CodeInternal, "is no node of Troupe: 307"},
		"a proxy":     {answer(502, "text/html", "").URL, api.CodeUnknown, "502"},
		"a full one":  {answer(503, "text/plain", "").URL, api.CodeUnavailable, "503"},
		"other JSON":  {answer(500, "application/json", `{"error":"x"}`).URL, api.CodeInternal, "500"},
		"other bytes": {answer(200, "application/cbor", "\xff").URL, api.CodeInternal, "is no node"},
		"no key":      {answer(200, "application/cbor", "\xa0").URL, api.CodeInternal, "is no node"},
		"nobody":      {"http://127.0.0.1:1", api.CodeUnavailable, "no node answers at"},
		"broken":      {broken.URL, api.CodeUnknown, "broke before there was an answer"},
	} {
		way, err := client.NewHTTP(c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Hello(t.Context(), way); codeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %s: %v, want %s: …%s…", name, codeOf(err), err, c.code, c.says)
		}
		way.Close()
		if _, err := client.Hello(t.Context(), way); codeOf(err) != api.CodeUnavailable {
			t.Errorf("%s: over a closed transport: %v", name, err)
		}
	}
	for _, bad := range []string{"", "127.0.0.1:1", "ftp://a", "http://", "http://u:p@a", "http://a?b", "http://a#b", "http://a\x00"} {
		if _, err := client.NewHTTP(bad, nil); err == nil {
			t.Errorf("%q is a URL of a node", bad)
		}
	}
}

func mustKey(t testing.TB, kind nkeys.PrefixByte) claims.Key {
	t.Helper()
	k, err := claims.NewKey(kind)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
