package bench

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latency holds percentiles, in microseconds.
type Latency struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// longest is the longest latency that is told from longer ones.
const longest = 10 * time.Minute

// recorder collects latencies of several goroutines, to three digits.
type recorder struct{ shards []shard }

type shard struct {
	mu   sync.Mutex
	hist *hdrhistogram.Histogram
	_    [64]byte // so that two shards are not in one cache line
}

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, int64(longest), 3) }

func newRecorder() *recorder {
	r := &recorder{shards: make([]shard, 4*cores())}
	for i := range r.shards {
		r.shards[i].hist = newHistogram()
	}
	return r
}

// add records one latency, as the given client saw it.
func (r *recorder) add(client int, d time.Duration) {
	s := &r.shards[client%len(r.shards)]
	s.mu.Lock()
	_ = s.hist.RecordValue(int64(min(max(d, 1), longest))) // within its bounds it cannot fail
	s.mu.Unlock()
}

// take returns what was recorded since the last take.
func (r *recorder) take() *hdrhistogram.Histogram {
	all := newHistogram()
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		all.Merge(s.hist)
		s.hist.Reset()
		s.mu.Unlock()
	}
	return all
}

func latencyOf(h *hdrhistogram.Histogram) Latency {
	at := func(percent float64) float64 { return float64(h.ValueAtQuantile(percent)) / 1e3 }
	return Latency{P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: float64(h.Max()) / 1e3}
}
