package troupe

import (
	"math"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/fuel"
)

// BenchmarkCall is a guest that does nothing, with everything around it, and the same two invocations without the
// dialect: the difference is what the dialect costs.
func BenchmarkCall(b *testing.B) {
	g := newGuest()
	g.call.returns(okay)
	benchmarkActor(b, g.load(b))
}

// BenchmarkGoCall is the same for a guest with the runtime of Go.
func BenchmarkGoCall(b *testing.B) { benchmarkActor(b, loadPlain(b)) }

func benchmarkActor(b *testing.B, a *Actor) {
	env := &actor.Env{Self: "currency", Sender: "account/alice", Sequence: 1000, Time: time.Unix(1_700_000_000, 0), State: &actor.MemState{},
		Services: &allowance{gas: math.MaxUint64}}
	msg := actor.Message{To: "currency", Kind: actor.KindInstantiate, Body: make([]byte, 60)}
	input := appendMessage(nil, env, &msg)
	b.Run("dialect", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := a.Instantiate(b.Context(), env, msg); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("engine", func(b *testing.B) {
		b.ReportAllocs()
		body := func(c *wasm.Call) error {
			ptr, err := c.Invoke(entryAlloc, uint64(len(input)))
			if err != nil {
				return err
			}
			if err := c.Write(uint32(ptr), input); err != nil {
				return err
			}
			_, err = c.Invoke(entryCall, uint64(actor.KindInstantiate), ptr, uint64(len(input)))
			return err
		}
		for b.Loop() {
			if err := a.module.Call(fuel.Most, nil, body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			env := *env
			env.Services = &allowance{gas: math.MaxUint64}
			for pb.Next() {
				if _, err := a.Instantiate(b.Context(), &env, msg); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

// BenchmarkImports is one import at a time, a hundred of them a call.
func BenchmarkImports(b *testing.B) {
	for _, name := range []string{"gas_left", "state_get", "state_set", "range_next", "query_raw"} {
		b.Run(name, func(b *testing.B) {
			g := newGuest()
			if name == "range_next" {
				g.pairs(g.call)
				g.call.drop("state_range", 0, 0, 0, -1, 0)
			}
			for i := range 100 {
				switch name {
				case "gas_left":
					g.call.drop(name)
				case "state_get":
					g.call.drop(name, 8, 10, spareAt, 100)
				case "state_set":
					g.call.host(name, 8, 10, 8, 20)
				case "range_next":
					if i%9 == 0 {
						g.call.host("state_range", 0, 0, 0, -1, 0).with(binary.OpLocalSet, 3)
					}
					g.call.with(binary.OpLocalGet, 3).i32(spareAt).i32(100).with(binary.OpCall, g.index(name)).op(binary.OpDrop)
				case "query_raw":
					g.call.drop(name, 8, 10, 8, 10, spareAt, 100)
				}
			}
			g.call.returns(okay)
			a := g.load(b)
			env := &actor.Env{Self: "currency", State: &actor.MemState{}, Services: &allowance{gas: math.MaxUint64}}
			env.State.Set(make([]byte, 10), []byte("value"))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Execute(b.Context(), env, actor.Message{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/import")
		})
	}
}

func BenchmarkEnvelopes(b *testing.B) {
	env := &actor.Env{Self: "currency", Sender: "account/alice", Sequence: 1000, Time: time.Unix(1_700_000_000, 0)}
	msg := &actor.Message{Body: make([]byte, 60)}
	b.Run("message", func(b *testing.B) {
		b.ReportAllocs()
		var buffer []byte
		for b.Loop() {
			buffer = appendMessage(buffer[:0], env, msg)
		}
	})
	for name, output := range map[string][]byte{"okay": []byte(okay), "full": encodeResponse(fullResponse)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := decodeResponse(output); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTouch is a guest that writes to one word of each page of the system in a part of its memory, and what a unit of
// fuel buys by that: most of it is faults and the reset, of which fuel knows nothing. The first is one that computes.
func BenchmarkTouch(b *testing.B) {
	for _, c := range []struct {
		name           string
		pages          uint32 // that memory begins with
		to, step, reps int64
	}{
		{"computes", 64, spareAt + 16384, 4, 100},
		{"touches 256 KiB", 64, spareAt + 256<<10, 4096, 1},
		{"touches 4 MiB", 64, 4 << 20, 4096, 1},
		{"touches 64 MiB that it has", MaxPages, MaxPages << 16, 4096, 1},
		{"touches 64 MiB that it has not", 64, MaxPages << 16, 4096, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			g := newGuest()
			g.module.Memories = []binary.Limits{{Min: c.pages}}
			g.call.i32(c.reps).with(binary.OpLocalSet, 4).open(binary.OpLoop)
			g.call.i32(spareAt).with(binary.OpLocalSet, 3).open(binary.OpLoop)
			g.call.with(binary.OpLocalGet, 3).i32(1).memory(binary.OpI32Store)
			g.call.with(binary.OpLocalGet, 3).i32(c.step).op(binary.OpI32Add).with(binary.OpLocalTee, 3)
			g.call.i32(c.to).op(binary.OpI32LtU).with(binary.OpBrIf, 0).op(binary.OpEnd)
			g.call.with(binary.OpLocalGet, 4).i32(1).op(binary.OpI32Sub).with(binary.OpLocalTee, 4).with(binary.OpBrIf, 0).op(binary.OpEnd)
			g.call.returns(okay)
			a := g.load(b)
			fee := pageFee(c.pages << 16)
			var burnt uint64
			body := func(c *wasm.Call) error {
				_, err := c.Invoke(entryCall, 0, 0, 0)
				burnt = fee + uint64(fuel.Most-c.Fuel())
				return err
			}
			for b.Loop() {
				if err := a.module.Call(fuel.Most, nil, body); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(burnt), "fuel")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(burnt), "ns/fuel")
		})
	}
}
