package metrics

import "github.com/prometheus/client_golang/prometheus"

// Traces are the spans that were sent to a collector, and those that it did not take.
type Traces struct{ Sent, Dropped uint64 }

// ObserveTraces adds what read tells, which is called whenever somebody looks. It is to be called once, if traces are sent.
func (m *Metrics) ObserveTraces(read func() Traces) { m.registry.MustRegister(traceCollector(read)) }

var traceMetrics = []Metric{
	{"troupe_spans_sent_total", "counter", "Spans that a collector of traces took; only where traces are sent."},
	{"troupe_spans_dropped_total", "counter", "Spans that a collector of traces did not take; only where traces are sent."},
}

type traceCollector func() Traces

// Describe implements prometheus.Collector. It says nothing: what is collected is the same each time.
func (c traceCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c traceCollector) Collect(out chan<- prometheus.Metric) {
	now := c()
	for i, n := range []uint64{now.Sent, now.Dropped} {
		out <- prometheus.MustNewConstMetric(describe(traceMetrics[i].Name), prometheus.CounterValue, float64(n))
	}
}
