package dispatch

import (
	"cmp"
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/troupe-run/troupe/state"
)

// A Pruning says what of the past is not to be kept. If several of its fields are set, what any of them says goes. The
// last transaction always stays.
type Pruning struct {
	// Before lets go what stands before that transaction.
	Before uint64
	// Age lets go what is older than that at the time of the last transaction. It does not look at the clock: where
	// nothing happens, nothing gets older.
	Age time.Duration
	// Bytes lets go the oldest, until the rest has about so many bytes on disk.
	Bytes uint64
	// KnowIDs is how long the request ids of transactions are known, by the same measure as Age, although the rest of them
	// is gone; KnownIDs if zero, no longer than the rest if negative.
	KnowIDs time.Duration
}

// KnownIDs is how long a request id is known at least: whoever asks again within that time causes nothing twice.
const KnownIDs = 24 * time.Hour

// Pruned is what a Pruning has done.
type Pruned struct {
	// Transactions are those that were let go, and RequestIDs those that are not known any more.
	Transactions uint64
	RequestIDs   uint64
	// Floor is the last transaction that is not kept; it is zero if all are.
	Floor state.Head
}

// pruneStep is how many transactions are let go in one write. Between two of them groups go to the disk.
const pruneStep = 1024

// Prune deletes the oldest commands, receipts and traces, and request ids that are old enough, while transactions go on. It
// works in small steps, each of which is one durable write: whenever it ends, by an error or a crash, the log begins behind
// the transaction that the store names as the floor, and has everything from there on.
//
// It is no command of the log, because no outcome depends on it but one: a request whose id is not known any more is taken
// for a new one. Which transactions came of it is in the log, so that executing that again does the same.
func (e *Executor) Prune(ctx context.Context, p Pruning) (Pruned, error) {
	select {
	case e.pruning <- struct{}{}:
		defer func() { <-e.pruning }()
	case <-ctx.Done():
		return Pruned{}, context.Cause(ctx)
	}
	v := e.View()
	if v == nil {
		return Pruned{}, cmp.Or(e.Err(), ErrClosed)
	}
	defer v.Release()
	w := pruner{e: e, view: v}
	err := w.prune(ctx, p)
	return w.pruned, err
}

// A pruner is one pass. Everything that it decides by is in its view.
type pruner struct {
	e      *Executor
	view   *View
	pruned Pruned
	young  int64 // request ids of that time and later stay known
}

func (w *pruner) prune(ctx context.Context, p Pruning) (err error) {
	if w.pruned.Floor, _, err = w.e.partition.ReadFloor(w.view); err != nil {
		return err
	}
	know := cmp.Or(max(p.KnowIDs, 0), KnownIDs)
	if p.KnowIDs < 0 {
		know = 0
	}
	w.young = w.view.Head.Time - int64(know)
	if know == 0 {
		w.young++ // none is
	}
	if err := w.forget(ctx); err != nil {
		return err
	}
	end, err := w.end(p)
	if err != nil {
		return err
	}
	for from := w.pruned.Floor.Sequence + 1; from < end; from += pruneStep {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		start, groups := time.Now(), w.e.counters.groups.Load()
		if err := w.step(from, min(from+pruneStep, end)); err != nil {
			return err
		}
		if w.e.counters.groups.Load() != groups {
			// Others want the processor and the disk, too: they get them for three times as long.
			select {
			case <-time.After(3 * time.Since(start)):
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// end returns the first transaction that stays.
func (w *pruner) end(p Pruning) (end uint64, err error) {
	first, last := w.pruned.Floor.Sequence+1, w.view.Head.Sequence
	if last <= first {
		return first, nil
	}
	end = max(first, p.Before)
	search := func(stays func(seq uint64) (bool, error)) {
		if err != nil {
			return
		}
		n := sort.Search(int(last-first), func(i int) bool {
			ok := true
			if err == nil {
				ok, err = stays(first + uint64(i))
			}
			return ok
		})
		end = max(end, first+uint64(n))
	}
	if p.Age > 0 {
		search(func(seq uint64) (bool, error) {
			t, err := w.time(seq)
			return t >= w.view.Head.Time-int64(p.Age), err
		})
	}
	if p.Bytes > 0 {
		search(func(seq uint64) (bool, error) {
			size, err := w.e.store.PastSize(w.e.partition, seq, last+1)
			return size <= p.Bytes, err
		})
	}
	return min(end, last), err
}

// time returns when a transaction was.
func (w *pruner) time(seq uint64) (int64, error) {
	cmd, ok, err := w.e.partition.ReadCommand(w.view, seq)
	if err == nil && !ok {
		err = fmt.Errorf("dispatch: the log lacks transaction %d: %w", seq, state.ErrCorrupt)
	}
	return cmd.Time, err
}

// step lets go the transactions with from <= sequence < to.
func (w *pruner) step(from, to uint64) error {
	p := w.e.partition
	last, ok, err := p.ReadReceipt(w.view, to-1)
	if err == nil && !ok {
		err = fmt.Errorf("dispatch: transaction %d has no receipt: %w", to-1, state.ErrCorrupt)
	}
	if err != nil {
		return err
	}
	floor := state.Head{Sequence: to - 1, Root: last.Root}
	if floor.Time, err = w.time(to - 1); err != nil {
		return err
	}
	batch := w.e.store.NewBatch()
	ids, err := w.letGo(batch, from, to, floor.Time)
	if err != nil {
		batch.Close()
		return err
	}
	batch.DeletePast(p, from, to)
	batch.Set(p.AppendMeta(nil, state.FloorName), floor.Append(nil))
	if err := w.e.keep(batch); err != nil {
		return err
	}
	w.pruned.Floor = floor
	w.pruned.Transactions += to - from
	w.pruned.RequestIDs += ids
	return nil
}

// letGo deletes the request ids of the transactions, or writes down when that is to be: their times are before that of the
// last one. It returns how many it has deleted.
func (w *pruner) letGo(batch *state.Batch, from, to uint64, time int64) (ids uint64, err error) {
	p := w.e.partition
	it, err := w.view.Iter(p.AppendReceipt(nil, from), p.AppendReceipt(nil, to))
	if err != nil {
		return 0, err
	}
	defer it.Close()
	var key, row []byte
	for more := it.First(); more; more = it.Next() {
		k, err := state.ParseKey(it.Key())
		if err != nil {
			return 0, err
		}
		id, ok := state.ReceiptOf(it.Value(), k.Number)
		switch {
		case !ok:
			return 0, fmt.Errorf("dispatch: receipt %d cannot be read: %w", k.Number, state.ErrCorrupt)
		case len(id) == 0:
		case time >= w.young:
			known := state.KnownID{Time: time, RequestID: string(id)}
			key, row = p.AppendKnown(key[:0], k.Number), known.Append(row[:0])
			batch.Set(key, row)
		default:
			key = append(p.AppendSpace(key[:0], state.Requests), id...)
			batch.Delete(key)
			ids++
		}
	}
	return ids, it.Err()
}

// forget deletes the request ids that are old enough by now, of transactions that were let go before.
func (w *pruner) forget(ctx context.Context) error {
	p := w.e.partition
	lower, upper := p.Bounds(state.Known)
	it, err := w.view.Iter(lower, upper)
	if err != nil {
		return err
	}
	defer it.Close()
	for more := it.First(); more; {
		batch := w.e.store.NewBatch()
		var last []byte
		for ; more && batch.Count() < pruneStep; more = it.Next() {
			known, err := state.DecodeKnownID(it.Value())
			if err != nil {
				batch.Close()
				return err
			}
			if known.Time >= w.young {
				more = false
				break
			}
			batch.Delete(p.AppendRequest(nil, known.RequestID))
			last = append(last[:0], it.Key()...)
		}
		n := uint64(batch.Count())
		if n == 0 || ctx.Err() != nil {
			batch.Close()
			break
		}
		batch.DeleteRange(lower, append(last, 0))
		if err := w.e.keep(batch); err != nil {
			return err
		}
		w.pruned.RequestIDs += n
	}
	return cmp.Or(it.Err(), context.Cause(ctx))
}

// keep makes a batch durable that changes nothing that a transaction sees. It goes between two groups, and so do the views
// that show it.
func (e *Executor) keep(batch *state.Batch) error {
	g := &group{batch: batch, kept: make(chan error, 1)}
	select {
	case e.upkeep <- g:
		return <-g.kept
	case <-e.resting:
		batch.Close()
		return cmp.Or(e.Err(), ErrClosed)
	}
}
