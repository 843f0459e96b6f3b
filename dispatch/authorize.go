package dispatch

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// authorize asks the hook.
func (r *run) authorize(d delivery) error {
	if r.Authorize == nil {
		return nil
	}
	if r.peeks == nil {
		r.peeks = r.peek
	}
	r.asked = d.tx
	err := r.Authorize(Access{Sender: r.sender, From: d.from, Message: d.msg, Depth: d.depth - 1,
		Op: r.op, Signer: r.signer, Root: d.root, Time: r.time, Read: r.peeks})
	r.asked = nil
	if fault := d.tx.Err(); fault != nil {
		return fault
	}
	if err == nil {
		return nil
	}
	e := *said(err)
	if e.Code == actor.CodeFailed {
		e.Code = actor.CodeUnauthorized
	}
	return &e
}

// peek is Access.Read.
func (r *run) peek(of actor.Address, key []byte) ([]byte, bool) {
	if r.asked == nil {
		return nil, false
	}
	return r.look(r.asked, of, key)
}

// look reads a key of any actor, for the host itself.
func (r *run) look(tx *txn.Tx, of actor.Address, key []byte) ([]byte, bool) {
	if r.strangers.has(of) {
		return nil, false
	}
	number, _, ok := r.head(tx, of)
	if ok {
		r.key = r.Partition.AppendState(r.key[:0], number, key)
		return tx.Get(r.key)
	}
	if tx.Err() == nil && !r.bound(tx, actor.ModuleID(of.Kind())) {
		r.strangers.add(of)
	}
	return nil, false
}

// permit asks the hook about a command that is no message and has a signer.
func (r *run) permit(tx *txn.Tx, cmd *state.Command) error {
	if cmd.Signer == "" {
		return nil
	}
	return r.authorize(delivery{tx: tx, from: cmd.Sender, msg: &cmd.Message, depth: 1, root: true})
}

// control begins the run of a command that neither is a message nor installs, and returns why it must not be executed.
func (m *machine) control(tx *txn.Tx, cmd *state.Command) *actor.Error {
	m.run.command(&m.d, tx, cmd)
	if err := m.run.permit(tx, cmd); err != nil {
		return actor.AsError(err)
	}
	return nil
}
