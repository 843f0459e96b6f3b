package query

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// look takes in the next receipt, whose row is valid during the call only.
func (w *watcher) look(ctx context.Context, v *dispatch.View, row []byte) error {
	receipt, err := state.DecodeReceipt(row)
	if err != nil {
		return fmt.Errorf("query: the receipt behind transaction %d: %w", w.after, err)
	}
	if receipt.Sequence != w.after+1 {
		return w.gap(fmt.Sprintf("before %d", receipt.Sequence))
	}
	n := Notice{Sequence: receipt.Sequence}
	if w.opts.Keys {
		if n.Changes, err = w.changes(ctx, v, &receipt); err != nil {
			return err
		}
	}
	if w.opts.Events {
		n.Events = w.events(receipt.Events)
	}
	if len(n.Changes) > 0 || len(n.Events) > 0 {
		cmd, ok, err := w.partition.ReadCommand(v, receipt.Sequence)
		if err != nil {
			return err
		}
		if ok {
			n.Time = time.Unix(0, cmd.Time).UTC()
		}
		w.notices = append(w.notices, n)
	}
	w.after = receipt.Sequence
	return nil
}

func (w *watcher) events(all []actor.Event) []actor.Event {
	var list []actor.Event
	for _, ev := range all {
		if (w.opts.Actor == "" || ev.Actor == w.opts.Actor) &&
			(len(w.opts.EventTypes) == 0 || slices.Contains(w.opts.EventTypes, ev.Type)) {
			list = append(list, ev)
		}
	}
	return list
}

func (w *watcher) changes(ctx context.Context, v *dispatch.View, receipt *state.Receipt) ([]Change, error) {
	var list []Change
	var lost []uint64 // numbers of the changes whose actor is not known
	for i := range receipt.Changes {
		c := &receipt.Changes[i]
		if len(c.Key) == 0 || state.Space(c.Key[0]) != state.State {
			continue
		}
		w.key = w.partition.AppendKey(w.key[:0], c.Key)
		k, err := state.ParseKey(w.key)
		if err != nil {
			return nil, err
		}
		if w.opts.Actor != "" && k.Number != w.number || !bytes.HasPrefix(k.Rest, w.opts.Prefix) {
			continue
		}
		who, ok := w.opts.Actor, true
		if who == "" {
			who, ok = w.names.address(k.Number)
		}
		if !ok {
			lost = append(lost, k.Number)
		}
		change := Change{Actor: who, Key: bytes.Clone(k.Rest), Deleted: c.Deleted}
		if !c.Deleted {
			change.Value = append(make([]byte, 0, len(c.Value)), c.Value...)
		}
		list = append(list, change)
	}
	if len(lost) == 0 {
		return list, nil
	}
	return list, w.name(ctx, v, receipt, list, lost)
}

// name fills in the actors of changes that have none; lost are their numbers, in order.
//
// The store has no rows from numbers to addresses. It needs none: an actor writes nothing but its own keys, while it
// runs, and a call that is committed leaves an event of the host that says who ran. So the receipt itself names
// everybody whose number it shows. Only system code runs without such an event.
func (w *watcher) name(ctx context.Context, v *dispatch.View, receipt *state.Receipt, list []Change, lost []uint64) error {
	found := make(map[uint64]actor.Address, len(lost))
	for _, n := range lost {
		found[n] = ""
	}
	missing := len(found)
	tell := func(number uint64, addr actor.Address) {
		if a, wanted := found[number]; wanted && a == "" {
			found[number] = addr
			missing--
		}
	}
	ask := func(addr actor.Address) error {
		number, ok := w.names.number(addr)
		if ok {
			w.names.put(addr, number) // the slot of the number went to another one
		} else {
			var err error
			if number, ok, err = w.lookup(v, addr); err != nil || !ok {
				return err
			}
		}
		tell(number, addr)
		return nil
	}
	for i := 0; missing > 0 && i <= len(receipt.Events); i++ {
		who := receipt.Callee
		if i > 0 {
			who = receipt.Events[i-1].Actor
		}
		if who.Validate() != nil {
			continue
		}
		if err := ask(who); err != nil {
			return err
		}
	}
	if missing > 0 {
		if err := w.search(ctx, v, &missing, tell); err != nil {
			return err
		}
	}
	for i := range list {
		if list[i].Actor == "" {
			list[i].Actor, lost = found[lost[0]], lost[1:]
		}
	}
	return nil
}

// search goes through the records of all actors until nobody is missing.
func (w *watcher) search(ctx context.Context, v *dispatch.View, missing *int, tell func(uint64, actor.Address)) error {
	lower, upper := w.partition.Bounds(state.Actors)
	it, err := v.Iter(lower, upper)
	if err != nil {
		return err
	}
	defer it.Close()
	i := 0
	for more := it.First(); more; more = it.Next() {
		if i++; i%searchStride == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		number, _, ok := state.ActorHead(it.Value())
		if !ok {
			return fmt.Errorf("query: the record of actor %s: %w", it.Key()[len(lower):], state.ErrCorrupt)
		}
		before := *missing
		if tell(number, actor.Address(it.Key()[len(lower):])); *missing == before {
			continue
		}
		w.names.put(actor.Address(it.Key()[len(lower):]), number)
		if *missing == 0 {
			return nil
		}
	}
	if err := it.Err(); err != nil {
		return err
	}
	return fmt.Errorf("query: a receipt shows the state of an actor that has no record: %w", state.ErrCorrupt)
}

// searchStride is how many records are read between two looks at the context.
const searchStride = 1024
