package manifest

import (
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/troupe-run/troupe/runtime/capability"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func containsFold(list []string, text string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, text) })
}

// host reads the host manifest of wasmCloud 0.18.
func (d decoder) host(body ast.Node, m *Manifest) error {
	var capabilities, links []ast.Node
	listed := func(to *[]ast.Node, what string) func(key, v ast.Node) error {
		return func(_, v ast.Node) (err error) {
			if _, ok := v.(*ast.NullNode); !ok {
				*to, err = d.list(v, what)
			}
			return err
		}
	}
	var actors []ast.Node
	err := d.loose(body, m, "a host manifest", fields{
		"labels":       d.texts(&m.Labels, "labels"),
		"actors":       listed(&actors, "actors"),
		"capabilities": listed(&capabilities, "capabilities"),
		"links":        listed(&links, "links"),
	})
	for _, n := range actors {
		if err == nil {
			err = d.hostActor(n, m)
		}
	}
	for _, n := range capabilities {
		if err == nil {
			err = d.hostCapability(n, m)
		}
	}
	for _, n := range links {
		if err == nil {
			err = d.hostLink(n, m)
		}
	}
	return err
}

func (d decoder) hostActor(n ast.Node, m *Manifest) error {
	ref, err := d.text(n, "an actor")
	if err != nil {
		return err
	}
	for i := range m.Modules {
		if m.Modules[i].Reference == ref {
			m.problem(d.at(n), "the actor %.80s stands there twice", ref)
			return nil
		}
	}
	name := strings.TrimSuffix(imageName(ref), "_s") // as signed files are called
	m.addModule(d.at(n), nameFrom(name, func(s string) bool { return slices.Contains(m.actorNames(), s) }), ref)
	return nil
}

func (d decoder) hostCapability(n ast.Node, m *Manifest) error {
	var image, linkName string
	err := d.loose(n, m, "a capability", fields{
		"image_ref": d.into(&image, "the reference of a capability"),
		"link_name": d.optional(&linkName, "the name of a link"),
	})
	switch {
	case err != nil:
		return err
	case image == "":
		m.problem(d.at(n), "a capability needs an image_ref")
		return nil
	case containsFold(builtInImages, imageName(image)):
		return nil // every actor has it whose claims say so
	}
	if linkName == "" {
		linkName = capability.DefaultLink
	}
	name := imageName(image)
	if k := kindOfImage(image); k != nil {
		name = k.name
	}
	if linkName != capability.DefaultLink {
		name += "-" + linkName
	}
	name = nameFrom(name, func(s string) bool { return m.provider(s) != nil })
	m.addProvider(d.at(n), Provider{Name: name, linkName: linkName}, image)
	return nil
}

// optional reads a text that may be left out by null.
func (d decoder) optional(to *string, what string) func(key, v ast.Node) error {
	return func(_, v ast.Node) (err error) {
		if _, ok := v.(*ast.NullNode); !ok {
			*to, err = d.text(v, what)
		}
		return err
	}
}

func (d decoder) hostLink(n ast.Node, m *Manifest) error {
	l := Link{place: d.at(n)}
	var provider string
	err := d.loose(n, m, "a link", fields{
		"actor":       d.into(&l.Actor, "the actor of a link"),
		"contract_id": d.into(&l.Contract, "the contract of a link"),
		"provider_id": d.into(&provider, "the provider of a link"),
		"link_name":   d.optional(&l.Name, "the name of a link"),
		"values":      d.texts(&l.Values, "the values of a link"),
	})
	switch {
	case err != nil:
		return err
	case l.Actor == "" || l.Contract == "" || provider == "":
		m.problem(l.place, "a link needs actor, contract_id and provider_id")
		return nil
	case slices.Contains(builtIn, l.Contract):
		return nil // it needs no link
	}
	if l.Name == "" {
		l.Name = capability.DefaultLink
	}
	if l.Provider = m.providerOf(provider, l.Contract, l.Name); l.Provider == "" {
		m.problem(l.place, "the link of %.80s on %.80s: no capability of the manifest is its provider %.80s; those are %s",
			l.Actor, l.Contract, provider, orNone(m.providerNames()))
		return nil
	}
	m.unused(&l)
	m.addLink(l)
	return nil
}

// providerOf returns the name of the provider that a link of a host manifest means: of the kind that the key is of, or else
// that implements the contract; among several the one with the name of the link. It is empty if there is none.
func (m *Manifest) providerOf(key, contract, linkName string) (name string) {
	k := kindOfKey(key)
	if k == nil {
		k = kindOfContract(contract)
	}
	for i := range m.Providers {
		p := &m.Providers[i]
		if k == nil || p.Kind != k.name {
			continue
		}
		if name == "" || p.linkName == linkName {
			name = p.Name
		}
		if p.linkName == linkName {
			return name
		}
	}
	return name
}
