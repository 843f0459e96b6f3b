package script

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
)

// word shows a text, quoted where that is needed and in short if it is long.
func word(s string) string {
	kind, key, keyed := strings.Cut(s, "/")
	if keyed && len(key) > 60 && !strings.Contains(key, " ") {
		return word(kind) + "/" + word(key)
	}
	if len(s) > 60 && strings.Count(s, s[:1]) == len(s) {
		return fmt.Sprintf("%s*%d", s[:1], len(s))
	}
	if s == "" || strconv.Quote(s) != `"`+s+`"` {
		return strconv.Quote(s)
	}
	return s
}

// DataText shows data, and tells nil from empty.
func DataText(b []byte) string {
	if b == nil {
		return "nil"
	}
	if s := word(string(b)); strings.HasPrefix(s, `"`) || len(s) < len(b) {
		return s
	}
	return strconv.Quote(string(b))
}

func eventText(ev actor.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", ev.Actor, word(ev.Type))
	for _, a := range ev.Attributes {
		fmt.Fprintf(&b, " %s=%s", word(a.Key), word(a.Value))
	}
	return b.String()
}

func pathText(path []actor.Address) string {
	names := make([]string, len(path))
	for i, a := range path {
		names[i] = word(string(a))
	}
	return strings.Join(names, " → ")
}

// callsText draws who called whom, in the order in which it happened.
func callsText(s *dispatch.Span, indent string) string {
	var b strings.Builder
	b.WriteString(indent)
	switch {
	case s.Reply != nil:
		fmt.Fprintf(&b, "%s ⇐ reply %d", s.To, s.Reply.ID)
		if e := s.Reply.Err; e != nil {
			b.WriteString(" error " + e.Code)
		} else {
			b.WriteString(" ok")
		}
	case s.Kind == actor.KindExecute:
		fmt.Fprintf(&b, "%s → %s", from(s), word(string(s.To)))
	default:
		fmt.Fprintf(&b, "%s → %s %s", from(s), word(string(s.To)), s.Kind)
	}
	if s.Data != nil {
		b.WriteString(" = " + DataText(s.Data))
	}
	if s.Err != nil {
		b.WriteString(" ✗ " + s.Err.Code)
	} else if !s.Committed {
		b.WriteString(" (undone)")
	}
	b.WriteByte('\n')
	for _, child := range s.Children {
		b.WriteString(callsText(child, indent+"  "))
	}
	return b.String()
}

func from(s *dispatch.Span) string {
	if s.From == "" {
		return "host"
	}
	return word(string(s.From))
}

// traceText shows all that a trace knows.
func traceText(s *dispatch.Span, indent string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, indent+format+"\n", args...) }
	line("%s %s → %s, module %s, gas %d", s.Kind, from(s), s.To, word(string(s.Module)), s.GasUsed)
	indent += "  "
	if len(s.Body) > 0 {
		line("body %s", scriptText(s.Body))
	}
	if s.Sub != nil {
		line("sub id=%d reply=%s gas_limit=%d", s.Sub.ID, s.Sub.ReplyOn, s.Sub.GasLimit)
	}
	if r := s.Reply; r != nil {
		line("reply id=%d callee=%s gas=%d data=%s error=%v events=%d", r.ID, r.Callee, r.GasUsed, DataText(r.Data), r.Err, len(r.Events))
	}
	for _, t := range s.Touches {
		switch t.Op {
		case dispatch.OpRange:
			line("range %s..%s", word(string(t.Key)), word(string(t.End)))
		case dispatch.OpGet:
			line("get %s: %s", word(string(t.Key)), DataText(t.Old))
		default:
			line("%s %s: %s → %s", t.Op, word(string(t.Key)), DataText(t.Old), DataText(t.New))
		}
	}
	for _, ev := range s.Events {
		line("event %s", eventText(ev))
	}
	for _, text := range s.Logs {
		line("log %s", text)
	}
	if s.Data != nil {
		line("data %s", DataText(s.Data))
	}
	if s.Err != nil {
		line("error %s", s.Err)
	}
	if s.Committed {
		line("committed")
	} else {
		line("rolled back: %s", s.Why)
	}
	for _, child := range s.Children {
		b.WriteString(traceText(child, indent))
	}
	return b.String()
}

// scriptText shows a body as the script that it is, in one line.
func scriptText(body []byte) string {
	p, err := puppet.Decode(body)
	if err != nil {
		return word(string(body))
	}
	return strings.ReplaceAll(strings.TrimSuffix(p.String(), "\n"), "\n", " ⏎ ")
}

// resultText shows how a transaction ended.
func resultText(res dispatch.Result, gas bool) string {
	var b strings.Builder
	switch {
	case res.Fault != nil:
		fmt.Fprintf(&b, "fault: %s\n", res.Fault)
		return b.String()
	case res.Err != nil:
		fmt.Fprintf(&b, "error %s\n", res.Err)
		if len(res.Path) > 0 {
			fmt.Fprintf(&b, "at %s\n", pathText(res.Path))
		}
	default:
		fmt.Fprintf(&b, "committed, data %s\n", DataText(res.Data))
	}
	if gas {
		fmt.Fprintf(&b, "gas %d\n", res.GasUsed)
	}
	return b.String()
}

// EventsText shows events, a line each.
func EventsText(events []actor.Event) string {
	var b strings.Builder
	for _, ev := range events {
		b.WriteString("  " + eventText(ev) + "\n")
	}
	return b.String()
}
