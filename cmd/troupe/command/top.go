package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/api"
)

func (c *call) topCommand() *cobra.Command {
	var every time.Duration
	var samples int
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Show what a server does, over and over",
		Long: `Show what a server does, until SIGINT: on a terminal a few lines that are refreshed in place, else a line for each time. Figures are
of the time since the ones before.`,
		Example: c.examples(`
			% top
			% top --server prod --every 10s -n 6 -o json`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if every < 100*time.Millisecond || samples < 0 {
				return usagef("--every is 100ms or more, and --samples 0 or more")
			}
			ctx := cmd.Context()
			return c.at(ctx, func(p place) error { return c.top(ctx, p.(*remote), every, samples) }, func() error {
				return c.look(func(*runtime.Host) error {
					return directoryf("nothing happens in the data directory %s while it is open here: '%s serve' serves it", c.dir, c.Name)
				})
			})
		},
	}
	cmd.Flags().DurationVar(&every, "every", time.Second, "the `time` between figures")
	cmd.Flags().IntVarP(&samples, "samples", "n", 0, "end behind so many `figures`; 0 means never")
	return cmd
}

// topView is what a server has done in a time, as machines get it.
type topView struct {
	Time      time.Time `json:"time"`
	Committed float64   `json:"committed_per_s"`
	Failed    float64   `json:"failed_per_s"`
	Queries   float64   `json:"queries_per_s"`
	Rejected  float64   `json:"rejected_per_s"`
	P50       float64   `json:"p50_ms"`
	P99       float64   `json:"p99_ms"`
	Group     float64   `json:"group_size"`
	Sync      float64   `json:"sync_ms"`
	Queued    int       `json:"queued"`
	CacheHits float64   `json:"cache_hit_rate"`
	LogBytes  uint64    `json:"log_bytes"`
	DiskFree  uint64    `json:"disk_free"`
	Heap      uint64    `json:"heap_bytes"`
	Watchers  int       `json:"watchers"`
	Instances int       `json:"instances"`
}

func viewTop(was, now *api.Stats) topView {
	seconds := max(now.Time.Sub(was.Time).Seconds(), 0.001)
	rate := func(was, now uint64) float64 { return float64(now-min(was, now)) / seconds }
	v := topView{Time: now.Time.UTC(), Committed: rate(was.Committed, now.Committed), Failed: rate(was.Failed, now.Failed),
		Queries: rate(was.Queries, now.Queries), Queued: now.Queued, LogBytes: now.LogBytes, DiskFree: now.DiskFree, Heap: now.Heap,
		Watchers: now.Watchers, Instances: now.Instances}
	for reason, n := range now.Rejected {
		v.Rejected += rate(was.Rejected[reason], n)
	}
	v.P50, v.P99 = percentile(was.Latency, now.Latency, 0.5), percentile(was.Latency, now.Latency, 0.99)
	if groups := now.Groups - min(was.Groups, now.Groups); groups > 0 {
		v.Group = float64(now.Grouped-min(was.Grouped, now.Grouped)) / float64(groups)
		v.Sync = float64(now.Synced-min(was.Synced, now.Synced)) / float64(groups) / 1e6
	}
	hits, misses := now.CacheHits-min(was.CacheHits, now.CacheHits), now.CacheMiss-min(was.CacheMiss, now.CacheMiss)
	if hits+misses > 0 {
		v.CacheHits = float64(hits) / float64(hits+misses)
	}
	return v
}

// percentile returns the bound in milliseconds, of those that a histogram has, that this part of what was counted between
// two of its states is at most; 0 if nothing was, and the greatest bound for what is above it.
func percentile(was, now []api.Bucket, part float64) float64 {
	before := func(bound uint64) uint64 {
		if i := slices.IndexFunc(was, func(b api.Bucket) bool { return b.Bound == bound }); i >= 0 {
			return was[i].Count
		}
		return 0
	}
	if len(now) == 0 {
		return 0
	}
	total := now[len(now)-1].Count - min(now[len(now)-1].Count, before(now[len(now)-1].Bound))
	greatest := uint64(0)
	for _, b := range now {
		greatest = max(greatest, b.Bound)
		if count := b.Count - min(b.Count, before(b.Bound)); b.Bound > 0 && total > 0 && float64(count) >= part*float64(total) {
			return float64(b.Bound) / 1000
		}
	}
	if total == 0 {
		return 0
	}
	return float64(greatest) / 1000
}

func (c *call) top(ctx context.Context, s *remote, every time.Duration, samples int) error {
	was, err := s.Stats(ctx)
	if err != nil {
		return localError(err)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	lines := 0
	for n := 1; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		now, err := s.Stats(ctx)
		if err != nil {
			return localError(err)
		}
		v := viewTop(was, now)
		switch {
		case c.printer.json:
			if err := c.printer.object(v); err != nil {
				return err
			}
		case isTerminal(c.Stdout):
			if lines > 0 {
				c.printer.printf("\x1b[%dA\x1b[J", lines)
			}
			text := v.block(s.called())
			lines = strings.Count(text, "\n")
			c.printer.printf("%s", text)
		default:
			c.printer.printf("%s\n", v.line())
		}
		if err := c.printer.flush(); err != nil || n == samples {
			return err
		}
		was = now
	}
}

// line is one for logs.
func (v *topView) line() string {
	return fmt.Sprintf("%s  %.0f tx/s  %.0f failed/s  %.0f queries/s  p50 %.1f ms  p99 %.1f ms  queued %d", v.Time.Format("15:04:05"), v.Committed,
		v.Failed, v.Queries, v.P50, v.P99, v.Queued)
}

// block is a few lines of at most 80 columns.
func (v *topView) block(name string) string {
	return fmt.Sprintf("%s  %s\n", v.Time.Format("15:04:05"), shortened(name, 60)) +
		fmt.Sprintf("  %-8s %7.0f /s   failed %5.0f /s   queries %7.0f /s   refused %4.0f /s\n", "commits", v.Committed, v.Failed, v.Queries, v.Rejected) +
		fmt.Sprintf("  %-8s p50 %6.1f ms   p99 %6.1f ms   queued %6d   group %6.1f\n", "latency", v.P50, v.P99, v.Queued, v.Group) +
		fmt.Sprintf("  %-8s sync %5.1f ms   log %s   free %s   cache hits %.0f %%\n", "disk", v.Sync, size(v.LogBytes), size(v.DiskFree), 100*v.CacheHits) +
		fmt.Sprintf("  %-8s heap %s   watchers %s   instances %s\n", "process", size(v.Heap), show.Count(v.Watchers), show.Count(v.Instances))
}

// size returns bytes as "12.3 MiB".
func size(n uint64) string {
	value, unit := float64(n), 0
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB"}
	for value >= 1024 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}
