package throughput

import (
	"context"
	"testing"
	"time"

	"github.com/troupe-run/troupe/bench/conformance/corpus"
)

// TestTransfers runs the load for a moment.
func TestTransfers(t *testing.T) {
	var token []corpus.Contract
	for _, c := range corpus.All() {
		if c.Name == "cw20-base" {
			token = append(token, c)
		}
	}
	library := corpus.Library{}
	codes, err := library.Load(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	const slice = 200 * time.Millisecond
	r, err := Transfers(context.Background(), Options{Dir: t.TempDir(), Contract: codes["cw20-base"], Clients: 64, Holders: 100,
		Warmup: slice, Slice: slice, Slices: 3})
	if err != nil {
		t.Fatal(err)
	}
	if r.TxPerS == 0 || len(r.Slices) != 3 {
		t.Errorf("%+v", r)
	}
}
