package edge_test

import (
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/capability"
)

// A rig is a host in memory.
type rig struct {
	*runtime.Host
	t testing.TB
}

func newRig(t testing.TB) *rig {
	t.Helper()
	h, err := runtime.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return &rig{h, t}
}

// order obeys.
func (r *rig) order(o capability.Order) {
	r.t.Helper()
	if _, err := r.Order(r.t.Context(), o, "", ""); err != nil {
		r.t.Fatal(err)
	}
}

// eventually waits for something to hold.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("did not happen in 10 s: %s", what)
		}
	}
}
