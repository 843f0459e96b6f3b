package manifest

import (
	"bytes"
	"encoding/json"
	"regexp"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// number is how JSON writes numbers.
var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// json appends a value as JSON. The order of keys is that of the file, and the digits of numbers are, so that an integer of 64 bits is
// what it is.
func (d decoder) json(dst []byte, n ast.Node) ([]byte, error) {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return d.jsonObject(dst, n)
	case *ast.SequenceNode:
		dst = append(dst, '[')
		for i, v := range n.Values {
			if i > 0 {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = d.json(dst, v); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	case *ast.NullNode, nil:
		return append(dst, "null"...), nil
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
		return d.jsonWord(dst, n)
	case *ast.StringNode:
		if t := n.Token; t.Type == token.StringType && number.MatchString(t.Value) {
			return append(dst, t.Value...), nil // one that is too large for the parser, or has an exponent
		}
		return jsonText(dst, n.Value), nil
	case *ast.LiteralNode:
		return jsonText(dst, n.Value.Value), nil
	}
	return nil, d.at(n).errorf("a message is made of mappings, lists, texts, numbers, booleans and null, and here is %s", kindOf(n))
}

func (d decoder) jsonObject(dst []byte, n ast.Node) ([]byte, error) {
	pairs, err := d.pairs(n, "", "")
	if err != nil {
		return nil, err
	}
	dst = append(dst, '{')
	for i, p := range pairs {
		if i > 0 {
			dst = append(dst, ',')
		}
		key, err := d.key(p.Key)
		if err != nil {
			return nil, err
		}
		dst = append(jsonText(dst, key), ':')
		if dst, err = d.json(dst, p.Value); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// jsonWord appends a boolean or a number. What JSON has no word for is refused, because a guess could be wrong by much: 010 is
// eight in some versions of YAML and ten in others.
func (d decoder) jsonWord(dst []byte, n ast.Node) ([]byte, error) {
	word := n.GetToken().Value
	if b, ok := n.(*ast.BoolNode); ok {
		if b.Value {
			return append(dst, "true"...), nil
		}
		return append(dst, "false"...), nil
	}
	if !number.MatchString(word) {
		return nil, d.at(n).errorf("a number is written as in JSON, and %s is not; for a text, put it in quotes", word)
	}
	return append(dst, word...), nil
}

func jsonText(dst []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // of a string into memory: it cannot fail
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}
