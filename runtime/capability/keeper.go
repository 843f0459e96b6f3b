package capability

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
)

// A Keeper is the native actor that keeps actors, providers and links: see Order and Question. It lives at Address and nowhere
// else, and its module has that name. It takes orders from the operator of the host by sudo, and from the keys of operators for
// all actors.
type Keeper struct {
	// Policy is asked before anything starts, and before the policy actor.
	Policy Policy
	memo   Memo
}

var (
	_ actor.Instantiator = &Keeper{}
	_ actor.Querier      = &Keeper{}
	_ actor.Sudoer       = &Keeper{}
)

// Instantiate implements actor.Instantiator. The actor comes into being with the first order.
func (*Keeper) Instantiate(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if env.Self != Address || msg.Admin != "" || len(msg.Body) > 0 {
		return actor.Response{}, actor.Errorf(actor.CodeUnauthorized, "%s belongs to the host: it is not made by messages", Address)
	}
	return actor.Response{}, nil
}

// Execute implements actor.Actor. The sender must be the key of an operator; that it has signed is for access.Authorize to see
// to. Or it is an actor with claims, and asks about a Case.
func (kp *Keeper) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	var q Question
	if decode(msg.Body, &q) == nil && q.Decide != nil && q == (Question{Decide: q.Decide}) {
		return actor.Response{Data: []byte(permitted)}, kp.decide(ctx, env, q.Decide)
	}
	if !operates(env) {
		return actor.Response{}, actor.Errorf(access.CodeForbidden, "%s is not an operator for all actors", env.Sender)
	}
	return kp.obey(ctx, env, msg.Body)
}

// Sudo implements actor.Sudoer.
func (kp *Keeper) Sudo(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	return kp.obey(ctx, env, msg.Body)
}

// operates reports whether the sender is an operator for all actors. Grants that cannot be read allow nothing.
func operates(env *actor.Env) bool {
	read := TableOf(env.Services, nil).Read
	grants, err := access.Grants(func(key []byte) ([]byte, bool, error) {
		value, ok := read(access.Address, key)
		return value, ok, nil
	}, string(env.Sender))
	return err == nil && claims.Decide(grants, claims.Request{Role: claims.Operator, Actor: claims.Everything, Now: env.Time}) == nil
}

// keeping is one order. Its table reads what the order has done so far.
type keeping struct {
	env    *actor.Env
	policy Policy
	table  Table
	random *rand.Rand // nil until it is needed
	n      counts
	named  map[string]bool // what the order has named
	events []actor.Event
}

func (kp *Keeper) obey(ctx context.Context, env *actor.Env, body []byte) (actor.Response, error) {
	var o Order
	if decode(body, &o) != nil {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "an order to %s is JSON with lists such as start, stop, link and unlink, and no other field", Address)
	}
	k := &keeping{env: env, policy: kp.Policy, named: map[string]bool{}}
	k.table.Read = func(_ actor.Address, key []byte) ([]byte, bool) {
		if string(key) == countsKey {
			return k.n.encode(), true
		}
		return env.State.Get(key)
	}
	b, kept := env.State.Get([]byte(countsKey))
	if kept {
		k.n = decodeCounts(b)
	}
	before := k.n
	if err := k.obey(ctx, &o); err != nil {
		return actor.Response{}, err
	}
	if k.n != before {
		env.State.Set([]byte(countsKey), k.n.encode())
	}
	return actor.Response{Events: k.events}, nil
}

func (k *keeping) obey(ctx context.Context, o *Order) error {
	err := each(o.Stop, k.stop)
	err = then(err, o.Withdraw, k.withdraw)
	err = then(err, o.Distrust, k.distrust)
	err = then(err, o.Unban, k.unban)
	err = then(err, o.Trust, func(t TrustOrder) error { return k.trust(&t) })
	err = then(err, o.Ban, func(b BanOrder) error { return k.ban(&b) })
	err = then(err, o.Provide, func(p ProviderOrder) error { return k.provide(ctx, &p) })
	err = then(err, o.Start, func(s StartOrder) error { return k.start(ctx, &s) })
	err = then(err, o.Scale, k.scale)
	err = then(err, o.Unlink, k.unlink)
	err = then(err, o.Link, func(l LinkOrder) error { return k.link(&l) })
	err = then(err, o.Report, func(r ReportOrder) error { return k.report(&r) })
	if err != nil || o.Policy == nil {
		return err
	}
	return k.setPolicy(o.Policy)
}

func each[T any](list []T, do func(T) error) error { return then(nil, list, do) }

// then does nothing behind an error.
func then[T any](err error, list []T, do func(T) error) error {
	for i := 0; i < len(list) && err == nil; i++ {
		err = do(list[i])
	}
	return err
}

// name refuses an order that names a thing twice: what it would do the second time depends on what it did the first.
func (k *keeping) name(what string, name ...string) error {
	key := what + "\x00" + strings.Join(name, "\x00")
	if k.named[key] {
		return actor.Errorf(CodeInvalidOrder, "the order names the %s %s twice", what, shown(strings.TrimSpace(strings.Join(name, " "))))
	}
	k.named[key] = true
	return nil
}

// set writes a row. What it is about is for the error if it is too large.
func (k *keeping) set(key, value []byte, about string) error {
	if len(value) > maxRow {
		return actor.Errorf(CodeInvalidOrder, "what is to be kept about %s has %d bytes: at most %d", about, len(value), maxRow)
	}
	k.env.State.Set(key, value)
	return nil
}

// maxRow is less than what a value of the state may have, so that there is room for what a row is yet to get.
const maxRow = 128000

func (k *keeping) delete(key []byte) { k.env.State.Delete(key) }

// rows yields the keys and values under a prefix as they are before anything is done with them.
func (k *keeping) rows(prefix []byte, row func(key, value []byte) error) error {
	for key, value := range k.env.State.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
		if err := row(key, value); err != nil {
			return err
		}
	}
	return nil
}

// tell adds an event with the attributes that are not empty.
func (k *keeping) tell(kind string, pairs ...string) {
	ev := actor.Event{Type: kind}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			ev.Attributes = append(ev.Attributes, actor.Attribute{Key: pairs[i], Value: pairs[i+1]})
		}
	}
	k.events = append(k.events, ev)
}

func (k *keeping) setPolicy(o *PolicyOrder) error {
	now, _ := k.env.State.Get([]byte(policyKey))
	if o.Actor == "" {
		if len(o.Actions) > 0 {
			return actor.Errorf(CodeInvalidOrder, "actions are for a policy actor, and none is named")
		}
		if now != nil {
			k.delete([]byte(policyKey))
			k.tell("policy")
		}
		return nil
	}
	if !o.Actor.Valid() || access.Reserved(o.Actor) {
		return actor.Errorf(CodeInvalidOrder, "%s cannot be the policy actor: it is no address, or belongs to the host", shown(string(o.Actor)))
	}
	next := PolicyActor{Actor: o.Actor, Actions: Actions()}
	if len(o.Actions) > 0 {
		for _, a := range o.Actions {
			if !slices.Contains(next.Actions, a) {
				return actor.Errorf(CodeInvalidOrder, "%s is nothing that a policy actor is asked about: there are %s, %s and %s", shown(string(a)),
					StartActor, StartProvider, PerformInvocation)
			}
		}
		next.Actions = slices.DeleteFunc(next.Actions, func(a Action) bool { return !slices.Contains(o.Actions, a) })
	}
	row := next.encode()
	if string(now) == string(row) {
		return nil
	}
	k.env.State.Set([]byte(policyKey), row)
	k.tell("policy", "actor", string(next.Actor), "actions", next.about())
	return nil
}
