package show

import (
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// Trace draws the tree of a transaction, with a last line that tells its outcome. Each line ends with a line break. The
// trace is not changed.
func Trace(t *dispatch.Trace, opts *Options) string {
	p := &painter{Options: orDefault(opts)}
	if t == nil || t.Root == nil {
		return p.style(Faint, "no trace: the transaction was executed earlier") + "\n"
	}
	p.span(t.Root, "", "", true)
	if t.Err == nil {
		p.line("", p.style(Committed, fmt.Sprintf("committed seq %d", t.Sequence)), p.signed(t.Signer))
	} else {
		p.line("", p.style(RolledBack, fmt.Sprintf("rolled back seq %d: ", t.Sequence)+Path(t.Sender, t.Path)+": "+line(t.Err.Error())),
			p.signed(t.Signer))
	}
	return p.String()
}

// Path shows the way from a sender to the actor that failed.
func Path(sender actor.Address, path []actor.Address) string {
	s := who(sender)
	for _, a := range path {
		s += " → " + line(string(a))
	}
	return s
}

// who names a sender. A message without one comes from the operator of the host.
func who(a actor.Address) string {
	if a == "" {
		return "host"
	}
	return line(string(a))
}

type painter struct {
	*Options
	strings.Builder
}

func (p *painter) line(prefix string, parts ...string) {
	p.WriteString(p.style(Faint, prefix))
	for _, s := range parts {
		p.WriteString(s)
	}
	p.WriteByte('\n')
}

// span draws a call and what is below it. First stands before its own line, rest before all others.
func (p *painter) span(s *dispatch.Span, first, rest string, root bool) {
	p.line(first, p.head(s, root))
	bar := rest + "   "
	if len(s.Children) > 0 {
		bar = rest + "│  "
	}
	p.details(s, bar)
	for i, child := range s.Children {
		if i < len(s.Children)-1 {
			p.span(child, rest+"├─ ", rest+"│  ", false)
		} else {
			p.span(child, rest+"└─ ", rest+"   ", false)
		}
	}
}

// head is the line of a call: who to whom, what, how it went.
func (p *painter) head(s *dispatch.Span, root bool) string {
	var b strings.Builder
	switch {
	case s.Install != nil:
		p.installed(&b, s)
	case s.Reply != nil: // not s.Kind: a sub-message can claim to be a reply, and is refused
		p.reply(&b, s)
	case s.Kind == actor.KindQuery:
		word := "query"
		if s.Outside {
			word = "asks"
		}
		call, answer := p.Call(body(s.Body), s.Data)
		fmt.Fprintf(&b, "%s ⇢ %s  %s %s", p.name(s.From), p.name(s.To), p.style(Word, word), call)
		if s.Err == nil {
			fmt.Fprintf(&b, " = %s", answer)
		} else {
			b.WriteString("   " + p.style(RolledBack, "failed: "+line(s.Err.Error())))
		}
	default:
		fmt.Fprintf(&b, "%s → %s  %s", p.name(s.From), p.name(s.To), p.style(Word, s.Kind.String()))
		if (s.Kind == actor.KindInstantiate || s.Kind == actor.KindMigrate) && s.Module != "" {
			b.WriteString(" " + p.style(Name, line(string(s.Module))))
		}
		if len(s.Body) > 0 {
			call, _ := p.Call(s.Body, nil)
			b.WriteString(" " + call)
		}
	}
	if s.Sub != nil {
		if how := sent(s.Sub); how != "" {
			b.WriteString("   " + p.style(Faint, how))
		}
	}
	if (root || p.Gas) && !p.NoGas {
		b.WriteString("   " + p.style(Faint, "gas "+Count(s.GasUsed)))
	}
	if s.Outside && !s.Committed {
		b.WriteString("   " + p.style(RolledBack, "was asked, although rolled back: "+reason(s)))
	} else if s.Kind != actor.KindQuery && !s.Committed {
		b.WriteString("   " + p.style(RolledBack, "rolled back: "+reason(s)))
	}
	return b.String()
}

// installed writes which code a module got.
func (p *painter) installed(b *strings.Builder, s *dispatch.Span) {
	in := s.Install
	fmt.Fprintf(b, "%s %s  %s %s, %s bytes", p.style(Word, "install"), p.style(Name, line(string(s.Module))), line(in.Kind),
		Hash(in.Hash), Count(in.Size))
	if in.Before != (state.Hash{}) {
		b.WriteString(", in the place of " + Hash(in.Before))
	}
	if len(s.Body) > 0 {
		b.WriteString(", migrate " + p.Value(s.Body))
	}
	if s.From != "" {
		b.WriteString("   by " + p.name(s.From))
	}
}

// Hash returns the beginning of a hash, which is enough to tell one from another at sight.
func Hash(h state.Hash) string { return h.String()[:12] }

// reply writes what a reply delivered; what its call made of it shows below.
func (p *painter) reply(b *strings.Builder, s *dispatch.Span) {
	fmt.Fprintf(b, "%s → %s  ", p.style(Word, fmt.Sprintf("reply %d", s.Reply.ID)), p.name(s.To))
	if e := s.Reply.Err; e != nil {
		b.WriteString(p.style(RolledBack, "error "+line(e.Error())))
		return
	}
	b.WriteString(p.style(Committed, "ok"))
	if s.Reply.Data != nil {
		b.WriteString(" " + p.Value(s.Reply.Data))
	}
}

func reason(s *dispatch.Span) string {
	if s.Err != nil {
		return line(s.Err.Error())
	}
	return line(s.Why)
}

// sent says how a sub-message was sent, as far as it was not in the simplest way.
func sent(s *dispatch.Sub) string {
	var how []string
	if s.ID != 0 || s.ReplyOn != actor.ReplyNever {
		how = append(how, fmt.Sprintf("id %d", s.ID))
	}
	switch s.ReplyOn {
	case actor.ReplyNever:
	case actor.ReplyAlways:
		how = append(how, "reply always")
	default:
		how = append(how, "reply on "+s.ReplyOn.String())
	}
	if s.GasLimit > 0 {
		how = append(how, "gas limit "+Count(s.GasLimit))
	}
	return strings.Join(how, ", ")
}

// details draws what a call did by itself.
func (p *painter) details(s *dispatch.Span, bar string) {
	for i := range s.Touches {
		p.touch(&s.Touches[i], bar)
	}
	for _, text := range s.Logs {
		p.line(bar, p.style(Word, "log"), " ", line(text))
	}
	for i := range s.Events {
		if !hosts(&s.Events[i]) {
			p.line(bar, p.style(Word, "event"), " ", p.event(&s.Events[i]))
		}
	}
	if s.Data != nil && s.Kind != actor.KindQuery {
		_, answer := p.Call(s.Body, s.Data)
		p.line(bar, p.style(Word, "data"), " ", answer)
	}
}

func (p *painter) touch(t *dispatch.Touch, bar string) {
	op := p.style(Word, string(t.Op))
	switch t.Op {
	case dispatch.OpSet, dispatch.OpDelete:
		p.line(bar, op, " ", p.key(t.Key), ": ", p.Value(t.Old), " → ", p.Value(t.New))
	case dispatch.OpGet:
		if p.Reads && t.Of != "" {
			p.line(bar, op, " ", p.key(t.Key), " of ", p.name(t.Of), ": ", p.Value(t.Old))
		} else if p.Reads {
			p.line(bar, op, " ", p.key(t.Key), ": ", p.Value(t.Old))
		}
	case dispatch.OpRange:
		if p.Reads {
			p.line(bar, op, " ", p.bound(t.Key), " to ", p.bound(t.End))
		}
	}
}

func (p *painter) bound(key []byte) string {
	if key == nil {
		return None
	}
	return p.key(key)
}

func (p *painter) name(a actor.Address) string { return p.style(Name, who(a)) }

// body makes a body that is missing one that is empty.
func body(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
