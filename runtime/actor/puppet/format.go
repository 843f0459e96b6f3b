package puppet

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// String returns the program in the form that Parse reads.
func (p Program) String() string {
	var f formatter
	f.block(p.Ops, "")
	return f.String()
}

type formatter struct{ strings.Builder }

func (f *formatter) block(ops []Op, indent string) {
	for i := range ops {
		op := &ops[i]
		line := strings.TrimRight(op.line(), " ")
		f.WriteString(indent + line + "\n")
		f.block(op.Ops, indent+"  ")
		if s := op.Sub; s != nil {
			f.block(s.Body.Ops, indent+"  ")
			if !s.OnReply.IsZero() {
				f.WriteString(indent + "on reply\n")
				f.block(s.OnReply.Ops, indent+"  ")
			}
		}
	}
}

// line returns what stands on the line of op itself.
func (op *Op) line() string {
	verb := string(op.Do)
	as := ""
	if op.As != "" {
		as = " as " + quoteWord(op.As)
	}
	switch op.Do {
	case Set, Append:
		return verb + " " + quoteWord(op.Key) + "=" + quoteRest(op.Value)
	case Data, Log, Error, Panic:
		return verb + " " + quoteRest(op.Value)
	case Fail:
		return fmt.Sprintf("fail %s: %s", op.Key, quoteRest(op.Value))
	case Gas, Repeat:
		return fmt.Sprintf("%s %d", verb, op.N)
	case Get, Delete:
		return verb + " " + quoteWord(op.Key) + as
	case Raw:
		return verb + " " + quoteWord(op.To) + " " + quoteWord(op.Key) + as
	case Query:
		if op.Value != "" {
			return verb + " " + quoteWord(op.To) + " body=" + quoteWord(op.Value) + as
		}
		return verb + " " + quoteWord(op.To) + as
	case Emit:
		return verb + " " + quoteWord(op.Key) + attributes(op.Attributes)
	case Attr:
		return verb + attributes(op.Attributes)
	case Range:
		return verb + op.Range.words() + as
	case Send:
		return op.Sub.words()
	}
	return verb
}

func attributes(list []actor.Attribute) string {
	var s strings.Builder
	for _, a := range list {
		s.WriteString(" " + quoteWord(a.Key) + "=" + quoteWord(a.Value))
	}
	return s.String()
}

func (b *Bounds) words() (s string) {
	if b == nil {
		return ""
	}
	s += optional("start", b.Start) + optional("end", b.End)
	if b.Descending {
		s += " desc"
	}
	return s
}

func optional(key string, text *string) string {
	if text == nil {
		return ""
	}
	return " " + key + "=" + quoteWord(*text)
}

func (s *Sub) words() string {
	line := "message " + s.Kind.String()
	for verb, kind := range kindOf {
		if kind == s.Kind {
			line = verb
		}
	}
	if s.To != "" || s.Kind != actor.KindInstantiate {
		line += " " + quoteWord(s.To)
	}
	for _, field := range []struct{ key, text string }{{"module", s.Module}, {"admin", s.Admin}} {
		if field.text != "" {
			line += " " + field.key + "=" + quoteWord(field.text)
		}
	}
	if s.ID != 0 {
		line += fmt.Sprintf(" id=%d", s.ID)
	}
	if s.WrongReplyOn != 0 {
		line += fmt.Sprintf(" reply=%d", s.WrongReplyOn)
	} else if s.ReplyOn != actor.ReplyNever {
		line += " reply=" + s.ReplyOn.String()
	}
	if s.GasLimit != 0 {
		line += fmt.Sprintf(" gas=%d", s.GasLimit)
	}
	line += optional("payload", s.Payload) + optional("body", s.Body.Raw)
	if s.Body.Again {
		line += " again"
	}
	return line
}

// quoteWord quotes a text that would not be read back as one word.
func quoteWord(s string) string {
	if s == "" || strings.ContainsAny(s, " =\"#") || quoteRest(s) != s {
		return strconv.Quote(s)
	}
	return s
}

// quoteRest quotes a text that would not be read back from the rest of a line.
func quoteRest(s string) string {
	if s == "" || s[0] == '"' || s != strings.TrimSpace(s) || strconv.Quote(s) != `"`+strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`)+`"` {
		return strconv.Quote(s)
	}
	return s
}
