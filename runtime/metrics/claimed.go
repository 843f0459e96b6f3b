package metrics

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/troupe-run/troupe/runtime/api"
)

// maxClaimed and maxProviders bound the values of the labels actor and provider.
const maxClaimed, maxProviders = 100, 100

// collectProviders tells how links and providers are. Who needs attention comes first, should there be too many.
func collectProviders(out chan<- prometheus.Metric, s *api.Stats) {
	out <- prometheus.MustNewConstMetric(describe("troupe_links"), prometheus.GaugeValue, float64(s.Links))
	ill := func(name string) int {
		if s.Providers[name].State == "healthy" {
			return 1
		}
		return 0
	}
	names := slices.SortedFunc(maps.Keys(s.Providers), func(a, b string) int {
		return cmp.Or(cmp.Compare(ill(a), ill(b)), cmp.Compare(a, b))
	})
	state := labelled("troupe_provider_state", "provider", "kind", "state")
	attempts := labelled("troupe_provider_attempts", "provider", "kind")
	for _, name := range names[:min(len(names), maxProviders)] {
		p := s.Providers[name]
		out <- prometheus.MustNewConstMetric(state, prometheus.GaugeValue, 1, name, p.Kind, p.State)
		out <- prometheus.MustNewConstMetric(attempts, prometheus.GaugeValue, float64(p.Attempts), name, p.Kind)
	}
}

// collectClaimed tells of the actors with claims that have the most calls.
func collectClaimed(out chan<- prometheus.Metric, claimed map[string]api.ClaimedStats) {
	calls := func(name string) uint64 {
		if l := claimed[name].Latency; len(l) > 0 {
			return l[len(l)-1].Count
		}
		return 0
	}
	names := slices.SortedFunc(maps.Keys(claimed), func(a, b string) int {
		return cmp.Or(cmp.Compare(calls(b), calls(a)), cmp.Compare(a, b))
	})
	instances := labelled("troupe_actor_instances", "actor")
	seconds := labelled("troupe_actor_call_seconds", "actor")
	failures := labelled("troupe_actor_failures_total", "actor", "code")
	refusals := labelled("troupe_actor_refusals_total", "actor", "reason")
	for _, name := range names[:min(len(names), maxClaimed)] {
		c := claimed[name]
		out <- prometheus.MustNewConstMetric(instances, prometheus.GaugeValue, float64(c.Instances), name)
		buckets := map[float64]uint64{}
		for _, b := range c.Latency {
			if b.Bound > 0 {
				buckets[float64(b.Bound)/1e6] = b.Count
			}
		}
		out <- prometheus.MustNewConstHistogram(seconds, calls(name), float64(c.LatencySum)/1e6, buckets, name)
		for code, count := range c.Failed {
			out <- prometheus.MustNewConstMetric(failures, prometheus.CounterValue, float64(count), name, code)
		}
		for reason, count := range c.Refused {
			out <- prometheus.MustNewConstMetric(refusals, prometheus.CounterValue, float64(count), name, reason)
		}
	}
}

// labelled returns the description of a metric with labels.
func labelled(name string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help(name), labels, nil)
}
