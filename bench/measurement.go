package bench

import (
	"context"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A measurement collects the slices of a job.
type measurement struct {
	bed       *bed
	job       job
	tx        uint64
	slices    []SliceRates
	latencies *hdrhistogram.Histogram
	spent     usage // by the host
	bare      usage // by what it is compared with
	bareTx    uint64
	rows      []txRows // of the last slice
	left      footprint
}

func newMeasurement(b *bed, j job) *measurement {
	return &measurement{bed: b, job: j, latencies: newHistogram()}
}

// warm runs the job without measuring it.
func (m *measurement) warm(ctx context.Context, d time.Duration) error {
	if _, err := m.job.load.run(ctx, d); err != nil {
		return err
	}
	settle(ctx, d)
	m.sample()
	m.job.load.latencies.take()
	m.bed.groups.Store(0)
	return nil
}

func (m *measurement) sample() {
	if rows := m.bed.samples.take(); len(rows) > 0 {
		m.rows, m.left = rows, footprintOf(rows)
	}
}

// slice measures the job for d, and what it leaves to be done.
func (m *measurement) slice(ctx context.Context, d time.Duration) error {
	return m.add(ctx, d, func() { settle(ctx, d) })
}

// busy measures the job for d and lets it go on without a pause. It returns the latencies of this slice.
func (m *measurement) busy(ctx context.Context, d time.Duration) (Latency, error) {
	before := m.latencies
	m.latencies = newHistogram()
	err := m.add(ctx, d, func() {})
	l := latencyOf(m.latencies)
	before.Merge(m.latencies)
	m.latencies = before
	return l, err
}

func (m *measurement) add(ctx context.Context, d time.Duration, after func()) error {
	var s slice
	err := m.spent.measure(func() (err error) {
		s, err = m.job.load.run(ctx, d)
		after()
		return err
	})
	if err != nil {
		return err
	}
	m.sample()
	m.latencies.Merge(m.job.load.latencies.take())
	m.tx += s.requests
	m.slices = append(m.slices, SliceRates{TxPerS: s.rate()})
	return nil
}

// beside measures the bare store with the rows of the last slice.
func (m *measurement) beside(ctx context.Context, base *bare, d time.Duration) (s slice, err error) {
	base.replay(m.rows)
	err = m.bare.measure(func() (err error) {
		s, err = base.run(ctx, d)
		settle(ctx, d)
		return err
	})
	m.bareTx += s.requests
	return s, err
}

func (m *measurement) last() *SliceRates { return &m.slices[len(m.slices)-1] }

// groupSize is how many transactions became durable together, on average.
func (m *measurement) groupSize() float64 {
	return ratio(float64(m.tx), float64(m.bed.groups.Load()))
}

// result sums up. What is the name of the baseline, empty if there is none.
func (m *measurement) result(what string) Result {
	r := newResult(m.bed.config)
	r.Tx, r.Slices, r.Latency = m.tx, m.slices, latencyOf(m.latencies)
	var ours, bare []float64
	for _, s := range m.slices {
		ours, bare = append(ours, s.TxPerS), append(bare, s.Baseline)
	}
	r.TxPerS = median(ours)
	if what != "" {
		r.Baseline = &Baseline{What: what, TxPerS: median(bare), ProcessorPerTx: m.bare.processorPer(m.bareTx)}
		r.Ratio = ratio(r.TxPerS, r.Baseline.TxPerS)
	}
	r.spent(m.spent)
	r.GroupSizeMean = m.groupSize()
	r.RowsPerTx, r.RowBytesPerTx = m.left.rows, m.left.bytes
	return r
}
