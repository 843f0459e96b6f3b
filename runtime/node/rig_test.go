package node_test

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"reflect"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// A rig is a node on a founded host with puppets.
type rig struct {
	t        testing.TB
	host     *runtime.Host
	node     *node.Node
	key      claims.Key // of the node
	operator claims.Key
	clock    *clock
	seen     *observer
}

type clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// observer counts what a node tells.
type observer struct {
	mu       sync.Mutex
	done     map[string]int // "op code"
	rejected map[string]int
	lags     int
}

func (o *observer) Done(op, via, code string, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done[op+" "+code]++
}

func (o *observer) Rejected(reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rejected[reason]++
}

func (o *observer) WatchLag(time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lags++
}

func newKey(t testing.TB) claims.Key {
	t.Helper()
	k, err := claims.NewKey(claims.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type setup struct {
	dir  string
	host runtime.Options
	node node.Options
}

func newRig(t testing.TB, s setup) *rig {
	t.Helper()
	h, err := runtime.Open(s.dir, &s.host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	if !s.host.ReadOnly {
		if err := h.Bind("puppet", puppet.Actor{}); err != nil {
			t.Fatal(err)
		}
	}
	r := &rig{t: t, host: h, clock: &clock{}, operator: newKey(t), seen: &observer{done: map[string]int{}, rejected: map[string]int{}}}
	if err := h.Found(t.Context(), r.operator.Public()); err != nil {
		t.Fatal(err)
	}
	r.start(s.node)
	return r
}

// start makes a node on the host.
func (r *rig) start(o node.Options) {
	r.t.Helper()
	var err error
	if r.key, err = claims.NewKey(claims.NodeKey); err != nil {
		r.t.Fatal(err)
	}
	o.Name, o.Version, o.Key, o.Clock, o.Observer = "test", "v0", r.key, r.clock.now, r.seen
	if r.node, err = node.New(r.host, o); err != nil {
		r.t.Fatal(err)
	}
	n := r.node
	r.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := n.Drain(ctx); err != nil {
			r.t.Errorf("drain: %v", err)
		}
	})
}

// caller makes a key that has a grant.
func (r *rig) caller(g claims.Grant) claims.Key {
	r.t.Helper()
	k := newKey(r.t)
	r.grant(k, g)
	return k
}

func (r *rig) grant(k claims.Key, g claims.Grant) {
	r.t.Helper()
	until := int64(0)
	if !g.Until.IsZero() {
		until = g.Until.Unix()
	}
	r.ok(r.operator, "grant", api.Grant{Subject: k.Public(), Name: g.Name, Role: string(g.Role), Actors: g.Actors, As: g.As, Until: until}, new(api.Done))
}

func (r *rig) encode(encoding string, req any) []byte {
	r.t.Helper()
	payload, err := api.Encode(encoding, req)
	if err != nil {
		r.t.Fatal(err)
	}
	return payload
}

// envelope is that of a call with the defaults.
func (r *rig) envelope(c *node.Call) claims.Envelope {
	return claims.Envelope{Audience: r.key.Public(), Op: c.Op, BodyHash: sha256.Sum256(c.Payload), Issued: r.clock.now(), RequestID: c.RequestID}
}

// sign signs a call.
func (r *rig) sign(k claims.Key, c *node.Call) *node.Call {
	r.t.Helper()
	return r.seal(k, c, r.envelope(c))
}

func (r *rig) seal(k claims.Key, c *node.Call, e claims.Envelope) *node.Call {
	r.t.Helper()
	sealed, err := claims.Seal(k, e)
	if err != nil {
		r.t.Fatal(err)
	}
	c.Signature = claims.EncodeSealed(sealed)
	return c
}

func (r *rig) token(k claims.Key, t claims.Token) string {
	r.t.Helper()
	if t.Audience == "" {
		t.Audience = r.key.Public()
	}
	if t.Issued.IsZero() {
		t.Issued = r.clock.now()
	}
	text, err := claims.SignToken(k, t)
	if err != nil {
		r.t.Fatal(err)
	}
	return text
}

// call makes a signed call in JSON.
func (r *rig) call(k claims.Key, op string, req any) *node.Call {
	r.t.Helper()
	return r.sign(k, &node.Call{Op: op, Payload: r.encode(api.JSON, req), Via: "local"})
}

// ok asks what must be answered.
func (r *rig) ok(k claims.Key, op string, req, answer any) node.Result {
	r.t.Helper()
	res := r.node.Handle(r.t.Context(), r.call(k, op, req))
	if res.Err != nil {
		r.t.Fatalf("%s: %s: %v", op, res.Err.Code, res.Err)
	}
	if err := api.DecodeAnswer(res.Type, res.Payload, answer); err != nil {
		r.t.Fatal(err)
	}
	return res
}

// fails asks what must not be answered, but with that code.
func (r *rig) fails(c *node.Call, code api.Code, says string) *api.Error {
	r.t.Helper()
	res := r.node.Handle(r.t.Context(), c)
	if res.Err == nil {
		r.t.Fatalf("%s is answered: %s", c.Op, res.Payload)
	}
	var told api.Error
	if err := api.DecodeAnswer(res.Type, res.Payload, &told); err != nil || !reflect.DeepEqual(told.Code, res.Err.Code) || told.Message != res.Err.Message {
		r.t.Errorf("the payload of an error is %s: %v", res.Payload, err)
	}
	if res.Err.Code != code || !strings.Contains(res.Err.Message, says) {
		r.t.Errorf("%s: %s: %s, want %s: …%s…", c.Op, res.Err.Code, res.Err.Message, code, says)
	}
	return res.Err
}

func (r *rig) head() uint64 {
	r.t.Helper()
	head, err := r.host.Reader().Head()
	if err != nil {
		r.t.Fatal(err)
	}
	return head.Sequence
}

// set is a request that writes a key of a puppet.
func set(to actor.Address, key, value string) api.SendRequest {
	return api.SendRequest{To: to, Body: api.Bytes("set " + key + "=" + value)}
}

// value returns what a key of an actor has.
func (r *rig) value(of actor.Address, key string) string {
	r.t.Helper()
	v, _, err := r.host.Get(of, []byte(key))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(v)
}

var guestFile = filepath.Join("..", "..", "bench", "guest", "account.wasm")

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
