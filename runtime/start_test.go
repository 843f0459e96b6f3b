package runtime_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/state"
)

// A signer signs a module of the examples as its own.
type signer struct {
	t       *testing.T
	account claims.Key
	code    []byte
	module  claims.Module
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	code, err := os.ReadFile("../examples/kvcounter/kvcounter.wasm")
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := claims.OpenModule(code)
	if err != nil {
		t.Fatal(err)
	}
	account, err := claims.NewKey(claims.AccountKey)
	if err != nil {
		t.Fatal(err)
	}
	m.Issuer, m.Revision = account.Public(), 1
	return &signer{t, account, code, m}
}

func (s *signer) sign(how func(*claims.Module)) []byte {
	s.t.Helper()
	m := s.module
	m.ID = ""
	if how != nil {
		how(&m)
	}
	code, err := claims.SignModule(s.account, s.code, m)
	if err != nil {
		s.t.Fatal(err)
	}
	return code
}

// hits asks the counter, and returns what it answers.
func hits(t *testing.T, h *runtime.Host) (string, error) {
	t.Helper()
	r, err := h.Send(t.Context(), "tester", actor.Message{To: "counter",
		Body: []byte(`{"op":"HttpServer.HandleRequest","data":{"method":"GET","path":"/x","queryString":"","header":{},"body":""}}`)})
	if r == nil {
		t.Fatal(err)
	}
	return string(r.Data), err
}

func openLinked(t *testing.T, opts *runtime.Options) *runtime.Host {
	t.Helper()
	h, err := runtime.Open("", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	_, err = h.Order(t.Context(), capability.Order{
		Provide: []capability.ProviderOrder{{Name: "store", Kind: "keyvalue"}},
		Link:    []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "counter", Contract: capability.KeyValue}, Provider: "store"}},
	}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// What is refused leaves the actor that was there: its code, its claims and its state.
func TestUpdateIsWholeOrNothing(t *testing.T) {
	s := newSigner(t)
	h := openLinked(t, nil)
	a, err := h.Start(t.Context(), "counter", s.sign(nil), runtime.StartOptions{Instances: 3})
	if err != nil || a.Instances != 3 || a.Issuer != s.account.Public() || a.Revision != 1 {
		t.Fatal(a, err)
	}
	if got, err := hits(t, h); err != nil || !strings.Contains(got, `{\"counter\":1}`) {
		t.Fatal(got, err)
	}
	was, err := h.Capabilities()
	if err != nil || len(was.Actors) != 1 || len(was.Links) != 1 {
		t.Fatal(was, err)
	}
	modules := func() state.Module {
		list, err := h.Modules()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if m.ID == "counter" {
				return m
			}
		}
		t.Fatal("it is gone")
		return state.Module{}
	}
	code := modules()
	other := newSigner(t)
	flipped := s.sign(func(m *claims.Module) { m.Revision = 9 })
	flipped[len(flipped)/2] ^= 1
	unsigned := []byte("\x00asm\x01\x00\x00\x00")
	for _, test := range []struct {
		name string
		code []byte
		want string
	}{
		{"the same revision", s.sign(func(m *claims.Module) { m.Version = "9" }), capability.CodeOlderRevision},
		{"an older one", s.sign(func(m *claims.Module) { m.Revision = 0 }), capability.CodeOlderRevision},
		{"other capabilities", s.sign(func(m *claims.Module) { m.Revision, m.Caps = 2, append(m.Caps, capability.HTTPClient) }), capability.CodeChangedCaps},
		{"a module of the name that is another", other.sign(func(m *claims.Module) { m.Subject, m.Revision = newModuleKey(t), 2 }), ""},
		{"one byte is another", flipped, "altered"},
		{"no claims", unsigned, "no token"},
		{"expired", s.sign(func(m *claims.Module) { m.Revision, m.Expires = 2, time.Now().Add(-time.Hour) }), "expired"},
		{"not yet", s.sign(func(m *claims.Module) { m.Revision, m.NotBefore = 2, time.Now().Add(time.Hour) }), "cannot be used"},
		{"no module", []byte("text"), ""},
	} {
		_, err := h.Start(t.Context(), "counter", test.code, runtime.StartOptions{})
		var failed *runtime.TxError
		switch {
		case err == nil:
			t.Errorf("%s: it is started", test.name)
		case !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(test.want)):
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		case !errors.As(err, &failed) && !errors.Is(err, runtime.ErrCode):
			t.Errorf("%s: %v is neither about code nor a transaction that failed", test.name, err)
		}
		now, err := h.Capabilities()
		if err != nil || len(now.Actors) != 1 || now.Actors[0].Revision != 1 || modules() != code {
			t.Errorf("%s: it has changed %+v, %v", test.name, now.Actors, err)
		}
	}
	a, err = h.Start(t.Context(), "counter", s.sign(func(m *claims.Module) { m.Revision = 2 }), runtime.StartOptions{})
	if err != nil || a.Revision != 2 || a.Instances != 3 {
		t.Errorf("an update: %+v, %v", a, err)
	}
	if got, err := hits(t, h); err != nil || !strings.Contains(got, `{\"counter\":2}`) {
		t.Errorf("behind the update: %s, %v", got, err)
	}
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func newModuleKey(t *testing.T) string {
	t.Helper()
	k, err := claims.NewKey(claims.ModuleKey)
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}

// Claims end while the actor runs: what counts is the time of each transaction.
func TestClaimsExpireWhileRunning(t *testing.T) {
	now := time.Now()
	opts := &runtime.Options{}
	opts.Executor.Clock = func() time.Time { return now }
	s := newSigner(t)
	h := openLinked(t, opts)
	if _, err := h.Start(t.Context(), "counter", s.sign(func(m *claims.Module) { m.Expires = now.Add(time.Hour) }), runtime.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := hits(t, h); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour + time.Second)
	if _, err := hits(t, h); !errors.Is(err, &actor.Error{Code: capability.CodeExpired}) {
		t.Errorf("behind its end: %v", err)
	}
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// Who has signed a request needs to be an operator for all actors; an order that starts needs Start, which sees the code.
func TestWhoMayOrder(t *testing.T) {
	s := newSigner(t)
	h := openLinked(t, nil)
	key, err := claims.NewKey(claims.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	operator, err := claims.NewKey(claims.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Found(t.Context(), operator.Public()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Start(t.Context(), "counter", s.sign(nil), runtime.StartOptions{Signer: key.Public()}); err == nil || !strings.Contains(err.Error(), "forbidden") {
		t.Errorf("a stranger starts: %v", err)
	}
	if _, err := h.Order(t.Context(), capability.Order{Withdraw: []string{"store"}}, key.Public(), ""); err == nil || !strings.Contains(err.Error(), "forbidden") {
		t.Errorf("a stranger orders: %v", err)
	}
	if _, err := h.Start(t.Context(), "counter", s.sign(nil), runtime.StartOptions{Signer: operator.Public(), ID: "once"}); err != nil {
		t.Errorf("an operator: %v", err)
	}
	if _, err := h.Order(t.Context(), capability.Order{Start: []capability.StartOrder{{Actor: "x"}}}, "", ""); err == nil {
		t.Error("an order starts what nobody has seen")
	}
	body := []byte(`{"withdraw":["store"]}`)
	if _, err := h.Send(t.Context(), "alice", actor.Message{To: capability.Address, Body: body}); err == nil {
		t.Error("anybody who is on this machine and calls himself alice orders")
	}
	for _, kind := range []actor.Kind{actor.KindInstantiate, actor.KindMigrate, actor.KindSetAdmin} {
		_, err := h.Send(t.Context(), "alice", actor.Message{Kind: kind, To: "troupe.keyvalue/own", Module: "troupe.keyvalue", Admin: "alice"})
		if !errors.Is(err, &actor.Error{Code: actor.CodeUnauthorized}) {
			t.Errorf("%s of a provider of the host: %v", kind, err)
		}
	}
	inv := &capability.Invocation{Operation: "KeyValue.Increment", Contract: capability.KeyValue, Link: capability.DefaultLink}
	if _, err := h.Send(t.Context(), "alice", actor.Message{To: "troupe.keyvalue/store", Body: inv.Encode()}); !errors.Is(err, &actor.Error{Code: capability.CodeUnlinked}) {
		t.Errorf("who has no link reaches the store: %v", err)
	}
}

// Who may install modules, and may not order what starts, puts other code in the place of an actor's: it does not run with the
// claims that are for the code before.
func TestOtherCodeHasNoClaims(t *testing.T) {
	s := newSigner(t)
	h := openLinked(t, nil)
	if _, err := h.Start(t.Context(), "counter", s.sign(nil), runtime.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, err := hits(t, h); err != nil || !strings.Contains(got, `{\"counter\":1}`) {
		t.Fatal(got, err)
	}
	other := newSigner(t)
	other.code = append(other.code, "\x00\x02\x01x"...) // a section: it does the same, and is another
	unsigned := append(bytes.Clone(s.code), "\x00\x02\x01x"...)
	for name, code := range map[string][]byte{
		"claims of another":                             other.sign(func(m *claims.Module) { m.Subject, m.Caps = newModuleKey(t), nil }),
		"claims of the same module, signed by somebody": other.sign(func(m *claims.Module) { m.Revision = 9 }),
		"the claims of the code before":                 unsigned,
	} {
		if _, err := h.Install(t.Context(), "counter", code, &runtime.InstallOptions{Replace: true}); err != nil {
			t.Fatal(name, err)
		}
		body := []byte(`{"op":"HttpServer.HandleRequest","data":{"method":"GET","path":"/x","queryString":"","header":{},"body":""}}`)
		want := &actor.Error{Code: capability.CodeNotStarted}
		if got, err := hits(t, h); !errors.Is(err, want) || !strings.Contains(err.Error(), "other code than it was started with") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if got, err := h.Query(t.Context(), "counter", body); !errors.Is(err, want) {
			t.Errorf("%s, in a query: %q, %v", name, got, err)
		}
	}
	if _, err := h.Start(t.Context(), "counter", s.sign(func(m *claims.Module) { m.Revision = 2 }), runtime.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, err := hits(t, h); err != nil || !strings.Contains(got, `{\"counter\":2}`) {
		t.Errorf("started again: %s, %v", got, err)
	}
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// A module of another dialect asks nobody whether it may run: a ban and the end of its claims would have no effect.
func TestOnlyClassicModulesStart(t *testing.T) {
	s := newSigner(t)
	h := openLinked(t, nil)
	code, err := os.ReadFile("../bench/guest/account.wasm")
	if err != nil {
		t.Fatal(err)
	}
	s.code = code
	if a, err := h.Start(t.Context(), "account", s.sign(nil), runtime.StartOptions{}); !errors.Is(err, runtime.ErrCode) || !strings.Contains(err.Error(), "install it instead") {
		t.Errorf("it starts: %+v, %v", a, err)
	}
	if list, err := h.Capabilities(); err != nil || len(list.Actors) > 0 {
		t.Errorf("%+v, %v", list.Actors, err)
	}
	if _, _, err := h.Reader().Code("account"); err == nil {
		t.Error("the module is there all the same")
	}
}

// A policy is asked before something starts, and may be refused; what it refuses leaves nothing.
func TestPolicy(t *testing.T) {
	s := newSigner(t)
	h := openLinked(t, &runtime.Options{Policy: func(d capability.Decision) error {
		if d.Action == capability.StartActor && d.Target.Address == "counter" {
			return errors.New("not this one")
		}
		return nil
	}})
	_, err := h.Start(t.Context(), "counter", s.sign(nil), runtime.StartOptions{})
	if !errors.Is(err, &actor.Error{Code: capability.CodeDenied}) {
		t.Errorf("it starts: %v", err)
	}
	if _, _, err := h.Reader().Code("counter"); err == nil {
		t.Error("the module is there all the same")
	}
	if a, err := h.Start(t.Context(), "other", s.sign(nil), runtime.StartOptions{}); err != nil || !bytes.Equal([]byte(a.Address), []byte("other")) {
		t.Errorf("another: %v", err)
	}
}
