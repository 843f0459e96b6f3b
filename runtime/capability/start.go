package capability

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
)

// start lets an actor run, updates it, or scales it if its claims are the same.
func (k *keeping) start(ctx context.Context, o *StartOrder) error {
	if err := k.name("actor", string(o.Actor)); err != nil {
		return err
	}
	if !o.Actor.Valid() || access.Reserved(o.Actor) {
		return actor.Errorf(CodeInvalidOrder, "an actor cannot be started as %s: it is no address, or belongs to the host", shown(string(o.Actor)))
	}
	if o.Instances < 0 || o.Instances > MaxInstances {
		return errInstances(o.Actor, o.Instances)
	}
	next, err := k.claimed(o)
	if err != nil {
		return err
	}
	old, running := k.table.Actor(o.Actor)
	next.Instances = o.Instances
	if o.Instances == 0 {
		next.Instances = 1
		if running {
			next.Instances = old.Instances
		}
	}
	if running && sameClaims(old, next) {
		return k.instances(old, next.Instances)
	}
	if running {
		if err := mayReplace(old, next, o); err != nil {
			return err
		}
	}
	if err := k.authorize(ctx, StartActor, PartyOf(next)); err != nil {
		return err
	}
	return k.put(old, next)
}

func errInstances(who actor.Address, n int) error {
	return actor.Errorf(CodeInvalidOrder, "%s cannot have %d instances: from 0 to %d", who, n, MaxInstances)
}

// claimed returns the actor that a token is for, if it may run now.
func (k *keeping) claimed(o *StartOrder) (*Actor, error) {
	m, err := claims.ReadModuleToken(o.Token)
	if err != nil {
		return nil, errToken(string(o.Actor), err)
	}
	a := &Actor{Address: o.Actor, Key: m.Subject, Issuer: m.Issuer, Hash: m.Hash, Name: m.Name, Alias: m.Alias, Caps: m.Caps, Tags: m.Tags,
		Revision: m.Revision, Version: m.Version, Issued: m.Issued, Expires: m.Expires, NotBefore: m.NotBefore, Started: k.env.Sequence}
	if err := k.table.vet(a, k.env.Time); err != nil {
		return nil, err
	}
	a, err = DecodeActor(a.Encode()) // in the form of rows, to be compared
	if err != nil {
		return nil, actor.Errorf(CodeInvalidOrder, "the claims of %s cannot be kept", o.Actor)
	}
	return a, nil
}

// errToken says why a token is refused, without the text of package claims, which may change.
func errToken(who string, err error) error {
	why := claims.Malformed
	var refusal *claims.Refusal
	if errors.As(err, &refusal) {
		why = refusal.Reason
	}
	return actor.Errorf(CodeInvalidOrder, "the token for %s is refused (%s): look at it with troupe claims inspect", shown(who), why)
}

func sameClaims(a, b *Actor) bool {
	return a.Key == b.Key && a.Issuer == b.Issuer && a.Hash == b.Hash && a.Name == b.Name && a.Alias == b.Alias && slices.Equal(a.Caps, b.Caps) &&
		slices.Equal(a.Tags, b.Tags) && a.Revision == b.Revision && a.Version == b.Version && a.Issued.Equal(b.Issued) &&
		a.Expires.Equal(b.Expires) && a.NotBefore.Equal(b.NotBefore)
}

// mayReplace decides about an update. The revision is what the claims say, and 0 if they do not: a greater one replaces a
// smaller one, and where neither says the later token does.
func mayReplace(old, next *Actor, o *StartOrder) error {
	if old.Key != next.Key {
		return actor.Errorf(CodeInvalidOrder, "%s is of the module %s, and the token of %s: stop it before, or start the other under a name of its own",
			old.Address, old.Key, next.Key)
	}
	newer := next.Revision > old.Revision
	if old.Revision == 0 && next.Revision == 0 {
		newer = next.Issued.After(old.Issued)
	}
	if !newer && !o.AnyRevision {
		return actor.Errorf(CodeOlderRevision, "%s runs revision %d, and this is revision %d: sign it with a greater one, or allow any revision",
			old.Address, old.Revision, next.Revision)
	}
	if !sameSet(old.Caps, next.Caps) && !o.AnyCaps {
		return actor.Errorf(CodeChangedCaps, "the claims of %s would change from [%s] to [%s]: allow that, if it is meant", old.Address, words(old.Caps), words(next.Caps))
	}
	return nil
}

func sameSet(a, b []string) bool {
	for _, s := range a {
		if !slices.Contains(b, s) {
			return false
		}
	}
	for _, s := range b {
		if !slices.Contains(a, s) {
			return false
		}
	}
	return true
}

// put writes an actor that is new or updated.
func (k *keeping) put(old, next *Actor) error {
	if err := k.set(rowKey(actorPrefix, string(next.Address)), next.Encode(), string(next.Address)); err != nil {
		return err
	}
	alias, kind := "", "actor_started"
	if old != nil {
		alias, kind = old.Alias, "actor_updated"
	} else {
		k.n.actors++
		k.claim(keyPrefix, next.Key, next.Address)
	}
	if alias != next.Alias {
		k.release(aliasPrefix, alias, next.Address)
		k.claim(aliasPrefix, next.Alias, next.Address)
	}
	k.tell(kind, "actor", string(next.Address), "key", next.Key, "issuer", next.Issuer, "name", next.Name, "revision", strconv.Itoa(int(next.Revision)),
		"version", next.Version, "caps", words(next.Caps), "instances", strconv.Itoa(next.Instances))
	return k.adopt(next)
}

// claim gives an actor a name, which is a key or an alias, or lets it wait for it.
func (k *keeping) claim(prefix, name string, who actor.Address) {
	key := rowKey(prefix, name)
	switch _, held := k.env.State.Get(key); {
	case name == "":
	case held:
		k.env.State.Set(append(append(key, 0), who...), nil)
	default:
		k.env.State.Set(key, []byte(who))
	}
}

// release takes a name from an actor. If others wait for it the first in the order of addresses gets it.
func (k *keeping) release(prefix, name string, who actor.Address) {
	if name == "" {
		return
	}
	key := rowKey(prefix, name)
	waiting := append(slices.Clone(key), 0)
	if holder, _ := k.env.State.Get(key); string(holder) != string(who) {
		k.delete(append(waiting, who...))
		return
	}
	for next := range k.env.State.Range(waiting, actor.PrefixEnd(waiting), actor.Ascending) {
		k.env.State.Set(key, next[len(waiting):])
		k.delete(next)
		return
	}
	k.delete(key)
}

// adopt gives an actor the links that have waited for its module. Those that it has already stay.
func (k *keeping) adopt(a *Actor) error {
	return k.rows(linksOf(a.Key), func(key, value []byte) error {
		l, err := DecodeLink(value)
		if err != nil {
			return nil // it stays as it is
		}
		k.delete(key)
		if _, ok := k.table.Link(a.Address, l.Contract, l.Name); ok {
			k.n.links--
			return nil
		}
		l.Actor = a.Address
		return k.set(linkKey(l.Actor, l.Contract, l.Name), l.Encode(), "a link of "+string(a.Address))
	})
}

// stop takes the right to run, and the links.
func (k *keeping) stop(who actor.Address) error {
	if err := k.name("actor", string(who)); err != nil {
		return err
	}
	a, ok := k.table.Actor(who)
	if !ok {
		return nil
	}
	k.delete(rowKey(actorPrefix, string(who)))
	k.n.actors--
	k.release(keyPrefix, a.Key, who)
	k.release(aliasPrefix, a.Alias, who)
	k.tell("actor_stopped", "actor", string(who), "key", a.Key)
	return k.rows(linksOf(string(who)), func(key, value []byte) error {
		l, err := DecodeLink(value)
		if err != nil {
			return nil
		}
		k.dropLink(key, l)
		return nil
	})
}

func (k *keeping) scale(o ScaleOrder) error {
	if err := k.name("actor", string(o.Actor)); err != nil {
		return err
	}
	a, ok := k.table.Actor(o.Actor)
	if !ok {
		return actor.Errorf(CodeNotStarted, "%s is not started: troupe start actor FILE --name %s", shown(string(o.Actor)), shown(string(o.Actor)))
	}
	if o.Instances < 0 || o.Instances > MaxInstances {
		return errInstances(o.Actor, o.Instances)
	}
	return k.instances(a, o.Instances)
}

func (k *keeping) instances(a *Actor, n int) error {
	if a.Instances == n {
		return nil
	}
	k.tell("actor_scaled", "actor", string(a.Address), "key", a.Key, "from", strconv.Itoa(a.Instances), "instances", strconv.Itoa(n))
	scaled := *a
	scaled.Instances = n
	return k.set(rowKey(actorPrefix, string(a.Address)), scaled.Encode(), string(a.Address))
}
