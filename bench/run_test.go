package bench_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/bench"
	"github.com/troupe-run/troupe/runtime"
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

func TestQueries(t *testing.T) {
	for _, name := range []string{"query-raw", "query-range", "query-smart"} {
		t.Run(name, func(t *testing.T) {
			c := moment(name)
			c.Clients, c.Writers = 2, 4
			r := run(t, c)
			q := r.Queries
			if r.Tx == 0 || r.Latency.P50 <= 0 || r.Ratio <= 0 || q == nil || q.UnderWritesPerS <= 0 || q.WritesPerS <= 0 || q.Loss >= 1 {
				t.Errorf("a figure is missing: %+v, %+v", r, q)
			}
		})
	}
}

func TestSubmessage(t *testing.T) {
	r := run(t, moment("submessage"))
	if r.Tx == 0 || r.TxPerS <= 0 || len(r.Submessages) != 3 || len(r.Rollbacks) != 2 {
		t.Fatalf("a figure is missing: %+v", r)
	}
}

func TestAgainstSyncs(t *testing.T) {
	for _, name := range []string{"single", "half-load"} {
		t.Run(name, func(t *testing.T) {
			c := moment(name)
			if _, err := bench.Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "needs a directory") {
				t.Errorf("without a directory: %v", err)
			}
			c.Dir = t.TempDir()
			r := run(t, c)
			if s := r.Sync; s == nil || s.Bytes == 0 || s.P50 <= 0 || s.LatencyInSyncs <= 0 {
				t.Errorf("the cost of a sync is missing: %+v, %+v", r, s)
			}
			if name == "half-load" && (r.Rate <= 0 || r.FullTxPerS != 2*r.Rate) {
				t.Errorf("the rate is %v of %v", r.Rate, r.FullTxPerS)
			}
		})
	}
}

func TestGuests(t *testing.T) {
	c := moment("wasm")
	c.Dir = t.TempDir()
	r := run(t, c)
	if g := r.Guests; g == nil || g.Calls.Native <= 0 || g.Calls.Pooled <= 0 || g.Calls.Fresh <= 0 || g.Scaling <= 0 || g.Start.Bytes < 300_000 ||
		g.Start.Cold <= 0 || g.Start.Cache <= 0 || r.Tx == 0 || r.Ratio <= 0 {
		t.Errorf("a figure is missing: %+v, %+v", r, r.Guests)
	}
}

func TestServe(t *testing.T) {
	c := moment("serve")
	c.Dir, c.Watchers, c.Keys = t.TempDir(), 20, 200
	r := run(t, c)
	if r.Tx == 0 || r.TxPerS <= 0 || len(r.Slices) != 2 || r.Network == nil || len(r.Network.Ways) != 8 {
		t.Fatalf("figures are missing: %+v", r)
	}
	halves := 0
	for _, w := range r.Network.Ways {
		if w.PerS <= 0 || w.Latency.P99 <= 0 || (w.Beside != "") != (w.Ratio > 0) || strings.Contains(w.Name, "watched") != (w.NoticesPerS > 0) {
			t.Errorf("a figure is missing: %+v", w)
		}
		if w.Half != nil && w.Half.P50 > 0 {
			halves++
		}
	}
	if halves != 3 {
		t.Errorf("%d ways were measured at half load", halves)
	}
}

func TestOpen(t *testing.T) {
	c := moment("open")
	c.Keys, c.Dir = 2500, t.TempDir()
	r := run(t, c)
	if o := r.Opening; o == nil || o.Rows != 2500 || o.Actors != 2 || o.OpenMS <= 0 || o.QueryMS <= 0 || o.DiskBytes == 0 {
		t.Errorf("a figure is missing: %+v", r.Opening)
	}
}

func TestSoak(t *testing.T) {
	c := moment("soak")
	c.Runs, c.Dir = 4, t.TempDir()
	r := run(t, c)
	if r.Soak == nil || len(r.Soak.Samples) != 4 {
		t.Fatalf("the samples are missing: %+v", r)
	}
	for _, s := range r.Soak.Samples {
		if s.TxPerS <= 0 || s.P99 <= 0 || s.Disk == 0 {
			t.Errorf("a figure is missing: %+v", s)
		}
	}
}

// TestDirectoryVerifies executes the log of a run again.
func TestDirectoryVerifies(t *testing.T) {
	c := moment("rollback")
	c.Dir, c.NoBaseline = t.TempDir(), true
	r := run(t, c)
	host, err := runtime.Open(filepath.Join(c.Dir, "host"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	if err := bench.Bind(host); err != nil {
		t.Fatal(err)
	}
	head, err := host.Verify(context.Background())
	if err != nil || head.Sequence < r.Tx {
		t.Errorf("%d transactions were measured, %d verified: %v", r.Tx, head.Sequence, err)
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

func TestClassic(t *testing.T) {
	c := moment("wasmbus")
	c.Dir, c.Keys = t.TempDir(), 50
	r := run(t, c)
	if g := r.Classic; g == nil || g.Calls.Echo <= 0 || g.Calls.Fresh <= 0 || g.Calls.Counter <= 0 || g.Start.Cold <= 0 || g.Start.Cache <= 0 || g.Start.Bytes == 0 {
		t.Errorf("a figure is missing: %+v", r.Classic)
	}
	if r.Tx == 0 || r.TxPerS <= 0 || len(r.Slices) != 2 || r.Network == nil || len(r.Network.Ways) != 6 {
		t.Fatalf("figures are missing: %+v", r)
	}
	for _, w := range r.Network.Ways {
		if w.PerS <= 0 || w.Latency.P99 <= 0 || (w.Beside != "") != (w.Ratio > 0) {
			t.Errorf("a figure is missing: %+v", w)
		}
	}
	if _, err := bench.Run(context.Background(), bench.Config{Workload: "wasmbus", Echo: "nowhere.wasm"}); err == nil || !strings.Contains(err.Error(), "nowhere.wasm") {
		t.Errorf("a module that is not there: %v", err)
	}
}
