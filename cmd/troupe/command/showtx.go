package command

import (
	"context"
	"errors"
	"strings"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// txDetail is what show tells machines about a transaction.
type txDetail struct {
	entryView
	Writes []changeView `json:"writes"`
}

type changeView struct {
	Actor   actor.Address `json:"actor"`
	Key     data          `json:"key"`
	Value   data          `json:"value,omitzero"`
	Deleted bool          `json:"deleted,omitempty"`
}

func (c *call) showRequest(ctx context.Context, p place, id string) error {
	receipt, err := p.receiptOf(ctx, id)
	if exitCode(err) == ExitNotFound || errors.Is(err, query.ErrNotFound) {
		return notFoundf("no request has had the id %s", quoted(id))
	}
	if err != nil {
		return err
	}
	return c.showTx(ctx, p, receipt.Sequence)
}

func (c *call) showTx(ctx context.Context, p place, seq uint64) error {
	e, err := findEntry(ctx, p, seq)
	if err != nil {
		return err
	}
	changes, err := p.changes(ctx, e)
	if err != nil {
		return err
	}
	c.printer.text = textOf(p).entry(ctx, e)
	if c.printer.json {
		v := txDetail{c.printer.viewEntry(e), []changeView{}}
		for _, ch := range changes {
			v.Writes = append(v.Writes, changeView{ch.Actor, keyData(ch.Key), c.printer.data(ch.Value), ch.Deleted})
		}
		return c.printer.object(v)
	}
	c.printer.tx(e, changes)
	return nil
}

// findEntry returns a transaction of the log.
func findEntry(ctx context.Context, p place, seq uint64) (*entry, error) {
	head, err := p.head(ctx)
	if err != nil {
		return nil, err
	}
	if seq == 0 || seq > head {
		return nil, noTx(seq, head)
	}
	entries, err := p.log(ctx, seq, 1)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 || entries[0].Command.Sequence != seq {
		return nil, notFoundf("transaction %d is not kept", seq)
	}
	return &entries[0], nil
}

func noTx(seq, last uint64) error {
	if last == 0 {
		return notFoundf("there is no transaction %d: the log is empty", seq)
	}
	return notFoundf("there is no transaction %d: they are 1 to %d", seq, last)
}

// changesOf returns the keys that a transaction wrote, with whose they are.
func changesOf(ctx context.Context, r *query.Router, e *query.Entry) ([]query.Change, error) {
	if e.Receipt == nil || !wroteState(e.Receipt) {
		return nil, nil
	}
	for notice, err := range r.Watch(ctx, query.WatchOptions{Keys: true, From: e.Receipt.Sequence - 1}) {
		if err != nil || notice.Sequence == e.Receipt.Sequence {
			return notice.Changes, err
		}
		break
	}
	return nil, nil
}

// wroteState reports whether a watch of keys has something to tell about a transaction.
func wroteState(r *state.Receipt) bool {
	for i := range r.Changes {
		if key := r.Changes[i].Key; len(key) > 0 && state.Space(key[0]) == state.State {
			return true
		}
	}
	return false
}

// command tells what was asked in one line.
func (p *printer) command(e *entry) string {
	text := show.Command(&e.Command, p.options())
	if e.asks != nil {
		name := p.style(show.Word, "install") + " " + p.style(show.Name, string(e.Command.Message.Module))
		text = strings.Replace(text, name, name+"  "+e.asks.text(p), 1)
	}
	return text
}

func (p *printer) tx(e *entry, changes []query.Change) {
	cmd, r := &e.Command, e.Receipt
	p.printf("%s\n", p.command(e))
	if r == nil {
		p.printf("its receipt is not kept\n")
		return
	}
	opts := p.options()
	opts.Asked = cmd.Message.Body
	p.printf("%s", show.Receipt(r, cmd.Sender, opts))
	for _, ch := range changes {
		value := p.value(ch.Value)
		if ch.Deleted {
			value = show.None
		}
		p.printf("%s %s %s: %s\n", p.style(show.Word, "wrote"), p.style(show.Name, string(ch.Actor)), show.Key(ch.Key), value)
	}
	p.printf("%s, %s\n", count(r.Messages, "sub-message"), count(len(r.Changes), "row")+" written")
	p.printf("root %s\n", r.Root)
}
