package wasmtest_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// TestGenerate checks that generated modules are valid, end, and depend on their arguments alone.
func TestGenerate(t *testing.T) {
	ctx := context.Background()
	completed, bytesOut := 0, 0
	const n = 300
	for seed := range uint64(n) {
		wasm := wasmtest.Generate(seed, 300)
		bytesOut += len(wasm)
		if !bytes.Equal(wasm, wasmtest.Generate(seed, 300)) {
			t.Fatalf("seed %d makes two modules", seed)
		}
		r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithCoreFeatures(api.CoreFeaturesV2))
		if _, err := r.CompileModule(ctx, wasm); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if m, err := r.Instantiate(ctx, wasm); err == nil {
			if _, err := m.ExportedFunction(wasmtest.Run).Call(ctx, 1, 2, 3); err == nil {
				completed++
			}
		}
		r.Close(ctx)
	}
	if completed < n/4 {
		t.Errorf("of %d modules %d complete a call: too few to say anything", n, completed)
	}
	t.Logf("%d of %d complete, %d bytes each", completed, n, bytesOut/n)
}
