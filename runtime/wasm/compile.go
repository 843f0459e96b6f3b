package wasm

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// features are those of the specification 2.0, without vectors. What a dialect does not want, its Rules refuse.
const features = api.CoreFeaturesV2 &^ api.CoreFeatureSIMD

// compiled is a module in a runtime of wazero of its own: what one module imports, and the memory it takes up, are no
// matter of the others.
type compiled struct {
	runtime wazero.Runtime
	cache   wazero.CompilationCache // nil if there is none
	module  wazero.CompiledModule
}

// close ends the runtime. There must be no instances any more.
func (c *compiled) close() {
	// Background: nothing in it waits. The errors are those of file systems of guests, and guests have none.
	_ = c.runtime.Close(context.Background())
	if c.cache != nil {
		_ = c.cache.Close(context.Background())
	}
}

// compile turns a module into code of this machine, with a cache of wazero or without, and makes what it imports.
func (e *Engine) compile(ctx context.Context, p *prepared, cache wazero.CompilationCache) (_ *compiled, err error) {
	config := wazero.NewRuntimeConfig()
	if e.options.Interpreter {
		config = wazero.NewRuntimeConfigInterpreter()
	}
	config = config.WithCoreFeatures(features).WithDebugInfoEnabled(false)
	if cache != nil {
		config = config.WithCompilationCache(cache)
	}
	c := &compiled{runtime: wazero.NewRuntimeWithConfig(ctx, config), cache: cache}
	defer func() {
		if r := recover(); r != nil {
			err = &Refusal{fmt.Errorf("wasm: the module cannot be compiled: the compiler failed: %v\n%s", r, debug.Stack())}
		}
		if err != nil {
			c.close()
		}
	}()
	if e.options.Workers > 1 {
		ctx = experimental.WithCompilationWorkers(ctx, e.options.Workers)
	}
	if c.module, err = c.runtime.CompileModule(ctx, p.code); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &Refusal{fmt.Errorf("wasm: the module cannot be compiled: %w", err)}
	}
	return c, c.provide(ctx, p)
}

// provide makes the host functions that the module imports.
func (c *compiled) provide(ctx context.Context, p *prepared) error {
	builders := map[string]wazero.HostModuleBuilder{}
	for _, n := range p.imports {
		f := &p.dialect.Host[n]
		b, ok := builders[f.Module]
		if !ok {
			b = c.runtime.NewHostModuleBuilder(f.Module)
			builders[f.Module] = b
		}
		b.NewFunctionBuilder().WithGoFunction(hostFunction{f}, types(f.Params), types(f.Results)).Export(f.Name)
	}
	for name, b := range builders {
		if _, err := b.Instantiate(ctx); err != nil {
			return fmt.Errorf("wasm: host functions of %q: %w", name, err)
		}
	}
	return nil
}

func types(list []binary.ValueType) []api.ValueType {
	out := make([]api.ValueType, len(list))
	for i, t := range list {
		out[i] = api.ValueType(t)
	}
	return out
}
