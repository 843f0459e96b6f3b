package show

import (
	"fmt"
	"strings"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// Receipt tells what a transaction that sender began has left: its outcome, data and events. Each line ends with a line
// break.
func Receipt(r *state.Receipt, sender actor.Address, opts *Options) string {
	p := &painter{Options: orDefault(opts)}
	if r.Err != nil {
		p.line("", p.style(RolledBack, fmt.Sprintf("rolled back seq %d: ", r.Sequence)+Path(sender, r.Path)+": "+line(r.Err.Error())),
			p.gas(r))
		return p.String()
	}
	p.line("", p.style(Committed, fmt.Sprintf("committed seq %d", r.Sequence)), p.gas(r))
	if r.Data != nil {
		_, answer := p.Call(p.Asked, r.Data)
		p.line("", p.style(Word, "data"), " ", answer)
	}
	p.WriteString(Events(r.Events, opts))
	return p.String()
}

// gas tells what a transaction has used.
func (p *painter) gas(r *state.Receipt) string {
	if p.NoGas {
		return ""
	}
	return p.style(Faint, ", gas "+Count(r.GasUsed))
}

// Events tells the events of a transaction, without those that the host adds for each call. Each line ends with a line
// break.
func Events(events []actor.Event, opts *Options) string {
	p := &painter{Options: orDefault(opts)}
	for i := range events {
		if e := &events[i]; !hosts(e) {
			p.line("", p.style(Word, "event"), " ", p.name(e.Actor), " ", p.event(e))
		}
	}
	return p.String()
}

// Command tells what was asked in one line without its end: sequence, time, who, whom, what.
func Command(c *state.Command, opts *Options) string {
	p := &painter{Options: orDefault(opts)}
	msg := &c.Message
	at := time.Unix(0, c.Time).UTC().Format(time.RFC3339Nano)
	fmt.Fprintf(p, "%d  %s  ", c.Sequence, p.style(Faint, at))
	switch c.Op {
	case state.OpBind:
		fmt.Fprintf(p, "%s %s as %s", p.style(Word, "bind"), p.style(Name, line(string(msg.Module))), line(string(msg.Body)))
	case state.OpConfigure:
		fmt.Fprintf(p, "%s %s", p.style(Word, "configure"), p.Value(msg.Body))
	case state.OpInstall:
		fmt.Fprintf(p, "%s %s", p.style(Word, "install"), p.style(Name, line(string(msg.Module))))
		if in, err := dispatch.DecodeInstallation(msg); err == nil {
			p.WriteString("  " + Installation(&in, opts))
		}
		if c.Sender != "" {
			p.WriteString("   by " + p.name(c.Sender))
		}
	default:
		fmt.Fprintf(p, "%s → %s  %s", p.name(c.Sender), p.name(msg.To), p.style(Word, msg.Kind.String()))
		if msg.Module != "" {
			p.WriteString(" " + p.style(Name, line(string(msg.Module))))
		}
		if len(msg.Body) > 0 {
			call, _ := p.Call(msg.Body, nil)
			p.WriteString(" " + call)
		}
	}
	p.WriteString(p.signed(c.Signer))
	if c.RequestID != "" {
		p.WriteString(p.style(Faint, "  id="+Key([]byte(c.RequestID))))
	}
	return p.String()
}

// signed tells who has signed, in short.
func (p *painter) signed(signer string) string {
	if signer == "" {
		return ""
	}
	return p.style(Faint, "  signed by "+line(Signer(signer)))
}

// Signer abbreviates a key: its first and last letters. Two keys may look alike in it.
func Signer(key string) string {
	const whole = 16
	if len(key) <= whole {
		return key
	}
	return key[:6] + "…" + key[len(key)-4:]
}

// Installation tells which code a module is to have, and how.
func Installation(in *dispatch.Installation, opts *Options) string {
	text := fmt.Sprintf("%s %s, %s bytes", line(in.Kind), Hash(in.Hash()), Count(len(in.Code)))
	switch {
	case in.Migrate:
		text += ", migrate"
	case in.Replace:
		text += ", replace"
	}
	if len(in.Body) > 0 {
		text += " " + orDefault(opts).Value(in.Body)
	}
	return text
}

// event is an event without its actor.
func (p *painter) event(e *actor.Event) string {
	var b strings.Builder
	b.WriteString(line(e.Type))
	for _, a := range e.Attributes {
		b.WriteString(" " + line(a.Key) + "=" + p.style(Datum, Key([]byte(a.Value))))
	}
	return b.String()
}

// hosts reports whether the host added the event by itself, for a call: the tree and the receipt say the same.
func hosts(e *actor.Event) bool {
	var kind actor.Kind
	return kind.UnmarshalText([]byte(e.Type)) == nil
}
