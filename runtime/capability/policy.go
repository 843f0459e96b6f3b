package capability

import (
	"slices"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// An Action is what a policy decides about.
type Action string

// The actions, in the words of wasmCloud's policy services.
const (
	StartActor        Action = "start_actor"
	StartProvider     Action = "start_provider"
	PerformInvocation Action = "perform_invocation"
)

// Actions returns all of them, in the order in which they are kept and shown.
func Actions() []Action { return []Action{StartActor, StartProvider, PerformInvocation} }

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

// A Case is an invocation that a policy decides about.
type Case struct {
	// Source calls Target: actors with claims, providers, and whoever else sends messages. Source is empty if nobody knows who
	// asks, as in a query that comes from outside.
	Source actor.Address `json:"source,omitempty"`
	Target actor.Address `json:"target"`
	// Contract and Link are those of the link between the two, empty between actors.
	Contract string `json:"contract,omitempty"`
	Link     string `json:"link,omitempty"`
}

// Decision returns what a policy is asked about an invocation: the claims of those who have some, and what is known of the
// provider if there is a link between the two. Contract and link stand with the one of the two at the far end of the link.
func (t *Table) Decision(c *Case, now time.Time) Decision {
	d := Decision{Action: PerformInvocation, Source: t.party(c.Source), Target: t.party(c.Target), Time: now}
	far := &d.Source
	if c.Contract != "" {
		if _, p, refused := Linked(t, c.Target, c.Source, c.Contract, c.Link); refused == nil {
			d.Target = p.Party()
			far = &d.Target
		} else if _, p, refused := Linked(t, c.Source, c.Target, c.Contract, c.Link); refused == nil {
			d.Source = p.Party()
		}
	}
	far.Contract, far.Link = c.Contract, c.Link
	return d
}

func (t *Table) party(at actor.Address) Party {
	if a, ok := t.Actor(at); ok {
		return PartyOf(a)
	}
	return Party{Address: at}
}

// A PolicyActor is asked by the host before something happens: see PolicySubject.
type PolicyActor struct {
	Actor actor.Address `json:"actor"`
	// Actions are those that it is asked about, in the order of Actions.
	Actions []Action `json:"actions"`
}

// Policy returns the policy actor, if there is one and it is asked about an action.
func (t *Table) Policy(about Action) (by actor.Address, asked bool) {
	b, ok := t.Read(Address, []byte(policyKey))
	if !ok {
		return "", false
	}
	p := decodePolicy(b)
	return p.Actor, slices.Contains(p.Actions, about)
}

// encode returns p as a row: the address, a zero byte and the actions with commas between.
func (p *PolicyActor) encode() []byte {
	return append(append([]byte(p.Actor), 0), p.about()...)
}

// about returns the actions with commas between.
func (p *PolicyActor) about() string {
	list := make([]string, len(p.Actions))
	for i, a := range p.Actions {
		list[i] = string(a)
	}
	return words(list)
}

// decodePolicy is the inverse of encode. Rows without actions are from when a policy actor was asked about starts alone.
func decodePolicy(b []byte) PolicyActor {
	name, actions, listed := strings.Cut(string(b), "\x00")
	p := PolicyActor{Actor: actor.Address(name), Actions: []Action{StartActor, StartProvider}}
	if listed {
		p.Actions = nil
		for a := range strings.SplitSeq(actions, ",") {
			p.Actions = append(p.Actions, Action(a))
		}
	}
	return p
}
