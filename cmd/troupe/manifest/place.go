package manifest

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// An Error is something wrong in a manifest or a lock file.
type Error struct {
	File         string
	Line, Column int // from 1
	Reason       string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Reason
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Reason)
}

// place is where something stands.
type place struct {
	file         string
	line, column int
}

func (p place) errorf(format string, args ...any) error {
	return &Error{p.file, p.line, p.column, fmt.Sprintf(format, args...)}
}

// placeOf returns where a node begins. The token of a mapping in block style is its first colon, so that of its first
// key counts.
func placeOf(file string, n ast.Node) place {
	p := place{file: file}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	if n == nil {
		return p
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		p.line, p.column = t.Position.Line, t.Position.Column
	}
	return p
}

// kindOf says what stands there, in words.
func kindOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode, nil:
		return "nothing"
	case *ast.BoolNode:
		return "a boolean"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	case *ast.AnchorNode:
		return "an anchor"
	case *ast.AliasNode:
		return "an alias"
	case *ast.TagNode:
		return "a tag"
	default:
		return "a " + strings.ToLower(n.Type().YAMLName())
	}
}
