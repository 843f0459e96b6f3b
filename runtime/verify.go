package runtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// A DivergenceError says that a transaction, executed again, did not do what its receipt says.
type DivergenceError struct {
	Sequence uint64
	Command  state.Command
	// Was is the receipt in the log, Now that of the execution.
	Was, Now *state.Receipt
}

func (e *DivergenceError) Error() string {
	return fmt.Sprintf("transaction %d (%s to %s from %s) diverges: %s", e.Sequence, e.Command.Message.Kind,
		e.Command.Message.To, e.Command.Sender, e.difference())
}

func (e *DivergenceError) difference() string {
	was, now := e.Was, e.Now
	switch {
	case (was.Err == nil) != (now.Err == nil) || was.Err != nil && *was.Err != *now.Err:
		return fmt.Sprintf("its error was %v, now it is %v", orNone(was.Err), orNone(now.Err))
	case string(was.Data) != string(now.Data):
		return fmt.Sprintf("its data was %q, now it is %q", was.Data, now.Data)
	case was.GasUsed != now.GasUsed:
		return fmt.Sprintf("it used %d gas, now %d", was.GasUsed, now.GasUsed)
	case len(was.Changes) != len(now.Changes):
		return fmt.Sprintf("it wrote %d keys, now %d", len(was.Changes), len(now.Changes))
	}
	for i := range was.Changes {
		a, b := was.Changes[i], now.Changes[i]
		if a.Key != b.Key || string(a.Value) != string(b.Value) || a.Deleted != b.Deleted {
			return fmt.Sprintf("it wrote %q = %q, now %q = %q", a.Key, a.Value, b.Key, b.Value)
		}
	}
	return fmt.Sprintf("its root was %s, now it is %s", was.Root, now.Root)
}

func orNone(e *actor.Error) string {
	if e == nil {
		return "none"
	}
	return e.Error()
}

// Verify executes every transaction of the log again, in memory and from the beginning, and compares results, writes
// and roots. It returns the last transaction that it reached. A difference is a *DivergenceError. The Go values that the
// log uses must be bound; code that it installs is in it. It runs beside everything else on the state as of its start.
// ErrPruned says that the beginning is not kept: then there are Check and VerifyFrom.
func (h *Host) Verify(ctx context.Context) (state.Head, error) {
	view := h.executor.View()
	if view == nil {
		return state.Head{}, h.gone()
	}
	defer view.Release()
	return h.again(ctx, view, view.Head.Sequence, compareWith(view), nil)
}

// compareWith returns what compares the receipts of an execution with those in the view.
func compareWith(view *dispatch.View) func(uint64, *state.Command, *state.Receipt) error {
	return func(seq uint64, cmd *state.Command, now *state.Receipt) error {
		was, ok, err := partition.ReadReceipt(view, seq)
		if err == nil && !ok {
			err = fmt.Errorf("transaction %d has no receipt: %w", seq, state.ErrCorrupt)
		}
		if err != nil {
			return err
		}
		if was.Root != now.Root || was.Messages != now.Messages {
			return &DivergenceError{Sequence: seq, Command: *cmd, Was: &was, Now: now}
		}
		return nil
	}
}

// Trace returns what happened in a transaction: as it was kept, or else by executing the log again up to it. The error is
// query.ErrTooOld if neither is possible any more.
func (h *Host) Trace(ctx context.Context, seq uint64) (*dispatch.Trace, error) {
	view := h.executor.View()
	if view == nil {
		return nil, h.gone()
	}
	defer view.Release()
	if seq == 0 || seq > view.Head.Sequence {
		return nil, fmt.Errorf("runtime: there is no transaction %d, the last one is %d", seq, view.Head.Sequence)
	}
	if t, err := h.reader.Trace(seq); err == nil {
		return t, nil
	}
	t := new(dispatch.Trace)
	_, err := h.again(ctx, view, seq, nil, t)
	if errors.Is(err, ErrPruned) {
		err = fmt.Errorf("runtime: the trace of transaction %d was not kept: %w: %w", seq, query.ErrTooOld, err)
	}
	return t, err
}

// again is replay from the beginning.
func (h *Host) again(ctx context.Context, view *dispatch.View, last uint64,
	each func(uint64, *state.Command, *state.Receipt) error, trace *dispatch.Trace) (state.Head, error) {
	floor, pruned, err := partition.ReadFloor(view)
	if err != nil {
		return state.Head{}, err
	}
	if pruned {
		return state.Head{}, fmt.Errorf("runtime: %w: %s keeps what is behind transaction %d", ErrPruned, h.name(), floor.Sequence)
	}
	memory, err := state.Open("", nil)
	if err != nil {
		return state.Head{}, err
	}
	defer memory.Close()
	return h.replay(ctx, view, memory, last, each, trace)
}

// replay executes the log behind what a store has, up to and including transaction last, which fills trace.
func (h *Host) replay(ctx context.Context, view *dispatch.View, store *state.Store, last uint64,
	each func(uint64, *state.Command, *state.Receipt) error, trace *dispatch.Trace) (state.Head, error) {
	code := &replayed{host: h, held: map[state.Hash]*slot{}}
	defer code.release()
	d := *view.Dispatcher
	d.Resolver = code
	r, err := dispatch.NewReplay(store, d)
	if err != nil {
		return state.Head{}, err
	}
	for seq := r.Head().Sequence + 1; seq <= last; seq++ {
		if ctx.Err() != nil {
			return r.Head(), context.Cause(ctx)
		}
		cmd, ok, err := partition.ReadCommand(view, seq)
		if err != nil {
			return r.Head(), err
		}
		if !ok {
			return r.Head(), fmt.Errorf("runtime: the log of %s lacks transaction %d: %w", h.name(), seq, state.ErrCorrupt)
		}
		code.meet(&cmd)
		var t *dispatch.Trace
		if seq == last {
			t = trace
		}
		now, err := r.Step(ctx, &cmd, t)
		err = h.explain(err)
		if err == nil && each != nil {
			err = each(seq, &cmd, now)
		}
		if err != nil {
			return r.Head(), err
		}
	}
	return r.Head(), nil
}
