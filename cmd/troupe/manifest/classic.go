package manifest

import (
	"math"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// A Provider is to implement a contract for the actors that are linked to it.
type Provider struct {
	Name string
	// Kind is that of a built-in one; Address that of an actor which is one, and Contract what it implements.
	Kind     string
	Address  actor.Address
	Contract string
	// Key is a public key "V…" under which others know it, empty for none.
	Key    string
	Config map[string]string
	// Plain says that the actor knows nothing of invocations.
	Plain bool

	// linkName is that of its links, in forms where the provider has it.
	linkName string
}

// A Link is to let an actor reach a provider, and the provider the actor.
type Link struct {
	// Actor is the name of a module, the address of an actor, or the public key "M…" of a module.
	Actor    string
	Contract string
	Name     string
	// Provider is the name of one, or a public key "V…".
	Provider string
	Values   map[string]string

	place place
}

// An Anchor is a key whose modules are trusted.
type Anchor struct {
	Key string // "O…" or "A…"
	// Token is the path of a file with the claims of the key, empty if they do not matter.
	Token string

	token place
}

// Expect is what the claims of a module must say. What is empty may be anything.
type Expect struct {
	Key, Issuer string
	// Capabilities are nil if they may be any.
	Capabilities []string

	place place
}

// providers reads a mapping from names to providers.
func (d decoder) providers(n ast.Node, m *Manifest) error {
	pairs, err := d.pairs(n, "providers", "the names of providers")
	if err != nil {
		return err
	}
	for _, p := range pairs {
		name, err := d.key(p.Key)
		if err != nil {
			return err
		}
		if a := actor.Address(name); a.Validate() != nil || a.Key() != "" {
			return d.at(p.Key).errorf("the name of a provider matches [a-z0-9][a-z0-9._-]*, and %.80q does not", name)
		}
		if m.provider(name) != nil {
			return d.at(p.Key).errorf("the provider %s stands there twice", name)
		}
		v, err := d.provider(p.Value, name)
		if err != nil {
			return err
		}
		if reason := v.complete(); reason != "" {
			m.problem(d.at(p.Key), "provider %s: %s", name, reason)
			continue
		}
		m.Providers = append(m.Providers, v)
	}
	return nil
}

func (d decoder) provider(n ast.Node, name string) (Provider, error) {
	p := Provider{Name: name}
	what := "provider " + name
	err := d.mapping(n, what, fields{
		"kind":     d.into(&p.Kind, "the kind of "+what),
		"address":  d.address(&p.Address, "the address of "+what, actor.Address.Validate),
		"contract": d.into(&p.Contract, "the contract of "+what),
		"key":      d.into(&p.Key, "the key of "+what),
		"plain":    d.flag(&p.Plain, "plain"),
		"config": func(_, v ast.Node) (err error) {
			p.Config, err = d.values(v, "the config of "+what)
			return err
		},
	})
	return p, err
}

// complete fills in what follows from the kind, and returns what is wrong.
func (p *Provider) complete() string {
	k := kindNamed(p.Kind)
	switch {
	case p.Kind == "" && p.Address == "":
		return "it needs a kind, one of " + kindNames() + ", or the address of an actor"
	case p.Kind != "" && p.Address != "":
		return "a built-in kind has no address of its own: leave one of kind and address out"
	case p.Kind != "" && k == nil:
		return "there is no kind " + strconv.Quote(short(p.Kind)) + "; there are " + kindNames()
	case k != nil && p.Contract != "" && p.Contract != k.contract:
		return "a " + k.name + " implements " + k.contract + ", and not " + short(p.Contract)
	case k == nil && p.Contract == "":
		return "it needs the contract that the actor implements"
	case p.Key != "" && !isKey(p.Key, 'V'):
		return "its key has 56 letters and begins with V, and " + strconv.Quote(short(p.Key)) + " does not"
	case k != nil && p.Plain:
		return "plain is for actors that know nothing of invocations, and a built-in kind does"
	}
	if k != nil {
		p.Contract = k.contract
	}
	return ""
}

// short bounds a text in messages.
func short(text string) string { return text[:min(len(text), 80)] }

func (m *Manifest) provider(name string) *Provider {
	for i := range m.Providers {
		if m.Providers[i].Name == name {
			return &m.Providers[i]
		}
	}
	return nil
}

// A linkReader reads links, and then, when everything else is known, looks up what they name.
type linkReader struct {
	decoder
	manifest *Manifest
	links    []Link
}

func (r *linkReader) read(_, n ast.Node) error {
	entries, err := r.list(n, "links")
	if err != nil {
		return err
	}
	for _, e := range entries {
		l := Link{place: r.at(e)}
		err := r.mapping(e, "a link", fields{
			"actor":    r.into(&l.Actor, "the actor of a link"),
			"provider": r.into(&l.Provider, "the provider of a link"),
			"contract": r.into(&l.Contract, "the contract of a link"),
			"name":     r.into(&l.Name, "the name of a link"),
			"values": func(_, v ast.Node) (err error) {
				l.Values, err = r.values(v, "the values of a link")
				return err
			},
		})
		if err != nil {
			return err
		}
		r.links = append(r.links, l)
	}
	return nil
}

// resolve takes the links that are right into the manifest. What is wrong with one is a problem, and no reason to do without
// the others.
func (r *linkReader) resolve() {
	for _, l := range r.links {
		r.manifest.addLink(l)
	}
}

func (m *Manifest) addLink(l Link) {
	if l.Name == "" {
		l.Name = capability.DefaultLink
	}
	p := m.provider(l.Provider)
	if p != nil && l.Contract == "" {
		l.Contract = p.Contract
	}
	switch {
	case l.Actor == "" || l.Provider == "":
		m.problem(l.place, "a link needs an actor and a provider")
		return
	case !m.knows(l.Actor):
		m.problem(l.place, "the link of %.80s to %.80s: there is no actor of that name; there are %s", l.Actor, l.Provider, orNone(m.actorNames()))
		return
	case p == nil && !isKey(l.Provider, 'V'):
		m.problem(l.place, "the link of %.80s to %.80s: there is no provider of that name; there are %s", l.Actor, l.Provider, orNone(m.providerNames()))
		return
	case l.Contract == "":
		m.problem(l.place, "the link of %.80s to %.80s needs a contract: it cannot be known from a key", l.Actor, l.Provider)
		return
	case p != nil && l.Contract != p.Contract:
		m.problem(l.place, "the link of %.80s to %s: the provider implements %s, and not %.80s", l.Actor, p.Name, p.Contract, l.Contract)
		return
	case slices.ContainsFunc(m.Links, func(o Link) bool { return o.Actor == l.Actor && o.Contract == l.Contract && o.Name == l.Name }):
		m.problem(l.place, "the link of %.80s to %.80s: there is one of %.80s named %.80s already; give one of them another name", l.Actor, l.Provider, l.Contract, l.Name)
		return
	}
	m.Links = append(m.Links, l)
}

// knows reports whether a link can name an actor so. A key can be of one that is there already.
func (m *Manifest) knows(name string) bool {
	return isKey(name, 'M') || slices.Contains(m.actorNames(), name)
}

// actorNames are what links can call actors, in the order of the manifest.
func (m *Manifest) actorNames() (names []string) {
	for i := range m.Modules {
		names = append(names, m.Modules[i].Name)
	}
	for i := range m.Actors {
		if name := string(m.Actors[i].Address); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (m *Manifest) providerNames() (names []string) {
	for i := range m.Providers {
		names = append(names, m.Providers[i].Name)
	}
	return names
}

// trust reads a list of keys.
func (d decoder) trust(n ast.Node, m *Manifest) error {
	entries, err := d.list(n, "trust")
	if err != nil {
		return err
	}
	for _, e := range entries {
		a := Anchor{}
		switch e.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			err = d.mapping(e, "an anchor of trust", fields{
				"key": d.into(&a.Key, "the key of an anchor"),
				"token": func(_, v ast.Node) (err error) {
					a.Token, err = d.path(v, "the file with the claims of an anchor")
					a.token = d.at(v)
					return err
				},
			})
		default:
			a.Key, err = d.text(e, "an anchor of trust")
		}
		switch {
		case err != nil:
			return err
		case !isKey(a.Key, 'A') && !isKey(a.Key, 'O'):
			// Without its anchors an application would run what nobody vouches for.
			return d.at(e).errorf("an anchor of trust is the public key of an account or an operator, with 56 letters, of which the first is A or O")
		}
		m.Trust = append(m.Trust, a)
	}
	return nil
}

func (d decoder) expect(n ast.Node) (*Expect, error) {
	e := &Expect{place: d.at(n)}
	err := d.mapping(n, "expect", fields{
		"key":    d.into(&e.Key, "the key of a module"),
		"issuer": d.into(&e.Issuer, "the key of an issuer"),
		"capabilities": func(_, v ast.Node) error {
			entries, err := d.list(v, "capabilities")
			e.Capabilities = []string{}
			for _, entry := range entries {
				var text string
				if text, err = d.contract(entry); err != nil {
					return err
				}
				e.Capabilities = append(e.Capabilities, text)
			}
			return err
		},
	})
	switch {
	case err != nil:
		return nil, err
	case e.Key != "" && !isKey(e.Key, 'M'):
		return nil, e.place.errorf("the key of a module has 56 letters and begins with M, and %.80q does not", e.Key)
	case e.Issuer != "" && !isKey(e.Issuer, 'A'):
		return nil, e.place.errorf("the key of an issuer has 56 letters and begins with A, and %.80q does not", e.Issuer)
	}
	slices.Sort(e.Capabilities)
	return e, nil
}

// contract reads the name of one in a list. The parser takes wasmcloud:httpserver between brackets for a mapping, which it
// is not: there is no space behind the colon.
func (d decoder) contract(n ast.Node) (string, error) {
	p, ok := n.(*ast.MappingValueNode)
	if m, whole := n.(*ast.MappingNode); whole && len(m.Values) == 1 && !m.IsFlowStyle {
		p, ok = m.Values[0], true
	}
	if !ok {
		return d.text(n, "a capability")
	}
	first, err := d.key(p.Key)
	if err != nil {
		return "", err
	}
	rest, err := d.contract(p.Value)
	if key, value := d.at(p.Key), d.at(p.Value); err == nil && (key.line != value.line || key.column+len(first)+1 != value.column) {
		err = d.at(n).errorf("a capability is a text, and here is a mapping")
	}
	return first + ":" + rest, err
}

// into reads a text.
func (d decoder) into(to *string, what string) func(key, v ast.Node) error {
	return func(_, v ast.Node) (err error) {
		*to, err = d.text(v, what)
		return err
	}
}

func (d decoder) flag(to *bool, what string) func(key, v ast.Node) error {
	return func(_, v ast.Node) error {
		b, ok := v.(*ast.BoolNode)
		if !ok {
			return d.at(v).errorf("%s is true or false, and here is %s", what, kindOf(v))
		}
		*to = b.Value
		return nil
	}
}

// count reads how many instances there are to be.
func (d decoder) count(n ast.Node, what string) (int, error) {
	text, err := d.text(n, what)
	if err != nil {
		return 0, err
	}
	i, err := strconv.ParseUint(text, 10, 31)
	if err != nil || i == 0 || i > math.MaxInt32 || i > capability.MaxInstances {
		return 0, d.at(n).errorf("%s is a number from 1 to %d, and here is %.80q", what, capability.MaxInstances, text)
	}
	return int(i), nil
}

// values reads a mapping to texts. What is a mapping or a list becomes a text of JSON, as providers take it.
func (d decoder) values(n ast.Node, what string) (map[string]string, error) {
	if _, ok := n.(*ast.NullNode); ok {
		return nil, nil
	}
	pairs, err := d.pairs(n, what, "names and texts")
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, p := range pairs {
		key, err := d.key(p.Key)
		if err != nil {
			return nil, err
		}
		if _, twice := values[key]; twice {
			return nil, d.at(p.Key).errorf("%s stands there twice", key)
		}
		if values[key], err = d.value(p.Value); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// value reads one of values. Unlike a name it may be empty.
func (d decoder) value(n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.NullNode, nil:
		return "", nil
	case *ast.StringNode:
		return d.expanded(n, n.Value)
	case *ast.LiteralNode:
		return d.expanded(n, n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	}
	text, err := d.json(nil, n)
	if err != nil {
		return "", err
	}
	return d.expanded(n, string(text))
}
