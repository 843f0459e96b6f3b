package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// ErrReadOnly is the error of a write to a host that was opened to be read.
var ErrReadOnly = errors.New("the host is read-only")

// Send runs one transaction: the message and everything that comes of it. When it returns a receipt, the outcome is
// durable. If the tree was rolled back, the error is a *TxError and there is a receipt as well; with any other error
// there is none, and nothing happened unless the error is dispatch.ErrStopped.
//
// Ctx bounds the time until the transaction has been executed: see dispatch.Executor.Submit.
func (h *Host) Send(ctx context.Context, from actor.Address, msg actor.Message) (*state.Receipt, error) {
	return h.Do(ctx, dispatch.Request{Sender: from, Message: msg})
}

// Create makes an actor of a module at an address, and returns the address. If it is empty the host picks one.
func (h *Host) Create(ctx context.Context, from, at actor.Address, module actor.ModuleID, body []byte) (actor.Address, error) {
	r, err := h.Send(ctx, from, actor.Message{Kind: actor.KindInstantiate, To: at, Module: module, Body: body})
	if err != nil {
		return "", err
	}
	return r.Callee, nil
}

// Sudo sends a message that only the operator of the host may send. It has no sender.
func (h *Host) Sudo(ctx context.Context, to actor.Address, body []byte) (*state.Receipt, error) {
	return h.Do(ctx, dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: to, Body: body}})
}

// Do is Send with all that a request can say: an id that makes it safe to repeat, a key that has signed it, a trace to be
// filled. What has a signer is sent in its name if it says no other, and needs a grant: see package access. A refusal is a
// transaction that was rolled back.
func (h *Host) Do(ctx context.Context, req dispatch.Request) (*state.Receipt, error) {
	if req.Sender == "" && req.Message.Kind != actor.KindSudo {
		req.Sender = actor.Address(req.Signer)
	}
	if h.readOnly {
		return nil, fmt.Errorf("runtime: %s: %w", h.name(), ErrReadOnly)
	}
	r, err := h.executor.Submit(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("runtime: %s to %s: %w", req.Message.Kind, req.Message.To, h.explain(err))
	}
	if r.Err != nil {
		return r, &TxError{Sequence: r.Sequence, Sender: req.Sender, Path: r.Path, Err: r.Err}
	}
	return r, nil
}

// A TxError says that a transaction was executed, failed, and left nothing but its receipt.
type TxError struct {
	Sequence uint64
	Sender   actor.Address
	// Path leads from the receiver of the message to the actor that failed.
	Path []actor.Address
	Err  *actor.Error
}

// Error returns the path, the code and the text: "alice → warrior → currency: insufficient_funds: …".
func (e *TxError) Error() string {
	var b strings.Builder
	if e.Sender != "" {
		b.WriteString(e.Sender.String())
	} else {
		b.WriteString("host")
	}
	for _, a := range e.Path {
		b.WriteString(" → ")
		b.WriteString(a.String())
	}
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns the actor error.
func (e *TxError) Unwrap() error { return e.Err }
