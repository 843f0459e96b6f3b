package puppet

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// none stands in a text for a value that is not there.
const none = "<nil>"

// expandOp replaces the templates in the texts of op, and leaves the programs in it alone: those are somebody else's, or
// are expanded when their turn comes.
func (c *call) expandOp(op *Op) error {
	texts := []*string{&op.Key, &op.Value, &op.To}
	if op.Range != nil {
		b := *op.Range
		b.Start, b.End = copyOf(b.Start), copyOf(b.End)
		texts, op.Range = append(texts, b.Start, b.End), &b
	}
	if op.Attributes != nil {
		op.Attributes = slices.Clone(op.Attributes)
		for i := range op.Attributes {
			texts = append(texts, &op.Attributes[i].Key, &op.Attributes[i].Value)
		}
	}
	if op.Sub != nil {
		s := *op.Sub
		s.Payload, s.Body.Raw = copyOf(s.Payload), copyOf(s.Body.Raw)
		texts, op.Sub = append(texts, &s.To, &s.Module, &s.Admin, s.Payload, s.Body.Raw), &s
	}
	for _, text := range texts {
		if text == nil || !strings.Contains(*text, "{") {
			continue
		}
		expanded, err := c.expand(*text)
		if err != nil {
			return malformed(err)
		}
		*text = expanded
	}
	return nil
}

func copyOf(s *string) *string {
	if s == nil {
		return nil
	}
	return new(*s)
}

// expand replaces the templates in text; "{{" stands for a brace.
func (c *call) expand(text string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		if strings.HasPrefix(rest, "{") {
			out.WriteByte('{')
			text = rest[1:]
			continue
		}
		name, after, found := strings.Cut(rest, "}")
		if !found {
			return "", fmt.Errorf("a brace is not closed in %.40q; write {{ for a brace", text)
		}
		value, ok := c.lookup(name)
		if !ok {
			return "", fmt.Errorf("there is no template {%.40s} here; write {{ for a brace", name)
		}
		out.WriteString(value)
		text = after
	}
}

// lookup finds the value of a template: variables first, then what the reply brought, then the facts of the call.
func (c *call) lookup(name string) (string, bool) {
	if value, ok := c.vars[name]; ok {
		return value, true
	}
	if function, argument, ok := strings.Cut(name, ":"); ok {
		return apply(function, argument)
	}
	if c.reply != nil {
		if value, ok := c.lookupReply(name); ok {
			return value, true
		}
	}
	return c.lookupFact(name)
}

// maxFill bounds what one template can ask for.
const maxFill = 16 << 20

func apply(function, argument string) (string, bool) {
	switch function {
	case "fill":
		n, err := strconv.Atoi(argument)
		if err != nil || n < 0 || n > maxFill {
			return "", false
		}
		return strings.Repeat("x", n), true
	case "hex":
		b, err := hex.DecodeString(argument)
		return string(b), err == nil
	}
	return "", false
}

func (c *call) lookupReply(name string) (string, bool) {
	r := c.reply
	switch name {
	case "id":
		return strconv.FormatUint(r.ID, 10), true
	case "payload":
		return c.payload, true
	case "callee":
		return string(r.Callee), true
	case "gas":
		return strconv.FormatUint(r.GasUsed, 10), true
	case "data":
		if r.Data == nil {
			return none, true
		}
		return string(r.Data), true
	case "events":
		return eventsText(r.Events), true
	case "code":
		if r.Err == nil {
			return "ok", true
		}
		return r.Err.Code, true
	case "err":
		if r.Err == nil {
			return none, true
		}
		return r.Err.Message, true
	}
	return "", false
}

func (c *call) lookupFact(name string) (string, bool) {
	switch name {
	case "self":
		return string(c.env.Self), true
	case "sender":
		return string(c.env.Sender), true
	case "kind":
		return c.msg.Kind.String(), true
	case "module":
		return string(c.msg.Module), true
	case "sequence":
		return strconv.FormatUint(c.env.Sequence, 10), true
	case "time":
		return c.env.Time.Format(time.RFC3339Nano), true
	case "rand":
		return fmt.Sprintf("%016x", c.env.Rand().Uint64()), true
	case "gas_left":
		return strconv.FormatUint(c.services.GasLeft(), 10), true
	}
	return "", false
}

// eventsText shows events as "actor:type(key=value key=value)".
func eventsText(events []actor.Event) string {
	list := make([]string, len(events))
	for i, ev := range events {
		attributes := make([]string, len(ev.Attributes))
		for j, a := range ev.Attributes {
			attributes[j] = a.Key + "=" + a.Value
		}
		list[i] = string(ev.Actor) + ":" + ev.Type
		if len(attributes) > 0 {
			list[i] += "(" + strings.Join(attributes, " ") + ")"
		}
	}
	return "[" + strings.Join(list, " ") + "]"
}
