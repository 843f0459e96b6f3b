package query

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// WatchOptions say what a watch is about. The zero value is everything, from the first transaction.
type WatchOptions struct {
	// Actor is whose keys and events to watch; it need not be there yet. Empty means all actors.
	Actor actor.Address
	// Keys and Events choose what to watch. If neither is set, both are.
	Keys, Events bool
	// Prefix, if not empty, restricts the keys to those that begin with it.
	Prefix []byte
	// EventTypes, if not empty, restricts the events to those types.
	EventTypes []string
	// From is the transaction behind which the watch begins: the Sequence of the last Notice, of an Answer, a Page or
	// the head. A watch from beyond the head waits.
	From uint64
}

// A Notice is what one transaction did of what a watch is about. It belongs to the watcher.
type Notice struct {
	Sequence uint64
	// Time is that of the transaction; it is zero if its command is no longer kept.
	Time time.Time
	// Changes are in the order of actors' numbers and keys: one for each key, as the transaction left it.
	Changes []Change
	// Events are in the order in which they were emitted.
	Events []actor.Event
}

// A Change is a key that a transaction wrote.
type Change struct {
	Actor actor.Address
	Key   []byte
	// Value is nil if the key was deleted.
	Value   []byte
	Deleted bool
}

// Watch returns the transactions that concern a watch, from the past and as they become durable: each once, in order, and
// none that changed nothing of what is watched. It ends when the caller stops, or with an error in place of a Notice:
// that of ctx, dispatch.ErrClosed when the host closes, ErrTooOld when receipts behind From are no longer kept, or a
// fault of the host. Whoever goes on with From set to the sequence of the last Notice that was handled misses nothing.
//
// Nothing is kept open or piled up while the caller handles a Notice, however long that takes. The sequence may be
// ranged over more than once: each time it begins at From.
func (r *Router) Watch(ctx context.Context, opts WatchOptions) iter.Seq2[Notice, error] {
	opts.Prefix, opts.EventTypes = bytes.Clone(opts.Prefix), slices.Clone(opts.EventTypes)
	if !opts.Keys && !opts.Events {
		opts.Keys, opts.Events = true, true
	}
	return func(yield func(Notice, error) bool) {
		w := watcher{Router: r, opts: opts, after: opts.From}
		if err := w.watch(ctx, func(n Notice) bool { return yield(n, nil) }); err != nil {
			yield(Notice{}, err)
		}
	}
}

// Past returns the next notices of a watch, as many as are read at a time, and does not wait for more: none if there is
// nothing behind From yet. It has looked at every transaction up to the one that it returns, where it goes on. The errors
// are those of Watch.
func (r *Router) Past(ctx context.Context, opts WatchOptions) (notices []Notice, upto uint64, err error) {
	if !opts.Keys && !opts.Events {
		opts.Keys, opts.Events = true, true
	}
	if opts.Actor != "" {
		if err := opts.Actor.Validate(); err != nil {
			return nil, opts.From, err
		}
	}
	w := watcher{Router: r, opts: opts, after: opts.From}
	if _, err := w.read(ctx); err != nil {
		return nil, opts.From, hostError(err)
	}
	return w.notices, w.after, nil
}

// A watcher is one walk along the receipts.
type watcher struct {
	*Router
	opts  WatchOptions
	after uint64 // every receipt up to this one has been looked at
	// number is that of opts.Actor, once it is known to be there.
	number  uint64
	exists  bool
	notices []Notice
	key     []byte // scratch
}

// watch returns nil if yield wants no more.
func (w *watcher) watch(ctx context.Context, yield func(Notice) bool) error {
	if w.opts.Actor != "" {
		if err := w.opts.Actor.Validate(); err != nil {
			return err
		}
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		// Asked for before the view: whatever comes behind the view closes this very channel.
		changed := w.source.Changed()
		w.notices = w.notices[:0]
		behind, err := w.read(ctx)
		for _, n := range w.notices {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !yield(n) {
				return nil
			}
		}
		if err != nil {
			return hostError(err)
		}
		if behind {
			continue
		}
		clear(w.notices) // nothing of the last batch is kept alive by a watch that waits
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// Bounds of what is read under one view.
const (
	batchReceipts = 256
	batchBytes    = 1 << 20
)

// read looks at the next receipts and collects notices. It reports whether there were more. The view is given back
// before anybody is told anything: how long a watcher takes is unknown, and a view holds on to storage.
func (w *watcher) read(ctx context.Context) (behind bool, err error) {
	v, err := w.view()
	if err != nil {
		return false, err
	}
	defer v.Release()
	head := v.Head.Sequence
	if head <= w.after {
		return false, nil
	}
	if w.opts.Actor != "" && !w.exists {
		if w.number, w.exists, err = w.lookup(v, w.opts.Actor); err != nil {
			return false, err
		}
		if !w.exists { // then nothing in this view is about it
			return false, w.skip(v, head)
		}
	}
	_, end := w.partition.Bounds(state.Receipts)
	it, err := v.Iter(w.partition.AppendReceipt(nil, w.after+1), end)
	if err != nil {
		return false, err
	}
	defer it.Close()
	size := 0
	for more := it.First(); more && w.after < head; more = it.Next() {
		if size += len(it.Value()); len(w.notices) >= batchReceipts || size > batchBytes && size > len(it.Value()) {
			return true, nil
		}
		if err := w.look(ctx, v, it.Value()); err != nil {
			return false, err
		}
	}
	if err := it.Err(); err != nil {
		return false, err
	}
	if w.after < head {
		return false, w.gap(fmt.Sprintf("up to %d", head))
	}
	return false, nil
}

// skip passes over everything in v, of which the watch is not about anything. It only needs to know that the receipts
// are there, because who asks for what is not kept any more shall always be told.
func (w *watcher) skip(v *dispatch.View, head uint64) error {
	_, ok, err := v.Get(w.partition.AppendReceipt(nil, w.after+1))
	if err != nil {
		return err
	}
	if !ok {
		return w.gap(fmt.Sprintf("up to %d", head))
	}
	w.after = head
	return nil
}

// gap is the error of a watch whose next receipt is missing.
func (w *watcher) gap(which string) error {
	return fmt.Errorf("query: watch from %d: %w: the receipts behind transaction %d, %s, are not kept: read the state and watch from its sequence",
		w.opts.From, ErrTooOld, w.after, which)
}
