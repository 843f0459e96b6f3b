package command

import (
	"fmt"
	"time"

	"github.com/troupe-run/troupe/dispatch/show"
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
	// Install is what a command that installs asks for; the body is then that of the migrate messages.
	Install *installView `json:"install,omitempty"`
}

type installView struct {
	Kind    string     `json:"kind"`
	Hash    state.Hash `json:"hash"`
	Size    int        `json:"size"`
	Replace bool       `json:"replace"`
	Migrate bool       `json:"migrate"`
	// body is that of the migrate messages.
	body []byte
}

// text says the same as show.Installation.
func (in *installView) text(p *printer) string {
	text := fmt.Sprintf("%s %s, %s bytes", harmless(in.Kind), show.Hash(in.Hash), show.Count(in.Size))
	switch {
	case in.Migrate:
		text += ", migrate"
	case in.Replace:
		text += ", replace"
	}
	if len(in.body) > 0 {
		text += " " + p.options().Value(in.body)
	}
	return text
}

func (p *printer) viewEntry(e *entry) entryView {
	cmd := &e.Command
	v := entryView{Sequence: cmd.Sequence, Op: cmd.Op.String(), Time: time.Unix(0, cmd.Time).UTC(), Sender: cmd.Sender}
	msg := &cmd.Message
	switch cmd.Op {
	case state.OpMessage:
		v.Message = &messageView{Kind: msg.Kind.String(), To: msg.To, Module: msg.Module, Admin: msg.Admin, Body: p.data(msg.Body)}
	case state.OpInstall:
		v.Message = &messageView{Module: msg.Module}
		if in := e.installs(); in != nil {
			v.Message.Body, v.Message.Install = p.data(in.body), in
		}
	default:
		v.Message = &messageView{Module: msg.Module, Body: p.data(msg.Body)}
	}
	if e.Receipt != nil {
		receipt := p.viewReceipt(e.Receipt)
		v.Receipt = &receipt
	}
	return v
}
