package access

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
)

// Actor is the native actor that keeps grants and pauses: see Order and Question. It lives at Address and nowhere else.
type Actor struct{}

var (
	_ actor.Instantiator = Actor{}
	_ actor.Querier      = Actor{}
	_ actor.Sudoer       = Actor{}
)

// The codes of refusals, beside those of package actor. They and the texts that go with them are part of receipts: a change
// would make logs diverge that have them.
const (
	CodeForbidden    = "forbidden"     // no grant of the signer allows it
	CodePaused       = "paused"        // the actor takes no messages
	CodeFounded      = "founded"       // there is an operator already
	CodeNotFound     = "not_found"     // the key has no grants, or the actor is not paused
	CodeInvalidGrant = "invalid_grant" // a grant that cannot be kept
	CodeLastOperator = "last_operator" // nobody could change grants any more
)

// Instantiate implements actor.Instantiator. The actor comes into being when the operator of the host founds it.
func (Actor) Instantiate(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if env.Self != Address || env.Sender != "" || msg.Admin != "" || len(msg.Body) > 0 {
		return actor.Response{}, errNotFounded()
	}
	return actor.Response{}, nil
}

// Execute implements actor.Actor. The sender must be the key of an operator; that it has signed is for Authorize to see to.
func (Actor) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	k := keeping{env}
	if !isOperator(k.grants(string(env.Sender)), env.Time) {
		return actor.Response{}, actor.Errorf(CodeForbidden, "%s is not an operator for all actors", env.Sender)
	}
	return k.obey(msg.Body)
}

// Sudo implements actor.Sudoer: the operator of the host may do what operators may, and found.
func (Actor) Sudo(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return keeping{env}.obey(msg.Body)
}

// keeping is one message to the actor.
type keeping struct{ env *actor.Env }

func (k keeping) obey(body []byte) (actor.Response, error) {
	var o Order
	if Decode(body, &o) != nil {
		return actor.Response{}, errMalformed()
	}
	_, founded := k.env.State.Get([]byte(pauses))
	switch {
	case o.Found != nil && o == Order{Found: o.Found}:
		if founded {
			return actor.Response{}, actor.Errorf(CodeFounded, "the host has been founded: ask an operator for a grant")
		}
		return k.found(o.Found.Subject)
	case !founded:
		return actor.Response{}, errNotFounded()
	case o.Grant != nil && o == Order{Grant: o.Grant}:
		return k.grant(o.Grant)
	case o.Revoke != nil && o == Order{Revoke: o.Revoke}:
		return k.revoke(o.Revoke.Subject)
	case o.Pause != nil && o == Order{Pause: o.Pause}:
		return k.pause(o.Pause)
	case o.Resume != nil && o == Order{Resume: o.Resume}:
		return k.resume(o.Resume.Actor)
	}
	return actor.Response{}, errMalformed()
}

func errNotFounded() error {
	return actor.Errorf(actor.CodeUnauthorized, "the host has not been founded: it has no operator")
}

func errMalformed() error {
	return actor.Errorf(actor.CodeMalformed, "an order to %s is JSON with one of grant, revoke, pause and resume, and no other field", Address)
}

func (k keeping) found(operator string) (actor.Response, error) {
	if claims.CheckPublic(operator, claims.UserKey) != nil {
		return actor.Response{}, errSubject(operator)
	}
	k.env.State.Set([]byte(pauses), encodeCount(0))
	resp, err := k.grant(&Granted{Subject: operator, Role: claims.Operator})
	if err != nil {
		return actor.Response{}, err
	}
	resp.Events = append([]actor.Event{event("found", "subject", operator)}, resp.Events...)
	return resp, nil
}

// grants returns the grants of a key. What cannot be read allows nothing.
func (k keeping) grants(subject string) []claims.Grant {
	b, ok := k.env.State.Get(grantsKey(subject))
	if !ok {
		return nil
	}
	grants, err := claims.DecodeGrants(b)
	if err != nil {
		return nil
	}
	return grants
}

func (k keeping) grant(order *Granted) (actor.Response, error) {
	if claims.CheckPublic(order.Subject, claims.UserKey) != nil {
		return actor.Response{}, errSubject(order.Subject)
	}
	g := order.Grant()
	switch {
	case g.Validate() != nil:
		return actor.Response{}, actor.Errorf(CodeInvalidGrant, "the role is none, or a name or a pattern cannot be one, or there are too many")
	case !g.Active(k.env.Time):
		return actor.Response{}, actor.Errorf(CodeInvalidGrant, "it ends before it begins, in second %d", order.Until)
	}
	list := k.grants(order.Subject)
	list = slices.DeleteFunc(list, func(old claims.Grant) bool { return !old.Active(k.env.Time) || same(&old, &g) })
	list = append(list, g)
	b, err := claims.EncodeGrants(list)
	if err != nil || len(b) > dispatch.MaxStateValue {
		return actor.Response{}, actor.Errorf(CodeInvalidGrant, "%s has too many grants: revoke them, and grant what is needed in fewer", order.Subject)
	}
	k.env.State.Set(grantsKey(order.Subject), b)
	until := ""
	if order.Until != 0 {
		until = strconv.FormatInt(order.Until, 10)
	}
	return answer(event("grant", "subject", order.Subject, "name", g.Name, "role", string(g.Role),
		"actors", strings.Join(g.Actors, " "), "as", strings.Join(g.As, " "), "until", until)), nil
}

func errSubject(subject string) error {
	return actor.Errorf(CodeInvalidGrant, "%.80q is not the public key of a user", subject)
}

// same reports whether two grants allow the same to the same holder.
func same(a, b *claims.Grant) bool {
	return a.Role == b.Role && a.Name == b.Name && a.Until.Equal(b.Until) && slices.Equal(a.Actors, b.Actors) && slices.Equal(a.As, b.As)
}

func (k keeping) revoke(subject string) (actor.Response, error) {
	key := grantsKey(subject)
	if _, ok := k.env.State.Get(key); !ok {
		return actor.Response{}, actor.Errorf(CodeNotFound, "%.80q has no grants", subject)
	}
	if !k.otherOperator(subject) {
		return actor.Response{}, actor.Errorf(CodeLastOperator, "%s is the last operator for all actors whose grant does not end: make another one before", subject)
	}
	k.env.State.Delete(key)
	return answer(event("revoke", "subject", subject)), nil
}

// otherOperator reports whether somebody else stays an operator for all actors for good.
func (k keeping) otherOperator(subject string) bool {
	prefix := []byte(grantsPrefix)
	for key, value := range k.env.State.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
		if string(key[len(prefix):]) == subject {
			continue
		}
		if grants, err := claims.DecodeGrants(value); err == nil && isOperator(grants, forever) {
			return true
		}
	}
	return false
}

// forever is behind the end of any grant that ends.
var forever = time.Unix(1<<40, 0)

// isOperator reports whether one of the grants is that of an operator for all actors.
func isOperator(grants []claims.Grant, now time.Time) bool {
	return claims.Decide(grants, claims.Request{Role: claims.Operator, Actor: claims.Everything, Now: now}) == nil
}

func (k keeping) pause(p *Pause) (actor.Response, error) {
	if err := p.Actor.Validate(); err != nil {
		return actor.Response{}, err
	}
	if Reserved(p.Actor) {
		return actor.Response{}, actor.Errorf(actor.CodeUnauthorized, "%s belongs to the host and cannot be paused", p.Actor)
	}
	if p.Reason != "" && actor.Address(p.Reason).ValidateSender() != nil {
		return actor.Response{}, actor.Errorf(actor.CodeInvalidMessage, "the reason of a pause is printable text of at most %d bytes", MaxReason)
	}
	key := pausedKey(p.Actor)
	if _, paused := k.env.State.Get(key); !paused {
		k.count(+1)
	}
	k.env.State.Set(key, []byte(p.Reason))
	return answer(event("pause", "actor", string(p.Actor), "reason", p.Reason)), nil
}

func (k keeping) resume(who actor.Address) (actor.Response, error) {
	key := pausedKey(who)
	if _, paused := k.env.State.Get(key); !paused {
		return actor.Response{}, actor.Errorf(CodeNotFound, "%s is not paused", who)
	}
	k.env.State.Delete(key)
	k.count(-1)
	return answer(event("resume", "actor", string(who))), nil
}

// count keeps the number of pauses.
func (k keeping) count(by int64) {
	b, _ := k.env.State.Get([]byte(pauses))
	k.env.State.Set([]byte(pauses), encodeCount(uint64(int64(decodeCount(b))+by)))
}

func answer(ev actor.Event) actor.Response { return actor.Response{Events: []actor.Event{ev}} }

// event has the attributes that are not empty.
func event(kind string, pairs ...string) actor.Event {
	ev := actor.Event{Type: kind}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			ev.Attributes = append(ev.Attributes, actor.Attribute{Key: pairs[i], Value: pairs[i+1]})
		}
	}
	return ev
}
