package query

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// benchRig is a rig with actors that have the keys of an account and a few more.
func benchRig(b *testing.B, store *state.Store, actors int) (*rig, []actor.Address) {
	b.Helper()
	r := startRig(b, store, dispatch.Options{})
	addrs := make([]actor.Address, actors)
	var all sync.WaitGroup
	for i := range addrs {
		addrs[i] = actor.Address(fmt.Sprintf("cell/%06d", i))
		all.Go(func() { r.send(addrs[i], "set balance 12345678", "set last cell/000001", "set nonce 17") })
		if i%512 == 0 {
			all.Wait()
		}
	}
	all.Wait()
	b.Cleanup(func() { r.exec.Close(); store.Close() })
	b.ReportAllocs()
	b.ResetTimer()
	return r, addrs
}

func memory(b *testing.B) *state.Store {
	store, err := state.Open("", &state.Options{CacheSize: 64 << 20}) // the cache that a store on disk has
	if err != nil {
		b.Fatal(err)
	}
	return store
}

func perSecond(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s") }

func BenchmarkGet(b *testing.B) {
	for _, actors := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("actors=%d", actors), func(b *testing.B) {
			r, addrs := benchRig(b, memory(b), actors)
			for _, a := range addrs { // what is read again and again is in the caches
				if _, _, err := r.Get(a, []byte("balance")); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			var next atomic.Uint64
			b.RunParallel(func(pb *testing.PB) {
				i := next.Add(1) << 32
				for pb.Next() {
					i++
					if _, ok, err := r.Get(addrs[i*7919%uint64(actors)], []byte("balance")); !ok || err != nil {
						b.Error(ok, err)
						return
					}
				}
			})
			perSecond(b)
		})
	}
}

func BenchmarkGetUnderWrites(b *testing.B) {
	const actors = 10_000
	r, addrs := benchRig(b, memory(b), actors)
	ctx, cancel := context.WithCancel(b.Context())
	var writers sync.WaitGroup
	for w := range 64 {
		writers.Go(func() {
			for i := w; ctx.Err() == nil; i += 64 {
				r.exec.Submit(ctx, dispatch.Request{Sender: "tester", Message: actor.Message{To: addrs[i%actors], Body: []byte("stamp balance")}})
			}
		})
	}
	before, _ := r.Head()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, ok, err := r.Get(addrs[i*7919%actors], []byte("balance")); !ok || err != nil {
				b.Error(ok, err)
				return
			}
		}
	})
	after, _ := r.Head()
	perSecond(b)
	b.ReportMetric(float64(after.Sequence-before.Sequence)/b.Elapsed().Seconds(), "tx/s")
	cancel()
	writers.Wait()
}

func BenchmarkSmart(b *testing.B) {
	r, addrs := benchRig(b, memory(b), 1000)
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := r.Smart(b.Context(), addrs[i%1000], []byte("get balance")); err != nil {
				b.Error(err)
				return
			}
		}
	})
	perSecond(b)
}

func BenchmarkScan(b *testing.B) {
	r, _ := benchRig(b, memory(b), 10)
	var orders strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&orders, "set k%04d value\n", i)
	}
	r.send("cell/big", orders.String())
	for _, limit := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("limit=%d", limit), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if page, err := r.Scan("cell/big", Range{Prefix: []byte("k"), Limit: limit}); err != nil || len(page.Pairs) != limit {
					b.Fatal(len(page.Pairs), err)
				}
			}
			perSecond(b)
		})
	}
}

func BenchmarkWatch(b *testing.B) {
	r, _ := benchRig(b, memory(b), 10_000)
	for _, opts := range []WatchOptions{{}, {Keys: true}, {Actor: "cell/009999"}} {
		b.Run(fmt.Sprintf("actor=%s,keys=%v", opts.Actor, opts.Keys), func(b *testing.B) {
			b.ReportAllocs()
			want := 10_000
			if opts.Actor != "" {
				want = 1
			}
			for b.Loop() {
				n := 0
				for _, err := range r.Watch(b.Context(), opts) {
					if err != nil {
						b.Fatal(err)
					}
					if n++; n == want {
						break
					}
				}
			}
			b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "receipts/s")
		})
	}
}
