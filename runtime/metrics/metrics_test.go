package metrics_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/metrics"
)

type source struct{}

func (source) Ready() (bool, string) { return true, "" }

func (source) Stats() api.Stats {
	calls := map[string]uint64{}
	for i := range uint64(102) {
		calls[fmt.Sprintf("module%03d", i)] = i + 1
	}
	claimed := map[string]api.ClaimedStats{"echo": {Instances: 3, Failed: map[string]uint64{"missing_link": 2}, Refused: map[string]uint64{"denied": 3}, LatencySum: 1_500_000,
		Latency: []api.Bucket{{Bound: 500, Count: 4}, {Count: 1000}}}}
	providers := map[string]api.ProviderStats{"web": {Kind: "httpserver", State: "failed", Attempts: 4}}
	for i := range 101 {
		claimed[fmt.Sprintf("idle%03d", i)] = api.ClaimedStats{}
		providers[fmt.Sprintf("fine%03d", i)] = api.ProviderStats{Kind: "keyvalue", State: "healthy"}
	}
	return api.Stats{Claimed: claimed, Providers: providers, Links: 5, Calls: calls, Committed: 7, Failed: 2, Synced: 1_500_000_000, LatencySum: 2_500_000,
		Latency: []api.Bucket{{Bound: 1000, Count: 3}, {Bound: 0, Count: 9}}}
}

// scrape returns what the handler answers.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, err)
	}
	return string(body)
}

func TestMetrics(t *testing.T) {
	m := metrics.New()
	m.Observe(source{})
	m.Done("send", "http", "ok", 3*time.Millisecond)
	m.Done("anything the caller says", "http", "bad_request", time.Millisecond)
	m.Rejected("stale")
	m.WatchLag(time.Millisecond)
	m.ObserveTraces(func() metrics.Traces { return metrics.Traces{Sent: 5, Dropped: 2} })
	m.ObserveNATS(func() metrics.NATS { return metrics.NATS{Connected: true, Requests: 3, Lag: 250 * time.Millisecond} })
	text := scrape(t, m)
	for _, want := range []string{
		`troupe_requests_total{code="ok",op="send",via="http"} 1`,
		`troupe_requests_total{code="bad_request",op="unknown",via="http"} 1`,
		`troupe_rejected_total{reason="stale"} 1`,
		`troupe_request_seconds_bucket{op="send",le="0.005"} 1`,
		`troupe_transactions_committed_total 7`,
		`troupe_sync_seconds_total 1.5`,
		`troupe_transaction_seconds_bucket{le="0.001"} 3`,
		`troupe_transaction_seconds_count 9`,
		`troupe_transaction_seconds_sum 2.5`,
		`troupe_module_calls_total{module="module101"} 102`,
		`troupe_module_calls_total{module="(other)"} 3`,
		`troupe_links 5`,
		`troupe_provider_state{kind="httpserver",provider="web",state="failed"} 1`,
		`troupe_provider_attempts{kind="httpserver",provider="web"} 4`,
		`troupe_actor_instances{actor="echo"} 3`,
		`troupe_actor_call_seconds_bucket{actor="echo",le="0.0005"} 4`,
		`troupe_actor_call_seconds_count{actor="echo"} 1000`,
		`troupe_actor_call_seconds_sum{actor="echo"} 1.5`,
		`troupe_actor_failures_total{actor="echo",code="missing_link"} 2`,
		`troupe_actor_refusals_total{actor="echo",reason="denied"} 3`,
		`troupe_ready 1`,
		`troupe_spans_sent_total 5`,
		`troupe_spans_dropped_total 2`,
		`troupe_nats_connected 1`,
		`troupe_nats_requests_total 3`,
		`troupe_nats_publish_lag_seconds 0.25`,
		`go_goroutines`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, metric := range []string{"troupe_actor_instances{", "troupe_provider_state{"} {
		if n := strings.Count(text, metric); n != 100 {
			t.Errorf("%s has %d values", metric, n)
		}
	}
}

// What is listed is what is there, with the same words.
func TestList(t *testing.T) {
	m := metrics.New()
	m.Observe(source{})
	m.ObserveTraces(func() metrics.Traces { return metrics.Traces{} })
	m.Done("send", "http", "ok", time.Millisecond)
	m.Rejected("stale")
	text := scrape(t, m)
	listed := map[string]bool{}
	for _, metric := range metrics.List() {
		listed[metric.Name] = true
		for _, want := range []string{"# HELP " + metric.Name + " " + metric.Help, "# TYPE " + metric.Name + " " + metric.Kind} {
			if !strings.Contains(text, want+"\n") {
				t.Errorf("there is no line %q", want)
			}
		}
	}
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "# TYPE troupe_"); ok {
			if name, _, _ = strings.Cut(name, " "); !listed["troupe_"+name] {
				t.Errorf("troupe_%s is not listed", name)
			}
		}
	}
}
