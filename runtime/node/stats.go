package node

import (
	"context"
	"log/slog"
	goruntime "runtime"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/capability"
)

// bounds are those of the histogram of writes, in microseconds.
var bounds = [...]uint64{100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000}

// counts are what Stats tells of the node. Nothing in them waits.
type counts struct {
	queries    atomic.Uint64
	latency    [len(bounds) + 1]atomic.Uint64
	latencySum atomic.Uint64
	rejected   map[string]*atomic.Uint64 // by claims.Reason; the map does not change
	// warned is the second of the last warning about a rejected request, and unwarned how many there were since.
	warned   atomic.Int64
	unwarned atomic.Uint64
}

func (c *counts) init() {
	c.rejected = map[string]*atomic.Uint64{}
	for _, reason := range claims.Reasons() {
		c.rejected[string(reason)] = new(atomic.Uint64)
	}
}

func (c *counts) reject(reason string) {
	if n, ok := c.rejected[reason]; ok {
		n.Add(1)
	}
}

func (c *counts) took(d time.Duration) {
	us, i := uint64(d.Microseconds()), 0
	for i < len(bounds) && us > bounds[i] {
		i++
	}
	c.latency[i].Add(1)
	c.latencySum.Add(us)
}

// Stats returns what the node has done, and what it has now.
func (n *Node) Stats() api.Stats {
	h, c := n.host.Stats(), &n.counts
	var mem goruntime.MemStats
	goruntime.ReadMemStats(&mem)
	s := api.Stats{Time: n.opts.Clock().UTC(), Committed: h.Executor.Transactions - h.Executor.Failed, Failed: h.Executor.Failed,
		Queries: c.queries.Load(), GasUsed: h.Executor.GasUsed, Rejected: map[string]uint64{}, Groups: h.Executor.Groups, Grouped: h.Executor.Transactions,
		Synced: uint64(h.Executor.Synced), Queued: h.Executor.Queued, CacheHits: uint64(h.Store.CacheHits),
		CacheMiss: uint64(h.Store.CacheMisses), CacheBytes: uint64(h.Store.CacheBytes), LogBytes: h.Store.WALBytes,
		DiskBytes: h.Store.DiskBytes, DiskFree: h.Store.DiskFree, Heap: mem.HeapAlloc, Watchers: n.watchers.count(),
		Instances: h.Wasm.Instances, Idle: h.Wasm.Idle, Created: h.Wasm.Created, Dropped: h.Wasm.Dropped, Calls: map[string]uint64{},
		LatencySum: c.latencySum.Load()}
	for module, count := range h.Calls {
		s.Calls[string(module)] = count
	}
	for reason, count := range c.rejected {
		if v := count.Load(); v > 0 {
			s.Rejected[reason] = v
		}
	}
	n.capabilityStats(&s, h.Claimed)
	total := uint64(0)
	for i := range c.latency {
		total += c.latency[i].Load()
		bucket := api.Bucket{Count: total}
		if i < len(bounds) {
			bucket.Bound = bounds[i]
		}
		s.Latency = append(s.Latency, bucket)
	}
	return s
}

// capabilityStats adds those of actors with claims, links and providers.
func (n *Node) capabilityStats(s *api.Stats, tallies map[actor.ModuleID]runtime.Tally) {
	s.Claimed = make(map[string]api.ClaimedStats, len(tallies))
	for name, t := range tallies {
		c := api.ClaimedStats{Failed: t.Failed, Refused: t.Refused, LatencySum: uint64(t.Time.Microseconds())}
		total := uint64(0)
		for i, count := range t.Took {
			total += count
			bucket := api.Bucket{Count: total}
			if bounds := runtime.TallyBounds(); i < len(bounds) {
				bucket.Bound = uint64(bounds[i].Microseconds())
			}
			c.Latency = append(c.Latency, bucket)
		}
		s.Claimed[string(name)] = c
	}
	all, err := n.host.Capabilities()
	if err != nil {
		return // the host is closing: what was counted is told
	}
	for i := range all.Actors {
		name := string(all.Actors[i].Address)
		c := s.Claimed[name]
		c.Instances = all.Actors[i].Instances
		s.Claimed[name] = c
	}
	s.Links = len(all.Links)
	s.Providers = make(map[string]api.ProviderStats, len(all.Providers))
	status := n.status(&all)
	for i := range all.Providers {
		p := &all.Providers[i]
		v := api.ProviderStats{Kind: p.Kind, State: string(capability.Healthy)}
		for j := range status {
			if of := &status[j]; of.Provider == p.Name {
				if worse(of.State, capability.State(v.State)) {
					v.State = string(of.State)
				}
				v.Attempts += of.Attempts
			}
		}
		s.Providers[p.Name] = v
	}
}

func stats(_ context.Context, n *Node, _ *request, _ *api.Empty) (*api.Stats, error) {
	s := n.Stats()
	return &s, nil
}

// done tells whoever counts and logs of a call.
func (n *Node) done(ctx context.Context, c *Call, rq *request, failed *api.Error, took time.Duration) {
	code := "ok"
	if failed != nil {
		code = string(failed.Code)
	}
	op := "unknown" // whatever a caller makes up must not become a label
	if rq.op != nil {
		op = rq.op.Name
		if rq.op.Write && rq.tx {
			n.counts.took(took)
		}
	}
	n.opts.Observer.Done(op, c.Via, code, took)
	message := ""
	if failed != nil {
		message = failed.Message
	}
	rq.recorded(c, op, code, message, took)
	level := slog.LevelDebug
	var skipped uint64
	switch {
	case failed == nil:
	case failed.Code == api.CodeInternal || failed.Code == api.CodeUnknown:
		level = slog.LevelError
	case failed.Code == api.CodeUnauthenticated || failed.Code == api.CodeForbidden || failed.Code == api.CodeReplayed || failed.Code == api.CodeStale:
		if n.counts.mayWarn(rq.now.Unix(), &skipped) {
			level = slog.LevelWarn
		}
	}
	if !n.opts.Logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("op", op), slog.String("via", c.Via), slog.String("code", code), slog.Duration("took", took)}
	if c.Remote != "" {
		attrs = append(attrs, slog.String("remote", c.Remote))
	}
	if rq.who.Key != "" {
		attrs = append(attrs, slog.String("key", rq.who.Key))
	}
	if id := rq.id(); id != "" {
		attrs = append(attrs, slog.String("request", id))
	}
	if rq.recording != nil {
		attrs = append(attrs, slog.String("trace", rq.recording.ID()))
	}
	if failed != nil {
		attrs = append(attrs, slog.String("err", failed.Error()))
	}
	if skipped > 0 {
		attrs = append(attrs, slog.Uint64("skipped", skipped))
	}
	n.opts.Logger.LogAttrs(ctx, level, "request", attrs...)
}

// mayWarn lets one warning a second through: who is refused could fill a log otherwise. Skipped gets how many there were
// since the last one.
func (c *counts) mayWarn(second int64, skipped *uint64) bool {
	if last := c.warned.Load(); last == second || !c.warned.CompareAndSwap(last, second) {
		c.unwarned.Add(1)
		return false
	}
	*skipped = c.unwarned.Swap(0)
	return true
}
