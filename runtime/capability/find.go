package capability

import (
	"slices"

	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
)

// A Target is whom a guest calls.
type Target struct {
	// Link and Provider are set if it is a provider: then the claims must name the contract, see Outbound.
	Link     *Link
	Provider *Provider
	// To is where it lives. That somebody does is known for providers that are built in and for guests.
	To actor.Address
	// Guest says that it is another actor with claims, which takes invocations. What is neither a guest nor a provider takes
	// JSON, as a provider does that is Plain: see pack.Message.
	Guest bool
}

// Find returns whom the actor self means by the name of a link, which is DefaultLink if empty, and a namespace: a contract that
// it is linked under; else the public key of a module, the address of an actor with claims, an alias or any other address.
// Names that belong to the host are reached by links only. The order is that of wasmCloud's host, which knows no addresses: those
// of started actors come before aliases, because operators choose the ones, and whoever signs a module the others.
func (t *Table) Find(self actor.Address, link, namespace string) (Target, *actor.Error) {
	if link == "" {
		link = DefaultLink
	}
	if max(len(link), len(namespace)) > MaxWord {
		return Target{}, errMissingLink(self, link, namespace)
	}
	if l, ok := t.Link(self, namespace, link); ok {
		p, ok := t.Provider(l.Provider)
		if !ok {
			return Target{}, actor.Errorf(CodeNotProvided, "there is no provider %s, to which %s is linked for %s on %s: troupe start provider KIND --name %s, or link it to another",
				shown(l.Provider), self, shown(namespace), shown(link), shown(l.Provider))
		}
		if p.Contract != namespace {
			return Target{}, actor.Errorf(CodeNotProvided, "the provider %s is one of %s, and %s is linked to it for %s: troupe link put %s PROVIDER %s",
				p.Name, p.Contract, self, shown(namespace), self, shown(namespace))
		}
		return Target{Link: l, Provider: p, To: p.Address}, nil
	}
	if isKey(namespace, 'M') {
		if to, ok := t.ByKey(namespace); ok {
			return Target{To: to, Guest: true}, nil
		}
		return Target{}, actor.Errorf(CodeNotStarted, "no actor of the module %s is started: troupe start actor FILE", namespace)
	}
	at := actor.Address(namespace)
	free := at.Valid() && !access.Reserved(at)
	if _, started := t.Actor(at); free && started {
		return Target{To: at, Guest: true}, nil
	}
	if to, ok := t.ByAlias(namespace); ok {
		return Target{To: to, Guest: true}, nil
	}
	if free {
		return Target{To: at}, nil
	}
	return Target{}, errMissingLink(self, link, namespace)
}

func errMissingLink(self actor.Address, link, contract string) *actor.Error {
	named := ""
	if link != DefaultLink {
		named = " --link-name " + shown(link)
	}
	return actor.Errorf(CodeMissingLink, "Invocation not authorized: missing link definition for %s on %s: troupe link put %s PROVIDER %s%s",
		shown(contract), shown(link), self, shown(contract), named)
}

// Outbound returns nil if the claims of an actor let it use a contract.
func Outbound(a *Actor, contract string) *actor.Error {
	if slices.Contains(a.Caps, contract) {
		return nil
	}
	return actor.Errorf(CodeMissingClaim, "Invocation not authorized: missing capability claim for %s: troupe claims sign FILE --cap %s, and start %s with it",
		shown(contract), shown(contract), a.Address)
}

// Inbound returns nil if the claims of an actor let providers of a contract call it.
func Inbound(a *Actor, contract string) *actor.Error {
	if slices.Contains(a.Caps, contract) {
		return nil
	}
	return actor.Errorf(CodeMissingClaim, "Invocation source does not have the required capability claim %s: troupe claims sign FILE --cap %s, and start %s with it",
		shown(contract), shown(contract), a.Address)
}

// Linked returns the link over which the actor from reaches the provider self, or is reached by it.
func Linked(t *Table, self, from actor.Address, contract, link string) (*Link, *Provider, *actor.Error) {
	if max(len(contract), len(link)) <= MaxWord {
		if l, ok := t.Link(from, contract, link); ok {
			if p, ok := t.Provider(l.Provider); ok && p.Address == self && p.Contract == contract {
				return l, p, nil
			}
		}
	}
	name := self.Key()
	if !access.Reserved(self) {
		name = "PROVIDER"
	}
	return nil, nil, actor.Errorf(CodeUnlinked, "unlinked actor: '%s': troupe link put %s %s %s", from, from, name, shown(contract))
}
