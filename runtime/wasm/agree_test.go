package wasm

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"math"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

var agreeSeeds = flag.Uint64("agree.seeds", 20, "how many random modules the engines must agree on")

// TestEnginesAgree runs random modules in every way, each three times, with much fuel and with little. What comes out, why
// it ended, what fuel is left and what is in memory must be the same.
func TestEnginesAgree(t *testing.T) {
	all := map[string]string{}
	agree := func(t *testing.T, what, got string) {
		t.Helper()
		if was, ok := all[what]; !ok {
			all[what] = got
		} else if was != got {
			t.Errorf("%s: %s, and before %s", what, got, was)
		}
	}
	forVariants(t, func(t *testing.T, e *Engine) {
		for _, exact := range []bool{false, true} {
			d := testDialect()
			d.Gas.Exact = exact
			d.Entry = []string{wasmtest.Run}
			for seed := range *agreeSeeds {
				m, err := e.Load(context.Background(), wasmtest.Generate(seed, 300), d)
				if agree(t, fmt.Sprint("loading ", exact, seed), fmt.Sprint(err)); err != nil {
					continue // its start function traps
				}
				for range 3 {
					for _, fuel := range []int64{1e7, 1000, 50} {
						var got string
						if err := m.Call(fuel, nil, func(c *Call) error {
							v, err := c.Invoke(0, seed*7, seed<<40+3, math.Float64bits(float64(seed)/3))
							mem, readErr := c.Read(0, c.MemorySize())
							got = fmt.Sprintf("%x %v, %d left, memory %x %v", v, err, c.Fuel(), sha256.Sum256(mem), readErr)
							return nil
						}); err != nil {
							t.Fatal(err)
						}
						agree(t, fmt.Sprintf("seed %d, fuel %d, exact %v", seed, fuel, exact), got)
					}
				}
				if m.Fresh() == "" {
					sameAsImage(t, m)
				}
				m.Close()
			}
		}
	})
}

// TestTraps has the texts of all traps: they never change.
func TestTraps(t *testing.T) {
	for kind, want := range map[TrapKind]string{
		Unreachable: "unreachable", DivideByZero: "integer divide by zero", IntegerOverflow: "integer overflow",
		InvalidConversion: "invalid conversion to integer", MemoryBounds: "out of bounds memory access",
		TableBounds: "invalid table access", IndirectType: "indirect call type mismatch", OutOfFuel: "out of fuel",
		Depth: "call depth exceeded", -1: "unknown trap", Depth + 1: "unknown trap",
	} {
		if got := (&Trap{Kind: kind, Where: "anywhere"}).Error(); got != want {
			t.Errorf("trap %d is %q, want %q", kind, got, want)
		}
	}
}
