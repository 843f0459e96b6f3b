package query

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/txn"
)

// An Answer is what an actor said about its state.
type Answer struct {
	Data []byte
	// Sequence is the last transaction that the answer counts in.
	Sequence uint64
	GasUsed  uint64
}

// An Error is the failure of a smart query: deterministic, and the actor's business. Err is what errors.As finds.
type Error struct {
	// Path leads from the actor that was asked to the one that failed.
	Path []actor.Address
	Err  *actor.Error
}

// Error returns "asked → … → failed: code: text".
func (e *Error) Error() string {
	var b strings.Builder
	for i, a := range e.Path {
		if i > 0 {
			b.WriteString(" → ")
		}
		b.WriteString(a.String())
	}
	if len(e.Path) > 0 {
		b.WriteString(": ")
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Smart asks an actor's code. A virtual actor that was never sent a message answers from an empty state. When the actor
// fails, the error is an *Error, and the Answer still says the sequence and the gas; any other error is a fault of the
// host, or the end of ctx.
func (r *Router) Smart(ctx context.Context, to actor.Address, body []byte) (Answer, error) {
	v, err := r.view()
	if err != nil {
		return Answer{}, err
	}
	defer v.Release()
	tx := txn.OnSnapshot(v.Snapshot)
	defer tx.Rollback()
	res := v.Dispatcher.Query(ctx, tx, v.Head, to, body)
	if res.Fault != nil {
		return Answer{}, fmt.Errorf("query: %s: %w", to, hostError(res.Fault))
	}
	answer := Answer{Sequence: v.Head.Sequence, GasUsed: res.GasUsed}
	if res.Err != nil {
		return answer, &Error{Path: res.Path, Err: res.Err}
	}
	// A copy: an actor may answer with memory that it shares.
	answer.Data = bytes.Clone(res.Data)
	return answer, nil
}
