package runtime_test

import (
	"maps"
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
	if len(got.Refused) > 0 {
		t.Errorf("refused are %v", got.Refused)
	}
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

// What an actor with claims is refused is counted by the reason, whether it calls or is called, and whether or not it makes that a
// failure of its own; a trace counts nothing.
func TestRefusalsAreTallied(t *testing.T) {
	deny := false
	h := openLinked(t, &runtime.Options{Policy: func(d capability.Decision) error {
		if deny && d.Source.Address == "tester" {
			return actor.Errorf("curfew", "nobody is let in")
		}
		return nil
	}})
	s := newSigner(t)
	if _, err := h.Start(t.Context(), "counter", s.sign(nil), runtime.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	order := func(o capability.Order) {
		t.Helper()
		if _, err := h.Order(t.Context(), o, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	link := capability.LinkName{Actor: "counter", Contract: capability.KeyValue}
	order(capability.Order{Unlink: []capability.LinkName{link}})
	if _, err := hits(t, h); err != nil { // it says why it could not count
		t.Fatal(err)
	}
	order(capability.Order{Link: []capability.LinkOrder{{LinkName: link, Provider: "nowhere"}}})
	_, _ = hits(t, h)
	order(capability.Order{Link: []capability.LinkOrder{{LinkName: link, Provider: "store"}}})
	_, _ = hits(t, h)
	deny = true
	for range 2 {
		if _, err := hits(t, h); err == nil {
			t.Error("it is not refused")
		}
	}
	deny = false
	for _, o := range []capability.Order{
		{Ban: []capability.BanOrder{{Key: s.account.Public()}}},
		{Unban: []string{s.account.Public()}, Scale: []capability.ScaleOrder{{Actor: "counter"}}},
	} {
		order(o)
		if _, err := hits(t, h); err == nil {
			t.Error("it is not refused")
		}
	}
	r, err := h.Send(t.Context(), "tester", actor.Message{To: "counter", Body: []byte(`{"op":"Test.Run"}`)})
	if r == nil || err == nil {
		t.Fatal(r, err)
	}
	if _, err := h.Trace(t.Context(), r.Sequence); err != nil {
		t.Fatal(err)
	}
	want := map[string]uint64{capability.CodeMissingLink: 1, capability.CodeNotProvided: 1, capability.CodeDenied: 2, capability.CodeBanned: 1,
		capability.CodeStopped: 2}
	if got := h.Stats().Claimed["counter"].Refused; !maps.Equal(got, want) {
		t.Errorf("refused are %v, want %v", got, want)
	}
}
