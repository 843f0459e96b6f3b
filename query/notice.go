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
	var lost []uint64 // the numbers of changes whose actor is not remembered, in their order
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
	who, err := w.owners(ctx, v, receipt, lost)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Actor == "" {
			list[i].Actor, lost = who[lost[0]], lost[1:]
		}
	}
	return list, nil
}
