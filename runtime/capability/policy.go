package capability

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// An Action is what a policy decides about.
type Action string

// The actions, in the words of wasmCloud's policy services.
const (
	StartActor        Action = "start_actor"
	StartProvider     Action = "start_provider"
	PerformInvocation Action = "perform_invocation"
)

// A Party is one of the two whom a Decision is about. What is not known of it is empty.
type Party struct {
	Address actor.Address
	// Key, Issuer, Name, Caps, Issued and Expires are those of an actor's claims. A provider has a Key and a Name.
	Key, Issuer, Name string
	Caps              []string
	Issued, Expires   time.Time
	// Contract and Link are those of the link over which an invocation goes.
	Contract, Link string
}

// PartyOf returns what an actor with claims is in a decision.
func PartyOf(a *Actor) Party {
	return Party{Address: a.Address, Key: a.Key, Issuer: a.Issuer, Name: a.Name, Caps: a.Caps, Issued: a.Issued, Expires: a.Expires}
}

// Party returns what a provider is in a decision.
func (p *Provider) Party() Party {
	return Party{Address: p.Address, Key: p.Key, Name: p.Name, Contract: p.Contract}
}

// A Decision is what a policy is asked. Source is empty when something is to be started.
type Decision struct {
	Action         Action
	Source, Target Party
	Time           time.Time // of the transaction
}

// A Policy returns nil for what may happen, else why not. It is asked after claims and links have allowed it. It must be a
// function of the Decision alone: a replay asks it again. Nil allows everything.
type Policy func(Decision) error

// Authorize asks the policy. An error has CodeDenied if the policy chose no code.
func (p Policy) Authorize(d Decision) *actor.Error {
	if p == nil {
		return nil
	}
	err := p(d)
	if err == nil {
		return nil
	}
	e := *actor.AsError(err)
	if e.Code == actor.CodeFailed {
		e.Code = CodeDenied
	}
	return &e
}

// PolicySubject is where the policy actor publishes its decisions. A provider of Messaging sends what is published there
// nowhere, but keeps the last such body in its state, under this text as a key. There Address finds it in the same transaction.
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

// authorize asks the policy of the host and, if there is one, the policy actor.
func (k *keeping) authorize(ctx context.Context, action Action, target Party) error {
	d := Decision{Action: action, Target: target, Time: k.env.Time}
	if err := k.policy.Authorize(d); err != nil {
		return err
	}
	by, ok := k.env.State.Get([]byte(policyKey))
	if !ok {
		return nil
	}
	return k.consult(ctx, actor.Address(by), d)
}

// consult asks the policy actor. What is not permitted is denied.
func (k *keeping) consult(ctx context.Context, by actor.Address, d Decision) error {
	if k.random == nil {
		k.random = k.env.Rand()
	}
	req := policyRequest{Action: d.Action, Source: d.Source.wire(d.Time), Target: d.Target.wire(d.Time),
		ID:   fmt.Sprintf("%016x%016x", k.random.Uint64(), k.random.Uint64()),
		Host: policyHost{Lattice: "default", Labels: map[string]string{}, Issuers: []string{}}}
	body, err := json.Marshal(req)
	if err != nil {
		panic(err) // of fields that marshal always
	}
	caller, ok := k.env.Services.(Caller)
	if !ok {
		return actor.Errorf(CodeDenied, "the policy actor %s cannot be asked here", by)
	}
	inv := Invocation{Operation: messages.HandleMessage, Contract: Messaging, Link: DefaultLink,
		Payload: pack.Marshal(messages.Message{Subject: PolicySubject, ReplyTo: PolicySubject, Body: body})}
	data, err := caller.Call(ctx, by, inv.Encode())
	if err != nil {
		e := actor.AsError(err)
		return actor.Errorf(CodeDenied, "the policy actor %s failed: %s: mend it, or end the policy", by, e.Error())
	}
	var answer policyAnswer
	if json.Unmarshal(data, &answer) != nil || answer.ID != req.ID {
		answer = policyAnswer{}
		if json.Unmarshal(k.published(by), &answer) != nil || answer.ID != req.ID {
			return actor.Errorf(CodeDenied, "the policy actor %s gives no answer: it must publish one over a link for %s, or return one", by, Messaging)
		}
	}
	if !answer.Permitted {
		return actor.Errorf(CodeDenied, "the policy actor %s denies it: %.200q", by, answer.Message)
	}
	return nil
}

// published returns what the policy actor has published to PolicySubject.
func (k *keeping) published(by actor.Address) []byte {
	l, ok := k.table.Link(by, Messaging, DefaultLink)
	if !ok {
		return nil
	}
	p, ok := k.table.Provider(l.Provider)
	if !ok {
		return nil
	}
	b, _ := TableOf(k.env.Services, nil).Read(p.Address, []byte(PolicySubject))
	return b
}
