package bench

import (
	"context"
	"errors"
	"fmt"
)

// A workload is one thing to measure.
type workload struct {
	name string
	// defaults fills in what this workload has other defaults for.
	defaults func(Config) Config
	run      func(context.Context, Config, *progress) (Result, error)
}

func workloads() []workload {
	same := func(c Config) Config { return c }
	return []workload{
		{"transfer", same, transactions(prepareTransfer)},
		{"hot", same, transactions(prepareHot)},
		{"tree", same, transactions(prepareTree)},
		{"rollback", same, transactions(prepareRollback)},
		{"noop", same, transactions(prepareNoop)},
	}
}

// Workloads returns the names of all workloads.
func Workloads() []string {
	var names []string
	for _, w := range workloads() {
		names = append(names, w.name)
	}
	return names
}

func find(name string) (workload, bool) {
	for _, w := range workloads() {
		if w.name == name {
			return w, true
		}
	}
	return workload{}, false
}

// Run runs one workload. It ends early, with an error, when ctx does.
func Run(ctx context.Context, c Config) (Result, error) {
	c, err := c.check()
	if err != nil {
		return Result{}, err
	}
	p := newProgress(c.Progress)
	defer p.clear()
	w, _ := find(c.Workload)
	result, err := w.run(ctx, c, p)
	if err != nil {
		return Result{}, fmt.Errorf("bench: %s: %w", c.Workload, err)
	}
	return result, nil
}

// A job is a workload of transactions on a bed.
type job struct {
	load *load
	// audit checks what must hold at the end.
	audit func() error
}

// transactions returns how to measure a workload of transactions, in turns with the bare store.
func transactions(prepare func(context.Context, *bed) (job, error)) func(context.Context, Config, *progress) (Result, error) {
	return func(ctx context.Context, c Config, p *progress) (result Result, err error) {
		b, err := openBed(c)
		if err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, b.close()) }()
		base, err := openBare(c)
		if err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, base.close()) }()
		p.show("%s: preparing", c.Workload)
		j, err := prepare(ctx, b)
		if err != nil {
			return Result{}, err
		}
		if result, err = compare(ctx, b, base, j, p); err != nil {
			return Result{}, err
		}
		return result, j.audit()
	}
}

// compare runs the slices.
func compare(ctx context.Context, b *bed, base *bare, j job, p *progress) (Result, error) {
	c := b.config
	result, warm := newResult(c), b.samples.take
	j.load.rate = c.Rate
	if _, err := j.load.run(ctx, c.Warmup); err != nil {
		return Result{}, err
	}
	rows := warm()
	base.replay(rows)
	if _, err := base.run(ctx, c.Warmup); err != nil {
		return Result{}, err
	}
	j.load.latencies.take()
	b.groups.Store(0)

	latencies := newHistogram()
	var spent allocations
	for i := range c.Runs {
		var ours, bare slice
		var err error
		if err = spent.measure(func() error { ours, err = j.load.run(ctx, c.slice()); return err }); err != nil {
			return Result{}, err
		}
		rows = b.samples.take()
		base.replay(rows)
		if bare, err = base.run(ctx, c.slice()); err != nil {
			return Result{}, err
		}
		latencies.Merge(j.load.latencies.take())
		result.Tx += ours.requests
		result.Slices = append(result.Slices, SliceRates{ours.rate(), bare.rate()})
		p.show("%s: %d of %d, %.0f/s, bare store %.0f/s", c.Workload, i+1, c.Runs, ours.rate(), bare.rate())
	}
	result.Latency = latencyOf(latencies)
	result.summarize(spent, b.groups.Load(), footprintOf(rows))
	return result, nil
}

// summarize fills in what follows from the slices.
func (r *Result) summarize(spent allocations, groups uint64, left footprint) {
	var ours, bare []float64
	for _, s := range r.Slices {
		ours, bare = append(ours, s.TxPerS), append(bare, s.Baseline)
	}
	r.TxPerS = median(ours)
	r.Baseline = &Baseline{What: baselineOfWrites, TxPerS: median(bare)}
	r.Ratio = ratio(r.TxPerS, r.Baseline.TxPerS)
	tx := float64(r.Tx)
	r.AllocsPerTx, r.BytesPerTx = ratio(float64(spent.objects), tx), ratio(float64(spent.bytes), tx)
	r.GroupSizeMean = ratio(tx, float64(groups))
	r.RowsPerTx, r.RowBytesPerTx = left.rows, left.bytes
}
