package wasmtest_test

import (
	"encoding/hex"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// TestAssemble checks each kind of immediate.
func TestAssemble(t *testing.T) {
	for text, want := range map[string]string{
		"nop end":                               "010b",
		"block block i32 block 5 end end end":   "0240027f02050b0b0b",
		"local.get 200":                         "20c801",
		"i32.const -1 i32.const 0xffffffff":     "417f417f",
		"i64.const 0x8000000000000000":          "428080808080808080807f",
		"f32.const 1.5 f64.const -0":            "430000c03f440000000000000080",
		"f32.const nan:7fc00001":                "430100c07f",
		"i32.load i32.load 8 i32.add":           "2800002800086a",
		"br_table 1 0 2 drop":                   "0e020100021a",
		"call 3 call_indirect 2 0":              "1003110200",
		"memory.size memory.grow":               "3f004000",
		"memory.fill memory.copy memory.init 1": "fc0b00fc0a0000fc080100",
		"table.init 1 0 ref.null funcref":       "fc0c0100d070",
		"select ;; a comment\n drop":            "1b1a",
	} {
		if got := hex.EncodeToString(wasmtest.Assemble(text)); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"nothing", "local.get", "local.get x", "i32.const", "i32.const 0x1ffffffff", "br 1.5"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is understood", text)
				}
			}()
			wasmtest.Assemble(text)
		}()
	}
}
