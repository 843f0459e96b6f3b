package speed_test

import (
	"io"
	"testing"
	"time"

	"github.com/troupe-run/troupe/bench/conformance/corpus"
	"github.com/troupe-run/troupe/bench/conformance/speed"
)

// TestRun checks that every workload runs on both sides, and that each is measured.
func TestRun(t *testing.T) {
	codes, err := corpus.Library{}.Load(t.Context(), speed.Contracts())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := speed.Run(t.Context(), codes, speed.Options{Rounds: 1, Slice: 5 * time.Millisecond, Stores: 1, Progress: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4*2+2 {
		t.Errorf("%d rows", len(rows))
	}
	for _, r := range rows {
		if r.Wasmvm <= 0 || r.Troupe <= 0 || r.Ratio <= 0 {
			t.Errorf("%+v", r)
		}
	}
}
