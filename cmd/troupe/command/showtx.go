package command

import (
	"context"
	"errors"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
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

func (c *call) showRequest(ctx context.Context, h *runtime.Host, id string) error {
	receipt, err := h.Reader().ReceiptOf(id)
	if errors.Is(err, query.ErrNotFound) {
		return notFoundf("no request has had the id %s", quoted(id))
	}
	if err != nil {
		return err
	}
	return c.showTx(ctx, h, receipt.Sequence)
}

func (c *call) showTx(ctx context.Context, h *runtime.Host, seq uint64) error {
	e, err := findEntry(h.Reader(), seq)
	if err != nil {
		return err
	}
	changes, err := changesOf(ctx, h.Reader(), e)
	if err != nil {
		return err
	}
	c.printer.text = c.Modules.textualEntry(h, e)
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
func findEntry(r *query.Router, seq uint64) (*query.Entry, error) {
	head, err := r.Head()
	if err != nil {
		return nil, err
	}
	if seq == 0 || seq > head.Sequence {
		return nil, noTx(seq, head.Sequence)
	}
	entries, err := r.Log(seq, 1)
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

func (p *printer) tx(e *query.Entry, changes []query.Change) {
	cmd, r := &e.Command, e.Receipt
	p.printf("%s\n", show.Command(cmd, p.options()))
	if r == nil {
		p.printf("its receipt is not kept\n")
		return
	}
	_ = p.receipt(r, cmd.Sender) // in text it cannot fail
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
