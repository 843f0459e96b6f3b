package keyvalue

import (
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// BenchmarkIncrement is the provider's own share of what the classic counter does, without the host.
func BenchmarkIncrement(b *testing.B) {
	state := &actor.MemState{}
	s := &store{rows: state, state: state, now: time.Unix(1_700_000_000, 0), space: "\x00"}
	payload := pack.Marshal(&messages.IncrementArgs{Key: "counter::mycounter", Value: 1})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := increment(s, payload); err != nil {
			b.Fatal(err)
		}
	}
}
