package wasm

import (
	"context"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// benchGuest is a guest as compilers make them: 17 pages of memory, with 300 KB of data.
func benchGuest() []byte {
	m := assemble(zooParts, []binary.Import{{Module: "env", Name: "host", Kind: binary.ExternFunc, Type: 1}},
		[]binary.FuncType{{}, {Params: valueTypes("i32"), Results: valueTypes("i32")}})
	whole := zoo()
	m.Tables, m.Elements, m.Globals = whole.Tables, whole.Elements, whole.Globals
	m.Exports = append(m.Exports, binary.Export{Name: "memory", Kind: binary.ExternMemory})
	m.Memories = []binary.Limits{{Min: 17}}
	data := make([]byte, 300_000)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range data {
		data[i] = byte(r.Uint32()) | 1
	}
	m.Data = []binary.Data{{Offset: binary.EncodeConst(binary.I32, 1024), Init: data}}
	return m.Encode()
}

func benchDialect() *Dialect {
	d := testDialect()
	d.MaxPages, d.Depth = 512, 1000
	return d
}

// BenchmarkCall is a whole call with its reset: of a function that adds, and of one that writes to so many pages. The
// figures at two processors are for each call, in total.
func BenchmarkCall(b *testing.B) {
	code := benchGuest()
	for _, v := range []struct {
		name string
		o    Options
	}{
		{"pages", Options{Reset: ResetPages}}, {"copy", Options{Reset: ResetCopy}}, {"fresh", Options{Reset: ResetFresh}},
	} {
		m := loaded(b, engine(b, v.o), code, benchDialect())
		for _, pages := range []uint64{0, 1, 4, 26} {
			one := func(c *Call) error {
				_, err := c.Invoke(zooAdd, 1, 2)
				return err
			}
			if pages > 0 {
				one = func(c *Call) error {
					_, err := c.Invoke(zooDirty, 8192, pages)
					return err
				}
			}
			for _, goroutines := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%d pages/%d goroutines", v.name, pages, goroutines), func(b *testing.B) {
					b.ReportAllocs()
					inParallel(b, goroutines, func() {
						if err := m.Call(1e9, nil, one); err != nil {
							b.Error(err)
						}
					})
				})
			}
		}
	}
}

// inParallel runs b.N operations on so many goroutines.
func inParallel(b *testing.B, goroutines int, op func()) {
	old := goruntime.GOMAXPROCS(goroutines)
	defer goruntime.GOMAXPROCS(old)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			op()
		}
	})
}

// BenchmarkHost is one call of the host by a guest, beside what a call costs anyway.
func BenchmarkHost(b *testing.B) {
	m := loaded(b, engine(b, Options{}), benchGuest(), benchDialect())
	user := testUser(func(*Call, uint32) uint32 { return 1 })
	m.Call(1<<62, user, func(c *Call) error {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Invoke(zooHost, 1); err != nil {
				b.Fatal(err)
			}
		}
		return nil
	})
}

// BenchmarkTrap is a call that traps, and the instance put back.
func BenchmarkTrap(b *testing.B) {
	m := loaded(b, engine(b, Options{}), benchGuest(), benchDialect())
	for b.Loop() {
		m.Call(1e6, nil, func(c *Call) error {
			_, err := c.Invoke(zooDivide, 1, 0)
			return err
		})
	}
}

// BenchmarkWazero is what a call costs without this package, with a new instance of the same module each time and with
// one that is never put back.
func BenchmarkWazero(b *testing.B) {
	ctx := context.Background()
	rt := wazero.NewRuntime(ctx)
	defer rt.Close(ctx)
	rt.NewHostModuleBuilder("env").NewFunctionBuilder().WithFunc(func(uint32) uint32 { return 1 }).Export("host").Instantiate(ctx)
	compiled, err := rt.CompileModule(ctx, benchGuest())
	if err != nil {
		b.Fatal(err)
	}
	config := wazero.NewModuleConfig().WithName("")
	for _, pages := range []uint64{1, 4, 26} {
		b.Run(fmt.Sprintf("new instance/%d pages", pages), func(b *testing.B) {
			for b.Loop() {
				mod, err := rt.InstantiateModule(ctx, compiled, config)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := mod.ExportedFunction("dirty").Call(ctx, 8192, pages); err != nil {
					b.Fatal(err)
				}
				mod.Close(ctx)
			}
		})
		b.Run(fmt.Sprintf("never put back/%d pages", pages), func(b *testing.B) {
			mod, err := rt.InstantiateModule(ctx, compiled, config)
			if err != nil {
				b.Fatal(err)
			}
			defer mod.Close(ctx)
			f := mod.ExportedFunction("dirty")
			stack := make([]uint64, 2)
			for b.Loop() {
				stack[0], stack[1] = 8192, pages
				if err := f.CallWithStack(ctx, stack); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoad loads a module of 300 KB: with an empty cache, and with one that has it.
func BenchmarkLoad(b *testing.B) {
	code := largeGuest()
	cold := func(b *testing.B, dir string) {
		e := engine(b, Options{CacheDir: dir})
		loaded(b, e, code, benchDialect())
		b.StopTimer()
		e.Close()
		b.StartTimer()
	}
	b.Run(fmt.Sprintf("cold/%d bytes", len(code)), func(b *testing.B) {
		for range b.N {
			cold(b, b.TempDir())
		}
	})
	b.Run("warm", func(b *testing.B) {
		dir := b.TempDir()
		cold(b, dir)
		b.ResetTimer()
		for range b.N {
			cold(b, dir)
		}
	})
}

// largeGuest is a module of 300 KB.
func largeGuest() []byte {
	var parts []part
	for i := range 1300 {
		parts = append(parts, part{fmt.Sprint("f", i), "i32 i32", "i32", "i32 i32", `
			block loop
				local.get 0 i32.const 65535 i32.and local.tee 2 i32.load 16 local.get 1 i32.add local.set 3
				local.get 2 local.get 3 i32.const 7 i32.mul i32.store 24
				local.get 1 i32.eqz br_if 1
				local.get 1 i32.const 1 i32.sub local.set 1
				local.get 3 i32.const 1 i32.and if local.get 0 i32.const 13 i32.xor local.set 0 else local.get 0 i32.const 3 i32.rotl local.set 0 end
				br 0
			end end
			block block block block local.get 0 i32.const 3 i32.and br_table 0 1 2 3 end
			local.get 0 local.get 3 i32.mul local.set 2 end
			local.get 2 local.get 1 i32.sub local.set 2 end
			local.get 3 local.get 2 i32.store 8 end
			local.get 0 local.get 1 call 0 local.get 2 i32.add
			local.get 3 i64.extend_i32_u local.get 2 i64.extend_i32_u i64.mul i64.const 32 i64.shr_u i32.wrap_i64 i32.add
			local.get 0 i32.load 4 i32.add local.get 1 i32.load 8 i32.add local.get 2 i32.load 12 i32.add
			local.get 0 i32.load16_u 40 i32.add local.get 1 i32.load8_u 80 i32.add local.get 2 i32.const 5 i32.shl i32.add
			local.get 0 local.get 3 i32.lt_u i32.add local.get 1 local.get 2 i32.ge_s i32.add
			local.get 0 local.get 3 i32.or i32.add local.get 1 local.get 2 i32.and i32.add
			local.get 0 i32.clz i32.add local.get 1 i32.popcnt i32.add i32.const 1048576 i32.sub end`})
	}
	m := assemble(parts, nil, nil)
	m.Memories = []binary.Limits{{Min: 17}}
	return m.Encode()
}
