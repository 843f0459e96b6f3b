package lattice

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
)

// Subjects are those of a node, by its name.
type Subjects string

// Check returns nil if the name can stand in a subject: it has small letters, digits, - and _, 64 of them at most.
func (s Subjects) Check() error {
	for _, c := range string(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return fmt.Errorf("lattice: %.80q is no name of a node: it has small letters, digits, - and _", string(s))
		}
	}
	if s == "" || len(s) > 64 {
		return errors.New("lattice: the name of a node has 1 to 64 characters")
	}
	return nil
}

func (s Subjects) prefix() string { return "troupe." + string(s) + "." }

// Request is where an operation is asked.
func (s Subjects) Request(op string) string { return s.prefix() + op }

// Event is where events of that type of an actor are published.
func (s Subjects) Event(of actor.Address, kind string) string {
	return string(appendToken(append(appendAddress([]byte(s.prefix()+"events."), of), '.'), kind))
}

// Changes is where the keys of an actor are published that transactions have written.
func (s Subjects) Changes(of actor.Address) string {
	return string(appendAddress([]byte(s.prefix()+"changes."), of))
}

// Committed is where the last durable transaction is published.
func (s Subjects) Committed() string { return s.prefix() + "committed" }

// appendAddress appends an address with the slashes as dots. Two addresses never look alike: what must not stand in a
// subject, and the dot itself, is % and two hexadecimal digits, and an empty part is a % alone.
func appendAddress(b []byte, who actor.Address) []byte {
	for i, part := range strings.Split(string(who), "/") {
		if i > 0 {
			b = append(b, '.')
		}
		b = appendToken(b, part)
	}
	return b
}

func appendToken(b []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	if text == "" {
		return append(b, '%')
	}
	for i := range len(text) {
		c := text[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}

// Inbox is what the subjects begin with to which the holder of a key has answers sent.
func Inbox(key string) string { return anyInbox + "_" + key }

// anyInbox is what the subjects of all answers begin with.
const anyInbox = "_INBOX"

// A Permission is what a client may do on a server of NATS. What it may ask the node is another question.
type Permission struct {
	Publish, Subscribe []string
}

// Permissions returns what the holder of a key may do on the server of a node: ask, hear the answers in an inbox of his
// own, and hear what is published about the actors that the grants cover. A pattern of a grant counts for that if it
// ends in "/*" or is "*"; a subject cannot say the others, whose holders can ask for a watch. The error says that
// nothing is allowed.
func (s Subjects) Permissions(key string, grants []claims.Grant, now time.Time) (Permission, error) {
	active := slices.DeleteFunc(slices.Clone(grants), func(g claims.Grant) bool { return !g.Active(now) })
	if len(active) == 0 {
		return Permission{}, fmt.Errorf("the key %s holds no grant: an operator gives one by troupe grant", claims.Short(key))
	}
	p := Permission{Subscribe: []string{Inbox(key) + ".>", s.Committed()}}
	for _, op := range api.Ops() {
		p.Publish = append(p.Publish, s.Request(op.Name))
	}
	for i := range active {
		g := &active[i]
		if g.Role == claims.Operator {
			p.Publish = append(p.Publish, "$SRV.>") // nats micro
		}
		patterns := g.Actors
		if len(patterns) == 0 {
			patterns = []string{claims.Everything}
		}
		for _, pattern := range patterns {
			p.Subscribe = append(p.Subscribe, s.covered(pattern)...)
		}
	}
	slices.Sort(p.Publish)
	slices.Sort(p.Subscribe)
	p.Publish, p.Subscribe = slices.Compact(p.Publish), slices.Compact(p.Subscribe)
	return p, nil
}

// covered returns the subjects of the actors that a pattern is about, as far as there are any.
func (s Subjects) covered(pattern string) []string {
	prefix, open := strings.CutSuffix(pattern, "*")
	switch {
	case pattern == claims.Everything:
		return []string{s.prefix() + "events.>", s.prefix() + "changes.>"}
	case !open:
		who := actor.Address(pattern)
		// The type of an event is one word.
		return []string{string(append(appendAddress([]byte(s.prefix()+"events."), who), ".*"...)), s.Changes(who)}
	}
	kind, whole := strings.CutSuffix(prefix, "/")
	if !whole || kind == "" {
		return nil
	}
	below := string(appendAddress(nil, actor.Address(kind)))
	return []string{s.prefix() + "events." + below + ".*.>", s.prefix() + "changes." + below + ".>"}
}
