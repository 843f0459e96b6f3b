package instrument_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// engines are the ways to run a module.
var engines = []struct {
	name   string
	config func() wazero.RuntimeConfig
}{
	{"compiler", wazero.NewRuntimeConfigCompiler},
	{"interpreter", wazero.NewRuntimeConfigInterpreter},
}

// instantiate makes an instance that is closed with the test.
func instantiate(t testing.TB, config wazero.RuntimeConfig, wasm []byte) api.Module {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(api.CoreFeaturesV2))
	t.Cleanup(func() { r.Close(ctx) })
	m, err := r.Instantiate(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// enough is gas that no test uses up.
const enough = math.MaxInt64 / 2

// counters is what the host sets before a call and reads after it.
type counters struct {
	gas       int64
	exhausted uint32
	depth     uint32
}

// outOfGas is how the host decides whether a call was.
func (c counters) outOfGas() bool { return c.gas < 0 }

func readCounters(inst api.Module) counters {
	get := func(name string) uint64 { return inst.ExportedGlobal(name).Get() }
	return counters{
		gas:       int64(get(instrument.GasGlobal)),
		exhausted: uint32(get(instrument.ExhaustedGlobal)),
		depth:     uint32(get(instrument.DepthGlobal)),
	}
}

func setGas(inst api.Module, gas int64) {
	inst.ExportedGlobal(instrument.GasGlobal).(api.MutableGlobal).Set(uint64(gas))
}

// outcome is what a call left behind. Two of them are compared as text.
type outcome struct {
	results []uint64
	trap    string
	state   string // guest's globals and memory
	counters
}

func (o outcome) completed() bool { return o.trap == "" }

// same reports what an original and its rewritten module must agree on.
func (o outcome) same(p outcome) bool {
	return slices.Equal(o.results, p.results) && o.trap == p.trap && o.state == p.state
}

func (o outcome) String() string {
	return fmt.Sprintf("results %x, trap %q, state %s, gas %d, exhausted %d, depth %d",
		o.results, o.trap, o.state, o.gas, o.exhausted, o.depth)
}

// trapOf returns the kind of a trap as wazero calls it.
func trapOf(err error) string {
	if err == nil {
		return ""
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// call calls a function of an instance, which is rewritten or not, with this much gas.
func call(inst api.Module, name string, gas int64, args ...uint64) outcome {
	rewritten := inst.ExportedGlobal(instrument.GasGlobal) != nil
	if rewritten {
		setGas(inst, gas)
	}
	var o outcome
	var err error
	o.results, err = inst.ExportedFunction(name).Call(context.Background(), args...)
	o.trap = trapOf(err)
	o.state = stateOf(inst)
	if rewritten {
		o.counters = readCounters(inst)
	}
	return o
}

// stateOf renders the exported globals of a generated module, and its memory as far as the original has it.
func stateOf(inst api.Module) string {
	var b strings.Builder
	for i := range 10 {
		name := fmt.Sprintf("g%d", i)
		if i == 0 {
			name = wasmtest.Budget
		}
		if g := inst.ExportedGlobal(name); g != nil {
			fmt.Fprintf(&b, "%s=%x ", name, g.Get())
		}
	}
	if memory := inst.ExportedMemory("memory"); memory != nil { // Memory is an interface with nil inside if there is none
		size := memory.Size()
		if pages := inst.ExportedGlobal(instrument.PagesGlobal); pages != nil {
			size = uint32(pages.Get()) << 16
		}
		bytes, _ := memory.Read(0, size)
		fmt.Fprintf(&b, "memory %d %x", size, sha256.Sum256(bytes))
	}
	return b.String()
}

// runner runs modules in one engine, which is made once because that is slow.
type runner struct {
	name string
	r    wazero.Runtime
}

// runners makes one runner for each engine.
func runners(t testing.TB) []runner {
	ctx := context.Background()
	var all []runner
	for _, e := range engines {
		r := wazero.NewRuntimeWithConfig(ctx, e.config().WithCoreFeatures(api.CoreFeaturesV2))
		t.Cleanup(func() { r.Close(ctx) })
		all = append(all, runner{e.name, r})
	}
	return all
}

// compiled is a module that can be instantiated again and again.
type compiled struct {
	r wazero.Runtime
	m wazero.CompiledModule
}

func (r runner) compile(t testing.TB, wasm []byte) compiled {
	t.Helper()
	m, err := r.r.CompileModule(context.Background(), wasm)
	if err != nil {
		t.Fatalf("%s: %v", r.name, err)
	}
	return compiled{r.r, m}
}

func (c compiled) close() { c.m.Close(context.Background()) }

// run makes an instance, runs its start function as the host does, and calls a function.
func (c compiled) run(name string, gas int64, args ...uint64) outcome {
	ctx := context.Background()
	inst, err := c.r.InstantiateModule(ctx, c.m, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		_, reason, _ := strings.Cut(err.Error(), "failed: ")
		return outcome{trap: trapOf(fmt.Errorf("%s", reason))}
	}
	defer inst.Close(ctx)
	if start := inst.ExportedFunction(instrument.StartFunction); start != nil {
		setGas(inst, enough)
		if _, err := start.Call(ctx); err != nil {
			return outcome{trap: trapOf(err)}
		}
	}
	return call(inst, name, gas, args...)
}

// rewritten returns a module as Rewrite makes it.
func rewritten(t testing.TB, wasm []byte, o instrument.Options) []byte {
	t.Helper()
	m, err := binary.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := instrument.Rewrite(m, o); err != nil {
		t.Fatal(err)
	}
	return m.Encode()
}
