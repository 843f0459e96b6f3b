package command

import (
	"time"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// entryView is a transaction of the log as machines get it.
type entryView struct {
	Sequence uint64        `json:"seq"`
	Op       string        `json:"op"`
	Time     time.Time     `json:"time"`
	Sender   actor.Address `json:"sender,omitempty"`
	Message  *messageView  `json:"message,omitempty"`
	Receipt  *receiptView  `json:"receipt,omitempty"`
}

type messageView struct {
	Kind   string         `json:"kind,omitempty"`
	To     actor.Address  `json:"to,omitempty"`
	Module actor.ModuleID `json:"module,omitempty"`
	Admin  actor.Address  `json:"admin,omitempty"`
	Body   data           `json:"body,omitzero"`
}

func (p *printer) viewEntry(e *query.Entry) entryView {
	cmd := &e.Command
	v := entryView{Sequence: cmd.Sequence, Op: cmd.Op.String(), Time: time.Unix(0, cmd.Time).UTC(), Sender: cmd.Sender}
	msg := &cmd.Message
	v.Message = &messageView{msg.Kind.String(), msg.To, msg.Module, msg.Admin, p.data(msg.Body)}
	if cmd.Op != state.OpMessage {
		v.Message = &messageView{Module: msg.Module, Body: p.data(msg.Body)}
	}
	if e.Receipt != nil {
		receipt := p.viewReceipt(e.Receipt)
		v.Receipt = &receipt
	}
	return v
}
