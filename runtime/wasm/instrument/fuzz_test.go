package instrument_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// everything allows every feature.
var everything = binary.Rules{
	BulkMemory: true, ReferenceTypes: true, SignExt: true, SatFloat: true, MultiValue: true, Floats: true,
}

// FuzzRewrite checks on generated modules what TestDifferential does.
func FuzzRewrite(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint16(60*seed))
	}
	all := runners(f)
	f.Fuzz(func(t *testing.T, seed uint64, size uint16) {
		differential(t, all, seed, int(size%1500))
	})
}

// FuzzRewriteBytes checks any bytes with checkBytes.
func FuzzRewriteBytes(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(wasmtest.Generate(seed, 40), uint16(seed+4), uint16(3*seed))
	}
	for _, p := range programs {
		f.Add(p.m().Encode(), uint16(9), uint16(1))
	}
	for _, k := range kernels {
		f.Add(k.m().Encode(), uint16(9), uint16(1))
	}
	all := runners(f)
	f.Fuzz(func(t *testing.T, wasm []byte, depth, pages uint16) {
		checkBytes(t, all, wasm, 1+uint32(depth)%instrument.MaxDepth, uint32(pages))
	})
}

// TestFlippedBits checks generated modules of which some bits are changed with checkBytes. Many of them are valid still,
// and do what nobody would write.
func TestFlippedBits(t *testing.T) {
	all := runners(t)
	taken := 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		wasm := wasmtest.Generate(seed%30, 60)
		for range 1 + rnd.IntN(3) {
			wasm[rnd.IntN(len(wasm))] ^= 1 << rnd.IntN(8)
		}
		if checkBytes(t, all, wasm, 100, 8) {
			taken++
		}
	}
	if taken < 50 {
		t.Errorf("engines took %d of 300 modules: too few to say anything", taken)
	}
}

// checkBytes checks that no bytes make Rewrite panic, that engines take what it makes of a module that they take, and
// that this ends, in the same way everywhere. It reports whether the engines took it.
func checkBytes(t *testing.T, all []runner, wasm []byte, depth, pages uint32) (taken bool) {
	t.Helper()
	ctx := context.Background()
	if m, err := binary.Parse(wasm); err != nil || everything.Check(m) != nil {
		return false
	}
	for _, exact := range []bool{false, true} {
		m, err := binary.Parse(wasm)
		if err != nil {
			t.Fatal(err)
		}
		o := instrument.Options{Gas: weighted(exact), MaxPages: pages % 16, Depth: depth}
		if _, err = instrument.Rewrite(m, o); err != nil {
			continue
		}
		var first string
		for i, r := range all {
			original, err := r.r.CompileModule(ctx, wasm)
			if err != nil {
				break
			}
			original.Close(ctx)
			c := r.compile(t, m.Encode())
			got := runBriefly(c)
			c.close()
			if taken = true; i == 0 {
				first = got
			} else if got != first {
				t.Errorf("exact %v: %s gives\n%s\nand %s\n%s", exact, all[0].name, first, r.name, got)
			}
		}
	}
	return taken
}

// runBriefly makes an instance of a rewritten module, calls all functions without parameters and the generated ones with
// a little gas each, and returns what they left.
func runBriefly(c compiled) string {
	const gas = 20_000
	ctx := context.Background()
	inst, err := c.r.InstantiateModule(ctx, c.m, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return "no instance"
	}
	defer inst.Close(ctx)
	all := ""
	for _, name := range []string{instrument.StartFunction, wasmtest.Run, "f0", "f1"} {
		if f := inst.ExportedFunction(name); f != nil {
			args := make([]uint64, len(f.Definition().ParamTypes()))
			all += name + ": " + call(inst, name, gas, args...).String() + "\n"
		}
	}
	return all
}
