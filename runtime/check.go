package runtime

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/state"
)

// ErrPruned says that transactions cannot be executed again, because the log begins behind them.
var ErrPruned = errors.New("the log does not go back to the beginning")

// A Chain is what Check has found in order: every transaction behind Floor, up to Head.
type Chain struct{ Floor, Head state.Head }

// Transactions returns how many there are.
func (c *Chain) Transactions() uint64 { return c.Head.Sequence - c.Floor.Sequence }

// Check compares the log with its receipts and the chain of roots, from where the log begins to its end, without executing
// anything: it finds what was changed, lost or mixed up since, but not what was wrong from the start. It runs beside
// everything else on the state as of its start. Damage is an error that is state.ErrCorrupt.
func (h *Host) Check(ctx context.Context) (Chain, error) {
	view := h.executor.View()
	if view == nil {
		return Chain{}, h.gone()
	}
	defer view.Release()
	floor, _, err := partition.ReadFloor(view)
	c := Chain{Floor: floor, Head: floor}
	for err == nil && c.Head.Sequence < view.Head.Sequence {
		if ctx.Err() != nil {
			return c, context.Cause(ctx)
		}
		err = link(view, &c.Head)
	}
	if err == nil && c.Head.Root != view.Head.Root {
		err = fmt.Errorf("the root behind transaction %d is %s, and should be %s: %w", c.Head.Sequence, c.Head.Root, view.Head.Root, state.ErrCorrupt)
	}
	if err != nil {
		return c, fmt.Errorf("runtime: check %s: %w", h.name(), err)
	}
	return c, nil
}

// link goes on to the next transaction, if that fits.
func link(view *dispatch.View, head *state.Head) error {
	seq := head.Sequence + 1
	cmd, ok, err := partition.ReadCommand(view, seq)
	if err != nil {
		return err
	}
	r, found, err := partition.ReadReceipt(view, seq)
	switch {
	case err != nil:
		return err
	case !ok || !found:
		return fmt.Errorf("transaction %d is not there: %w", seq, state.ErrCorrupt)
	case cmd.Time < head.Time:
		return fmt.Errorf("transaction %d is earlier than the one before: %w", seq, state.ErrCorrupt)
	case r.EffectsHash() != r.Writes:
		return fmt.Errorf("the receipt of transaction %d is not what it was: %w", seq, state.ErrCorrupt)
	case state.Extend(head.Root, seq, cmd.Hash(), r.Writes) != r.Root:
		return fmt.Errorf("transaction %d does not follow from the one before: %w", seq, state.ErrCorrupt)
	}
	*head = state.Head{Sequence: seq, Root: r.Root, Time: cmd.Time}
	return nil
}

// A Reexecution is what VerifyFrom has executed again: every transaction behind From, up to Head.
type Reexecution struct{ From, Head state.Head }

// VerifyFrom is Verify for a log that does not go back to the beginning any more: it executes what is behind a backup, on a
// copy of the backup that it makes among temporary files. The backup must be of this log, and from no earlier than where
// the log begins now.
func (h *Host) VerifyFrom(ctx context.Context, backup string) (Reexecution, error) {
	view := h.executor.View()
	if view == nil {
		return Reexecution{}, h.gone()
	}
	defer view.Release()
	dir, err := os.MkdirTemp("", "troupe-verify-")
	if err != nil {
		return Reexecution{}, fmt.Errorf("runtime: verify from %s: %w", backup, err)
	}
	defer os.RemoveAll(dir)
	if err := state.Restore(backup, filepath.Join(dir, "copy"), nil); err != nil {
		return Reexecution{}, fmt.Errorf("runtime: verify from %s: %w", backup, err)
	}
	store, err := state.Open(filepath.Join(dir, "copy"), nil)
	if err != nil {
		return Reexecution{}, fmt.Errorf("runtime: verify from %s: %w", backup, err)
	}
	defer store.Close()
	from, err := fits(store, view)
	if err != nil {
		return Reexecution{}, fmt.Errorf("runtime: verify from %s: %w", backup, err)
	}
	head, err := h.replay(ctx, view, store, view.Head.Sequence, compareWith(view), nil)
	return Reexecution{From: from, Head: head}, err
}

// fits returns the last transaction of a backup, if the log of the view goes on from there.
func fits(backup *state.Store, view *dispatch.View) (state.Head, error) {
	head, _, err := partition.ReadHead(backup)
	if err != nil {
		return head, err
	}
	floor, _, err := partition.ReadFloor(view)
	switch {
	case err != nil:
		return head, err
	case head.Sequence < floor.Sequence:
		return head, fmt.Errorf("it ends with transaction %d, and the log begins behind %d: take a later backup", head.Sequence, floor.Sequence)
	case head.Sequence > view.Head.Sequence:
		return head, fmt.Errorf("it ends with transaction %d, and the log with %d: take an earlier backup", head.Sequence, view.Head.Sequence)
	}
	root := floor.Root
	if head.Sequence > floor.Sequence {
		r, ok, err := partition.ReadReceipt(view, head.Sequence)
		if err == nil && !ok {
			err = fmt.Errorf("transaction %d has no receipt: %w", head.Sequence, state.ErrCorrupt)
		}
		if err != nil {
			return head, err
		}
		root = r.Root
	}
	if root != head.Root {
		return head, fmt.Errorf("its root behind transaction %d is %s, that of the log is %s: it is a backup of something else", head.Sequence, head.Root, root)
	}
	return head, nil
}
