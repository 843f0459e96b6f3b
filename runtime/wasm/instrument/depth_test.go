package instrument_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// countdown calls itself as often as its argument says.
const countdown = `
	local.get 0 i32.eqz if i32.const 0 return end
	local.get 0 i32.const 1 i32.sub call 0
	i32.const 1 i32.add end`

// TestDepth checks that the bound on nested calls is met exactly, in both engines, with and without gas.
func TestDepth(t *testing.T) {
	for _, r := range runners(t) {
		for _, gas := range []*instrument.Table{nil, unit(false), unit(true)} {
			for _, depth := range []uint32{1, 2, 100, instrument.MaxDepth} {
				c := r.compile(t, rewritten(t, single("", countdown)().Encode(),
					instrument.Options{Gas: gas, MaxPages: 4, Depth: depth}))
				name := fmt.Sprintf("%s, gas %v, depth %d", r.name, gas != nil, depth)
				got := c.run("run", enough, uint64(depth-1))
				if got.trap != "" || got.results[0] != uint64(depth-1) || got.depth != depth || got.exhausted != 0 {
					t.Errorf("%s: just as deep: %v", name, got)
				}
				got = c.run("run", enough, uint64(depth))
				if got.trap != "wasm error: unreachable" || got.exhausted != instrument.ExhaustedDepth || got.depth != 0 {
					t.Errorf("%s: 1 deeper: %v", name, got)
				}
				if got.outOfGas() {
					t.Errorf("%s: a call that is too deep is out of gas: %v", name, got)
				}
				c.close()
			}
		}
	}
}

// TestDepthComesBack checks every way out of a function: what a call takes from the depth it gives back.
func TestDepthComesBack(t *testing.T) {
	for name, body := range map[string]string{
		"end":             `call 1 local.get 0 end`,
		"return":          `call 1 local.get 0 return end`,
		"return, inside":  `call 1 loop local.get 0 return end i32.const 3 end`,
		"br":              `call 1 local.get 0 br 0 end`,
		"br, inside":      `call 1 block block loop local.get 0 br 3 end end end i32.const 3 end`,
		"br_if":           `call 1 local.get 0 i32.const 1 br_if 0 end`,
		"br_if, inside":   `call 1 block local.get 0 i32.const 1 br_if 1 drop end i32.const 3 end`,
		"br_if not taken": `call 1 local.get 0 i32.const 0 br_if 0 end`,
		"br_table":        `call 1 block i32 local.get 0 i32.const 0 br_table 1 0 end end`,
		"br_table, else":  `call 1 block i32 local.get 0 i32.const 7 br_table 0 1 end end`,
		"if":              `call 1 local.get 0 if i32 local.get 0 br 1 else i32.const 3 end end`,
		"values below":    `call 1 i32.const 1 i32.const 2 local.get 0 return end`,
	} {
		for _, r := range runners(t) {
			m := module(
				function{name: "run", t: signature("i32 : i32"), body: body},
				function{body: `call 2 end`}, function{body: `nop end`})
			c := r.compile(t, rewritten(t, m.Encode(), instrument.Options{Gas: unit(false), MaxPages: 4, Depth: 3}))
			if got := c.run("run", enough, 5); got.trap != "" || got.results[0] != 5 || got.depth != 3 {
				t.Errorf("%s, %s: %v", r.name, name, got)
			}
			c.close()
		}
	}
}

// TestDepthAndResults checks that functions with several results, and with none, keep them.
func TestDepthAndResults(t *testing.T) {
	for _, r := range runners(t) {
		m := module(
			function{name: "run", t: signature("i32 : i32 i64 f32"), body: `
				local.get 0 if call 1 local.get 0 i64.const 7 f32.const 1.5 return end
				i32.const 1 i64.const 2 f32.const 3 i32.const 1 br_if 0 drop drop drop i32.const 4 i64.const 5 f32.const 6 end`},
			function{body: `call 2 end`}, function{body: `nop end`})
		c := r.compile(t, rewritten(t, m.Encode(), instrument.Options{Gas: unit(true), MaxPages: 4, Depth: 9}))
		for arg, want := range []string{"[1 2 1077936128]", "[1 7 1069547520]"} {
			if got := c.run("run", enough, uint64(arg)); fmt.Sprint(got.results) != want || got.depth != 9 {
				t.Errorf("%s, run(%d): %v, want %s", r.name, arg, got, want)
			}
		}
		c.close()
	}
}

// TestDepthAfterTrap checks that a trap leaves the depth where it was, so that the host has to set it.
func TestDepthAfterTrap(t *testing.T) {
	m := module(
		function{name: "run", t: signature("i32 : i32"), body: `call 1 i32.const 1 end`},
		function{body: `call 2 end`},
		function{body: `call 3 unreachable end`},
		function{body: `nop end`})
	c := runners(t)[0].compile(t, rewritten(t, m.Encode(), instrument.Options{Gas: unit(false), MaxPages: 4, Depth: 10}))
	if got := c.run("run", enough, 0); got.depth != 7 || got.exhausted != 0 {
		t.Errorf("%v, want a depth of 7", got)
	}
}

// wide makes a function whose frame on the engine's stack is large for its length: every local has another value behind
// every block, because the block may have been left at once or not, and there is a call in each.
func wide(locals, blocks int) string {
	var b strings.Builder
	b.WriteString("local.get 0 i32.eqz if i32.const 0 return end\n")
	b.WriteString(strings.Repeat("block ", blocks))
	b.WriteString("local.get 0 br_table")
	for i := range blocks {
		fmt.Fprintf(&b, " %d", i)
	}
	b.WriteString("\nend\n")
	for i := range locals {
		fmt.Fprintf(&b, "local.get 0 i32.const %d i32.add local.set %d\n", i, i+1)
	}
	b.WriteString(strings.Repeat("call 1 end\n", blocks-1))
	b.WriteString("local.get 0 i32.const 1 i32.sub call 0\n")
	for i := range locals {
		fmt.Fprintf(&b, "local.get %d i32.add\n", i+1)
	}
	return b.String() + "end"
}

// TestLargeFrames checks that functions with large frames run out of depth before the compiler's stack overflows, which
// would be at another depth on another machine, and that they do so at the same depth in the interpreter.
func TestLargeFrames(t *testing.T) {
	for _, k := range []struct{ locals, blocks int }{{90, 60}, {90, 400}, {10, 900}, {1000, 20}} {
		m := module(
			function{name: "run", t: signature("i32 : i32"), body: wide(k.locals, k.blocks)},
			function{body: `end`})
		m.Codes[0].Locals = []binary.Local{{Count: uint32(k.locals), Type: binary.I32}}
		for _, depth := range []uint32{10, instrument.MaxDepth} {
			code := rewritten(t, m.Encode(), instrument.Options{Gas: unit(false), MaxPages: 4, Depth: depth})
			var first string
			for _, r := range runners(t) {
				c := r.compile(t, code)
				got := c.run("run", enough, 1<<20)
				if got.trap != "wasm error: unreachable" || got.exhausted != instrument.ExhaustedDepth {
					t.Errorf("%s, %+v, depth %d: %v", r.name, k, depth, got)
				}
				if first == "" {
					first = got.String()
				} else if got.String() != first {
					t.Errorf("%+v, depth %d: the engines give\n%s\n%v", k, depth, first, got)
				}
				c.close()
			}
		}
	}
}
