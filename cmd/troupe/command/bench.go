package command

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/bench"
	"github.com/troupe-run/troupe/dispatch/show"
)

// benchFlags are those of bench that are no fields of bench.Config.
type benchFlags struct {
	bench.Config
	json, memory, onDir bool
}

func (c *call) benchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench WORKLOAD",
		Short: "Measure a host under load",
		Long: `Measure how many transactions a second a host does, how long each takes, and how that compares with the bare store on
the same machine at the same time. Every transaction is synced to a temporary directory, or to --dir if that is given,
which must be missing or empty and keeps the data; with --memory nothing is synced. TMPDIR says where temporary
directories are: a disk, please, and no file system in memory.

Workloads: ` + strings.Join(bench.Workloads(), ", ") + `.`,
		Example: c.examples(`
			% bench transfer
			% bench transfer --json > transfer.json
			% bench tree --depth 4 --width 3 --duration 10s
			% bench hot --rate 20000 --dir ./bench-data`),
		Args:      between(1, 1),
		ValidArgs: bench.Workloads(),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Workload, f.onDir = args[0], cmd.Flags().Changed("dir")
			c.printer.json = c.printer.json || f.json
			if f.memory && f.onDir {
				return misuse("--memory and --dir exclude each other")
			}
			if err := f.check(); err != nil {
				return err
			}
			return c.bench(cmd.Context(), &f)
		},
	}
	f.add(cmd)
	return cmd
}

// add defines the flags. What is not given is zero, and has the default of its workload.
func (f *benchFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.json, "json", false, "print one JSON object, as -o json does")
	flags.BoolVar(&f.memory, "memory", false, "keep the data in memory and sync nothing")
	flags.DurationVar(&f.Duration, "duration", 0, "measure for this `time`, and what it is compared with as long again (default 3s)")
	flags.DurationVar(&f.Warmup, "warmup", 0, "run this `time` before (default 500ms)")
	flags.IntVar(&f.Runs, "runs", 0, "cut the time into so many `slices` (default 5)")
	flags.IntVarP(&f.Clients, "clients", "c", 0, "keep so many `requests` in flight (default 1024, fewer for queries)")
	flags.Float64Var(&f.Rate, "rate", 0, "begin so many `transactions` a second, whatever becomes of them (default: closed loop)")
	flags.IntVar(&f.Keys, "keys", 0, "choose from so many `actors` (default 10000)")
	flags.Float64Var(&f.Zipf, "zipf", 0, "the `exponent` of the popularity of actors; 0 is uniform")
	flags.Uint64Var(&f.Seed, "seed", 0, "the `seed` of the choices")
	flags.IntVar(&f.Depth, "depth", 0, "`levels` of the trees of tree and rollback (default 3)")
	flags.IntVar(&f.Width, "width", 0, "`sub-messages` of each actor in tree and rollback (default 2)")
	flags.Float64Var(&f.FailShare, "fail-share", 0, "the `share` of subtrees that fail in rollback (default 0.5)")
	flags.IntVar(&f.Writers, "writers", 0, "`transfers` in flight beside queries (default none)")
	flags.StringVar(&f.Echo, "echo", "", "in wasmbus, the `file` of a signed module that answers requests (default ours)")
	flags.StringVar(&f.Counter, "counter", "", "in wasmbus, the `file` of a signed module that counts requests by path (default ours)")
	flags.IntVar(&f.Watchers, "watchers", 0, "`watches` beside transfers in serve (default 1000)")
}

// check says which flag is out of range, before anything is made.
func (f *benchFlags) check() error {
	if !slices.Contains(bench.Workloads(), f.Workload) {
		return usagef("there is no workload %s; there are %s", quoted(f.Workload), strings.Join(bench.Workloads(), ", "))
	}
	for _, flag := range []struct {
		name  string
		value float64
		most  float64
	}{
		{"duration", f.Duration.Seconds(), math.MaxFloat64}, {"warmup", f.Warmup.Seconds(), math.MaxFloat64},
		{"runs", float64(f.Runs), 10_000}, {"clients", float64(f.Clients), 1 << 20}, {"rate", f.Rate, math.MaxFloat64},
		{"keys", float64(f.Keys), 1 << 40}, {"zipf", f.Zipf, 100}, {"depth", float64(f.Depth), 1 << 20},
		{"width", float64(f.Width), 1 << 20}, {"fail-share", f.FailShare, 1}, {"writers", float64(f.Writers), 1 << 20}, {"watchers", float64(f.Watchers), 1 << 20},
	} {
		switch {
		case !(flag.value >= 0):
			return usagef("--%s is 0 or more, not %v", flag.name, flag.value)
		case flag.value > flag.most:
			return usagef("--%s is at most %v, not %v", flag.name, flag.most, flag.value)
		}
	}
	return nil
}

func (c *call) bench(ctx context.Context, f *benchFlags) (err error) {
	config := f.Config
	if config.Binary, err = os.Executable(); err != nil {
		return err
	}
	switch {
	case f.memory:
	case f.onDir:
		kind, err := inspect(c.dir)
		if err != nil {
			return err
		}
		if kind != dirMissing && kind != dirEmpty {
			return directoryf("%s is not empty: bench wants a new directory", c.dir)
		}
		config.Dir = c.dir
	default:
		if config.Dir, err = os.MkdirTemp("", "troupe-bench-"); err != nil {
			return &classified{ExitDirectory, err}
		}
		defer func() { err = errors.Join(err, os.RemoveAll(config.Dir)) }()
	}
	if !c.printer.json && isTerminal(c.Stderr) {
		config.Progress = c.Stderr
	}
	if f.Workload == "serve" {
		defer shareProcessors()() // as a node has them
	}
	result, err := bench.Run(ctx, config)
	if err != nil {
		return err
	}
	if c.printer.json {
		return c.printer.object(result)
	}
	c.printer.bench(&result)
	return nil
}

// bench prints what matters most of a result.
func (p *printer) bench(r *bench.Result) {
	if r.Classic != nil {
		p.classic(r.Classic)
	}
	if r.Network != nil {
		p.network(r)
		return
	}
	if r.Start != nil {
		p.table([][]string{
			{"workload", r.Workload},
			{"directory", fmt.Sprintf("%s bytes, %s", show.Count(int64(r.Start.DiskBytes)), count(r.Start.Rows, "row"))},
			{"first answer", fmt.Sprintf("%.0f ms, at most %.0f ms", r.Start.FirstMS, r.Start.MostMS)},
		})
		return
	}
	rows := [][]string{
		{"workload", r.Workload},
		{"durability", fmt.Sprintf("%s, %s in flight, %s, %s", r.Durability, show.Count(r.Clients), count(r.Keys, "key"), count(r.Cores, "core"))},
		{"rate", fmt.Sprintf("%s a second (%s measured)", show.Count(int64(r.TxPerS)), show.Count(r.Tx))},
		{"latency", fmt.Sprintf("p50 %s  p99 %s  p99.9 %s", micros(r.Latency.P50), micros(r.Latency.P99), micros(r.Latency.P999))},
	}
	if r.Baseline != nil {
		rows = append(rows, []string{"baseline", fmt.Sprintf("%s a second: %s", show.Count(int64(r.Baseline.TxPerS)), r.Baseline.What)},
			[]string{"ratio", fmt.Sprintf("%.2f", r.Ratio)})
	}
	rows = append(rows, []string{"memory", fmt.Sprintf("%.1f allocations, %s bytes each", r.AllocsPerTx, show.Count(int64(r.BytesPerTx)))})
	if g := r.Guests; g != nil {
		rows = append(rows, []string{"call", fmt.Sprintf("native %.2f µs  guest %.2f µs  fresh instance %.2f µs", g.Calls.Native, g.Calls.Pooled, g.Calls.Fresh)},
			[]string{"two goroutines", fmt.Sprintf("%.2f times the calls of one", g.Scaling)},
			[]string{"start", fmt.Sprintf("%s bytes: %.1f ms, from the cache %.1f ms", show.Count(g.Start.Bytes), g.Start.Cold, g.Start.Cache)},
			[]string{"idle instance", fmt.Sprintf("%s bytes", show.Count(int64(g.IdleBytes)))})
	}
	p.table(rows)
}

// classic prints what actors of the classic wasmCloud take.
func (p *printer) classic(g *bench.Classic) {
	p.table([][]string{
		{"call", fmt.Sprintf("echo %.2f µs  fresh instance %.2f µs  counter %.2f µs", g.Calls.Echo, g.Calls.Fresh, g.Calls.Counter)},
		{"processors", fmt.Sprintf("echo %.2f µs  fresh instance %.2f µs  counter %.2f µs", g.Calls.Processors.Echo, g.Calls.Processors.Fresh, g.Calls.Processors.Counter)},
		{"start", fmt.Sprintf("%s bytes: %.1f ms, from the cache %.1f ms", show.Count(g.Start.Bytes), g.Start.Cold, g.Start.Cache)},
		{"idle instance", fmt.Sprintf("%s bytes", show.Count(int64(g.IdleBytes)))},
	})
}

// network prints what a node does over sockets.
func (p *printer) network(r *bench.Result) {
	p.printf("%s, %s in flight, %s, %s\n", r.Durability, show.Count(r.Clients), count(r.Keys, "key"), count(r.Cores, "core"))
	rows := [][]string{{"", "a second", "ratio", "to", "processors", "p50", "p99", "p99 at half load"}}
	for _, w := range r.Network.Ways {
		row := []string{w.Name, show.Count(int64(w.PerS)), "", w.Beside, micros(w.ProcessorPer), micros(w.Latency.P50), micros(w.Latency.P99), ""}
		if w.Beside != "" {
			row[2] = fmt.Sprintf("%.2f", w.Ratio)
		}
		if w.Half != nil {
			row[7] = micros(w.Half.P99)
		}
		rows = append(rows, row)
	}
	p.table(rows)
	for _, w := range r.Network.Ways {
		if w.NoticesPerS > 0 {
			p.printf("%s: %s notices a second\n", w.Name, show.Count(int64(w.NoticesPerS)))
		}
	}
	if r.Network.BinaryBytes > 0 {
		p.printf("the program has %s bytes\n", show.Count(r.Network.BinaryBytes))
	}
}

// micros returns a duration in microseconds for people.
func micros(us float64) string {
	if us >= 10_000 {
		return fmt.Sprintf("%.1f ms", us/1000)
	}
	return fmt.Sprintf("%.0f µs", us)
}
