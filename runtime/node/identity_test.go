package node_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// TestAbuse checks that what nobody has signed in the right way, for this node, now, and once, changes nothing.
func TestAbuse(t *testing.T) {
	r := newRig(t, setup{})
	alice := r.caller(claims.Grant{Role: claims.Caller, Name: "alice"})
	payload := r.encode(api.JSON, set("puppet/a", "k", "v"))
	call := func() *node.Call { return &node.Call{Op: "send", Payload: payload, Via: "local"} }
	sealed := func(change func(*claims.Envelope)) *node.Call {
		c := call()
		e := r.envelope(c)
		change(&e)
		return r.seal(alice, c, e)
	}
	other, _ := claims.NewKey(claims.NodeKey)
	bearer := func(t claims.Token) *node.Call {
		c := call()
		c.Bearer = r.token(alice, t)
		return c
	}
	now := r.clock.now()
	for _, c := range []struct {
		name string
		call *node.Call
		code api.Code
		says string
	}{
		{"unsigned", call(), api.CodeUnauthenticated, "not signed"},
		{"both", &node.Call{Op: "send", Payload: payload, Signature: "x", Bearer: "y"}, api.CodeUnauthenticated, "not both"},
		{"no base64", &node.Call{Op: "send", Payload: payload, Signature: "???"}, api.CodeUnauthenticated, "malformed"},
		{"garbage", &node.Call{Op: "send", Payload: payload, Signature: "AAAA"}, api.CodeUnauthenticated, "malformed"},
		{"too long", &node.Call{Op: "send", Payload: payload, Signature: strings.Repeat("A", 5000)}, api.CodeTooLarge, "characters"},
		{"another audience", sealed(func(e *claims.Envelope) { e.Audience = other.Public() }), api.CodeUnauthenticated, "is for the node"},
		{"another operation", sealed(func(e *claims.Envelope) { e.Op = "get" }), api.CodeUnauthenticated, "operation"},
		{"another body", sealed(func(e *claims.Envelope) { e.BodyHash = sha256.Sum256(nil) }), api.CodeUnauthenticated, "another body"},
		{"stale", sealed(func(e *claims.Envelope) { e.Issued, e.NotAfter = now.Add(-time.Hour), now.Add(-time.Hour+time.Minute) }), api.CodeStale, "sign it again"},
		{"before the start", sealed(func(e *claims.Envelope) { e.Issued, e.NotAfter = now.Add(-3*time.Minute), now.Add(time.Minute) }), api.CodeStale, "started at"},
		{"from the future", sealed(func(e *claims.Envelope) { e.Issued = now.Add(time.Hour) }), api.CodeStale, "clock"},
		{"a token that is none", &node.Call{Op: "send", Payload: payload, Bearer: "a.b.c"}, api.CodeUnauthenticated, "token"},
		{"a token too long", &node.Call{Op: "send", Payload: payload, Bearer: strings.Repeat("a", 5000)}, api.CodeTooLarge, "token"},
		{"a token for another node", bearer(claims.Token{Audience: other.Public()}), api.CodeUnauthenticated, "is for the node"},
		{"a token that has expired", bearer(claims.Token{Issued: now.Add(-2 * time.Hour), Expires: now.Add(-time.Hour)}), api.CodeStale, "expired"},
		{"a token for another operation", bearer(claims.Token{Ops: []string{"get"}}), api.CodeForbidden, "operation"},
		{"a token for another actor", bearer(claims.Token{Actors: []string{"bank/*"}}), api.CodeForbidden, "puppet/a"},
		{"a stranger", r.sign(newKey(t), call()), api.CodeForbidden, "no grant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.t = t
			before := r.head()
			r.fails(c.call, c.code, c.says)
			if r.head() != before {
				t.Error("it is in the log")
			}
		})
	}
	r.t = t
	if r.value("puppet/a", "k") != "" {
		t.Error("it has had an effect")
	}
	stats := r.node.Stats()
	for _, reason := range []claims.Reason{claims.Unsigned, claims.Malformed, claims.TooLarge, claims.BadAudience, claims.BadOperation, claims.BadBody,
		claims.Stale, claims.Early, claims.Forbidden} {
		if stats.Rejected[string(reason)] == 0 || r.seen.rejected[string(reason)] != int(stats.Rejected[string(reason)]) {
			t.Errorf("%s is counted %d times, and told %d times", reason, stats.Rejected[string(reason)], r.seen.rejected[string(reason)])
		}
	}
}

// TestForged flips each byte of a signature and of a payload.
func TestForged(t *testing.T) {
	r := newRig(t, setup{})
	c := r.call(r.operator, "send", set("puppet/a", "k", "v"))
	sealed, err := claims.DecodeSealed(c.Signature)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(sealed); i += 5 {
		forged := append([]byte{}, sealed...)
		forged[i] ^= 1
		again := *c
		again.Signature = claims.EncodeSealed(forged)
		if res := r.node.Handle(t.Context(), &again); res.Err == nil {
			t.Fatalf("byte %d of the signature does not count", i)
		}
	}
	for i := range c.Payload {
		again := *c
		again.Payload = append([]byte{}, c.Payload...)
		again.Payload[i] ^= 1
		r.fails(&again, api.CodeUnauthenticated, "another body")
	}
	r.fails(&node.Call{Op: "send", Signature: c.Signature}, api.CodeUnauthenticated, "another body")
	if r.value("puppet/a", "k") != "" {
		t.Error("it has had an effect")
	}
	if res := r.node.Handle(t.Context(), c); res.Err != nil {
		t.Error(res.Err)
	}
}

func TestReplayed(t *testing.T) {
	r := newRig(t, setup{})
	c := r.call(r.operator, "send", api.SendRequest{To: "puppet/a", Body: api.Bytes("set k=1")})
	if res := r.node.Handle(t.Context(), c); res.Err != nil {
		t.Fatal(res.Err)
	}
	before := r.head()
	r.fails(c, api.CodeReplayed, "admitted before")
	r.clock.advance(2 * time.Minute)
	r.fails(c, api.CodeStale, "valid until")
	r.clock.advance(-2 * time.Minute)
	if res := r.node.Handle(t.Context(), c); res.Err == nil {
		t.Error("a clock that was set back lets a request in again")
	}
	if r.head() != before {
		t.Error("it has had an effect twice")
	}
	// Who must not do it at all does not fill the memory.
	r.fails(r.call(newKey(t), "send", set("puppet/a", "k", "v")), api.CodeForbidden, "")
	// What was refused for another reason can be sent as it is.
	c = r.call(r.operator, "get", api.GetRequest{Actor: "nobody"})
	r.fails(c, api.CodeNotFound, "")
	r.fails(c, api.CodeReplayed, "")
}

// TestReplayedAtOnce sends one signed request many times at the same time.
func TestReplayedAtOnce(t *testing.T) {
	r := newRig(t, setup{})
	c := r.call(r.operator, "send", set("puppet/a", "k", "v"))
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[api.Code]int{}
	for range 16 {
		wg.Go(func() {
			res := r.node.Handle(context.Background(), c)
			mu.Lock()
			defer mu.Unlock()
			if res.Err == nil {
				codes["ok"]++
			} else {
				codes[res.Err.Code]++
			}
		})
	}
	wg.Wait()
	if codes["ok"] != 1 || codes[api.CodeReplayed] != 15 {
		t.Errorf("%v", codes)
	}
}

func TestTokenIsOftenUsed(t *testing.T) {
	r := newRig(t, setup{})
	alice := r.caller(claims.Grant{Role: claims.Caller})
	bearer := r.token(alice, claims.Token{Ops: []string{"send", "get"}, Actors: []string{"puppet/a*"}})
	ask := func(op string, req any) *node.Call {
		return &node.Call{Op: op, Payload: r.encode(api.JSON, req), Bearer: bearer}
	}
	for range 3 {
		if res := r.node.Handle(t.Context(), ask("send", set("puppet/a", "k", "v"))); res.Err != nil {
			t.Fatal(res.Err)
		}
	}
	r.fails(ask("send", set("puppet/b", "k", "v")), api.CodeForbidden, "token")
	r.fails(ask("log", api.LogRequest{}), api.CodeForbidden, "token")
	r.ok(r.operator, "revoke", api.RevokeRequest{Subject: alice.Public()}, new(api.Done))
	r.fails(ask("send", set("puppet/a", "k", "v")), api.CodeForbidden, "no grant")
	r.grant(alice, claims.Grant{Role: claims.Caller})
	r.clock.advance(2 * time.Hour)
	r.fails(ask("get", api.GetRequest{Actor: "puppet/a"}), api.CodeStale, "expired")
}

func TestManyTokens(t *testing.T) {
	r := newRig(t, setup{})
	for i := range 40 {
		c := &node.Call{Op: "get", Payload: r.encode(api.JSON, api.GetRequest{Actor: "puppet/a"}), Bearer: r.token(r.operator, claims.Token{ID: fmt.Sprint(i)})}
		for range 2 {
			if res := r.node.Handle(t.Context(), c); res.Err != nil {
				t.Fatal(res.Err)
			}
		}
	}
}

func TestInfoOfStrangers(t *testing.T) {
	r := newRig(t, setup{})
	res := r.node.Handle(t.Context(), &node.Call{Op: "info"})
	var info api.Info
	if err := api.DecodeAnswer(res.Type, res.Payload, &info); err != nil || res.Err != nil {
		t.Fatalf("%v, %v", err, res.Err)
	}
	if info.Host != r.key.Public() || !info.Ready || info.Sequence != 0 || info.Root != "" || info.Key != "" {
		t.Errorf("%+v", info)
	}
	// Who says who he is must be right about it.
	r.fails(&node.Call{Op: "info", Bearer: "x"}, api.CodeUnauthenticated, "token")
	key := newKey(t)
	r.ok(key, "info", api.Empty{}, &info)
	if info.Key != key.Public() || len(info.Roles) != 0 {
		t.Errorf("%+v", info)
	}
	for _, op := range api.Ops() {
		if op.Public {
			continue
		}
		r.fails(&node.Call{Op: op.Name, Payload: []byte("{}")}, api.CodeUnauthenticated, "not signed")
	}
}

// TestRoles checks each operation for each role.
func TestRoles(t *testing.T) {
	r := newRig(t, setup{})
	r.ok(r.operator, "send", set("puppet/a", "k", "v"), new(api.Receipt))
	for _, role := range claims.Roles() {
		key := r.caller(claims.Grant{Role: role})
		for _, op := range api.Ops() {
			req := asked(t, newKey(t).Public(), 1)[op.Name]
			if op.Name == "revoke" {
				req = api.RevokeRequest{Subject: newKey(t).Public()}
			}
			res := r.node.Handle(t.Context(), r.call(key, op.Name, req))
			refused := res.Err != nil && (res.Err.Code == api.CodeForbidden || res.Err.Actor == "unauthorized")
			if may := role.Includes(claims.Role(op.Role)); may == refused {
				t.Errorf("a %s asks for %s: %v", role, op.Name, res.Err)
			}
		}
		for kind, needed := range map[string]claims.Role{"execute": claims.Caller, "instantiate": claims.Deployer, "migrate": claims.Deployer,
			"set_admin": claims.Deployer, "sudo": claims.Operator} {
			res := r.node.Handle(t.Context(), r.call(key, "send", api.SendRequest{To: "puppet/a", Kind: kind, Module: "puppet", Body: api.Bytes("set x=1")}))
			if refused := res.Err != nil && res.Err.Code == api.CodeForbidden; role.Includes(needed) == refused {
				t.Errorf("a %s sends %s: %v", role, kind, res.Err)
			}
		}
	}
}

// TestActorsOfGrants checks what a grant for some actors does not show.
func TestActorsOfGrants(t *testing.T) {
	r := newRig(t, setup{})
	for _, who := range []string{"a", "b", "bc"} {
		r.ok(r.operator, "send", api.SendRequest{To: "puppet/" + actor.Address(who), Body: api.Bytes("set k=v"), ID: who}, new(api.Receipt))
	}
	alice := r.caller(claims.Grant{Role: claims.Caller, Actors: []string{"puppet/b*"}, As: []string{"shop"}})
	var list api.Actors
	r.ok(alice, "actors", api.ActorsRequest{}, &list)
	if len(list.Actors) != 2 || list.Actors[0].Address != "puppet/b" || list.Actors[1].Address != "puppet/bc" {
		t.Errorf("%+v", list)
	}
	r.ok(alice, "get", api.GetRequest{Actor: "puppet/b", Key: api.Bytes("k")}, new(api.Value))
	r.fails(r.call(alice, "get", api.GetRequest{Actor: "puppet/a", Key: api.Bytes("k")}), api.CodeForbidden, "puppet/a")
	r.fails(r.call(alice, "query", api.QueryRequest{To: "puppet/a"}), api.CodeForbidden, "")
	r.fails(r.call(alice, "watch", api.WatchRequest{Actor: "puppet/a"}), api.CodeForbidden, "")
	r.fails(r.call(alice, "log", api.LogRequest{}), api.CodeForbidden, "all actors")
	r.fails(r.call(alice, "trace", api.TraceRequest{Sequence: 1}), api.CodeForbidden, "all actors")
	r.fails(r.call(alice, "receipt", api.ReceiptRequest{Sequence: 1}), api.CodeForbidden, "all actors")
	r.fails(r.call(alice, "receipt", api.ReceiptRequest{ID: "a"}), api.CodeNotFound, "")
	r.fails(r.call(alice, "send", set("puppet/a", "k", "w")), api.CodeForbidden, "puppet/a")
	var notices api.Notices
	r.ok(alice, "watch", api.WatchRequest{}, &notices)
	for _, n := range notices.Notices {
		for _, c := range n.Changes {
			if !strings.HasPrefix(string(c.Actor), "puppet/b") {
				t.Errorf("%+v", c)
			}
		}
	}
	if len(notices.Notices) != 2 {
		t.Errorf("%+v", notices)
	}
	r.ok(alice, "send", api.SendRequest{To: "puppet/b", Body: api.Bytes("set k=w"), As: "shop"}, new(api.Receipt))
	r.fails(r.call(alice, "send", api.SendRequest{To: "puppet/b", As: "bank"}), api.CodeForbidden, "bank")
	r.fails(r.call(alice, "send", api.SendRequest{To: "puppet/b", As: actor.Address(r.operator.Public())}), api.CodeForbidden, "key")
	var log api.Log
	r.ok(r.operator, "log", api.LogRequest{Last: 1}, &log)
	if e := log.Entries[0]; e.Sender != "shop" || e.Signer != alice.Public() {
		t.Errorf("%+v", e)
	}
}

// TestControlIsForOperators sends to the actor behind grants and pauses what only operators may, and checks that it is not even
// in the log.
func TestControlIsForOperators(t *testing.T) {
	r := newRig(t, setup{})
	deployer := r.caller(claims.Grant{Role: claims.Deployer})
	before := r.head()
	for _, msg := range []actor.Message{access.Grant(deployer.Public(), claims.Grant{Role: claims.Operator}), access.PauseActor("puppet/a", ""),
		access.Revoke(r.operator.Public()), access.Found(deployer.Public())} {
		for _, kind := range []string{"execute", "sudo", "migrate"} {
			r.fails(r.call(deployer, "send", api.SendRequest{To: msg.To, Body: msg.Body, Kind: kind, Module: "puppet"}), api.CodeForbidden, "operator")
		}
	}
	if r.head() != before {
		t.Error("it is in the log")
	}
	r.send(access.Address, string(access.PauseActor("puppet/a", "x").Body))
}

func TestGrantThatEnds(t *testing.T) {
	r := newRig(t, setup{})
	alice := r.caller(claims.Grant{Role: claims.Reader, Until: time.Now().Add(time.Hour)})
	r.ok(alice, "modules", api.Empty{}, new(api.Modules))
	r.clock.advance(2 * time.Hour)
	r.fails(r.call(alice, "modules", api.Empty{}), api.CodeForbidden, "has ended")
}

func TestOversized(t *testing.T) {
	r := newRig(t, setup{node: node.Options{MaxBody: 1000}})
	r.fails(r.call(r.operator, "send", api.SendRequest{To: "puppet/a", Body: make([]byte, 2000)}), api.CodeTooLarge, "at most 1000")
	for _, c := range []*node.Call{
		{Op: "send", Type: "text/plain", Payload: []byte("{}")},
		{Op: "send", Payload: []byte(`{"to":"puppet/a","x":1}`)},
		{Op: "send", Payload: []byte(`{"to":`)},
		{Op: "send", Type: api.CBOR, Payload: []byte("\xa1")},
	} {
		r.fails(r.sign(r.operator, c), api.CodeBadRequest, "")
	}
	if n := r.seen.done["send bad_request"]; n != 4 {
		t.Errorf("%v", r.seen.done)
	}
}
