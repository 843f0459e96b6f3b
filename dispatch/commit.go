package dispatch

import (
	"encoding/json"
	"time"

	"github.com/troupe-run/troupe/state"
)

// apply is the second goroutine: it writes each group into a batch and applies it. The store shows a batch to readers
// before it is on disk; so the snapshot that queries will see is taken here, where it holds this group and none later,
// and published by the third goroutine when the disk has it.
func (e *Executor) apply() {
	defer e.ended.Done()
	defer close(e.synced)
	for g := range e.groups {
		if err := e.applyGroup(g); err != nil {
			e.fail(err)
		}
		e.recycle(g)
		e.applied.Store(g.number)
		e.synced <- g
	}
}

// recycle gives the memory of a group's commands, which nobody needs any more, to a group to come.
func (e *Executor) recycle(g *group) {
	if g.done == nil {
		return
	}
	clear(g.done)
	select {
	case e.spare <- g.done[:0]:
	default:
	}
	g.done = nil
}

func (e *Executor) applyGroup(g *group) error {
	if err := e.Err(); err != nil || len(g.done) == 0 {
		return err
	}
	batch := e.store.NewBatch()
	g.receipts = e.journal.add(batch, g.done)
	for _, t := range g.traces {
		if err := e.keepTrace(batch, t); err != nil {
			batch.Close()
			return err
		}
	}
	e.journal.close(batch)
	var err error
	if g.pending, err = e.store.Apply(batch); err != nil {
		return err
	}
	g.view = newView(e.store.Snapshot(), e.journal.head, g.dispatcher)
	return nil
}

func (e *Executor) keepTrace(batch *state.Batch, t *Trace) error {
	if t == nil {
		return nil // not of a message
	}
	row, err := json.Marshal(t)
	if err != nil {
		return err
	}
	batch.Set(e.partition.AppendTrace(nil, t.Sequence), row)
	return nil
}

// sync is the third goroutine: it waits until a group is on disk, publishes its view and answers its requests.
func (e *Executor) sync() {
	defer e.ended.Done()
	for g := range e.synced {
		if g.pending != nil {
			before := time.Now()
			if err := g.pending.Wait(); err != nil {
				e.fail(err)
			}
			e.counters.groups.Add(1)
			e.counters.transactions.Add(uint64(len(g.receipts)))
			e.counters.synced.Add(uint64(time.Since(before)))
		}
		if err := e.Err(); err != nil {
			g.abandon(err)
			continue
		}
		if g.view != nil {
			e.latest.set(g.view)
		}
		g.answer()
	}
}

func (g *group) answer() {
	for i, p := range g.waiting {
		p.succeed(g.receipts[i])
	}
	for _, r := range g.repeats {
		receipt := *r.first.receipt
		r.again.succeed(&receipt)
	}
}

func (g *group) abandon(err error) {
	if g.view != nil {
		g.view.Release()
	}
	for _, p := range g.waiting {
		p.fail(err)
	}
	for _, r := range g.repeats {
		r.again.fail(err)
	}
}
