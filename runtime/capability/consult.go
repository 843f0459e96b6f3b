package capability

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// PolicySubject is where the policy actor publishes its decisions. A provider of Messaging sends what is published there
// nowhere, but keeps the last such body in its state, under this text as a key. There Address finds it in the same transaction.
//
// The policy actor is asked by a call at once, in the transaction that its decision is for, so that both are one: with the next
// one it may decide otherwise. It is asked each time, even the same. What it does not answer, or fails to, is denied. What
// happens within a call of it, and so while it decides, it is not asked about; nor is it about who calls it, but for actors with
// claims, which ask before they do.
const PolicySubject = "troupe.policy"

// policyRequest is what a policy service of wasmCloud is asked: JSON.
type policyRequest struct {
	ID     string      `json:"requestId"`
	Source policyParty `json:"source"`
	Target policyParty `json:"target"`
	Host   policyHost  `json:"host"`
	Action Action      `json:"action"`
}

type policyParty struct {
	Key      string   `json:"publicKey"`
	Contract string   `json:"contractId"`
	Link     string   `json:"linkName"`
	Caps     []string `json:"capabilities"`
	Issuer   string   `json:"issuer"`
	Issued   string   `json:"issuedOn"`
	Expires  int64    `json:"expiresAt,omitempty"` // seconds
	Expired  bool     `json:"expired"`
}

// policyHost is empty but for the name of the lattice: what decides must be in the log, and the host's identity is not.
type policyHost struct {
	Key     string            `json:"publicKey"`
	Issuer  string            `json:"issuer"`
	Lattice string            `json:"latticeId"`
	Labels  map[string]string `json:"labels"`
	Issuers []string          `json:"clusterIssuers"`
}

type policyAnswer struct {
	ID        string `json:"requestId"`
	Permitted bool   `json:"permitted"`
	Message   string `json:"message"`
}

// wire returns p as policy services know it.
func (p *Party) wire(now time.Time) policyParty {
	out := policyParty{Key: p.Key, Contract: p.Contract, Link: p.Link, Caps: p.Caps, Issuer: p.Issuer}
	if out.Key == "" {
		out.Key = string(p.Address)
	}
	if out.Caps == nil {
		out.Caps = []string{}
	}
	if !p.Issued.IsZero() {
		out.Issued = p.Issued.UTC().Format(time.RFC3339)
	}
	if !p.Expires.IsZero() {
		out.Expires, out.Expired = p.Expires.Unix(), !now.Before(p.Expires)
	}
	return out
}

// An inquiry is a question to the policy actor.
type inquiry struct {
	by      actor.Address
	request policyRequest
	answer  policyAnswer
}

func newInquiry(by actor.Address, d *Decision, id string) *inquiry {
	return &inquiry{by: by, request: policyRequest{ID: id, Action: d.Action, Source: d.Source.wire(d.Time), Target: d.Target.wire(d.Time),
		Host: policyHost{Lattice: "default", Labels: map[string]string{}, Issuers: []string{}}}}
}

// body returns the body of the message or, with an origin, of the query.
func (q *inquiry) body(origin actor.Address) []byte {
	body, err := json.Marshal(q.request)
	if err != nil {
		panic(err) // of fields that marshal always
	}
	inv := Invocation{Operation: messages.HandleMessage, Contract: Messaging, Link: DefaultLink, Origin: origin,
		Payload: pack.Marshal(messages.Message{Subject: PolicySubject, ReplyTo: PolicySubject, Body: body})}
	return inv.Encode()
}

// read reports whether data is the answer to this inquiry.
func (q *inquiry) read(data []byte) bool {
	q.answer = policyAnswer{}
	return json.Unmarshal(data, &q.answer) == nil && q.answer.ID == q.request.ID
}

// verdict returns nil if what was asked about is permitted.
func (q *inquiry) verdict() error {
	if q.answer.Permitted {
		return nil
	}
	return actor.Errorf(CodeDenied, "the policy actor %s denies it: %.200q", q.by, q.answer.Message)
}

func (q *inquiry) failed(err error) error {
	return actor.Errorf(CodeDenied, "the policy actor %s failed: %s: mend it, or end the policy: troupe policy --end", q.by, actor.AsError(err).Error())
}

// consult asks the policy actor in a transaction. What it does not permit is denied, however it fails to.
func consult(ctx context.Context, env *actor.Env, t *Table, by actor.Address, d *Decision, id string) error {
	q := newInquiry(by, d, id)
	caller, ok := env.Services.(Caller)
	if !ok {
		return actor.Errorf(CodeDenied, "the policy actor %s cannot be asked here", by)
	}
	data, err := caller.Call(ctx, by, q.body(""))
	if err != nil {
		return q.failed(err)
	}
	if !q.read(data) && !q.read(published(env.Services, t, by)) {
		return actor.Errorf(CodeDenied, "the policy actor %s gives no answer: it must publish one over a link for %s, or return one", by, Messaging)
	}
	return q.verdict()
}

// published returns what the policy actor has published to PolicySubject.
func published(s actor.Services, t *Table, by actor.Address) []byte {
	l, ok := t.Link(by, Messaging, DefaultLink)
	if !ok {
		return nil
	}
	p, ok := t.Provider(l.Provider)
	if !ok {
		return nil
	}
	b, _ := TableOf(s, nil).Read(p.Address, []byte(PolicySubject))
	return b
}

// authorize asks the policy of the host and, if it is to be asked, the policy actor, whether something may start.
func (k *keeping) authorize(ctx context.Context, action Action, target Party) error {
	d := Decision{Action: action, Target: target, Time: k.env.Time}
	if err := k.policy.Authorize(d); err != nil {
		return err
	}
	by, asked := k.table.Policy(action)
	if !asked {
		return nil
	}
	if k.random == nil {
		k.random = k.env.Rand()
	}
	return consult(ctx, k.env, &k.table, by, &d, inquiryID(k.random))
}

// inquiryID names an inquiry: each of a transaction has another, so that none takes the answer to one before for its own.
func inquiryID(r *rand.Rand) string { return fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()) }

// Body returns what Address is asked, in a message or a query, whether an invocation may be. An error, of which the code is
// CodeDenied if the policy actor denies it, says that it may not. Whoever asks sees to it that the policy actor is not within its
// own call, or around it: nobody enters it then.
func (c *Case) Body() []byte {
	b, err := json.Marshal(Question{Decide: c})
	if err != nil {
		panic(err) // of fields that marshal always
	}
	return b
}

// permitted is the answer to a Case.
const permitted = `{"permitted":true}`

// decide has the policy actor decide about an invocation, for one of the two that it is between. Others have no business to ask
// in a transaction, where the policy actor may write.
func (kp *Keeper) decide(ctx context.Context, env *actor.Env, c *Case) error {
	table := TableOf(env.Services, &kp.memo)
	if _, ok := table.Actor(env.Sender); !ok || env.Sender != c.Source && env.Sender != c.Target {
		return actor.Errorf(access.CodeForbidden, "%s is no actor with claims that calls or is called here: ask by a query what would be decided", env.Sender)
	}
	by, asked := table.Policy(PerformInvocation)
	if !asked {
		return nil
	}
	d := table.Decision(c, env.Time)
	return consult(ctx, env, table, by, &d, inquiryID(env.Rand()))
}

// foresee is decide in a query. If the policy actor cannot answer without writing, which publishing is, only a transaction can
// tell: the error has the code CodeNeedsTransaction then.
func (kp *Keeper) foresee(ctx context.Context, view *actor.View, c *Case) error {
	table := &Table{Read: func(_ actor.Address, key []byte) ([]byte, bool) { return view.State.Get(key) }, Memo: &kp.memo}
	by, asked := table.Policy(PerformInvocation)
	if !asked {
		return nil
	}
	d := table.Decision(c, view.Time)
	// It is not the answer to anything but this query, so it may have the name that another one has.
	name := sha256.Sum256(c.Body())
	q := newInquiry(by, &d, hex.EncodeToString(name[:16]))
	data, err := view.Query(ctx, by, q.body(Address))
	switch {
	case err != nil && !writes(err):
		return q.failed(err)
	case err != nil || !q.read(data):
		return actor.Errorf(CodeNeedsTransaction, "the policy actor %s may write to decide, and a query cannot: send a message instead", by)
	}
	return q.verdict()
}

// writes reports whether a query has failed for what would not be so in a transaction.
func writes(err error) bool {
	switch actor.AsError(err).Code {
	case CodeNeedsTransaction, actor.CodeReadOnly, actor.CodeUnsupported, actor.CodeUnknownMessage, actor.CodeQueryDepth:
		return true
	}
	return false
}
