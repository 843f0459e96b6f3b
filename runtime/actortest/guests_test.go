package actortest_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/state"
)

// guests makes the actors of a variant WebAssembly.
type guests struct {
	code   []byte
	engine wasm.Options
}

// freeInstructions are the usual prices, but that the code itself costs nothing: a Go value costs nothing either.
func freeInstructions() *dispatch.Gas {
	gas := dispatch.DefaultGas()
	gas.Fuel = 1 << 62
	return gas
}

// puppetModule is the puppet as a guest.
func puppetModule(t *testing.T) []byte {
	t.Helper()
	code, err := toolchain.Build(t.Context(), filepath.Join("..", "wasm", "troupe", "testdata", "puppet"), toolchain.Go)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

var interpret = flag.Bool("meta.interpret", false, "run guests in the interpreter as well, which takes minutes")

// guestSeeds are fewer than those of Go values: a guest as large as the puppet takes a second to compile.
func guestSeeds() []uint64 {
	if *interpret {
		return metaSeeds()
	}
	return metaSeeds()[:1]
}

func guestCases() int {
	if *interpret {
		return 150
	}
	return 60
}

// TestMetamorphicGuests runs one random transcript on Go values and on guests. Among guests nothing may differ, whatever
// runs them; Go values differ from guests in how they came into the log, and so in the roots.
func TestMetamorphicGuests(t *testing.T) {
	code, cache := puppetModule(t), t.TempDir()
	variants := []variant{
		{"cold cache", "trace off", dispatch.Options{}, state.Options{}, &guests{code, wasm.Options{CacheDir: cache}}},
		{"warm cache, restarts", "reopen", dispatch.Options{}, state.Options{}, &guests{code, wasm.Options{CacheDir: cache}}},
		{"no pool", "trace off", dispatch.Options{Group: 1}, state.Options{}, &guests{code, wasm.Options{CacheDir: cache, Idle: -1}}},
		{"a pool of one, crashes", "crash\n\nreopen", dispatch.Options{}, state.Options{}, &guests{code, wasm.Options{CacheDir: cache, Idle: 1}}},
		{"memory compared", "snapshot s\n\nrestore s", dispatch.Options{}, state.Options{}, &guests{code, wasm.Options{CacheDir: cache, Reset: wasm.ResetCopy}}},
		{"fresh instances", "trace off", dispatch.Options{}, state.Options{}, &guests{code, wasm.Options{CacheDir: cache, Reset: wasm.ResetFresh}}},
	}
	for _, seed := range guestSeeds() {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			again := fmt.Sprintf("go test ./runtime/actortest -run TestMetamorphicGuests -meta.seed=%d", seed)
			text := newGenerator(seed).transcript(guestCases())
			native := variant{name: "Go values", restart: "trace off"}
			values := native.mustRun(t, seed, text, again)
			first := variants[0].mustRun(t, seed, text, again)
			compare(t, native.name, values, variants[0].name, first, again, "log", "verify")
			others := variants[1:]
			if *interpret {
				others = append(others, variant{"interpreter", "trace off", dispatch.Options{}, state.Options{}, &guests{code, wasm.Options{Interpreter: true}}})
			}
			for _, v := range others {
				compare(t, variants[0].name, first, v.name, v.mustRun(t, seed, text, again), again)
			}
		})
	}
}
