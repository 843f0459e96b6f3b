package command

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/state"
)

// logFlags choose transactions.
type logFlags struct {
	limit    int
	from, to uint64
	sender   string
	actor    string
	event    string
	failed   bool
	all      bool
}

// defaultLog is how many transactions are listed unless something else is asked for.
const defaultLog = 20

func (c *call) logCommand() *cobra.Command {
	var f logFlags
	cmd := &cobra.Command{
		Use:   "log",
		Short: "List transactions",
		Long: `List the last transactions, or the first from --from on, that all given filters let through. Each line says when, who
sent what to whom, and what came of it. The log belongs to one process at a time, so that there is nothing to follow:
'` + c.Name + ` run' prints transactions as they happen.`,
		Example: c.examples(`
			% log
			% log --actor currency/gold --failed
			% log --from 100 -n 50 -o json
			% log --event transfer --sender alice`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return c.asking(cmd.Context(), func(p place) error { return c.log(cmd.Context(), p, &f) })
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&f.limit, "limit", "n", defaultLog, "list at most so many `transactions`; 0 means all")
	flags.Uint64Var(&f.from, "from", 0, "list forward from this `transaction`")
	flags.Uint64Var(&f.to, "to", 0, "end at this `transaction`")
	flags.StringVar(&f.sender, "sender", "", "only what this `sender` sent")
	flags.StringVar(&f.actor, "actor", "", "only what was sent to this `address` or had an event of it")
	flags.StringVar(&f.event, "event", "", "only what had an event of this `type`")
	flags.BoolVar(&f.failed, "failed", false, "only what was rolled back")
	flags.BoolVarP(&f.all, "all", "a", false, "also the host's own entries: bound modules, configuration")
	_ = cmd.RegisterFlagCompletionFunc("actor", c.completeAddress)
	return cmd
}

func (f *logFlags) check() error {
	switch {
	case f.limit < 0:
		return usagef("--limit is 0 or more, not %d", f.limit)
	case f.to != 0 && f.to < f.from:
		return usagef("--to %d is before --from %d", f.to, f.from)
	}
	return nil
}

// chosen reports whether the filters let an entry through.
func (f *logFlags) chosen(e *entry) bool {
	cmd, r := &e.Command, e.Receipt
	switch {
	case (cmd.Op == state.OpBind || cmd.Op == state.OpConfigure) && !f.all:
		return false
	case f.sender != "" && string(cmd.Sender) != f.sender:
		return false
	case f.failed && (r == nil || r.Err == nil):
		return false
	case f.event != "" && !hasEvent(r, func(ev *actor.Event) bool { return ev.Type == f.event }):
		return false
	case f.actor != "" && string(cmd.Message.To) != f.actor && (r == nil || string(r.Callee) != f.actor):
		return hasEvent(r, func(ev *actor.Event) bool { return string(ev.Actor) == f.actor })
	}
	return true
}

func hasEvent(r *state.Receipt, is func(*actor.Event) bool) bool {
	return r != nil && slices.ContainsFunc(r.Events, func(ev actor.Event) bool { return is(&ev) })
}

// log prints the chosen transactions. Forward, it prints what it has read before it reads on: a log can be long.
func (c *call) log(ctx context.Context, p place, f *logFlags) error {
	last, err := p.head(ctx)
	if err != nil {
		return err
	}
	text, listed := textOf(p), 0
	if f.to != 0 {
		last = min(last, f.to)
	}
	printed := func(list []entry) error {
		err := c.entries(ctx, text, list, listed == 0)
		listed += len(list)
		return err
	}
	if f.from != 0 || f.limit == 0 {
		err = f.forward(ctx, p, last, printed)
	} else {
		var list []entry
		if list, err = backward(ctx, p, 0, last, f.limit, f.chosen); err == nil {
			err = printed(list)
		}
	}
	if err == nil && listed == 0 && !c.printer.json {
		c.printer.printf("no transactions\n")
	}
	return err
}

// entries prints a part of the log, with the head of the table if it is the first.
func (c *call) entries(ctx context.Context, text *textual, list []entry, first bool) error {
	if len(list) == 0 {
		return nil
	}
	var rows [][]string
	if first {
		rows = append(rows, []string{"SEQ", "TIME", "FROM", "TO", "MESSAGE", "OUTCOME"})
	}
	for i := range list {
		c.printer.text = text.entry(ctx, &list[i])
		if !c.printer.json {
			rows = append(rows, c.printer.entryRow(&list[i]))
		} else if err := c.printer.object(c.printer.viewEntry(&list[i])); err != nil {
			return err
		}
	}
	c.printer.table(rows)
	return c.printer.flush()
}

// forward hands the chosen entries from f.from to last to printed, in order, a page at a time.
func (f *logFlags) forward(ctx context.Context, p place, last uint64, printed func([]entry) error) error {
	left := f.limit
	if left == 0 {
		left = math.MaxInt
	}
	for from := f.from; from <= last && left > 0; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		entries, err := p.log(ctx, from, stride)
		if err != nil || len(entries) == 0 {
			return err
		}
		from = entries[len(entries)-1].Command.Sequence + 1
		list := slices.DeleteFunc(entries, func(e entry) bool { return e.Command.Sequence > last || !f.chosen(&e) })
		list = list[:min(len(list), left)]
		left -= len(list)
		if err := printed(list); err != nil {
			return err
		}
	}
	return nil
}

// stride is how many transactions are read at a time on the way back.
const stride = 256

// backward returns the last of the chosen entries behind oldest, in order.
func backward(ctx context.Context, p place, oldest, last uint64, limit int, chosen func(*entry) bool) (list []entry, err error) {
	for last > oldest && len(list) < limit && ctx.Err() == nil {
		first := last - min(last-oldest, stride) + 1
		var found []entry
		for from := first; from <= last; {
			entries, err := p.log(ctx, from, int(last-from+1))
			if err != nil {
				return nil, err
			}
			if len(entries) == 0 {
				break
			}
			for i := range entries {
				if entries[i].Command.Sequence <= last && chosen(&entries[i]) {
					found = append(found, entries[i])
				}
			}
			from = entries[len(entries)-1].Command.Sequence + 1
			// No more is wanted, and a command that installs is as large as its code.
			found = slices.Delete(found, 0, max(0, len(found)-limit))
		}
		slices.Reverse(found)
		list = append(list, found...)
		last = first - 1
	}
	list = list[:min(len(list), limit)]
	slices.Reverse(list)
	return list, context.Cause(ctx)
}

// entryRow is a line of the log for people.
func (p *printer) entryRow(e *entry) []string {
	cmd := &e.Command
	outcome := "receipt not kept"
	if r := e.Receipt; r != nil {
		outcome = "committed"
		if r.Err != nil {
			outcome = "rolled back: " + harmless(r.Err.Error())
		} else if r.Messages > 0 {
			outcome += ", " + count(r.Messages, "sub-message")
		}
	}
	to, message := string(cmd.Message.To), p.messageText(e)
	if to == "" && e.Receipt != nil {
		to = string(e.Receipt.Callee)
	}
	return []string{strconv.FormatUint(cmd.Sequence, 10), timeText(cmd.Time), orDash(string(cmd.Sender)), orDash(to),
		shortened(message, 60), outcome}
}

// messageText says what a command asks for.
func (p *printer) messageText(e *entry) string {
	cmd := &e.Command
	msg := &cmd.Message
	switch {
	case cmd.Op == state.OpBind:
		return "bind " + string(msg.Module)
	case cmd.Op == state.OpInstall:
		text := "install " + string(msg.Module)
		if in := e.installs(); in != nil {
			text += " " + in.text(p)
		}
		return text
	case cmd.Op != state.OpMessage:
		return cmd.Op.String()
	case msg.Kind == actor.KindSetAdmin:
		return "set_admin " + orDash(string(msg.Admin))
	}
	text := ""
	if msg.Kind != actor.KindExecute {
		text = msg.Kind.String() + " "
	}
	if msg.Module != "" {
		text += string(msg.Module) + " "
	}
	if len(msg.Body) > 0 {
		call, _ := (&show.Options{Width: -1, Text: p.text, Invocation: capability.Readable}).Call(msg.Body, nil)
		text += call
	}
	return orDash(text)
}
