package lattice_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/runtime/lattice"
)

// TestForged: what is not signed, or not so, does nothing.
func TestForged(t *testing.T) {
	r := newRig(t, setup{})
	tr := r.dial(r.operator)
	payload := must(api.Encode(api.JSON, api.SendRequest{To: "account/a", Body: payment(5, "")}))
	other := must(api.Encode(api.JSON, api.SendRequest{To: "account/a", Body: payment(500, "")}))
	call := func(op string, header map[string]string, payload []byte) error {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_, err := tr.Call(ctx, op, header, payload)
		return err
	}
	once := r.signed(r.operator, "send", api.JSON, "", payload)
	if err := call("send", once, payload); err != nil {
		t.Fatal(err)
	}
	before := r.head()
	stranger := newKey(t)
	foreign := must(claims.SignToken(r.operator, claims.Token{Audience: must(claims.NewKey(claims.NodeKey)).Public()}))
	token := r.token(r.operator)
	for _, c := range []struct {
		name    string
		header  map[string]string
		payload []byte
		code    api.Code
	}{
		{"unsigned", nil, payload, api.CodeUnauthenticated},
		{"replayed", once, payload, api.CodeReplayed},
		{"another body", r.signed(r.operator, "send", api.JSON, "", payload), other, api.CodeUnauthenticated},
		{"no body", r.signed(r.operator, "send", api.JSON, "", payload), nil, api.CodeUnauthenticated},
		{"another operation", r.signed(r.operator, "query", api.JSON, "", payload), payload, api.CodeUnauthenticated},
		{"a stranger", r.signed(stranger, "send", api.JSON, "", payload), payload, api.CodeForbidden},
		{"no envelope", map[string]string{client.HeaderSignature: "AAAA"}, payload, api.CodeUnauthenticated},
		{"a token for another node", bearer(foreign), payload, api.CodeUnauthenticated},
		{"a token that was changed", bearer(changed(token)), payload, api.CodeUnauthenticated},
		{"a token of a stranger", bearer(r.token(stranger)), payload, api.CodeForbidden},
	} {
		t.Run(c.name, func(t *testing.T) { fails(t, call("send", c.header, c.payload), c.code, "") })
	}
	if now := r.head(); now != before {
		t.Errorf("the log has grown from %d to %d", before, now)
	}
}

// changed returns a token with another letter in its signature.
func changed(token string) string {
	b := []byte(token)
	if i := len(b) - 10; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

// violations collects what the server refuses.
type violations struct {
	mu   sync.Mutex
	list []string
}

func (v *violations) option() nats.Option {
	return nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.list = append(v.list, err.Error())
	})
}

func (v *violations) of(subject string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, one := range v.list {
		if strings.Contains(one, "ermissions") && strings.Contains(one, `"`+subject+`"`) {
			return true
		}
	}
	return false
}

// TestUnprivileged: a client that may only read changes nothing, whatever it publishes where, and hears nothing that is
// not for it.
func TestUnprivileged(t *testing.T) {
	r := newRig(t, setup{options: lattice.Options{Events: true, Changes: true}})
	mallory := r.caller(api.Grant{Role: "reader", Actors: []string{"account/m*", "public/*", "one"}})
	var seen violations
	nc := r.plain(mallory, seen.option())
	boss := r.plain(r.operator)
	heard := must(boss.SubscribeSync("troupe.test.events.account.>"))
	inbox := lattice.Inbox(r.operator.Public()) + ".waiting"
	answers := must(boss.SubscribeSync(inbox))
	if err := boss.Flush(); err != nil {
		t.Fatal(err)
	}
	before := r.head()

	t.Run("control", func(t *testing.T) {
		tr := r.dial(mallory)
		for _, q := range requests(t, api.JSON, mallory.Public()) {
			op, _ := api.Find(q.op)
			if op.Role == "reader" {
				continue
			}
			fails(t, r.ask(tr, mallory, q.op, api.JSON, "", q.req, nil), api.CodeForbidden, "")
			// Without a signature, as who has no idea.
			m, err := nc.Request("troupe.test."+q.op, must(api.Encode(api.JSON, q.req)), 30*time.Second)
			if err != nil || m.Header.Get(lattice.HeaderErrorCode) != string(api.CodeUnauthenticated) {
				t.Errorf("%s: %v, %v", q.op, m, err)
			}
		}
	})
	t.Run("publish", func(t *testing.T) {
		for _, subject := range []string{"troupe.test.events.account.a.moved", "troupe.test.changes.account.a", "troupe.test.committed", inbox, "$SRV.PING",
			"$SYS.REQ.SERVER.PING", "$JS.API.INFO", "troupe.other.send", "anything"} {
			if err := nc.Publish(subject, []byte(`{}`)); err != nil {
				t.Fatal(err)
			}
			soon(t, "publishing to "+subject+" is refused", func() bool { return seen.of(subject) })
		}
	})
	t.Run("subscribe", func(t *testing.T) {
		for _, subject := range []string{">", "troupe.>", "troupe.test.send", "troupe.test.*", "_INBOX.>", "_INBOX_*.>", inbox, "troupe.test.events.>",
			"troupe.test.events.account.>", "troupe.test.changes.account.a", "$SYS.>"} {
			if _, err := nc.QueueSubscribeSync(subject, "troupe"); err != nil {
				t.Fatal(err)
			}
			soon(t, "subscribing to "+subject+" is refused", func() bool { return seen.of(subject) })
		}
		var none violations
		allowed := r.plain(mallory, none.option())
		for _, subject := range []string{"troupe.test.events.public.*.>", "troupe.test.changes.public.x", "troupe.test.events.one.*", "troupe.test.committed"} {
			if _, err := allowed.SubscribeSync(subject); err != nil || allowed.Flush() != nil || none.of(subject) {
				t.Errorf("subscribing to %s is refused", subject)
			}
		}
	})
	t.Run("reply", func(t *testing.T) {
		// The node would publish for who asks for the answer there.
		refused := r.service.Stats().Refused
		subjects := []string{"troupe.test.events.account.a.moved", "troupe.test.grant", "_INBOX", "_INBOXED.x", ""}
		for _, reply := range subjects {
			if err := nc.PublishMsg(&nats.Msg{Subject: "troupe.test.info", Reply: reply}); err != nil {
				t.Fatal(err)
			}
		}
		soon(t, "they are dropped", func() bool { return r.service.Stats().Refused == refused+uint64(len(subjects)) })
	})
	if err := boss.Flush(); err != nil {
		t.Fatal(err)
	}
	if m, err := heard.NextMsg(50 * time.Millisecond); err == nil {
		t.Errorf("somebody published %s at %s", m.Data, m.Subject)
	}
	if m, err := answers.NextMsg(time.Millisecond); err == nil {
		t.Errorf("an inbox got %s", m.Data)
	}
	if now := r.head(); now != before {
		t.Errorf("the log has grown from %d to %d", before, now)
	}
}

// TestDenied: nobody comes in but who holds a grant and can prove it.
func TestDenied(t *testing.T) {
	r := newRig(t, setup{})
	alice, stranger := r.caller(api.Grant{Role: "caller"}), newKey(t)
	for name, opts := range map[string][]nats.Option{
		"nobody":                  nil,
		"a stranger":              {nats.Nkey(stranger.Public(), stranger.SignNonce)},
		"in the name of another":  {nats.Nkey(alice.Public(), stranger.SignNonce)},
		"in the name of the node": {nats.Nkey(r.key.Public(), stranger.SignNonce)},
		"another nonce":           {nats.Nkey(alice.Public(), func([]byte) ([]byte, error) { return alice.SignNonce([]byte("0123456789abcdef")) })},
		"no signature":            {nats.Nkey(alice.Public(), func([]byte) ([]byte, error) { return nil, nil })},
		"another node":            {nats.Nkey(must(claims.NewKey(claims.NodeKey)).Public(), stranger.SignNonce)},
		"a password":              {nats.UserInfo(alice.Public(), "password")},
		"a token":                 {nats.Token(r.token(alice))},
	} {
		t.Run(name, func(t *testing.T) {
			if nc, err := nats.Connect(r.server.URL(), append(opts, nats.Timeout(30*time.Second))...); !errors.Is(err, nats.ErrAuthorization) {
				t.Errorf("connect: %v, %v", nc, err)
			}
		})
	}
	_, err := lattice.Dial(context.Background(), lattice.Connection{URL: r.server.URL(), Key: stranger, Timeout: 30 * time.Second}, "test")
	fails(t, err, api.CodeForbidden, claims.Short(stranger.Public()))
	_, err = lattice.Dial(context.Background(), lattice.Connection{URL: "nats://127.0.0.1:1", Key: alice, Timeout: 30 * time.Second}, "test")
	fails(t, err, api.CodeUnavailable, "127.0.0.1:1")
}

// TestRevoked: who is connected when his grants are taken away is refused at once, and disconnected soon.
func TestRevoked(t *testing.T) {
	r := newRig(t, setup{options: lattice.Options{Events: true}})
	alice, bob := r.caller(api.Grant{Role: "caller"}), r.caller(api.Grant{Role: "reader"})
	tr := r.dial(alice)
	send := func() error {
		return r.ask(tr, alice, "send", api.CBOR, "", api.SendRequest{To: "account/a", Body: payment(1, "")}, new(api.Receipt))
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	nc := r.plain(alice, nats.ClosedHandler(func(*nats.Conn) { close(gone) }))
	heard := must(nc.SubscribeSync("troupe.test.events.>"))
	watching := must(r.plain(bob).SubscribeSync("troupe.test.events.>"))
	r.do("revoke", &api.RevokeRequest{Subject: alice.Public()})
	before := r.head()
	var e *api.Error
	if err := send(); !errors.As(err, &e) || e.Code != api.CodeForbidden && e.Code != api.CodeUnknown && e.Code != api.CodeUnavailable {
		t.Errorf("a request after that: %v", err)
	}
	if r.head() != before {
		t.Error("it had an effect")
	}
	select {
	case <-gone:
	case <-time.After(30 * time.Second):
		t.Fatal("the connection is still there")
	}
	for { // what was published before is his
		if _, err := heard.NextMsg(time.Millisecond); err != nil {
			break
		}
	}
	soon(t, "calls say why", func() bool { return errors.As(send(), &e) && e.Code == api.CodeForbidden })
	// Others stay, and who gets a grant again can come back by himself.
	r.do("grant", &api.Grant{Subject: alice.Public(), Role: "caller"})
	soon(t, "calls are answered again", func() bool { return send() == nil })
	if _, err := watching.NextMsg(30 * time.Second); err != nil {
		t.Errorf("another client hears nothing: %v", err)
	}
}

// TestFlood: what there is no room for is refused at once, and the rest is answered.
func TestFlood(t *testing.T) {
	r := newRig(t, setup{options: lattice.Options{InFlight: 8, Watches: 4}})
	if _, err := r.host.Send(t.Context(), "x", actor.Message{To: "slow/a"}); err != nil {
		t.Fatal(err)
	}
	tr := r.dial(r.operator)
	header := bearer(r.token(r.operator))
	const many = 200
	results := make(chan error, many)
	for range many {
		go func() {
			_, err := tr.Call(context.Background(), "query", header, []byte(`{"to":"slow/a"}`))
			results <- err
		}()
	}
	for range many - 8 { // at once: the others wait for the gate
		e := fails(t, <-results, api.CodeOverloaded, "8 requests")
		if e.RetryAfter == 0 {
			t.Error("there is no hint when to try again")
		}
	}
	if s := r.service.Stats(); s.InFlight != 8 || s.Overloaded != many-8 {
		t.Errorf("stats are %+v", s)
	}
	// Watches have room of their own.
	if _, err := tr.Call(context.Background(), "watch", header, []byte(`{"wait_ms":1}`)); err != nil {
		t.Errorf("a watch: %v", err)
	}
	close(r.gate)
	for range 8 {
		if err := <-results; err != nil {
			t.Errorf("a query that was taken: %v", err)
		}
	}
	soon(t, "there is room again", func() bool { return r.service.Stats().InFlight == 0 })
	if _, err := tr.Call(context.Background(), "query", header, []byte(`{"to":"slow/a"}`)); err != nil {
		t.Error(err)
	}
}

// TestOversize: what is too large is refused with the bound, wherever that is.
func TestOversize(t *testing.T) {
	r := newRig(t, setup{body: 64 << 10, payload: 256 << 10, options: lattice.Options{Bodies: 128 << 10}})
	tr := r.dial(r.operator)
	header := bearer(r.token(r.operator))
	header[client.HeaderType] = api.CBOR
	call := func(op string, header map[string]string, req any) error {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_, err := tr.Call(ctx, op, header, must(api.Encode(api.CBOR, req)))
		return err
	}
	send := func(size int) error {
		return call("send", header, api.SendRequest{To: "puppet/a", Body: []byte("set k=" + strings.Repeat("x", size))})
	}
	fails(t, send(512<<10), api.CodeTooLarge, "262144")
	fails(t, send(100<<10), api.CodeTooLarge, "65536")
	fails(t, send(200<<10), api.CodeOverloaded, "131072 bytes")
	big := bearer(r.token(r.operator))
	big["X-Large"] = strings.Repeat("x", 20<<10)
	fails(t, call("info", big, api.Empty{}), api.CodeTooLarge, "16384")
	// An answer that does not fit: the request that changed something says so.
	for i := range 6 {
		if err := call("send", header, api.SendRequest{To: "puppet/a", Body: fmt.Appendf(nil, "set k%d=%s", i, strings.Repeat("x", 60<<10))}); err != nil {
			t.Fatal(err)
		}
	}
	fails(t, call("scan", header, api.ScanRequest{Actor: "puppet/a", Limit: 100}), api.CodeTooLarge, "ask for less")
}

// TestMalformed: headers that make no sense are refused in words.
func TestMalformed(t *testing.T) {
	r := newRig(t, setup{})
	nc := r.plain(r.operator)
	token := "Bearer " + r.token(r.operator)
	for _, c := range []struct {
		name   string
		header nats.Header
		body   string
		code   api.Code
		says   string
	}{
		{"two tokens", nats.Header{"Authorization": {token, token}}, `{}`, api.CodeBadRequest, "more than once"},
		{"two spellings", nats.Header{"Authorization": {token}, "authorization": {token}}, `{}`, api.CodeBadRequest, "more than once"},
		{"small letters", nats.Header{"authorization": {token}}, `{}`, "", ""},
		{"a password", nats.Header{"Authorization": {"Basic abc"}}, `{}`, api.CodeUnauthenticated, "Bearer"},
		{"no token", nats.Header{"Authorization": {"Bearer "}}, `{}`, api.CodeUnauthenticated, "Bearer"},
		{"a signature and a token", nats.Header{"Authorization": {token}, "Troupe-Signature": {"x"}}, `{}`, api.CodeUnauthenticated, "not both"},
		{"a long signature", nats.Header{"Troupe-Signature": {strings.Repeat("A", 9000)}}, `{}`, api.CodeTooLarge, ""},
		{"no id", nats.Header{"Authorization": {token}, "Troupe-Request-Id": {""}}, `{}`, api.CodeBadRequest, "Request-Id"},
		{"an id that is not ASCII", nats.Header{"Authorization": {token}, "Troupe-Request-Id": {"ü"}}, `{}`, api.CodeBadRequest, "Request-Id"},
		{"a timeout that is none", nats.Header{"Authorization": {token}, "Troupe-Timeout": {"soon"}}, `{}`, api.CodeBadRequest, "milliseconds"},
		{"a timeout of nothing", nats.Header{"Authorization": {token}, "Troupe-Timeout": {"0"}}, `{}`, api.CodeBadRequest, "milliseconds"},
		{"another type", nats.Header{"Authorization": {token}, "Content-Type": {"text/xml"}}, `{}`, api.CodeBadRequest, "application/json"},
		{"not what the type says", nats.Header{"Authorization": {token}, "Content-Type": {api.CBOR}}, `{}`, api.CodeBadRequest, ""},
		{"no JSON", nats.Header{"Authorization": {token}}, `{"x"`, api.CodeBadRequest, ""},
		{"headers that mean nothing", nats.Header{"Authorization": {token}, "Traceparent": {"00-1"}, "X": {"1", "2"}}, `{}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := nc.RequestMsg(&nats.Msg{Subject: "troupe.test.modules", Header: c.header, Data: []byte(c.body)}, 30*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if code, text := m.Header.Get(lattice.HeaderErrorCode), m.Header.Get(lattice.HeaderError); code != string(c.code) || !strings.Contains(text, c.says) {
				t.Errorf("%s %q, want %s %q: %s", code, text, c.code, c.says, m.Data)
			}
		})
	}
}

// stuck is a connection that can stop to read.
type stuck struct {
	net.Conn
	mu *sync.Mutex
}

func (s stuck) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Conn.Read(b)
}

type dialer struct{ mu sync.Mutex }

func (d *dialer) Dial(network, address string) (net.Conn, error) {
	c, err := net.Dial(network, address)
	if err == nil {
		_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	}
	return stuck{c, &d.mu}, err
}

// TestReadsNothing: a client that subscribes and does not read holds up nobody.
func TestReadsNothing(t *testing.T) {
	r := newRig(t, setup{options: lattice.Options{Events: true, Changes: true}})
	alice := r.caller(api.Grant{Role: "reader"})
	d := &dialer{}
	nc := r.plain(alice, nats.SetCustomDialer(d), nats.PingInterval(time.Hour))
	if _, err := nc.SubscribeSync("troupe.test.changes.>"); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	go d.mu.Lock() // when the read that waits ends
	healthy := must(r.plain(r.operator).SubscribeSync("troupe.test.committed"))
	tr := r.dial(r.operator)
	value := strings.Repeat("x", 48<<10)
	var longest time.Duration
	for i := range 400 { // 25 MB
		start := time.Now()
		if err := r.ask(tr, r.operator, "send", api.CBOR, "", api.SendRequest{To: "puppet/a", Body: fmt.Appendf(nil, "set k=%d%s", i, value)}, new(api.Receipt)); err != nil {
			t.Fatal(err)
		}
		longest = max(longest, time.Since(start))
	}
	if longest >= 5*time.Second { // after which the server drops who does not read
		t.Errorf("a request took %s", longest)
	}
	last := r.head()
	soon(t, "everything is published", func() bool { return r.service.Stats().Sequence == last })
	for {
		m, err := healthy.NextMsg(30 * time.Second)
		if err != nil {
			t.Fatalf("another client does not hear of the last transaction: %v", err)
		}
		if strings.Contains(string(m.Data), fmt.Sprintf(`"sequence":%d,`, last)) {
			break
		}
	}
	d.mu.Unlock()
}
