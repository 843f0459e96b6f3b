package manifest

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// A Form is a way to write a manifest.
type Form string

// The forms. Which one a file has shows in what it says, not in its name.
const (
	// TroupeForm is that of troupe.yaml.
	TroupeForm Form = "troupe"
	// HostForm is the host manifest of wasmCloud up to 0.18: actors, capabilities, and links by public keys.
	HostForm Form = "wasmcloud-host"
	// ApplicationForm is the application of the Open Application Model as wadm took it for wasmCloud 0.x: components with
	// traits.
	ApplicationForm Form = "wadm"
)

// formOf tells the form of a manifest by the keys that only one form has.
func (d decoder) formOf(body ast.Node) Form {
	keys := map[string]ast.Node{}
	switch n := body.(type) {
	case *ast.MappingNode:
		for _, p := range n.Values {
			if key, err := d.key(p.Key); err == nil {
				keys[key] = p.Value
			}
		}
	case *ast.MappingValueNode:
		if key, err := d.key(n.Key); err == nil {
			keys[key] = n.Value
		}
	}
	_, api := keys["apiVersion"]
	_, spec := keys["spec"]
	_, modules := keys["modules"]
	_, capabilities := keys["capabilities"]
	_, labels := keys["labels"]
	switch {
	case api && (spec || keys["kind"] != nil):
		return ApplicationForm
	case modules:
		return TroupeForm
	case capabilities, labels, isListOf(keys["actors"], isText), isListOf(keys["links"], hasContractID):
		return HostForm
	}
	return TroupeForm
}

// isListOf reports whether a node is a list whose first entry is right.
func isListOf(n ast.Node, right func(ast.Node) bool) bool {
	s, ok := n.(*ast.SequenceNode)
	return ok && len(s.Values) > 0 && right(s.Values[0])
}

func isText(n ast.Node) bool {
	_, ok := n.(*ast.StringNode)
	return ok
}

func hasContractID(n ast.Node) bool {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		return false
	}
	for _, p := range m.Values {
		if k, ok := p.Key.(*ast.StringNode); ok && (k.Value == "contract_id" || k.Value == "provider_id") {
			return true
		}
	}
	return false
}

// expandWhole puts the values of variables into a text before it is parsed, as the hosts of wasmCloud 0.18 did, so that a
// variable may stand wherever a text may. The decoder knows from then on which variables had no value.
func (d *decoder) expandWhole(text []byte) (ast.Node, error) {
	expanded, unset := d.env.expand(string(text))
	if len(expanded) > maxExpanded {
		return nil, place{d.file, 1, 1}.errorf("with the values of variables in it, the file has more than %d bytes", maxExpanded)
	}
	d.env, d.unset = nil, unset
	return d.document([]byte(expanded))
}

// problem notes that a part of the manifest cannot be, and is left out.
func (m *Manifest) problem(at place, format string, args ...any) {
	m.Problems = append(m.Problems, &Error{at.file, at.line, at.column, fmt.Sprintf(format, args...)})
}

// warn notes that something will be otherwise than the manifest says.
func (m *Manifest) warn(at place, format string, args ...any) {
	m.Warnings = append(m.Warnings, &Error{at.file, at.line, at.column, fmt.Sprintf(format, args...)})
}

// ignored warns of a key that this host has no use for.
func (d decoder) ignored(m *Manifest, what, why string) func(key, v ast.Node) error {
	return func(key, _ ast.Node) error {
		name, err := d.key(key)
		if err == nil {
			m.warn(d.at(key), "%s: %.80q is not looked at: %s", what, name, why)
		}
		return err
	}
}

// loose reads a mapping as mapping does. What it does not know it warns of: the forms of others grow.
func (d decoder) loose(n ast.Node, m *Manifest, what string, known fields) error {
	pairs, err := d.pairs(n, what, known.names())
	if err != nil {
		return err
	}
	for _, p := range pairs {
		key, err := d.key(p.Key)
		if err != nil {
			return err
		}
		read := known[key]
		if read == nil {
			read = d.ignored(m, what, "it may have "+known.names())
		}
		if err := read(p.Key, p.Value); err != nil {
			return err
		}
	}
	return nil
}

// texts reads a mapping from names to texts in which the order does not matter.
func (d decoder) texts(to *map[string]string, what string) func(key, v ast.Node) error {
	return func(_, v ast.Node) (err error) {
		*to, err = d.values(v, what)
		return err
	}
}

// addModule takes an actor of a foreign form in: what it is in is a file, or the place of one in a registry.
func (m *Manifest) addModule(at place, name, ref string) {
	mod := Module{Name: name, Anywhere: true, name: at, path: at, Reference: ref}
	m.Modules = append(m.Modules, mod)
}

// addProvider takes a provider of a foreign form in, by the image that it is in and the contract that it implements. Either
// may be empty. It returns nil if this host has none like it.
func (m *Manifest) addProvider(at place, p Provider, image string) *Provider {
	k := kindOfImage(image)
	if k == nil && image == "" || k == nil && p.Contract != "" {
		k = kindOfContract(p.Contract)
	}
	if k == nil {
		m.problem(at, "the provider %.80s: this host cannot run providers of wasmCloud, and has none like it; built in are %s. "+
			"An actor can be a provider: see providers in %s", image, kindNames(), File)
		return nil
	}
	if p.Contract != "" && p.Contract != k.contract {
		m.problem(at, "the provider %.80s implements %s here, and not %.80s", image, k.contract, p.Contract)
		return nil
	}
	p.Kind, p.Contract = k.name, k.contract
	m.Providers = append(m.Providers, p)
	return &m.Providers[len(m.Providers)-1]
}

// unused warns of values of a link that the built-in provider has no use for.
func (m *Manifest) unused(l *Link) {
	p := m.provider(l.Provider)
	if p == nil {
		return
	}
	k := kindNamed(p.Kind)
	for _, name := range sortedKeys(l.Values) {
		if k != nil && containsFold(k.ignored, name) {
			m.warn(l.place, "the link of %.80s to %s: the value %s is not looked at: the built-in %s keeps everything in the data directory",
				l.Actor, l.Provider, name, k.name)
			delete(l.Values, name)
		}
	}
}
