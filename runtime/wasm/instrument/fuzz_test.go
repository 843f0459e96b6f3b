package instrument_test

import (
	"context"
	"testing"

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
	f.Fuzz(func(t *testing.T, seed uint64, size uint16) {
		differential(t, runners(t), seed, int(size%1500))
	})
}

// FuzzRewriteBytes checks that no bytes make Rewrite panic, and that what it makes of a module that an engine takes is
// taken too.
func FuzzRewriteBytes(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(wasmtest.Generate(seed, 40), uint16(seed), uint16(3*seed))
	}
	for _, p := range programs {
		f.Add(p.m().Encode(), uint16(9), uint16(1))
	}
	for _, k := range kernels {
		f.Add(k.m().Encode(), uint16(9), uint16(1))
	}
	f.Fuzz(func(t *testing.T, wasm []byte, depth, pages uint16) {
		m, err := binary.Parse(wasm)
		if err != nil || everything.Check(m) != nil {
			return
		}
		for _, exact := range []bool{false, true} {
			m, err := binary.Parse(wasm)
			if err != nil {
				t.Fatal(err)
			}
			o := instrument.Options{Gas: weighted(exact), MaxPages: uint32(pages), Depth: uint32(depth) % (instrument.MaxDepth + 1)}
			if _, err = instrument.Rewrite(m, o); err != nil {
				continue
			}
			for _, r := range runners(t)[1:] {
				ctx := context.Background()
				original, err := r.r.CompileModule(ctx, wasm)
				if err != nil {
					continue
				}
				original.Close(ctx)
				if _, err := r.r.CompileModule(ctx, m.Encode()); err != nil {
					t.Fatalf("%s takes the module, and not what Rewrite makes of it: %v", r.name, err)
				}
			}
		}
	})
}
