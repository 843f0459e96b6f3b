package actortest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/actortest"
	"github.com/troupe-run/troupe/runtime/actortest/world"
)

// puppets is a host whose actors p and p/* do what their messages say.
func puppets(t testing.TB) *actortest.Host {
	t.Helper()
	h := actortest.New(t, nil)
	h.Bind("p", puppet.Actor{})
	return h
}

func TestTranscripts(t *testing.T) {
	actortest.RunTranscripts(t, "testdata/*.txt", nil, func(h *actortest.Host) {
		h.Bind("p", puppet.Actor{})
		h.Bind("q", puppet.Actor{})
	})
}

func TestHost(t *testing.T) {
	h := puppets(t)
	r := h.MustSend("alice", "p/1", "set n=1\nemit counted n=1\ndata done")
	h.AssertReceipt(r, `
		committed seq 3
		data "done"
		event p/1 counted n=1
	`)
	h.AssertState("p/1", map[string]any{"n": "1"})
	if e := h.SendError("alice", "p/1", "set n=2\nfail broke: no money"); e.Code != "broke" {
		t.Errorf("failed with %v", e)
	}
	h.AssertTrace(`
		alice → p/1  execute "set n=2\nfail broke: no money"   rolled back: broke: no money
		   set n: "1" → "2"
		rolled back seq 4: alice → p/1: broke: no money
	`)
	before := h.Snapshot()
	fork := h.Fork(t)
	h.Advance(time.Hour)
	h.MustSend("alice", "p/1", "set n=3")
	h.AssertState("p/1", `{"n": "3"}`)
	fork.AssertState("p/1", `{"n": "1"}`)
	h.Crash()
	if _, err := h.Send("alice", "p/1", "set n=4"); err == nil {
		t.Error("a crashed host takes messages")
	}
	h.Reopen()
	h.AssertState("p/1", `{"n": "3"}`)
	h.Restore(before)
	h.AssertSame(fork)
	if now := h.Clock().Now(); !now.Equal(fork.Clock().Now()) {
		t.Errorf("restored at %s", now)
	}
	h.Verify()
}

func TestInjection(t *testing.T) {
	h := puppets(t)
	in := h.Fail(world.Failure{Actor: "p/", N: 2, Err: actor.Errorf("flaky", "try again"), After: true})
	h.MustSend("alice", "p/1", "set n=1")
	h.SendError("alice", "p/2", "set n=1")
	h.MustSend("alice", "p/2", "set n=1")
	if in.Hits() != 1 {
		t.Errorf("%d hits", in.Hits())
	}
	h.Fail(world.Failure{Actor: "p/1", Panic: true, Times: -1})
	if e := h.SendError("alice", "p/1", "set n=1"); e.Code != actor.CodePanic {
		t.Errorf("failed with %v", e)
	}
	h.Verify()
	h.Reopen()
	h.SendError("alice", "p/1", "set n=1")
	h.Verify()
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		w, err := world.Open(nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Bind("p", puppet.Actor{}); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWorld(b *testing.B) {
	for _, keys := range []int{10, 100_000} {
		h := puppets(b)
		for i := 0; i < keys; i += 1000 {
			h.MustSend("alice", actor.Address(fmt.Sprintf("p/%d", i/1000)), fmt.Sprintf("repeat %d\n  set k{i}=value", min(keys, 1000)))
		}
		b.Run(fmt.Sprintf("snapshot/keys=%d", keys), func(b *testing.B) {
			for b.Loop() {
				if err := h.Snapshot().Discard(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("restore/keys=%d", keys), func(b *testing.B) {
			s := h.Snapshot()
			for b.Loop() {
				h.Restore(s)
			}
		})
		b.Run(fmt.Sprintf("fork/keys=%d", keys), func(b *testing.B) {
			for b.Loop() {
				w, err := h.World().Fork()
				if err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
