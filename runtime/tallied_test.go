package runtime_test

import (
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// Calls of an actor with claims are counted with what came of them, once each: a trace, which executes the log again, counts
// nothing.
func TestCallsAreTallied(t *testing.T) {
	h := openLinked(t, nil)
	if _, err := h.Start(t.Context(), "counter", newSigner(t).sign(nil), runtime.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got, err := hits(t, h); err != nil {
			t.Fatal(got, err)
		}
	}
	_, err := h.Order(t.Context(), capability.Order{Unlink: []capability.LinkName{{Actor: "counter", Contract: capability.KeyValue}}}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Send(t.Context(), "tester", actor.Message{To: "counter", Body: []byte(`{"op":"No.Such"}`)})
	if err == nil || r == nil {
		t.Fatal(r, err)
	}
	if _, err := h.Trace(t.Context(), r.Sequence); err != nil {
		t.Fatal(err)
	}
	got, ok := h.Stats().Claimed["counter"]
	calls, failed := uint64(0), uint64(0)
	for _, n := range got.Took {
		calls += n
	}
	for _, n := range got.Failed {
		failed += n
	}
	if !ok || calls != 4 || failed != 1 || got.Time <= 0 || got.Failed[r.Err.Code] != 1 {
		t.Errorf("%d calls, failed %v, in %v; the last one failed with %s", calls, got.Failed, got.Time, r.Err.Code)
	}
}
