package capability

import (
	"context"

	"github.com/troupe-run/troupe/runtime/actor"
)

// A Table reads what Address keeps, row by row, in whatever state Read sees. What cannot be read is not there. What it
// returns is shared, and must not be modified. It may be used by as many goroutines as Read may.
type Table struct {
	// Read returns a key of any actor, and whether it is there.
	Read func(of actor.Address, key []byte) (value []byte, ok bool)
	// Memo makes it quick. It may be nil.
	Memo *Memo
}

// A Peeker is what actor.Services of a host can do beside: Peek reads a key of any actor as the transaction sees it, and
// costs the actor nothing.
type Peeker interface {
	Peek(of actor.Address, key []byte) (value []byte, ok bool)
}

// A Caller is what actor.Services of a host can do beside in a transaction: Call delivers a message at once, as a
// subtransaction. On an error, which is an *actor.Error, it has been rolled back, and the caller may go on.
type Caller interface {
	Call(ctx context.Context, to actor.Address, body []byte) (data []byte, err error)
}

// An Asker is what actor.Services of a host can do beside in a transaction: Outside has the world outside of the host answer a
// question. A transaction that is executed again finds the answer that it had.
type Asker interface {
	Outside(ctx context.Context, request []byte) (answer []byte, err error)
}

// TableOf returns the table that a call sees.
func TableOf(s actor.Services, memo *Memo) *Table {
	if p, ok := s.(Peeker); ok {
		return &Table{p.Peek, memo}
	}
	return &Table{s.QueryRaw, memo}
}

// Actor returns the actor with claims at an address, whether or not it may run: see Admit.
func (t *Table) Actor(at actor.Address) (*Actor, bool) {
	b, ok := t.Read(Address, rowKey(actorPrefix, string(at)))
	if !ok {
		return nil, false
	}
	var m *memory[Actor]
	if t.Memo != nil {
		m = &t.Memo.actors
	}
	a := m.recall(b, DecodeActor)
	return a, a != nil
}

// ByKey returns the address of the actor whose module has a public key: of several, that of the one that has it longest.
func (t *Table) ByKey(module string) (actor.Address, bool) { return t.named(keyPrefix, module) }

// ByAlias returns the address of the actor that has an alias: of several, that of the one that has it longest.
func (t *Table) ByAlias(alias string) (actor.Address, bool) { return t.named(aliasPrefix, alias) }

func (t *Table) named(prefix, name string) (actor.Address, bool) {
	b, _ := t.Read(Address, rowKey(prefix, name))
	return actor.Address(b), len(b) > 0 // the rows of those who wait for a name are empty
}

// Link returns the link of an actor under a contract and a name, which is DefaultLink if empty.
func (t *Table) Link(of actor.Address, contract, name string) (*Link, bool) {
	if name == "" {
		name = DefaultLink
	}
	b, ok := t.Read(Address, linkKey(of, contract, name))
	if !ok {
		return nil, false
	}
	var m *memory[Link]
	if t.Memo != nil {
		m = &t.Memo.links
	}
	l := m.recall(b, DecodeLink)
	return l, l != nil
}

// Provider returns the provider of a name, or with a public key.
func (t *Table) Provider(name string) (*Provider, bool) {
	if isKey(name, 'V') {
		b, ok := t.Read(Address, rowKey(servicePrefix, name))
		if !ok {
			return nil, false
		}
		name = string(b)
	}
	b, ok := t.Read(Address, rowKey(providerPrefix, name))
	if !ok {
		return nil, false
	}
	var m *memory[Provider]
	if t.Memo != nil {
		m = &t.Memo.providers
	}
	p := m.recall(b, DecodeProvider)
	return p, p != nil
}

// isKey reports whether a text has the form of a public key of that kind. Its checksum is not looked at: what has no row
// does not exist.
func isKey(text string, kind byte) bool {
	if len(text) != keyLength || text[0] != kind {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// keyLength is the length of the text of a public key.
const keyLength = 56
