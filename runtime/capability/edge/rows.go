package edge

import (
	"errors"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// The beginnings of the keys of the rows that matter here, as package capability has them. Rows of links have the actor,
// the contract and the name behind it, with zero bytes between.
const (
	actorPrefix    = "a/"
	providerPrefix = "p/"
	linkPrefix     = "l/"
)

// rows are what the latest state that was read says. Nothing in a row is modified.
type rows struct {
	providers map[string]*capability.Provider
	links     map[unitKey]*capability.Link
	actors    map[actor.Address]*capability.Actor
	// named are the names of providers by their public keys, which links may say instead.
	named map[string]string
	// linksOf and linksTo are the keys of links, by actor and by what they say of their provider.
	linksOf map[actor.Address]map[unitKey]bool
	linksTo map[string]map[unitKey]bool
}

func newRows() rows {
	return rows{
		providers: map[string]*capability.Provider{}, links: map[unitKey]*capability.Link{}, actors: map[actor.Address]*capability.Actor{},
		named: map[string]string{}, linksOf: map[actor.Address]map[unitKey]bool{}, linksTo: map[string]map[unitKey]bool{},
	}
}

// readRows reads all rows, and returns the transaction behind which changes are to be looked for. Those that it has seen
// already do no harm if they are taken again. Unreadable is told of each that counts as deleted.
func readRows(r *query.Router, unreadable func(error)) (from uint64, found rows, err error) {
	head, err := r.Head()
	if err != nil {
		return 0, found, err
	}
	found = newRows()
	for _, prefix := range [...]string{actorPrefix, providerPrefix, linkPrefix} {
		for token := ""; ; {
			page, err := r.Scan(capability.Address, query.Range{Prefix: []byte(prefix), Limit: query.MaxLimit, Token: token})
			if errors.Is(err, &actor.Error{Code: actor.CodeUnknownActor}) {
				break
			}
			if err != nil {
				return 0, found, err
			}
			for _, pair := range page.Pairs {
				if err := found.take(pair.Key, pair.Value, nil); err != nil {
					unreadable(err)
				}
			}
			if token = page.Token; token == "" {
				break
			}
		}
	}
	return head.Sequence, found, nil
}

// take makes a row what it has become: nothing if value is nil. It adds the keys of the units that it concerns to dirty. The
// error says that the row cannot be read; then it counts as deleted.
func (r *rows) take(key, value []byte, dirty map[unitKey]bool) (err error) {
	prefix, name := string(key[:min(2, len(key))]), string(key[min(2, len(key)):])
	switch prefix {
	case actorPrefix:
		delete(r.actors, actor.Address(name))
		if value != nil {
			var row *capability.Actor
			if row, err = capability.DecodeActor(value); err == nil {
				r.actors[actor.Address(name)] = row
			}
		}
		mark(dirty, r.linksOf[actor.Address(name)])
	case providerPrefix:
		err = r.takeProvider(name, value, dirty)
	case linkPrefix:
		err = r.takeLink(name, value, dirty)
	}
	if err != nil {
		return fmt.Errorf("row %.200q: %w", key, err)
	}
	return nil
}

func (r *rows) takeProvider(name string, value []byte, dirty map[unitKey]bool) (err error) {
	if old := r.providers[name]; old != nil {
		delete(r.providers, name)
		if r.named[old.Key] == name {
			delete(r.named, old.Key)
			mark(dirty, r.linksTo[old.Key])
		}
	}
	mark(dirty, map[unitKey]bool{{provider: name}: true})
	mark(dirty, r.linksTo[name])
	if value == nil {
		return nil
	}
	row, err := capability.DecodeProvider(value)
	if err != nil {
		return err
	}
	r.providers[name] = row
	if row.Key != "" {
		r.named[row.Key] = name
		mark(dirty, r.linksTo[row.Key])
	}
	return nil
}

// provider returns the one of a name or a public key, nil if there is none.
func (r *rows) provider(name string) *capability.Provider {
	if p := r.providers[name]; p != nil {
		return p
	}
	return r.providers[r.named[name]]
}

func (r *rows) takeLink(name string, value []byte, dirty map[unitKey]bool) (err error) {
	parts := strings.Split(name, "\x00")
	if len(parts) != 3 {
		return errors.New("a link has an actor, a contract and a name")
	}
	key := unitKey{actor: actor.Address(parts[0]), contract: parts[1], link: parts[2]}
	mark(dirty, map[unitKey]bool{key: true})
	if old := r.links[key]; old != nil {
		delete(r.links, key)
		remove(r.linksOf, key.actor, key)
		remove(r.linksTo, old.Provider, key)
	}
	if value == nil {
		return nil
	}
	row, err := capability.DecodeLink(value)
	if err != nil {
		return err
	}
	r.links[key] = row
	add(r.linksOf, key.actor, key)
	add(r.linksTo, row.Provider, key)
	return nil
}

func mark(dirty, keys map[unitKey]bool) {
	if dirty == nil {
		return
	}
	for key := range keys {
		dirty[key] = true
	}
}

func add[K comparable](index map[K]map[unitKey]bool, at K, key unitKey) {
	if index[at] == nil {
		index[at] = map[unitKey]bool{}
	}
	index[at][key] = true
}

func remove[K comparable](index map[K]map[unitKey]bool, at K, key unitKey) {
	if delete(index[at], key); len(index[at]) == 0 {
		delete(index, at)
	}
}
