package bench

import (
	"context"
	"errors"
)

var errMemory = errors.New("the workload needs a directory: without one there is nothing to sync")

// runSingle is the workload single: transfers by one client, in turns with a loop that does nothing but sync as many
// bytes.
func runSingle(ctx context.Context, c Config, p *progress) (Result, error) {
	c.Clients = 1
	return withTransfers(ctx, c, p, func(b *bed, j job, sync *probe) (Result, error) {
		m := newMeasurement(b, j)
		if err := m.warm(ctx, c.Warmup); err != nil {
			return Result{}, err
		}
		bytes := int(m.left.bytes)
		for i := range c.Runs {
			if err := m.slice(ctx, c.slice()); err != nil {
				return Result{}, err
			}
			bare, err := sync.run(bytes, c.slice())
			if err != nil {
				return Result{}, err
			}
			m.last().Baseline = bare.rate()
			p.show("single: %d of %d, %.0f/s, syncs alone %.0f/s", i+1, c.Runs, m.last().TxPerS, bare.rate())
		}
		r := m.result("a write and a sync of as many bytes, again and again")
		r.Sync = sync.cost(bytes, r.Latency.P50)
		return r, nil
	})
}

// runHalfLoad is the workload half-load: it finds out how many transfers a second the host can do at most, and then
// begins half as many, whatever becomes of them. Between the slices it syncs files of the size of a group.
func runHalfLoad(ctx context.Context, c Config, p *progress) (Result, error) {
	return withTransfers(ctx, c, p, func(b *bed, j job, sync *probe) (Result, error) {
		m := newMeasurement(b, j)
		if err := m.warm(ctx, c.Warmup); err != nil {
			return Result{}, err
		}
		for i := range c.Runs {
			if err := m.slice(ctx, c.slice()/2); err != nil {
				return Result{}, err
			}
			p.show("half-load: full load, %d of %d, %.0f/s", i+1, c.Runs, m.last().TxPerS)
		}
		full := m.result("").TxPerS
		m = newMeasurement(b, j)
		j.load.rate = full / 2
		if err := m.warm(ctx, c.slice()/2); err != nil {
			return Result{}, err
		}
		bytes := 0
		for i := range c.Runs {
			if err := m.slice(ctx, c.slice()); err != nil {
				return Result{}, err
			}
			bytes = min(int(m.left.bytes*m.groupSize()), probeSize)
			if _, err := sync.run(bytes, c.slice()/2); err != nil {
				return Result{}, err
			}
			p.show("half-load: half, %d of %d, %.0f/s", i+1, c.Runs, m.last().TxPerS)
		}
		r := m.result("")
		r.Rate, r.FullTxPerS = j.load.rate, full
		r.Sync = sync.cost(bytes, r.Latency.P50)
		return r, nil
	})
}

// withTransfers prepares a bank on a disk, and audits it at the end.
func withTransfers(ctx context.Context, c Config, p *progress, measure func(*bed, job, *probe) (Result, error)) (Result, error) {
	if c.Dir == "" {
		return Result{}, errMemory
	}
	return onBed(ctx, c, p, prepareTransfer, func(b *bed, j job) (Result, error) {
		sync, err := newProbe(c.Dir)
		if err != nil {
			return Result{}, err
		}
		defer sync.close()
		return measure(b, j, sync)
	})
}
