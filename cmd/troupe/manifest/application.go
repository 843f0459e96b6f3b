package manifest

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/troupe-run/troupe/runtime/capability"
)

// apiVersion and applicationKind are what an application says of itself.
const (
	apiVersion      = "core.oam.dev/v1beta1"
	applicationKind = "Application"
)

// A component is one of an application, half read.
type component struct {
	name, kind string
	at         place
	properties ast.Node
	traits     []ast.Node
}

// An oam reads an application.
type oam struct {
	decoder
	manifest   *Manifest
	components []component
	// providers and actors are what the components have become, by the names that these have there.
	providers, actors map[string]string
	// links wait until all components are known.
	links []linkdef
}

// A linkdef is a trait, of a component and to another.
type linkdef struct {
	of, target string
	values     map[string]string
	at         place
}

// application reads an application for wadm.
func (d decoder) application(body ast.Node, m *Manifest) error {
	o := &oam{decoder: d, manifest: m, providers: map[string]string{}, actors: map[string]string{}}
	var api, kind string
	err := d.loose(body, m, "an application", fields{
		"apiVersion": d.into(&api, "apiVersion"),
		"kind":       d.into(&kind, "kind"),
		"metadata":   o.metadata,
		"spec": func(_, v ast.Node) error {
			return d.loose(v, m, "spec", fields{"components": o.list})
		},
	})
	switch {
	case err != nil:
		return err
	case api != apiVersion || kind != applicationKind:
		return d.at(body).errorf("this is read: apiVersion %s of kind %s, and here is %.80q of kind %.80q", apiVersion, applicationKind, api, kind)
	}
	for i := range o.components {
		if err := o.component(&o.components[i]); err != nil {
			return err
		}
	}
	o.link()
	return nil
}

func (o *oam) metadata(_, n ast.Node) error {
	m := o.manifest
	return o.loose(n, m, "metadata", fields{
		"name":        o.into(&m.Name, "the name of an application"),
		"labels":      o.texts(&m.Labels, "labels"),
		"annotations": func(_, _ ast.Node) error { return nil }, // for people
	})
}

// list reads the components as far as they are alike.
func (o *oam) list(_, n ast.Node) error {
	entries, err := o.decoder.list(n, "components")
	if err != nil {
		return err
	}
	for _, e := range entries {
		c := component{at: o.at(e)}
		err := o.loose(e, o.manifest, "a component", fields{
			"name":       o.into(&c.name, "the name of a component"),
			"type":       o.into(&c.kind, "the type of a component"),
			"properties": func(_, v ast.Node) error { c.properties = v; return nil },
			"traits": func(_, v ast.Node) (err error) {
				if _, ok := v.(*ast.NullNode); !ok {
					c.traits, err = o.decoder.list(v, "traits")
				}
				return err
			},
		})
		switch {
		case err != nil:
			return err
		case c.name == "" || c.kind == "" || c.properties == nil:
			o.manifest.problem(c.at, "a component needs a name, a type and properties")
			continue
		case slices.ContainsFunc(o.components, func(other component) bool { return other.name == c.name }):
			o.manifest.problem(c.at, "the component %.80s stands there twice", c.name)
			continue
		}
		o.components = append(o.components, c)
	}
	return nil
}

func (o *oam) component(c *component) error {
	switch c.kind {
	case "actor":
		return o.actor(c)
	case "capability":
		return o.capability(c)
	case "component":
		o.manifest.problem(c.at, "the component %.80s has the type component, which is of wasmCloud from 1.0 on: what runs here are actors, "+
			"as modules up to 0.82 were", c.name)
	default:
		o.manifest.problem(c.at, "the component %.80s has the type %.80q, and there are actor and capability", c.name, c.kind)
	}
	return nil
}

func (o *oam) actor(c *component) error {
	m := o.manifest
	var image string
	if err := o.loose(c.properties, m, "the actor "+short(c.name), fields{"image": o.into(&image, "an image")}); err != nil {
		return err
	}
	if image == "" {
		m.problem(c.at, "the actor %.80s needs an image", c.name)
		return nil
	}
	name := nameFrom(c.name, func(s string) bool { return slices.Contains(m.actorNames(), s) })
	o.actors[c.name] = name
	m.addModule(c.at, name, image)
	return o.traits(c, &m.Modules[len(m.Modules)-1].Instances)
}

func (o *oam) capability(c *component) error {
	m := o.manifest
	var image string
	p := Provider{}
	err := o.loose(c.properties, m, "the capability "+short(c.name), fields{
		"image":     o.into(&image, "an image"),
		"contract":  o.into(&p.Contract, "a contract"),
		"link_name": o.optional(&p.linkName, "the name of a link"),
		"config":    o.config(&p, c),
	})
	switch {
	case err != nil:
		return err
	case slices.Contains(builtIn, p.Contract) || p.Contract == "" && containsFold(builtInImages, imageName(image)):
		o.providers[c.name] = ""
	default:
		p.Name = nameFrom(c.name, func(s string) bool { return m.provider(s) != nil })
		if m.addProvider(c.at, p, image) != nil {
			o.providers[c.name] = p.Name
		}
	}
	instances := 0
	return o.traits(c, &instances)
}

// config reads what a provider is configured by: a mapping, or a text of JSON.
func (o *oam) config(p *Provider, c *component) func(key, v ast.Node) error {
	return func(_, v ast.Node) (err error) {
		if text, ok := v.(*ast.StringNode); ok {
			var object map[string]json.RawMessage
			if json.Unmarshal([]byte(text.Value), &object) != nil {
				o.manifest.warn(o.at(v), "the capability %.80s: its config is not looked at: it is no mapping and no object of JSON", c.name)
				return nil
			}
			p.Config = map[string]string{}
			for key, value := range object {
				var s string
				if json.Unmarshal(value, &s) != nil {
					s = string(value)
				}
				p.Config[key] = s
			}
			return nil
		}
		p.Config, err = o.values(v, "config")
		return err
	}
}

// traits reads those of a component.
func (o *oam) traits(c *component, instances *int) error {
	for _, n := range c.traits {
		var kind string
		var properties ast.Node
		err := o.loose(n, o.manifest, "a trait", fields{
			"type":       o.into(&kind, "the type of a trait"),
			"properties": func(_, v ast.Node) error { properties = v; return nil },
		})
		if err == nil && properties != nil {
			err = o.trait(c, kind, n, properties, instances)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *oam) trait(c *component, kind string, n, properties ast.Node, instances *int) error {
	m := o.manifest
	switch kind {
	case "spreadscaler", "daemonscaler":
		count := func(_, v ast.Node) (err error) {
			if text, textErr := o.text(v, "instances"); textErr == nil && text == "0" {
				m.warn(o.at(v), "the component %.80s: it starts with 1 instance in the place of 0: scale it when it runs", c.name)
				*instances = 1
				return nil
			}
			*instances, err = o.count(v, "instances")
			return err
		}
		return o.loose(properties, m, "the trait "+kind+" of "+short(c.name), fields{
			"instances": count, "replicas": count,
			"spread": func(key, v ast.Node) error {
				if isListOf(v, func(ast.Node) bool { return true }) {
					m.warn(o.at(key), "the component %.80s: its spread is not looked at: all its instances are on this host", c.name)
				}
				return nil
			},
		})
	case "linkdef":
		l := linkdef{of: c.name, at: o.at(n)}
		err := o.loose(properties, m, "a linkdef of "+short(c.name), fields{
			"target": o.into(&l.target, "the target of a link"),
			"values": o.texts(&l.values, "the values of a link"),
		})
		o.links = append(o.links, l)
		return err
	case "link":
		m.problem(o.at(n), "the component %.80s has a trait of type link, which is of wasmCloud from 1.0 on: a linkdef of an actor names its provider", c.name)
	default:
		m.warn(o.at(n), "the component %.80s: its trait %.80q is not looked at: there are spreadscaler, daemonscaler and linkdef", c.name, kind)
	}
	return nil
}

// link makes links of the traits, which may stand at either end.
func (o *oam) link() {
	for _, l := range o.links {
		who, isActor := o.actors[l.of]
		whom, isProvider := o.providers[l.target]
		if !isActor {
			who, isActor = o.actors[l.target]
			whom, isProvider = o.providers[l.of]
		}
		switch {
		case isActor && isProvider && whom == "":
			continue // a contract that needs no link
		case isActor && isProvider:
		case o.leftOut(l.of) || o.leftOut(l.target):
			continue // it has been said why
		default:
			o.manifest.problem(l.at, "the link of %.80s to %.80s: it goes from an actor to a capability; the capabilities are %s, the actors %s",
				l.of, l.target, orNone(sortedKeys(o.providers)), orNone(sortedKeys(o.actors)))
			continue
		}
		name := capability.DefaultLink
		if p := o.manifest.provider(whom); p != nil && p.linkName != "" {
			name = p.linkName
		}
		link := Link{Actor: who, Provider: whom, Name: name, Values: l.values, place: l.at}
		o.manifest.unused(&link)
		o.manifest.addLink(link)
	}
}

// leftOut reports whether there is a component of that name of which nothing has become.
func (o *oam) leftOut(name string) bool {
	_, actor := o.actors[name]
	_, provider := o.providers[name]
	return !actor && !provider && slices.ContainsFunc(o.components, func(c component) bool { return c.name == name })
}

// isFileReference reports whether a reference names a file for sure, and which.
func isFileReference(ref string) (file string, sure bool) {
	if file, ok := strings.CutPrefix(ref, "file://"); ok {
		return file, true
	}
	lower := strings.ToLower(ref)
	return ref, strings.HasSuffix(lower, ".wasm") || strings.HasSuffix(lower, ".wasm.gz") || strings.HasPrefix(ref, "./") ||
		strings.HasPrefix(ref, "../") || strings.HasPrefix(ref, "/")
}
