package instrument_test

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// kernels are small programs that do one thing: each function "run" takes how much of it.
var kernels = []struct {
	name string
	n    uint64
	want uint64
	m    func() *binary.Module
}{
	{"count", 1 << 20, 0, func() *binary.Module {
		return module(function{name: "run", t: signature("i32 : i64"), body: `
			loop
				local.get 0 i32.const -1 i32.add local.tee 0 br_if 0
			end
			i64.const 0 end`})
	}},
	{"loop", 1 << 20, 549755289600, func() *binary.Module {
		return module(function{name: "run", t: signature("i32 : i64"), locals: locals("i64"), body: `
			loop
				local.get 1 local.get 0 i64.extend_i32_u i64.add local.set 1
				local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
			end
			local.get 1 i64.const 1048576 i64.sub end`})
	}},
	{"fib", 25, 75025, func() *binary.Module {
		return module(
			function{name: "run", t: signature("i32 : i64"), body: `local.get 0 call 1 i64.extend_i32_u end`},
			function{t: signature("i32 : i32"), body: `
				local.get 0 i32.const 2 i32.lt_u if local.get 0 return end
				local.get 0 i32.const 1 i32.sub call 1
				local.get 0 i32.const 2 i32.sub call 1
				i32.add end`})
	}},
	{"sieve", 65536, 6542, func() *binary.Module {
		return module(function{name: "run", t: signature("i32 : i64"), locals: locals("i32 i32 i64"), body: `
			i32.const 0 i32.const 0 local.get 0 memory.fill
			i32.const 2 local.set 1
			loop
				local.get 1 i32.load8_u i32.eqz if
					local.get 3 i64.const 1 i64.add local.set 3
					local.get 1 local.get 1 i32.mul local.set 2
					block
						loop
							local.get 2 local.get 0 i32.ge_u br_if 1
							local.get 2 i32.const 1 i32.store8
							local.get 2 local.get 1 i32.add local.set 2
							br 0
						end
					end
				end
				local.get 1 i32.const 1 i32.add local.tee 1 i32.const 256 i32.lt_u br_if 0
			end
			loop
				local.get 3 local.get 1 i32.load8_u i32.eqz i64.extend_i32_u i64.add local.set 3
				local.get 1 i32.const 1 i32.add local.tee 1 local.get 0 i32.lt_u br_if 0
			end
			local.get 3 end`})
	}},
	{"hash", 65536, 16934947671703429925, func() *binary.Module {
		return module(function{name: "run", t: signature("i32 : i64"), locals: locals("i32 i64"), body: `
			i64.const 0xcbf29ce484222325 local.set 2
			loop
				local.get 1 i32.load8_u i64.extend_i32_u local.get 2 i64.xor
				i64.const 0x100000001b3 i64.mul local.set 2
				local.get 1 i32.const 1 i32.add local.tee 1 local.get 0 i32.lt_u br_if 0
			end
			local.get 2 end`})
	}},
}

// BenchmarkKernels compares programs as they are with both schemes, under wazero's compiler. The two run in turns, so that
// what else the machine does hits both: "ratio" is the median time of the metered one over that of the plain one.
func BenchmarkKernels(b *testing.B) {
	for _, k := range kernels {
		for _, form := range []string{"lazy", "exact"} {
			b.Run(k.name+"/"+form, func(b *testing.B) {
				m := k.m()
				plain := kernelCall(b, m, k.n, k.want)
				o := instrument.Options{Gas: unit(form == "exact"), MaxPages: 4, Depth: 1000}
				if _, err := instrument.Rewrite(m, o); err != nil {
					b.Fatal(err)
				}
				metered := kernelCall(b, m, k.n, k.want)
				var plains, metereds []time.Duration
				for b.Loop() {
					plains = append(plains, plain())
					metereds = append(metereds, metered())
				}
				b.ReportMetric(float64(median(metereds))/float64(median(plains)), "ratio")
				b.ReportMetric(float64(median(plains).Nanoseconds()), "ns/plain")
			})
		}
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// kernelCall returns a function that calls "run" of a new instance and says how long it took.
func kernelCall(b *testing.B, m *binary.Module, n, want uint64) func() time.Duration {
	inst := instantiate(b, wazero.NewRuntimeConfigCompiler(), m.Encode())
	if g := inst.ExportedGlobal(instrument.GasGlobal); g != nil {
		g.(api.MutableGlobal).Set(math.MaxInt64)
	}
	run := inst.ExportedFunction("run")
	var stack [1]uint64
	return func() time.Duration {
		stack[0] = n
		start := time.Now()
		err := run.CallWithStack(context.Background(), stack[:])
		took := time.Since(start)
		if err != nil || stack[0] != want {
			b.Fatalf("got %d and %v, want %d", stack[0], err, want)
		}
		return took
	}
}
