package capability

import (
	"context"
	"maps"
	"strings"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
)

// words joins texts for events and errors.
func words(list []string) string { return strings.Join(list, ",") }

// providerName reports whether a text can be the name of a provider: it is the key of an address.
func providerName(name string) bool {
	return actor.Address(name).Valid() && !strings.Contains(name, "/")
}

// provide puts a provider, or changes one.
func (k *keeping) provide(ctx context.Context, o *ProviderOrder) error {
	if err := k.name("provider", o.Name); err != nil {
		return err
	}
	next, err := k.provider(o)
	if err != nil {
		return err
	}
	old, there := k.table.Provider(next.Name)
	if there && old.Address == next.Address && old.Contract == next.Contract && old.Kind == next.Kind && old.Key == next.Key &&
		maps.Equal(old.Config, next.Config) && old.Plain == next.Plain {
		return nil
	}
	if err := k.authorize(ctx, StartProvider, next.Party()); err != nil {
		return err
	}
	if err := k.set(rowKey(providerPrefix, next.Name), next.Encode(), "the provider "+next.Name); err != nil {
		return err
	}
	if !there {
		k.n.providers++
	} else if old.Key != "" {
		k.delete(rowKey(servicePrefix, old.Key))
	}
	if next.Key != "" {
		k.env.State.Set(rowKey(servicePrefix, next.Key), []byte(next.Name))
	}
	k.tell("provider_started", "provider", next.Name, "address", string(next.Address), "contract", next.Contract, "kind", next.Kind, "key", next.Key)
	return nil
}

// provider returns what an order asks for, if there can be such a provider.
func (k *keeping) provider(o *ProviderOrder) (*Provider, error) {
	if !providerName(o.Name) {
		return nil, actor.Errorf(CodeInvalidOrder, "%s cannot be the name of a provider: one matches [a-z0-9][a-z0-9._-]*", shown(o.Name))
	}
	p := &Provider{Name: o.Name, Address: o.Address, Contract: o.Contract, Kind: o.Kind, Key: o.Key, Config: values(o.Config), Plain: o.Plain, Started: k.env.Sequence}
	if p.Kind == "" {
		p.Kind = ActorKind
	}
	if p.Kind == ActorKind {
		if !p.Address.Valid() || access.Reserved(p.Address) {
			return nil, actor.Errorf(CodeInvalidOrder, "the provider %s needs a kind that is built in, or the address of an actor that is none of the host's", p.Name)
		}
	} else {
		kind, ok := KindOf(p.Kind)
		at := actor.Address(string(kind.Address) + "/" + p.Name)
		if !ok || p.Plain || p.Address != "" && p.Address != at {
			return nil, actor.Errorf(CodeInvalidOrder, "the provider %s of the kind %s cannot be: the kinds are blobstore, httpclient, httpserver, keyvalue and messaging, they have addresses of their own, and none is plain",
				p.Name, shown(p.Kind))
		}
		p.Address = at
		if p.Contract == "" {
			p.Contract = kind.Contract
		}
		if holder, held := k.env.State.Get(rowKey(servicePrefix, kind.Key)); p.Key == "" && (!held || string(holder) == p.Name) {
			p.Key = kind.Key
		}
	}
	if err := checkWord("contract", p.Contract); err != nil {
		return nil, err
	}
	if p.Key == "" {
		return p, nil
	}
	if claims.CheckPublic(p.Key, claims.ProviderKey) != nil {
		return nil, actor.Errorf(CodeInvalidOrder, "the key %s of the provider %s is not the public key of a provider, V…", shown(p.Key), p.Name)
	}
	if holder, held := k.env.State.Get(rowKey(servicePrefix, p.Key)); held && string(holder) != p.Name {
		return nil, actor.Errorf(CodeInvalidOrder, "the provider %s has the key %s: troupe stop provider %s before", holder, p.Key, holder)
	}
	return p, nil
}

// checkWord refuses what can be no contract and no name of a link.
func checkWord(what, word string) error {
	if actor.Address(word).ValidateSender() != nil {
		return actor.Errorf(CodeInvalidOrder, "%s cannot be a %s: one is printable, and has 1 to %d bytes", shown(word), what, actor.MaxKey)
	}
	return nil
}

func (k *keeping) withdraw(name string) error {
	if err := k.name("provider", name); err != nil {
		return err
	}
	p, ok := k.table.Provider(name)
	if !ok || p.Name != name {
		return nil
	}
	k.delete(rowKey(providerPrefix, name))
	k.n.providers--
	if p.Key != "" {
		k.delete(rowKey(servicePrefix, p.Key))
	}
	k.tell("provider_stopped", "provider", name, "address", string(p.Address), "contract", p.Contract)
	return k.rows(append(rowKey(statusPrefix, name), 0), func(key, _ []byte) error {
		k.delete(key)
		return nil
	})
}
