package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/troupe-run/troupe/state"
)

// Baseline is what the same machine did in the same run without a host.
type Baseline struct {
	What   string  `json:"what"`
	TxPerS float64 `json:"tx_per_s"`
	// ProcessorPerTx is the time of processors that one took, in microseconds.
	ProcessorPerTx float64 `json:"cpu_us_per_tx,omitempty"`
}

const baselineOfWrites = "bare Pebble: one writer, the same rows, synced in groups, pipelined, as many in flight"

// bare is a store that is given the rows of a host's transactions, without the transactions. One goroutine writes groups
// into batches and applies them, another waits for the disk: what cannot be done without when these rows must last.
type bare struct {
	store    *state.Store
	inFlight int
	rows     []txRows
	next     int
	sequence uint64
	key      []byte
	head     []byte
}

func openBare(c Config) (*bare, error) {
	dir := ""
	if c.Dir != "" {
		dir = filepath.Join(c.Dir, "baseline")
	}
	store, err := state.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	return &bare{store: store, inFlight: c.Clients, head: headRow()}, nil
}

// A bareGroup is n transactions that wait for the disk.
type bareGroup struct {
	pending *state.Pending
	n       int
}

// syncWindow is how many groups may wait for the disk, as in a host.
const syncWindow = 4

// run writes for d. As many transactions as there are clients are under way: one that has become durable makes room for
// the next.
func (b *bare) run(ctx context.Context, d time.Duration) (slice, error) {
	if len(b.rows) == 0 {
		return slice{}, fmt.Errorf("the host did no transaction that the baseline could repeat")
	}
	var (
		groups  = make(chan bareGroup, syncWindow)
		credits = make(chan int, b.inFlight+syncWindow)
		wg      sync.WaitGroup
		failed  error
	)
	wg.Go(func() {
		defer close(credits)
		for g := range groups {
			if err := g.pending.Wait(); err != nil && failed == nil {
				failed = err
			}
			credits <- g.n
		}
	})
	start, done, err := time.Now(), uint64(0), error(nil)
	room := b.inFlight
	for err == nil && time.Since(start) < d && ctx.Err() == nil {
		for room < b.least() {
			room += <-credits
		}
		for more := true; more; {
			select {
			case n := <-credits:
				room += n
			default:
				more = false
			}
		}
		var pending *state.Pending
		if pending, err = b.store.Apply(b.batch(room)); err == nil {
			groups <- bareGroup{pending, room}
			room, done = 0, done+uint64(room)
		}
	}
	close(groups)
	wg.Wait()
	if err == nil {
		err = failed
	}
	return slice{done, time.Since(start)}, err
}

// least bounds a group from below, so that it is worth a sync. Bounds from one transaction up to half of those in flight,
// and bounds from above, make no difference that can be told from noise.
func (b *bare) least() int { return max(b.inFlight/8, 1) }

// batch returns the rows of n transactions. Log and receipts go on as they do in a host; state is overwritten.
func (b *bare) batch(n int) *state.Batch {
	batch := b.store.NewBatch()
	for range n {
		tx := &b.rows[b.next]
		b.next = (b.next + 1) % len(b.rows)
		b.sequence++
		b.key = partition.AppendLog(b.key[:0], b.sequence)
		batch.Set(b.key, tx.command)
		b.key = partition.AppendReceipt(b.key[:0], b.sequence)
		batch.Set(b.key, tx.receipt)
		for i := range tx.state {
			if c := &tx.state[i]; c.deleted {
				batch.Delete(c.key)
			} else {
				batch.Set(c.key, c.value)
			}
		}
	}
	b.key = partition.AppendMeta(b.key[:0], state.HeadName)
	batch.Set(b.key, b.head)
	return batch
}

// replay gives the store other rows to write. It keeps those that it has if there are none.
func (b *bare) replay(rows []txRows) {
	if len(rows) > 0 {
		b.rows, b.next = rows, 0
	}
}

func (b *bare) close() error { return b.store.Close() }
