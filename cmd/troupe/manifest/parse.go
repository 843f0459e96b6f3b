package manifest

import (
	"errors"
	"maps"
	"net"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/troupe-run/troupe/cmd/troupe/npm"
	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/actor"
)

// Parse reads the text of a manifest of any form. The name is for messages, and env gives the values of variables. It looks
// at no file, so the languages of folders that name none stay open. The error is an *Error, and says that nothing can be
// made of it; what is wrong with a single provider or link is in Problems.
func Parse(name string, text []byte, env Env) (*Manifest, error) {
	d := decoder{file: name, env: env}
	m := &Manifest{Dir: filepath.Dir(name), File: filepath.Base(name)}
	body, err := d.document(text)
	if err != nil || d.formOf(body) == HostForm {
		// What is expanded before it is parsed may be no YAML before.
		var failed error
		if body, failed = d.expandWhole(text); failed != nil && err == nil {
			err = failed
		} else if failed == nil {
			err = nil
		}
	}
	if err != nil {
		return nil, err
	}
	switch m.Form = d.formOf(body); m.Form {
	case HostForm:
		err = d.host(body, m)
	case ApplicationForm:
		err = d.application(body, m)
	default:
		err = d.troupe(body, m)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// troupe reads a manifest of the form that is ours.
func (d decoder) troupe(body ast.Node, m *Manifest) error {
	links := &linkReader{decoder: d, manifest: m}
	err := d.mapping(body, "a manifest", fields{
		"chain":     func(_, v ast.Node) error { return d.chain(v, m) },
		"modules":   func(_, v ast.Node) error { return d.modules(v, m) },
		"actors":    func(_, v ast.Node) error { return d.actors(v, m) },
		"providers": func(_, v ast.Node) error { return d.providers(v, m) },
		"links":     links.read,
		"trust":     func(_, v ast.Node) error { return d.trust(v, m) },
		"scripts":   func(_, v ast.Node) error { return d.scripts(v, m) },
		"serve":     func(_, v ast.Node) error { return d.serve(v, m) },
	})
	if err == nil {
		err = m.checkModules()
	}
	links.resolve()
	return err
}

// checkModules checks that actors have modules that are there.
func (m *Manifest) checkModules() error {
	var names []string
	for _, mod := range m.Modules {
		names = append(names, mod.Name)
	}
	for _, a := range m.Actors {
		if !slices.Contains(names, a.Module) {
			return a.module.errorf("there is no module %q; there are %s", a.Module, orNone(names))
		}
	}
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// decoder reads nodes of one file.
type decoder struct {
	file string
	env  Env // nil: variables stay as they are
	// unset are variables without a value or a default of a text that was expanded as a whole.
	unset []string
}

func (d decoder) at(n ast.Node) place { return placeOf(d.file, n) }

// document returns the only document of a text.
func (d decoder) document(text []byte) (ast.Node, error) {
	if line, deep := nesting(text); deep {
		return nil, place{d.file, line, 1}.errorf("mappings and lists nest too deep")
	}
	f, err := parser.ParseBytes(text, 0)
	if err != nil {
		e := &Error{File: d.file, Reason: "this is not YAML: " + err.Error()}
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) {
			e.Reason = syntax.Message
			if t := syntax.Token; t != nil && t.Position != nil {
				e.Line, e.Column = t.Position.Line, t.Position.Column
			}
		}
		return nil, e
	}
	var body ast.Node
	for _, doc := range f.Docs {
		switch {
		case doc.Body == nil:
		case body != nil:
			return nil, d.at(doc.Body).errorf("a second document begins here, and there is one")
		default:
			body = doc.Body
		}
	}
	if body == nil {
		return nil, place{d.file, 1, 1}.errorf("the file is empty; it may have modules, actors, providers and links")
	}
	return body, nil
}

// maxNesting bounds how deep mappings and lists may nest between brackets or at the beginning of a line. The time that the
// parser takes grows with the square of it.
const maxNesting = 64

// nesting returns the line in which a text nests too deep. It takes brackets in quotes for brackets, which matters for
// texts that nobody writes.
func nesting(text []byte) (line int, deep bool) {
	line = 1
	brackets, dashes := 0, 0
	leading := true // so far, the line has nothing but "- - -"
	for _, c := range text {
		switch c {
		case '[', '{':
			brackets++
		case ']', '}':
			brackets = max(brackets-1, 0)
		case '-', '?':
			if leading {
				dashes++
			}
		}
		if leading = leading && (c == ' ' || c == '\t' || c == '-' || c == '?'); c == '\n' {
			line++
			dashes, leading = 0, true
		}
		if brackets > maxNesting || dashes > maxNesting {
			return line, true
		}
	}
	return line, false
}

// fields are what a mapping may have, and who reads them.
type fields map[string]func(key, value ast.Node) error

func (f fields) names() string { return strings.Join(slices.Sorted(maps.Keys(f)), ", ") }

// pairs returns the pairs of a mapping.
func (d decoder) pairs(n ast.Node, what, allowed string) ([]*ast.MappingValueNode, error) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, d.at(n).errorf("%s is a mapping with %s, and here is %s", what, allowed, kindOf(n))
}

// mapping reads a mapping whose keys are known.
func (d decoder) mapping(n ast.Node, what string, known fields) error {
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
			return d.at(p.Key).errorf("%s has no %q; it may have %s", what, key, known.names())
		}
		if err := read(p.Key, p.Value); err != nil {
			return err
		}
	}
	return nil
}

// key returns a key as text.
func (d decoder) key(n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode:
		return n.Token.Value, nil
	}
	return "", d.at(n).errorf("a key is a text, and here is %s", kindOf(n))
}

// text returns a text. Numbers and booleans count as one: a name may look like one.
func (d decoder) text(n ast.Node, what string) (string, error) {
	s := ""
	switch n := n.(type) {
	case *ast.StringNode:
		s = n.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		s = n.GetToken().Value
	default:
		return "", d.at(n).errorf("%s is a text, and here is %s", what, kindOf(n))
	}
	s, err := d.expanded(n, s)
	if err == nil && s == "" {
		err = d.at(n).errorf("%s is empty", what)
	}
	return s, err
}

// list returns the entries of a list.
func (d decoder) list(n ast.Node, what string) ([]ast.Node, error) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, d.at(n).errorf("%s is a list, and here is %s", what, kindOf(n))
	}
	return s.Values, nil
}

// path reads a path below the folder of the manifest.
func (d decoder) path(n ast.Node, what string) (string, error) {
	p, err := d.text(n, what)
	if err != nil {
		return "", err
	}
	if strings.Contains(p, `\`) || path.IsAbs(p) || !filepath.IsLocal(filepath.FromSlash(p)) {
		return "", d.at(n).errorf("%s is a path in the folder of the manifest, with slashes, and %q is not", what, p)
	}
	return path.Clean(p), nil
}

func (d decoder) modules(n ast.Node, m *Manifest) error {
	pairs, err := d.pairs(n, "modules", "the names of modules")
	if err != nil {
		return err
	}
	for _, p := range pairs {
		name, err := d.key(p.Key)
		if err != nil {
			return err
		}
		if a := actor.Address(name); a.Validate() != nil || a.Key() != "" {
			return d.at(p.Key).errorf("the name of a module matches [a-z0-9][a-z0-9._-]*, and %q does not", name)
		}
		if slices.ContainsFunc(m.Modules, func(other Module) bool { return other.Name == name }) {
			return d.at(p.Key).errorf("the module %s stands there twice", name)
		}
		mod, err := d.module(p, name)
		if err != nil {
			return err
		}
		m.Modules = append(m.Modules, mod)
	}
	return nil
}

func (d decoder) module(p *ast.MappingValueNode, name string) (Module, error) {
	mod := Module{Name: name, name: d.at(p.Key), path: d.at(p.Value)}
	what := "module " + name
	ways, packed := 0, ""
	way := func(to *string, is string, read func(ast.Node, string) (string, error)) func(key, v ast.Node) error {
		return func(key, v ast.Node) (err error) {
			if ways++; ways > 1 {
				return d.at(key).errorf("%s has one of native, npm, source, url and wasm, and here is a second", what)
			}
			mod.path = d.at(v)
			*to, err = read(v, is+" of "+what)
			return err
		}
	}
	err := d.mapping(p.Value, what, fields{
		"native": way(&mod.Native, "the native name", d.text),
		"wasm":   way(&mod.Wasm, "the file", d.path),
		"source": way(&mod.Source, "the folder", d.path),
		"npm":    way(&packed, "the package", d.text),
		"url":    way(&mod.URL, "the address", d.text),
		"file": func(_, v ast.Node) (err error) {
			mod.File, err = d.path(v, "the file of "+what)
			mod.file = d.at(v)
			return err
		},
		"sha256": func(_, v ast.Node) (err error) {
			mod.Sum, err = d.hash(v)
			mod.sum = d.at(v)
			return err
		},
		"instances": func(_, v ast.Node) (err error) {
			mod.Instances, err = d.count(v, "instances")
			return err
		},
		"expect": func(_, v ast.Node) (err error) {
			mod.Expect, err = d.expect(v)
			return err
		},
		"language": func(_, v ast.Node) error {
			text, err := d.text(v, "language")
			mod.Language, mod.language = toolchain.Language(text), d.at(v)
			return err
		},
	})
	switch {
	case err != nil:
		return mod, err
	case ways == 0:
		return mod, mod.name.errorf("%s needs one of native (a name), npm (a package), source (a folder), url (an address) and wasm (a file)", what)
	case mod.Native != "" && (mod.Expect != nil || mod.Instances > 0):
		return mod, mod.name.errorf("%s is native: expect and instances are for modules with claims", what)
	case packed != "":
		return mod, mod.published(packed, what)
	case mod.URL != "" && mod.file.line == 0 && mod.Language == "":
		return mod, mod.remote(what)
	case mod.file.line > 0:
		return mod, mod.file.errorf("%s has a file, which goes with npm", what)
	case mod.sum.line > 0:
		return mod, mod.sum.errorf("%s has a sha256, which goes with npm and url; of other modules %s holds the hashes", what, LockFile)
	case mod.Language != "" && mod.Source == "":
		return mod, mod.language.errorf("%s has a language, which goes with source", what)
	case mod.Language != "" && !mod.Language.Known():
		return mod, mod.language.errorf("there is no language %q; there are %s", mod.Language, languages())
	}
	return mod, nil
}

// published reads the package that a module comes from.
func (mod *Module) published(text, what string) error {
	p, err := npm.Parse(text)
	switch {
	case err != nil:
		return mod.path.errorf("%v", err)
	case mod.File == "":
		return mod.path.errorf("%s needs the file in the package: file: path/in/package.wasm", what)
	case mod.sum.line == 0:
		return mod.path.errorf("%s needs the SHA-256 of %s: sha256: in hexadecimal digits", what, mod.File)
	}
	mod.Package = &p
	return nil
}

// remote checks where a module is fetched from.
func (mod *Module) remote(what string) error {
	u, err := url.Parse(mod.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return mod.path.errorf("the address of %s is https://…, and %.80q is not", what, mod.URL)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return mod.path.errorf("the address of %s is https://…; without TLS only this machine is asked, and %.80s is another", what, u.Hostname())
	case mod.sum.line == 0:
		return mod.path.errorf("%s needs the SHA-256 of what is fetched: sha256: in hexadecimal digits", what)
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// chain reads what contracts take the host for.
func (d decoder) chain(n ast.Node, m *Manifest) error {
	m.Chain = defaultChain()
	if _, ok := n.(*ast.NullNode); ok {
		return nil
	}
	return d.mapping(n, "a chain", fields{
		"prefix": func(_, v ast.Node) (err error) {
			if m.Chain.Prefix, err = d.text(v, "the prefix of addresses"); err == nil && !prefixes.MatchString(m.Chain.Prefix) {
				err = d.at(v).errorf("the prefix of addresses matches %s, and %q does not", prefixes, m.Chain.Prefix)
			}
			return err
		},
		"id": func(_, v ast.Node) (err error) {
			if m.Chain.ID, err = d.text(v, "the id of a chain"); err == nil && !chainIDs.MatchString(m.Chain.ID) {
				err = d.at(v).errorf("the id of a chain matches %s, and %q does not", chainIDs, m.Chain.ID)
			}
			return err
		},
		"names": func(_, v ast.Node) error {
			b, ok := v.(*ast.BoolNode)
			if !ok {
				return d.at(v).errorf("names is true or false, and here is %s", kindOf(v))
			}
			m.Chain.Names = b.Value
			return nil
		},
	})
}

// What a chain may be called. Upper and lower case must not both stand in a bech32 text, and it has at most 83 characters
// before its separator.
var (
	prefixes = regexp.MustCompile(`^[a-z][a-z0-9]{0,31}$`)
	chainIDs = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$`)
)

func languages() string {
	var list []string
	for _, l := range toolchain.Languages() {
		list = append(list, string(l))
	}
	return strings.Join(list, ", ")
}

func (d decoder) actors(n ast.Node, m *Manifest) error {
	entries, err := d.list(n, "actors")
	if err != nil {
		return err
	}
	seen := map[actor.Address]bool{}
	for _, e := range entries {
		a, err := d.actor(e, m)
		if err != nil {
			return err
		}
		if seen[a.Address] {
			return d.at(e).errorf("the actor %s stands there twice", a.Address)
		}
		seen[a.Address] = true
		m.Actors = append(m.Actors, a)
	}
	return nil
}

func (d decoder) actor(n ast.Node, m *Manifest) (Actor, error) {
	a := Actor{Sender: defaultSender}
	err := d.mapping(n, "an actor", fields{
		"address": d.address(&a.Address, "an address", actor.Address.Validate),
		"sender":  d.address(&a.Sender, "a sender", actor.Address.ValidateSender),
		"admin":   d.address(&a.Admin, "an admin", actor.Address.ValidateSender),
		"module": func(_, v ast.Node) (err error) {
			a.Module, err = d.text(v, "the module of an actor")
			a.module = d.at(v)
			return err
		},
		"instantiate": func(_, v ast.Node) (err error) {
			a.Body, err = d.json(nil, v)
			return err
		},
	})
	if err == nil && (a.Address == "" || a.Module == "") {
		err = d.at(n).errorf("an actor needs an address and a module")
	}
	return a, err
}

func (d decoder) address(to *actor.Address, what string, check func(actor.Address) error) func(key, v ast.Node) error {
	return func(_, v ast.Node) error {
		text, err := d.text(v, what)
		if err != nil {
			return err
		}
		*to = actor.Address(text)
		if err := check(*to); err != nil {
			return d.at(v).errorf("%s", actor.AsError(err).Message)
		}
		return nil
	}
}

func (d decoder) scripts(n ast.Node, m *Manifest) error {
	entries, err := d.list(n, "scripts")
	if err != nil {
		return err
	}
	for _, e := range entries {
		p, err := d.path(e, "a script")
		if err != nil {
			return err
		}
		m.Scripts = append(m.Scripts, p)
		m.scriptPlaces = append(m.scriptPlaces, d.at(e))
	}
	return nil
}

func (d decoder) serve(n ast.Node, m *Manifest) error {
	return d.mapping(n, "serve", fields{
		"demo": func(_, v ast.Node) (err error) {
			m.Demo, err = d.path(v, "a script")
			m.demo = d.at(v)
			return err
		},
		"next": func(_, v ast.Node) (err error) {
			m.Next, err = d.text(v, "a command line")
			return err
		},
	})
}
