package bench_test

import (
	"context"
	"testing"
	"time"

	"github.com/troupe-run/troupe/bench"
)

// benchmark reports the figures of a workload; the time of an operation is that of a run and tells nothing.
func benchmark(b *testing.B, c bench.Config) {
	c.Duration, c.Warmup, c.Runs = 500*time.Millisecond, 200*time.Millisecond, 3
	var r bench.Result
	for b.Loop() {
		if c.Dir != "" {
			c.Dir = b.TempDir()
		}
		var err error
		if r, err = bench.Run(context.Background(), c); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(r.TxPerS, "tx/s")
	b.ReportMetric(r.AllocsPerTx, "allocs/tx")
	if r.Ratio > 0 {
		b.ReportMetric(r.Ratio, "of-baseline")
		b.ReportMetric(r.Latency.P50, "p50-µs")
		b.ReportMetric(r.Latency.P99, "p99-µs")
	}
	if r.ProcessorPerTx > 0 {
		b.ReportMetric(r.ProcessorPerTx, "cpu-µs/tx")
	}
}

func BenchmarkTransfer(b *testing.B) {
	b.Run("synced", func(b *testing.B) { benchmark(b, bench.Config{Workload: "transfer", Dir: "each its own"}) })
	b.Run("memory", func(b *testing.B) { benchmark(b, bench.Config{Workload: "transfer"}) })
	b.Run("zipf", func(b *testing.B) { benchmark(b, bench.Config{Workload: "transfer", Zipf: 0.99, Dir: "each its own"}) })
	b.Run("one client", func(b *testing.B) { benchmark(b, bench.Config{Workload: "single", Dir: "each its own"}) })
}

func BenchmarkHot(b *testing.B) { benchmark(b, bench.Config{Workload: "hot", Dir: "each its own"}) }

func BenchmarkTree(b *testing.B) { benchmark(b, bench.Config{Workload: "tree", Dir: "each its own"}) }

func BenchmarkRollback(b *testing.B) {
	benchmark(b, bench.Config{Workload: "rollback", Dir: "each its own"})
}

func BenchmarkNoop(b *testing.B) { benchmark(b, bench.Config{Workload: "noop", Dir: "each its own"}) }

func BenchmarkSubmessage(b *testing.B) { benchmark(b, bench.Config{Workload: "submessage"}) }

func BenchmarkQuery(b *testing.B) {
	for _, name := range []string{"query-raw", "query-range", "query-smart"} {
		b.Run(name, func(b *testing.B) { benchmark(b, bench.Config{Workload: name}) })
	}
}
