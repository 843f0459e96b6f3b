package instrument_test

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/troupe-run/troupe/runtime/wasm/instrument"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// arguments of the function "run" of generated modules.
var arguments = []uint64{3, 1 << 40, 0x4009_21fb_5444_2d18}

// options give every scheme with a table, and no other bound that a generated module meets.
func options(table func(exact bool) *instrument.Table) []instrument.Options {
	return []instrument.Options{
		{Gas: table(false), MaxPages: 8, Depth: instrument.MaxDepth},
		{Gas: table(true), MaxPages: 8, Depth: instrument.MaxDepth},
		{MaxPages: 8, Depth: instrument.MaxDepth},
		{Gas: table(false), MaxPages: 8},
	}
}

// TestDifferential checks that generated modules compute the same as they are and rewritten, in both engines, that the
// engines agree on gas, and that gas is the sum of the costs of what was executed.
func TestDifferential(t *testing.T) {
	all := runners(t)
	completed := 0
	for seed := range uint64(150) {
		if differential(t, all, seed, 250) {
			completed++
		}
	}
	if completed < 75 {
		t.Errorf("%d of 150 modules complete: too few to say anything", completed)
	}
}

// differential checks one generated module, and reports whether its call completed.
func differential(t *testing.T, all []runner, seed uint64, size int) bool {
	t.Helper()
	wasm := wasmtest.Generate(seed, size)
	table := weighted(false)
	original := all[0].compile(t, wasm)
	defer original.close()
	want := original.run(wasmtest.Run, enough, arguments...)
	count := countOf(t, all[0], wasm, table)
	for i, o := range options(weighted) {
		code := rewritten(t, wasm, o)
		var first outcome
		for j, r := range all {
			c := r.compile(t, code)
			got := c.run(wasmtest.Run, enough, arguments...)
			c.close()
			tooDeep := got.exhausted == instrument.ExhaustedDepth // large functions may be, by a call that the original makes
			if seed%2 == 0 && !tooDeep && !got.same(want) {
				t.Errorf("seed %d, size %d, options %d, %s:\n got %v\nwant %v", seed, size, i, r.name, got, want)
			}
			if j == 0 {
				first = got
			} else if got.String() != first.String() {
				t.Errorf("seed %d, size %d, options %d: %s gives\n%v\nand %s\n%v",
					seed, size, i, all[0].name, first, r.name, got)
			}
			if used := enough - got.gas; o.Gas != nil && got.completed() && want.completed() && used != count && seed%2 == 0 {
				t.Errorf("seed %d, size %d, options %d, %s: %d gas, the instructions cost %d",
					seed, size, i, r.name, used, count)
			}
			if got.completed() && got.depth != o.Depth {
				t.Errorf("seed %d, size %d, options %d, %s: the depth is %d after a call, it was %d before",
					seed, size, i, r.name, got.depth, o.Depth)
			}
		}
	}
	return want.completed()
}

// countOf returns what the instructions of a call of "run" cost one by one, without those of the start function.
func countOf(t *testing.T, r runner, wasm []byte, table *instrument.Table) int64 {
	t.Helper()
	ctx := context.Background()
	c := r.compile(t, counting(t, wasm, table))
	defer c.close()
	inst, err := c.r.InstantiateModule(ctx, c.m, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return 0
	}
	defer inst.Close(ctx)
	before := inst.ExportedGlobal("count").Get()
	inst.ExportedFunction(wasmtest.Run).Call(ctx, arguments...)
	return int64(inst.ExportedGlobal("count").Get() - before)
}
