package metrics

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/troupe-run/troupe/runtime/api"
)

// A Metric is described by its name, which says its unit, its kind, and what it tells.
type Metric struct{ Name, Kind, Help string }

// counted is a metric that is read from the stats of a node.
type counted struct {
	Metric
	of func(*api.Stats) float64
}

var counters = []counted{
	{Metric{"troupe_transactions_committed_total", "counter", "Transactions that committed."},
		func(s *api.Stats) float64 { return float64(s.Committed) }},
	{Metric{"troupe_transactions_failed_total", "counter", "Transactions that were rolled back as a whole."},
		func(s *api.Stats) float64 { return float64(s.Failed) }},
	{Metric{"troupe_queries_total", "counter", "Queries of actors."},
		func(s *api.Stats) float64 { return float64(s.Queries) }},
	{Metric{"troupe_gas_used_total", "counter", "Gas that transactions used."},
		func(s *api.Stats) float64 { return float64(s.GasUsed) }},
	{Metric{"troupe_groups_total", "counter", "Groups of transactions that were made durable together."},
		func(s *api.Stats) float64 { return float64(s.Groups) }},
	{Metric{"troupe_grouped_transactions_total", "counter", "Transactions in these groups."},
		func(s *api.Stats) float64 { return float64(s.Grouped) }},
	{Metric{"troupe_sync_seconds_total", "counter", "How long the disk took to make groups durable."},
		func(s *api.Stats) float64 { return float64(s.Synced) / 1e9 }},
	{Metric{"troupe_cache_hits_total", "counter", "Reads of committed values that memory answered."},
		func(s *api.Stats) float64 { return float64(s.CacheHits) }},
	{Metric{"troupe_cache_misses_total", "counter", "Reads of committed values that the store answered."},
		func(s *api.Stats) float64 { return float64(s.CacheMiss) }},
	{Metric{"troupe_cache_bytes", "gauge", "Size of the cache of committed values."},
		func(s *api.Stats) float64 { return float64(s.CacheBytes) }},
	{Metric{"troupe_queued", "gauge", "Requests that wait to be executed."},
		func(s *api.Stats) float64 { return float64(s.Queued) }},
	{Metric{"troupe_watchers", "gauge", "Watches that are open."},
		func(s *api.Stats) float64 { return float64(s.Watchers) }},
	{Metric{"troupe_instances", "gauge", "Instances of WebAssembly that are kept."},
		func(s *api.Stats) float64 { return float64(s.Instances) }},
	{Metric{"troupe_instances_idle", "gauge", "Instances of WebAssembly that wait for a call."},
		func(s *api.Stats) float64 { return float64(s.Idle) }},
	{Metric{"troupe_instances_created_total", "counter", "Instances of WebAssembly that were made."},
		func(s *api.Stats) float64 { return float64(s.Created) }},
	{Metric{"troupe_instances_dropped_total", "counter", "Instances of WebAssembly that were not fit for another call."},
		func(s *api.Stats) float64 { return float64(s.Dropped) }},
	{Metric{"troupe_log_bytes", "gauge", "Size of the write-ahead log of the store."},
		func(s *api.Stats) float64 { return float64(s.LogBytes) }},
	{Metric{"troupe_disk_bytes", "gauge", "Size of the data directory."},
		func(s *api.Stats) float64 { return float64(s.DiskBytes) }},
	{Metric{"troupe_disk_free_bytes", "gauge", "What is free where the data directory is."},
		func(s *api.Stats) float64 { return float64(s.DiskFree) }},
}

// others are the metrics that are not read from stats.
var others = []Metric{
	{"troupe_requests_total", "counter", "Requests that were answered, by operation, transport and code; ok if nothing failed."},
	{"troupe_request_seconds", "histogram", "How long requests took until they were answered, by operation."},
	{"troupe_rejected_total", "counter", "Requests that were refused for who asked or how it was signed, by reason."},
	{"troupe_watch_lag_seconds", "histogram", "How long after its transaction a notice was handed to a watcher."},
	{"troupe_transaction_seconds", "histogram", "How long transactions took from their request until they were durable."},
	{"troupe_module_calls_total", "counter", "Calls of actors, by module, queries included. Beyond 100 modules those with few calls are one, (other)."},
	{"troupe_links", "gauge", "Links between actors and providers."},
	{"troupe_provider_state", "gauge", "1 for the state that a provider is in, by provider, kind and state. Beyond 100 providers those that are healthy are left out first."},
	{"troupe_provider_attempts", "gauge", "How often what a provider does outside of the host was tried since it was healthy, by provider and kind."},
	{"troupe_actor_instances", "gauge", "How many calls of an actor with claims may run at once, by actor. Beyond 100 actors those with few calls are left out."},
	{"troupe_actor_call_seconds", "histogram", "How long calls of actors with claims took, by actor, queries included."},
	{"troupe_actor_failures_total", "counter", "Calls of actors with claims that failed, by actor and code."},
	{"troupe_actor_refusals_total", "counter", "Invocations of actors with claims, and by them, that were refused, by actor and reason: expired, not_yet, banned, untrusted, not_started, stopped, missing_claim, missing_link, unlinked, not_provided, or denied by a policy."},
	{"troupe_ready", "gauge", "1 if requests are taken, else 0."},
}

// List returns all metrics of Troupe's own. Those of the process and of Go come beside them.
func List() []Metric {
	list := append([]Metric(nil), others...)
	for _, c := range counters {
		list = append(list, c.Metric)
	}
	for _, c := range natsMetrics {
		list = append(list, c.Metric)
	}
	list = append(list, traceMetrics...)
	return list
}

// collector reads a node whenever it is asked.
type collector struct{ source Source }

// Describe implements prometheus.Collector. It says nothing: what is collected is the same each time.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	stats := c.source.Stats()
	for _, m := range counters {
		kind := prometheus.GaugeValue
		if m.Kind == "counter" {
			kind = prometheus.CounterValue
		}
		out <- prometheus.MustNewConstMetric(describe(m.Name), kind, m.of(&stats))
	}
	collectCalls(out, stats.Calls)
	collectProviders(out, &stats)
	collectClaimed(out, stats.Claimed)
	ready := 0.0
	if ok, _ := c.source.Ready(); ok {
		ready = 1
	}
	out <- prometheus.MustNewConstMetric(describe("troupe_ready"), prometheus.GaugeValue, ready)
	if n := len(stats.Latency); n > 0 {
		buckets := make(map[float64]uint64, n)
		for _, b := range stats.Latency[:n-1] {
			buckets[float64(b.Bound)/1e6] = b.Count
		}
		all := stats.Latency[n-1].Count
		out <- prometheus.MustNewConstHistogram(describe("troupe_transaction_seconds"), all, float64(stats.LatencySum)/1e6, buckets)
	}
}

// maxModules bounds the values of the label module.
const maxModules = 100

// collectCalls tells the calls of the modules that have the most, and those of all others together.
func collectCalls(out chan<- prometheus.Metric, calls map[string]uint64) {
	names := slices.SortedFunc(maps.Keys(calls), func(a, b string) int {
		return cmp.Or(cmp.Compare(calls[b], calls[a]), cmp.Compare(a, b))
	})
	const name = "troupe_module_calls_total"
	desc := labelled(name, "module")
	others := uint64(0)
	for i, module := range names {
		if i >= maxModules {
			others += calls[module]
			continue
		}
		out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(calls[module]), module)
	}
	if others > 0 {
		// No module has this name: that of a module begins with a letter or a digit.
		out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(others), "(other)")
	}
}

// describe returns the description of a metric without labels.
func describe(name string) *prometheus.Desc { return prometheus.NewDesc(name, help(name), nil, nil) }

// help returns what a metric of the list tells.
func help(name string) string {
	for _, m := range List() {
		if m.Name == name {
			return m.Help
		}
	}
	panic("metrics: " + name + " is not in the list") // a constant of this package
}
