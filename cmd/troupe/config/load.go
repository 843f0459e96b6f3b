package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile bounds a configuration file, in bytes, and maxNesting how deep it may nest.
const (
	maxFile    = 64 << 10
	maxNesting = 16
)

// An Error is something wrong in a configuration, and where it was said.
type Error struct {
	// Where is FILE:LINE:COLUMN, the name of a variable, or that of a flag.
	Where, Reason string
}

func (e *Error) Error() string { return e.Where + ": " + e.Reason }

// Load returns the configuration that a file, the environment and flags say. No file is read if its name is empty. Env
// is os.LookupEnv or the like; flags are texts by their names, those that were given only. The error is an *Error, or
// that of reading the file.
func Load(file string, env func(string) (string, bool), flags map[string]string) (*Config, error) {
	c := Default()
	if file != "" {
		text, err := read(file)
		if err != nil {
			return nil, err
		}
		if err := c.parse(file, text); err != nil {
			return nil, err
		}
	}
	for _, o := range Options() {
		if text, ok := env(o.Env()); ok && text != "" {
			if err := o.set(c, text); err != nil {
				return nil, &Error{o.Env(), err.Error()}
			}
		}
		if text, ok := flags[o.Flag()]; ok {
			if err := o.set(c, text); err != nil {
				return nil, &Error{"--" + o.Flag(), err.Error()}
			}
		}
	}
	return c, c.check()
}

// Default returns the configuration of somebody who says nothing.
func Default() *Config {
	c := &Config{}
	for _, o := range Options() {
		if err := o.set(c, o.Default); err != nil {
			panic("config: the default of " + o.Key + ": " + err.Error()) // a constant of this package
		}
	}
	return c
}

// check looks for what makes no sense together.
func (c *Config) check() error {
	for _, pair := range []struct{ one, other, key, missing string }{
		{c.HTTP.Cert, c.HTTP.Key, "http.cert", "http.key"},
		{c.HTTP.Key, c.HTTP.Cert, "http.key", "http.cert"},
		{c.NATS.Cert, c.NATS.Key, "nats.cert", "nats.key"},
		{c.NATS.Key, c.NATS.Cert, "nats.key", "nats.cert"},
		{c.NATS.Creds, c.NATS.URL, "nats.creds", "nats.url"},
		{c.NATS.Nkey, c.NATS.URL, "nats.nkey", "nats.url"},
	} {
		if pair.one != "" && pair.other == "" {
			return &Error{pair.key, "it goes with " + pair.missing + ", which is missing"}
		}
	}
	if c.NATS.Creds != "" && c.NATS.Nkey != "" {
		return &Error{"nats.creds", "it excludes nats.nkey"}
	}
	if c.HTTP.Listen == "off" && c.NATS.Listen == "off" && c.NATS.URL == "" {
		return &Error{"http.listen", "it is off, and so is NATS: nobody could reach the node"}
	}
	return nil
}

func read(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err = errors.Join(err, f.Close()); err == nil && len(text) > maxFile {
		err = &Error{file, fmt.Sprintf("it has more than %d bytes", maxFile)}
	}
	return text, err
}

// parse reads the text of a file.
func (c *Config) parse(file string, text []byte) error {
	// The parser takes a time that grows with the square of how deep brackets and dashes nest.
	if deep := strings.Count(string(text), "[") + strings.Count(string(text), "{") + strings.Count(string(text), "- -"); deep > 4*maxNesting {
		return &Error{file, "it has too many brackets"}
	}
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil {
			p := syntax.Token.Position
			return &Error{fmt.Sprintf("%s:%d:%d", file, p.Line, p.Column), "this is not YAML: " + syntax.Message}
		}
		return &Error{file, "this is not YAML: " + err.Error()}
	}
	f := &reader{file: file, config: c, seen: map[string]bool{}}
	for _, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		if err := f.mapping("", doc.Body); err != nil {
			return err
		}
	}
	return nil
}

// reader walks the nodes of a file.
type reader struct {
	file   string
	config *Config
	seen   map[string]bool
}

func (r *reader) errorf(n ast.Node, format string, args ...any) error {
	where := r.file
	if t := n.GetToken(); t != nil && t.Position != nil {
		where = fmt.Sprintf("%s:%d:%d", r.file, t.Position.Line, t.Position.Column)
	}
	return &Error{where, fmt.Sprintf(format, args...)}
}

// mapping reads what stands below a key, which is empty for the whole file.
func (r *reader) mapping(under string, n ast.Node) error {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		return r.errorf(n, "here stand %s", strings.Join(known(under), ", "))
	}
	for _, pair := range pairs {
		name := pair.Key.GetToken().Value
		key := name
		if under != "" {
			key = under + "." + name
		}
		if r.seen[key] {
			return r.errorf(pair.Key, "%s stands here a second time", key)
		}
		r.seen[key] = true
		if err := r.pair(under, key, pair); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) pair(under, key string, pair *ast.MappingValueNode) error {
	for _, o := range Options() {
		switch {
		case o.Key == key:
			text, err := r.scalar(&o, pair.Value)
			if err != nil {
				return err
			}
			if err := o.set(r.config, text); err != nil {
				return r.errorf(pair.Value, "%s: %s", key, err)
			}
			return nil
		case strings.HasPrefix(o.Key, key+"."):
			return r.mapping(key, pair.Value)
		}
	}
	return r.errorf(pair.Key, "there is no option %q; there are %s", key, strings.Join(known(under), ", "))
}

// scalar returns the text of a value. A list is joined by commas.
func (r *reader) scalar(o *Option, n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	case *ast.SequenceNode:
		if o.Kind != "list" {
			return "", r.errorf(n, "%s is one value, and here is a list", o.Key)
		}
		var words []string
		for _, v := range n.Values {
			s, ok := v.(*ast.StringNode)
			if !ok || strings.Contains(s.Value, ",") {
				return "", r.errorf(v, "%s is a list of texts", o.Key)
			}
			words = append(words, s.Value)
		}
		return strings.Join(words, ","), nil
	}
	return "", r.errorf(n, "%s needs a value: %s", o.Key, o.Kind)
}

// known returns the names that may stand below a key.
func known(under string) []string {
	var names []string
	for _, o := range Options() {
		rest := o.Key
		if under != "" {
			after, ok := strings.CutPrefix(o.Key, under+".")
			if !ok {
				continue
			}
			rest = after
		}
		name, _, _ := strings.Cut(rest, ".")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
