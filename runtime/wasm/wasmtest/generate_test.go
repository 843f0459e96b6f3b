package wasmtest_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// TestGenerate checks that generated modules are valid, keep to the rules, end, and depend on their arguments alone.
func TestGenerate(t *testing.T) {
	rules := binary.Rules{
		BulkMemory: true, SignExt: true, SatFloat: true, MultiValue: true, Floats: true, TableMaxRequired: true,
	}
	completed, bytesOut := 0, 0
	const n = 300
	for seed := range uint64(n) {
		size := 100 + int(seed%400)
		wasm := wasmtest.Generate(seed, size)
		bytesOut += len(wasm)
		if !bytes.Equal(wasm, wasmtest.Generate(seed, size)) {
			t.Fatalf("seed %d makes two modules", seed)
		}
		m, err := binary.Parse(wasm)
		if err == nil {
			err = rules.Check(m)
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if run(t, wasm) {
			completed++
		}
	}
	if completed < n/4 {
		t.Errorf("of %d modules %d complete a call: too few to say anything", n, completed)
	}
	t.Logf("%d of %d complete, %d bytes each", completed, n, bytesOut/n)
}

// TestGenerateEnds runs modules of seeds that once made a loop without an end.
func TestGenerateEnds(t *testing.T) {
	run(t, wasmtest.Generate(1581, 681))
}

// run calls a generated module, and reports whether the call completed. It must be valid and must end.
func run(t *testing.T, wasm []byte) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	config := wazero.NewRuntimeConfigCompiler().WithCoreFeatures(api.CoreFeaturesV2).WithCloseOnContextDone(true)
	r := wazero.NewRuntimeWithConfig(ctx, config)
	defer r.Close(ctx)
	c, err := r.CompileModule(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	inst, err := r.InstantiateModule(ctx, c, wazero.NewModuleConfig())
	if err == nil {
		_, err = inst.ExportedFunction(wasmtest.Run).Call(ctx, 3, 1<<40, 0x4009_21fb_5444_2d18)
	}
	if ctx.Err() != nil {
		t.Errorf("a module does not end: %v", err)
	}
	return err == nil
}
