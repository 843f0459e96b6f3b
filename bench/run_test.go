package bench_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/bench"
)

// moment is a run that is just long enough to go through everything.
func moment(name string) bench.Config {
	return bench.Config{Workload: name, Duration: 100 * time.Millisecond, Warmup: 20 * time.Millisecond, Runs: 2,
		Clients: 16, Keys: 50, Seed: 1}
}

func run(t *testing.T, c bench.Config) bench.Result {
	t.Helper()
	r, err := bench.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTransactionsInMemory(t *testing.T) {
	for _, name := range []string{"transfer", "hot", "tree", "rollback", "noop"} {
		t.Run(name, func(t *testing.T) {
			r := run(t, moment(name))
			sane(t, r)
			if r.Durability != "memory" {
				t.Errorf("durability is %q", r.Durability)
			}
		})
	}
}

func TestTransactionsOnDisk(t *testing.T) {
	c := moment("transfer")
	c.Dir = t.TempDir()
	r := run(t, c)
	sane(t, r)
	if r.Durability != "fsync" {
		t.Errorf("durability is %q", r.Durability)
	}
	if r.RowsPerTx != 6 {
		t.Errorf("a transfer left %v rows: four of state, one of the log and a receipt were expected", r.RowsPerTx)
	}
	if _, err := bench.Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("a second run in the same directory: %v", err)
	}
}

func TestOpenLoop(t *testing.T) {
	c := moment("transfer")
	c.Rate = 1000
	r := run(t, c)
	sane(t, r)
	if r.TxPerS > 1100 {
		t.Errorf("%.0f transactions a second were sent, not 1000", r.TxPerS)
	}
}

func sane(t *testing.T, r bench.Result) {
	t.Helper()
	l := r.Latency
	switch {
	case r.Tx == 0 || r.TxPerS <= 0 || len(r.Slices) != 2:
		t.Errorf("nothing was measured: %+v", r)
	case l.P50 <= 0 || l.P50 > l.P90 || l.P90 > l.P99 || l.P99 > l.P999 || l.P999 > l.Max:
		t.Errorf("the percentiles are out of order: %+v", l)
	case r.Baseline == nil || r.Baseline.TxPerS <= 0 || r.Ratio <= 0:
		t.Errorf("there is no baseline: %+v", r)
	case r.GroupSizeMean < 1 || r.AllocsPerTx <= 0 || r.RowsPerTx < 2 || r.RowBytesPerTx <= 0:
		t.Errorf("a figure is missing: %+v", r)
	}
}

func TestResultAsJSON(t *testing.T) {
	text, err := json.Marshal(run(t, moment("noop")))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"workload", "tx", "tx_per_s", "latency_us", "durability", "cores", "clients", "go",
		"group_size_mean", "allocs_per_tx", "bytes_per_tx", "baseline", "ratio"} {
		if _, ok := fields[name]; !ok {
			t.Errorf("%s is missing in %s", name, text)
		}
	}
}

func TestConfigThatMakesNoSense(t *testing.T) {
	for want, change := range map[string]func(*bench.Config){
		`there is no workload "x"`:        func(c *bench.Config) { c.Workload = "x" },
		"is negative":                     func(c *bench.Config) { c.Rate = -1 },
		"2 keys at least":                 func(c *bench.Config) { c.Keys = 1 },
		"between 0 and 1":                 func(c *bench.Config) { c.FailShare = 2 },
		"at most 16 deep":                 func(c *bench.Config) { c.Depth = 17 },
		"the exponent of the Zipf":        func(c *bench.Config) { c.Zipf = -1 },
		"a tree of depth 16 and width 64": func(c *bench.Config) { c.Workload, c.Depth, c.Width = "tree", 16, 64 },
	} {
		c := moment("transfer")
		change(&c)
		if _, err := bench.Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	c := moment("transfer")
	c.Duration = time.Hour
	if _, err := bench.Run(ctx, c); err == nil || ctx.Err() == nil {
		t.Errorf("the run ended with %v", err)
	}
}
