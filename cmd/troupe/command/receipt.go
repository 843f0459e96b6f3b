package command

import (
	"time"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// The outcomes of a transaction.
const (
	committed  = "committed"
	rolledBack = "rolled_back"
)

// receiptView is a receipt as machines get it.
type receiptView struct {
	Sequence  uint64          `json:"seq"`
	Outcome   string          `json:"outcome"`
	RequestID string          `json:"request_id,omitempty"`
	Callee    actor.Address   `json:"callee,omitempty"`
	Error     *actor.Error    `json:"error,omitempty"`
	Path      []actor.Address `json:"path,omitempty"`
	Data      data            `json:"data,omitzero"`
	Events    []actor.Event   `json:"events"`
	GasUsed   uint64          `json:"gas_used"`
	Messages  uint64          `json:"messages"`
	Rows      int             `json:"rows_written"`
	Root      state.Hash      `json:"root"`
}

func (p *printer) viewReceipt(r *state.Receipt) receiptView {
	v := receiptView{
		Sequence: r.Sequence, Outcome: committed, RequestID: r.RequestID, Callee: r.Callee, Error: r.Err, Path: r.Path,
		Data: p.data(r.Data), Events: r.Events, GasUsed: r.GasUsed, Messages: r.Messages, Rows: len(r.Changes), Root: r.Root,
	}
	if r.Err != nil {
		v.Outcome = rolledBack
	}
	if v.Events == nil {
		v.Events = []actor.Event{}
	}
	return v
}

// receipt prints what a transaction left.
func (p *printer) receipt(r *state.Receipt, sender actor.Address) error {
	if p.json {
		return p.object(p.viewReceipt(r))
	}
	p.printf("%s", show.Receipt(r, sender, p.options()))
	return nil
}

// timeText returns the time of a transaction.
func timeText(unixNano int64) string {
	return time.Unix(0, unixNano).UTC().Format("2006-01-02T15:04:05.000Z")
}
