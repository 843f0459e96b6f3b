package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
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
	two := func(c Config) Config { fill(&c.Clients, 2*cores()); return c }
	return []workload{
		{"transfer", same, transactions(prepareTransfer)},
		{"hot", same, transactions(prepareHot)},
		{"tree", same, transactions(prepareTree)},
		{"rollback", same, transactions(prepareRollback)},
		{"noop", same, transactions(prepareNoop)},
		{"submessage", same, runSubmessage},
		{"query-raw", two, runQueries(askRaw)},
		{"query-range", two, runQueries(askRange)},
		{"query-smart", two, runQueries(askSmart)},
		{"open", func(c Config) Config { fill(&c.Keys, 10_000_000); return c }, runOpen},
		{"soak", func(c Config) Config { fill(&c.Runs, 60); fill(&c.Duration, 30*time.Minute); return c }, runSoak},
		{"single", same, runSingle},
		{"half-load", same, runHalfLoad},
		{"wasm", same, runWasm},
		{"wasmbus", func(c Config) Config { fill(&c.Clients, 256); fill(&c.Keys, 1000); return c }, runClassic},
		{"serve", func(c Config) Config { fill(&c.Clients, 256); return c }, runServe},
		{"start", func(c Config) Config { fill(&c.Keys, 1_000_000); return c }, runStart},
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
	return func(ctx context.Context, c Config, p *progress) (Result, error) {
		return onBed(ctx, c, p, prepare, func(b *bed, j job) (result Result, err error) {
			if c.NoBaseline {
				return compare(ctx, b, nil, j, p)
			}
			base, err := openBare(c)
			if err != nil {
				return Result{}, err
			}
			defer func() { err = errors.Join(err, base.close()) }()
			if c.wearIn {
				if err := base.wearIn(); err != nil {
					return Result{}, err
				}
			}
			return compare(ctx, b, base, j, p)
		})
	}
}

// onBed opens a host, prepares a job, measures it, and audits what it has left.
func onBed(ctx context.Context, c Config, p *progress, prepare func(context.Context, *bed) (job, error),
	measure func(*bed, job) (Result, error)) (result Result, err error) {
	b, err := openBed(c)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if c.wearIn {
		p.show("%s: wearing in", c.Workload)
		if err := b.wearIn(ctx); err != nil {
			return Result{}, err
		}
	}
	p.show("%s: preparing", c.Workload)
	j, err := prepare(ctx, b)
	if err != nil {
		return Result{}, err
	}
	if result, err = measure(b, j); err != nil {
		return Result{}, err
	}
	return result, j.audit()
}

// compare runs the slices of the job and, in turns, the same rows on the bare store, unless base is nil.
func compare(ctx context.Context, b *bed, base *bare, j job, p *progress) (Result, error) {
	c, m := b.config, newMeasurement(b, j)
	j.load.rate = c.Rate
	if err := m.warm(ctx, c.Warmup); err != nil {
		return Result{}, err
	}
	if base != nil {
		if _, err := m.beside(ctx, base, c.Warmup); err != nil {
			return Result{}, err
		}
		m.bare, m.bareTx = usage{}, 0
	}
	for i := range c.Runs {
		if err := m.slice(ctx, c.slice()); err != nil {
			return Result{}, err
		}
		last := &m.slices[i]
		if base != nil {
			bare, err := m.beside(ctx, base, c.slice())
			if err != nil {
				return Result{}, err
			}
			last.Baseline = bare.rate()
		}
		p.show("%s: %d of %d, %.0f/s, bare store %.0f/s", c.Workload, i+1, c.Runs, last.TxPerS, last.Baseline)
	}
	if base == nil {
		return m.result(""), nil
	}
	return m.result(baselineOfWrites), nil
}
