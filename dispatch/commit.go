package dispatch

import (
	"encoding/json"
	"time"

	"github.com/troupe-run/troupe/state"
)

// apply is the second goroutine: it writes each group into a batch and applies it. The store shows a batch to readers
// before it is on disk; so the snapshot that queries will see is taken here, where it holds this group and none later,
// and published by the third goroutine when the disk has it.
//
// What concerns no transaction is written between two groups. The views that show it are as those before in all else:
// latest is the Dispatcher of the last group.
func (e *Executor) apply(latest *Dispatcher) {
	defer e.ended.Done()
	defer close(e.synced)
	defer close(e.resting)
	for {
		select {
		case g, ok := <-e.groups:
			if !ok {
				return
			}
			if err := e.applyGroup(g); err != nil {
				e.fail(err)
			}
			latest = g.dispatcher
			e.recycle(g)
			e.applied.Store(g.number)
			e.synced <- g
		case g := <-e.upkeep:
			g.dispatcher = latest
			if err := e.applyUpkeep(g); err != nil {
				e.fail(err)
			}
			e.synced <- g
		}
	}
}

func (e *Executor) applyUpkeep(g *group) error {
	if err := e.Err(); err != nil {
		g.batch.Close()
		return err
	}
	var err error
	if g.pending, err = e.store.Apply(g.batch); err != nil {
		return err
	}
	g.view = newView(e.store.Snapshot(), e.journal.head, g.dispatcher)
	return nil
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

// maxTraces is how many bytes a batch may have for traces to be put into it. What would make it greater is not kept: a trace
// can be much more than all else that a transaction leaves, and a batch has an end.
const maxTraces = 64 << 20

func (e *Executor) keepTrace(batch *state.Batch, t *Trace) error {
	if t == nil {
		return nil // not of a message
	}
	row, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if batch.Len()+len(row) <= maxTraces {
		batch.Set(e.partition.AppendTrace(nil, t.Sequence), row)
	}
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
			if len(g.receipts) > 0 {
				e.counters.count(g.receipts, time.Since(before))
			}
		}
		if err := e.Err(); err != nil {
			g.abandon(err)
			continue
		}
		if g.view != nil {
			e.latest.set(g.view)
		}
		g.answer()
		for _, said := range g.said {
			e.opts.OnSaid(said)
		}
	}
}

func (g *group) answer() {
	if g.kept != nil {
		g.kept <- nil
	}
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
	if g.kept != nil {
		g.kept <- err
	}
	for _, p := range g.waiting {
		p.fail(err)
	}
	for _, r := range g.repeats {
		r.again.fail(err)
	}
}
