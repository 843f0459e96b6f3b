package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
)

// Queries are the figures of queries beside writers.
type Queries struct {
	Writers int `json:"writers"`
	// UnderWritesPerS is the median of the slices in which transfers went on; Loss is by how much it is less than that
	// of the others.
	UnderWritesPerS float64 `json:"under_writes_per_s"`
	Loss            float64 `json:"loss"`
	LatencyUnder    Latency `json:"latency_us_under_writes"`
	// WritesPerS is how many transfers a second there were meanwhile.
	WritesPerS float64 `json:"writes_per_s"`
}

// An ask is one query.
type ask func(ctx context.Context, b *bed, accounts *bank, rng *rand.Rand) error

// askRaw reads one key of an actor.
func askRaw(_ context.Context, b *bed, accounts *bank, rng *rand.Rand) error {
	_, ok, err := b.host.Get(accounts.pick(rng), balanceKey)
	if err == nil && !ok {
		return errors.New("an account has no balance")
	}
	return err
}

// pageSize is how many pairs a query of a range reads.
const pageSize = 20

// askRange reads a page somewhere in the shelf.
func askRange(_ context.Context, b *bed, accounts *bank, rng *rand.Rand) error {
	first := rng.IntN(max(len(accounts.addresses)-pageSize, 1))
	page, err := b.host.Reader().Scan("shelf", query.Range{Start: bookKey(first), Limit: pageSize})
	if want := min(pageSize, len(accounts.addresses)); err == nil && len(page.Pairs) != want {
		return fmt.Errorf("a page has %d pairs, not %d", len(page.Pairs), want)
	}
	return err
}

// askSmart asks the code of an account.
func askSmart(ctx context.Context, b *bed, accounts *bank, rng *rand.Rand) error {
	answer, err := b.host.Query(ctx, accounts.pick(rng), nil)
	if err == nil && len(answer) != 8 {
		return fmt.Errorf("a balance has %d bytes", len(answer))
	}
	return err
}

func (b *bank) pick(rng *rand.Rand) actor.Address { return b.addresses[b.choose.next(rng)] }

// shelf is an actor with many keys in order.
type shelf struct{}

// Execute implements actor.Actor. It puts books on the shelf: from the number in the first eight bytes of the body up to
// the one in the next eight.
func (shelf) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if len(msg.Body) != 16 {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "a message has 16 bytes")
	}
	for i := binary.BigEndian.Uint64(msg.Body); i < binary.BigEndian.Uint64(msg.Body[8:]); i++ {
		put(env.State, bookKey(int(i)), i)
	}
	return actor.Response{}, nil
}

func bookKey(i int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)) }

// fillShelf puts n books on the shelf.
func fillShelf(ctx context.Context, b *bed, n int) error {
	return inBatches(n, func(from, to uint64) error {
		body := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, from), to)
		_, err := b.host.Send(ctx, "bench", actor.Message{To: "shelf", Body: body})
		return err
	})
}

// queriesTimed is one of how many queries is timed: to look at a clock takes a good part of the time of a query.
const queriesTimed = 16

// runQueries returns how to measure a workload of queries. If there are writers, they write in every other slice.
func runQueries(one ask) func(context.Context, Config, *progress) (Result, error) {
	return func(ctx context.Context, c Config, p *progress) (result Result, err error) {
		b, err := openBed(c)
		if err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, b.close()) }()
		accounts, err := openBank(ctx, b.host, c)
		if err == nil {
			err = fillShelf(ctx, b, c.Keys)
		}
		if err != nil {
			return Result{}, err
		}
		ours := newLoad(c.Clients, c.Seed, func(ctx context.Context, cl *client) error { return one(ctx, b, accounts, cl.rng) })
		ours.every, ours.rate = queriesTimed, c.Rate
		var base *load
		if !c.NoBaseline {
			var end func() error
			if base, end, err = bareReads(c); err != nil {
				return Result{}, err
			}
			defer func() { err = errors.Join(err, end()) }()
		}
		q := &querying{config: c, bed: b, ours: ours, bare: base, writers: writersOf(b, accounts)}
		if result, err = q.run(ctx, p); err != nil {
			return Result{}, err
		}
		return result, accounts.audit(q.writers.answered())
	}
}

// writersOf are transfers that go on beside queries. There are none if the configuration has no writers.
func writersOf(b *bed, accounts *bank) *load {
	names := senders(b.config.Writers)
	return newLoad(b.config.Writers, b.config.Seed+1, func(ctx context.Context, c *client) error {
		return b.send(ctx, c, names[c.id], accounts.transfer(c.rng))
	})
}

// bareReads reads rows of the size of a balance from a bare store: what no query can do without.
func bareReads(c Config) (l *load, end func() error, err error) {
	c.Dir = "" // what is read often is in memory anyway
	base, err := openBare(c)
	if err != nil {
		return nil, nil, err
	}
	batch := base.store.NewBatch()
	key := func(i int) []byte { return partition.AppendState(nil, uint64(i)+1, balanceKey) }
	for i := range c.Keys {
		batch.Set(key(i), make([]byte, 8))
	}
	pending, err := base.store.Apply(batch)
	if err == nil {
		err = pending.Wait()
	}
	if err != nil {
		return nil, nil, errors.Join(err, base.close())
	}
	snap, choose := base.store.Snapshot(), newChooser(c.Keys, c.Zipf)
	l = newLoad(c.Clients, c.Seed, func(_ context.Context, cl *client) error {
		_, _, err := snap.Get(key(choose.next(cl.rng)))
		return err
	})
	l.every = queriesTimed
	return l, func() error { return errors.Join(snap.Close(), base.close()) }, nil
}

const baselineOfQueries = "bare Pebble: gets of rows of the same size from one snapshot, by as many goroutines"

// querying is the slices of a workload of queries.
type querying struct {
	config              Config
	bed                 *bed
	ours, bare, writers *load

	quiet, under, baseline, writes []float64
}

func (q *querying) run(ctx context.Context, p *progress) (Result, error) {
	c := q.config
	if _, err := q.ours.run(ctx, c.Warmup); err != nil {
		return Result{}, err
	}
	q.ours.latencies.take()
	result, quiet, under := newResult(c), newHistogram(), newHistogram()
	var spent usage
	for i := range c.Runs {
		var s slice
		err := spent.measure(func() (err error) { s, err = q.ours.run(ctx, c.slice()); return err })
		if err != nil {
			return Result{}, err
		}
		result.Tx += s.requests
		quiet.Merge(q.ours.latencies.take())
		q.quiet = append(q.quiet, s.rate())
		if c.Writers > 0 {
			if err := q.underWrites(ctx); err != nil {
				return Result{}, err
			}
			under.Merge(q.ours.latencies.take())
		}
		rates := SliceRates{TxPerS: s.rate()}
		if rates.Baseline, err = q.beside(ctx); err != nil {
			return Result{}, err
		}
		result.Slices = append(result.Slices, rates)
		p.show("%s: %d of %d, %.0f/s, bare store %.0f/s", c.Workload, i+1, c.Runs, rates.TxPerS, rates.Baseline)
	}
	result.Latency = latencyOf(quiet)
	result.spent(spent)
	q.sumUp(&result, latencyOf(under))
	return result, nil
}

// beside is a slice of the baseline, if there is one.
func (q *querying) beside(ctx context.Context) (rate float64, err error) {
	if q.bare == nil {
		return 0, nil
	}
	s, err := q.bare.run(ctx, q.config.slice())
	q.baseline = append(q.baseline, s.rate())
	return s.rate(), err
}

func (q *querying) sumUp(r *Result, under Latency) {
	r.TxPerS = median(q.quiet)
	if q.bare != nil {
		r.Baseline = &Baseline{What: baselineOfQueries, TxPerS: median(q.baseline)}
		r.Ratio = ratio(r.TxPerS, r.Baseline.TxPerS)
	}
	if n := q.config.Writers; n > 0 {
		rate := median(q.under)
		r.Queries = &Queries{Writers: n, UnderWritesPerS: rate, Loss: 1 - ratio(rate, r.TxPerS), LatencyUnder: under,
			WritesPerS: median(q.writes)}
	}
}

// underWrites is a slice in which the writers write.
func (q *querying) underWrites(ctx context.Context) error {
	var (
		wg                sync.WaitGroup
		reads, writes     slice
		readErr, writeErr error
	)
	d := q.config.slice()
	wg.Go(func() { writes, writeErr = q.writers.run(ctx, d) })
	reads, readErr = q.ours.run(ctx, d)
	wg.Wait()
	settle(ctx, d)
	q.under, q.writes = append(q.under, reads.rate()), append(q.writes, writes.rate())
	return errors.Join(readErr, writeErr)
}
