package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// NATS is how a node is reached over NATS. The zero value is that it is not.
type NATS struct {
	// Connected says whether there is a server.
	Connected bool
	// Requests came, and Unanswered are the answers that could not be sent.
	Requests, Unanswered uint64
	// Published are the messages about transactions, and Lag is how long after its transaction the last one was out.
	Published uint64
	Lag       time.Duration
}

// ObserveNATS adds what read tells, which is called whenever somebody looks. A later call replaces an earlier one.
func (m *Metrics) ObserveNATS(read func() NATS) { m.nats.Store(&read) }

var natsMetrics = []struct {
	Metric
	of func(*NATS) float64
}{
	{Metric{"troupe_nats_connected", "gauge", "1 if there is a server of NATS, else 0."}, func(n *NATS) float64 {
		if n.Connected {
			return 1
		}
		return 0
	}},
	{Metric{"troupe_nats_requests_total", "counter", "Requests that came over NATS."}, func(n *NATS) float64 { return float64(n.Requests) }},
	{Metric{"troupe_nats_unanswered_total", "counter", "Answers that could not be sent over NATS."}, func(n *NATS) float64 { return float64(n.Unanswered) }},
	{Metric{"troupe_nats_published_total", "counter", "Messages about transactions that were published on NATS."}, func(n *NATS) float64 { return float64(n.Published) }},
	{Metric{"troupe_nats_publish_lag_seconds", "gauge", "How long after its transaction the last message about one was published."}, func(n *NATS) float64 { return n.Lag.Seconds() }},
}

// natsCollector reads what ObserveNATS was given whenever it is asked.
type natsCollector struct{ *Metrics }

// Describe implements prometheus.Collector. It says nothing: what is collected is the same each time.
func (c natsCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c natsCollector) Collect(out chan<- prometheus.Metric) {
	var now NATS
	if read := c.nats.Load(); read != nil {
		now = (*read)()
	}
	for _, m := range natsMetrics {
		kind := prometheus.GaugeValue
		if m.Kind == "counter" {
			kind = prometheus.CounterValue
		}
		out <- prometheus.MustNewConstMetric(describe(m.Name), kind, m.of(&now))
	}
}
