package metrics

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/troupe-run/troupe/runtime/api"
)

// A Source tells how much a node has done. A *node.Node is one.
type Source interface {
	Stats() api.Stats
	Ready() (ok bool, reason string)
}

// Metrics are those of one node. It is a node.Observer. Its methods may be called from any goroutine.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	rejected *prometheus.CounterVec
	lag      prometheus.Histogram
	nats     atomic.Pointer[func() NATS]
}

// New returns metrics that have counted nothing yet, with those of the process and of Go.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "troupe_requests_total",
			Help: help("troupe_requests_total"),
		}, []string{"op", "via", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "troupe_request_seconds",
			Help:    help("troupe_request_seconds"),
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"op"}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "troupe_rejected_total",
			Help: help("troupe_rejected_total"),
		}, []string{"reason"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "troupe_watch_lag_seconds",
			Help:    help("troupe_watch_lag_seconds"),
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30},
		}),
	}
	m.registry.MustRegister(m.requests, m.took, m.rejected, m.lag, natsCollector{m}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observe adds what the node counts itself. It is to be called once.
func (m *Metrics) Observe(source Source) { m.registry.MustRegister(collector{source}) }

// Done implements node.Observer.
func (m *Metrics) Done(op, via, code string, took time.Duration) {
	if _, ok := api.Find(op); !ok {
		op = "unknown" // whoever asks chooses the word
	}
	m.requests.WithLabelValues(op, via, code).Inc()
	m.took.WithLabelValues(op).Observe(took.Seconds())
}

// Rejected implements node.Observer.
func (m *Metrics) Rejected(reason string) { m.rejected.WithLabelValues(reason).Inc() }

// WatchLag implements node.Observer.
func (m *Metrics) WatchLag(lag time.Duration) { m.lag.Observe(lag.Seconds()) }

// Handler answers with all metrics in the text format of Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}
