package capability

import (
	"maps"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
)

// linkName is a LinkName with the address in the place of a key or an alias. A key that nobody has stays.
func (k *keeping) linkName(n *LinkName) (LinkName, error) {
	out := *n
	if out.Name == "" {
		out.Name = DefaultLink
	}
	if err := checkWord("contract", out.Contract); err != nil {
		return out, err
	}
	if err := checkWord("name of a link", out.Name); err != nil {
		return out, err
	}
	if isKey(n.Actor, 'M') && claims.CheckPublic(n.Actor, claims.ModuleKey) == nil {
		if at, ok := k.table.ByKey(n.Actor); ok {
			out.Actor = string(at)
		}
		return out, nil
	}
	if _, ok := k.table.Actor(actor.Address(n.Actor)); ok {
		return out, nil
	}
	if at, ok := k.table.ByAlias(n.Actor); ok {
		out.Actor = string(at)
		return out, nil
	}
	if at := actor.Address(n.Actor); !at.Valid() || access.Reserved(at) {
		return out, actor.Errorf(CodeInvalidOrder, "%s cannot be linked: it is no address, no public key of a module, and no alias of an actor that is started", shown(n.Actor))
	}
	return out, nil
}

// link puts a link.
func (k *keeping) link(o *LinkOrder) error {
	name, err := k.linkName(&o.LinkName)
	if err != nil {
		return err
	}
	l := &Link{Actor: actor.Address(name.Actor), Contract: name.Contract, Name: name.Name, Provider: o.Provider, Values: values(o.Values), Since: k.env.Sequence}
	key := linkKey(l.Actor, l.Contract, l.Name)
	if err := k.name("link", name.Actor, name.Contract, name.Name); err != nil {
		return err
	}
	if p, ok := k.table.Provider(o.Provider); ok {
		if l.Provider = p.Name; p.Contract != l.Contract {
			return actor.Errorf(CodeNotProvided, "the provider %s is one of %s, and %s is to be linked to it for %s", p.Name, p.Contract, l.Actor, l.Contract)
		}
	} else if !providerName(o.Provider) && claims.CheckPublic(o.Provider, claims.ProviderKey) != nil {
		return actor.Errorf(CodeInvalidOrder, "%s cannot be linked to %s: that is neither the name nor the public key of a provider", l.Actor, shown(o.Provider))
	}
	old, there := k.table.Link(l.Actor, l.Contract, l.Name)
	if there && old.Provider == l.Provider && maps.Equal(old.Values, l.Values) {
		return nil
	}
	if !there {
		k.n.links++
	} else if old.Provider != l.Provider {
		k.forget(old)
	}
	k.tell("link_put", "actor", string(l.Actor), "contract", l.Contract, "link", l.Name, "provider", l.Provider)
	return k.set(key, l.Encode(), "a link of "+string(l.Actor))
}

func (k *keeping) unlink(o LinkName) error {
	name, err := k.linkName(&o)
	if err != nil {
		return err
	}
	key := linkKey(actor.Address(name.Actor), name.Contract, name.Name)
	if err := k.name("link", name.Actor, name.Contract, name.Name); err != nil {
		return err
	}
	if l, ok := k.table.Link(actor.Address(name.Actor), name.Contract, name.Name); ok {
		k.dropLink(key, l)
	}
	return nil
}

// forget deletes what is known of a link.
func (k *keeping) forget(l *Link) {
	if p, ok := k.table.Provider(l.Provider); ok {
		k.delete(statusKey(p.Name, l.Actor, l.Name))
	}
}

// dropLink deletes a link with what is known of it.
func (k *keeping) dropLink(key []byte, l *Link) {
	k.delete(key)
	k.n.links--
	k.forget(l)
	k.tell("link_deleted", "actor", string(l.Actor), "contract", l.Contract, "link", l.Name, "provider", l.Provider)
}
