package instrument_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// program is a small module whose function "run" takes an i32 and returns one.
type program struct {
	name  string
	m     func() *binary.Module
	cases []programCase
}

// programCase is a call: what it returns, and what it costs if each instruction costs 1, counted by hand.
type programCase struct {
	arg, want uint64
	gas       int64
}

// single makes a module of one function.
func single(vars, body string) func() *binary.Module {
	return func() *binary.Module {
		return module(function{name: "run", t: signature("i32 : i32"), locals: locals(vars), body: body})
	}
}

var programs = []program{
	{"straight", single("", `local.get 0 i32.const 1 i32.add end`), []programCase{{4, 5, 4}}},
	{"block", single("", `block nop end local.get 0 end`), []programCase{{4, 4, 5}}},
	{"block with a value", single("", `block i32 local.get 0 end i32.const 1 i32.add end`), []programCase{{4, 5, 6}}},
	{"loop", single("", `
		loop                                                     ;; 1
			local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0  ;; 5 each round
		end                                                      ;; 1
		local.get 0 end                                          ;; 2`),
		[]programCase{{1, 0, 9}, {5, 0, 29}, {100, 0, 504}}},
	{"loop that is left", single("i32", `
		block                                                    ;; 1
			loop                                                 ;; 1
				local.get 1 local.get 0 i32.ge_u br_if 1         ;; 4 each round, and 4
				local.get 1 i32.const 1 i32.add local.set 1      ;; 4 each round
				br 0                                             ;; 1 each round
			end
		end
		local.get 1 end                                          ;; 2`),
		[]programCase{{0, 0, 8}, {1, 1, 17}, {10, 10, 98}}},
	{"loop in a loop", single("i32 i32", `
		loop                                                     ;; 1
			i32.const 3 local.set 1                              ;; 2 each round
			loop                                                 ;; 1
				local.get 2 i32.const 1 i32.add local.set 2      ;; 4 each inner round
				local.get 1 i32.const 1 i32.sub local.tee 1 br_if 0 ;; 5
			end                                                  ;; 1
			local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0  ;; 5
		end                                                      ;; 1
		local.get 2 end                                          ;; 2`),
		[]programCase{{1, 3, 40}, {2, 6, 76}}},
	{"if and else", single("", `
		local.get 0 if i32 i32.const 1 else i32.const 2 nop end end`),
		[]programCase{{1, 1, 5}, {0, 2, 6}}},
	{"if", single("", `local.get 0 if nop end local.get 0 end`), []programCase{{1, 1, 6}, {0, 0, 4}}},
	{"if that returns", single("", `
		local.get 0 if local.get 0 return end i32.const 3 end`), []programCase{{1, 1, 4}, {0, 3, 4}}},
	{"br_table", single("", `
		block block block local.get 0 br_table 0 1 2 end
		i32.const 10 return end
		i32.const 20 return end
		i32.const 30 nop end`),
		[]programCase{{0, 10, 7}, {1, 20, 7}, {2, 30, 8}, {9, 30, 8}}},
	{"br_table to the function", single("", `
		block i32 local.get 0 local.get 0 br_table 1 0 1 end
		drop i32.const 10 end`),
		[]programCase{{0, 0, 4}, {1, 10, 7}, {2, 2, 4}}},
	{"br_if to the function", single("", `
		local.get 0 local.get 0 br_if 0 drop i32.const 7 end`), []programCase{{2, 2, 3}, {0, 7, 6}}},
	{"br to an outer label", single("", `
		block block block br 1 nop end nop end nop end local.get 0 end`), []programCase{{1, 1, 8}}},
	{"br with values below", single("", `
		block i32 i32.const 1 i32.const 2 local.get 0 br 0 end end`), []programCase{{5, 5, 6}}},
	{"unreachable code", single("", `
		block br 0 i32.add i32.const 1 drop loop br 0 end if else nop end end local.get 0 end`),
		[]programCase{{1, 1, 4}}},
	{"unreachable end", single("", `
		block i32 local.get 0 br 1 nop end i32.const 1 i32.add end`), []programCase{{1, 1, 3}}},
	{"calls", func() *binary.Module {
		return module(
			function{name: "run", t: signature("i32 : i32"), body: `local.get 0 call 1 call 1 i32.const 1 i32.add end`},
			function{t: signature("i32 : i32"), body: `local.get 0 if local.get 0 call 2 return end i32.const 9 end`},
			function{t: signature("i32 : i32"), body: `local.get 0 i32.const 2 i32.mul end`})
	}, []programCase{{0, 19, 6 + 4 + 5 + 4}, {3, 13, 6 + 5 + 4 + 5 + 4}}},
	{"recursion", func() *binary.Module {
		return module(function{name: "run", t: signature("i32 : i32"), body: `
			local.get 0 i32.eqz if i32.const 0 return end            ;; 3, and 2 if it returns
			local.get 0 i32.const 1 i32.sub call 0                   ;; 4
			i32.const 1 i32.add end                                  ;; 3`})
	}, []programCase{{0, 0, 5}, {1, 1, 15}, {10, 10, 105}}},
	{"call in a loop", func() *binary.Module {
		return module(
			function{name: "run", t: signature("i32 : i32"), body: `
				loop                                                 ;; 1
					call 1                                           ;; 1, and 2
					local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 ;; 5
				end                                                  ;; 1
				local.get 0 end                                      ;; 2`},
			function{body: `nop end`})
	}, []programCase{{1, 0, 12}, {7, 0, 60}}},
	{"call_indirect", func() *binary.Module {
		m := module(
			function{name: "run", t: signature("i32 : i32"), body: `local.get 0 local.get 0 call_indirect 1 0 end`},
			function{t: signature("i32 : i32"), body: `local.get 0 nop end`},
			function{t: signature("i32 : i32"), body: `i32.const 9 end`})
		m.Tables = []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Min: 2}}}
		m.Elements = []binary.Element{{
			Offset: binary.EncodeConst(binary.I32, 0), Type: binary.FuncRef, Functions: []uint32{1, 2},
		}}
		return m
	}, []programCase{{0, 0, 7}, {1, 9, 6}}},
}

// TestGasByHand checks both schemes in both engines on programs whose gas is counted by hand.
func TestGasByHand(t *testing.T) {
	for _, r := range runners(t) {
		for _, p := range programs {
			for _, exact := range []bool{false, true} {
				c := r.compile(t, rewritten(t, p.m().Encode(), instrument.Options{Gas: unit(exact), MaxPages: 4, Depth: 100}))
				for _, k := range p.cases {
					got := c.run("run", 1_000_000, k.arg)
					if got.trap != "" || got.results[0] != k.want || 1_000_000-got.gas != k.gas {
						t.Errorf("%s, exact %v, %s(%d): %v, %d gas; want %d, %d gas",
							r.name, exact, p.name, k.arg, got, 1_000_000-got.gas, k.want, k.gas)
					}
				}
				c.close()
			}
		}
	}
}

// TestGasOut checks the point at which gas is out, for every limit up to what a call needs: it is one and the same in
// both engines, and a call is out of gas if and only if the limit is less than what it costs.
func TestGasOut(t *testing.T) {
	all := runners(t)
	for _, p := range programs {
		for _, exact := range []bool{false, true} {
			code := rewritten(t, p.m().Encode(), instrument.Options{Gas: unit(exact), MaxPages: 4, Depth: 100})
			compiler, interpreter := all[0].compile(t, code), all[1].compile(t, code)
			for _, k := range p.cases {
				for limit := range k.gas + 3 {
					got, other := compiler.run("run", limit, k.arg), interpreter.run("run", limit, k.arg)
					if got.String() != other.String() {
						t.Fatalf("%s(%d), exact %v, limit %d: the engines give\n%v\n%v", p.name, k.arg, exact, limit, got, other)
					}
					if got.outOfGas() != (limit < k.gas) {
						t.Errorf("%s(%d), exact %v: %v with a limit of %d and a cost of %d", p.name, k.arg, exact, got, limit, k.gas)
					}
					if !got.outOfGas() && (got.gas != limit-k.gas || got.results[0] != k.want) {
						t.Errorf("%s(%d), exact %v, limit %d: %v", p.name, k.arg, exact, limit, got)
					}
				}
			}
			compiler.close()
			interpreter.close()
		}
	}
}

// TestLoopsEnd checks that a loop and a recursion that never end by themselves end when gas is out.
func TestLoopsEnd(t *testing.T) {
	for _, r := range runners(t) {
		for _, exact := range []bool{false, true} {
			for name, body := range map[string]string{
				"loop":             `loop br 0 end unreachable end`,
				"loop with a call": `loop call 1 br 0 end unreachable end`,
				"br_table":         `loop i32.const 3 br_table 0 0 end unreachable end`,
			} {
				m := module(function{name: "run", t: signature("i32 : i32"), body: body}, function{body: `end`})
				c := r.compile(t, rewritten(t, m.Encode(), instrument.Options{Gas: unit(exact), MaxPages: 4, Depth: 100}))
				if got := c.run("run", 10_000, 0); !got.outOfGas() || got.trap != "wasm error: unreachable" || got.gas < -10 {
					t.Errorf("%s, exact %v, %s: %v", r.name, exact, name, got)
				}
				c.close()
			}
		}
	}
}

// TestCallsEnd checks that gas ends what branches out into 3^50 calls, without a loop and not deep.
func TestCallsEnd(t *testing.T) {
	for _, r := range runners(t) {
		for _, exact := range []bool{false, true} {
			all := []function{{name: "run", t: signature("i32 : i32"), body: `call 1 local.get 0 end`}}
			for i := range 50 {
				all = append(all, function{body: strings.Repeat(fmt.Sprintf("call %d ", i+2), 3) + "end"})
			}
			all = append(all, function{body: "end"})
			c := r.compile(t, rewritten(t, module(all...).Encode(), instrument.Options{Gas: unit(exact), MaxPages: 4, Depth: 100}))
			if got := c.run("run", 1_000_000, 0); !got.outOfGas() || got.completed() || got.gas < -10 {
				t.Errorf("%s, exact %v: %v", r.name, exact, got)
			}
			c.close()
		}
	}
}

// TestGasLengths checks what is paid by length: the price of the instructions alone is taken off by a table in which all
// of them cost 1.
func TestGasLengths(t *testing.T) {
	const few = `loop end ` // in a loop or not, the charge is another
	for _, k := range []struct {
		name, body string
		arg        uint64
		gas, grown int64
	}{
		{"fill", `i32.const 0 i32.const 1 local.get 0 memory.fill i32.const 0 end`, 100, 6 + 3*100, 0},
		{"fill nothing", `i32.const 0 i32.const 1 local.get 0 memory.fill i32.const 0 end`, 0, 6, 0},
		{"copy", `i32.const 9 i32.const 1 local.get 0 memory.copy i32.const 0 end`, 1000, 6 + 3*1000, 0},
		{"init", `i32.const 9 i32.const 1 local.get 0 memory.init 0 i32.const 0 end`, 4, 6 + 3*4, 0},
		{"fill in a loop", few + `loop i32.const 0 i32.const 1 local.get 0 memory.fill
			local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end i32.const 0 end`, 4, 2 + 1 + 4*9 + 3*(4+3+2+1) + 3, 0},
		{"table.fill", `i32.const 0 ref.null funcref local.get 0 table.fill 0 i32.const 0 end`, 3, 6 + 7*3, 0},
		{"table.copy", `i32.const 0 i32.const 1 local.get 0 table.copy 0 0 i32.const 0 end`, 3, 6 + 7*3, 0},
		{"table.grow", `ref.null funcref local.get 0 table.grow 0 end`, 3, 4 + 7*3, 0},
		{"table.init", `i32.const 0 i32.const 0 local.get 0 table.init 0 0 i32.const 0 end`, 0, 6, 0},
		{"grow", `local.get 0 memory.grow end`, 2, 3 + 2*5000, 2},
		{"grow nothing", `local.get 0 memory.grow end`, 0, 3, 0},
		{"grow too much", `local.get 0 memory.grow end`, 4, 3, 0},
		{"grow far too much", `local.get 0 memory.grow end`, 0xffffffff, 3, 0},
		{"grow in a loop", `loop i32.const 1 memory.grow drop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 nop end
			i32.const 0 end`, 5, 1 + 5*8 + 4 + 3*5000, 3},
	} {
		for _, r := range runners(t) {
			for _, exact := range []bool{false, true} {
				table := unit(exact)
				table.BulkByte, table.BulkElement, table.Page = 3, 7, 5000
				m := module(function{name: "run", t: signature("i32 : i32"), body: k.body})
				one := uint32(1)
				m.DataCount, m.Data = &one, []binary.Data{{Passive: true, Init: []byte("hello")}}
				m.Tables = []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Min: 5}}}
				m.Elements = []binary.Element{{Mode: binary.Passive, Type: binary.FuncRef}}
				c := r.compile(t, rewritten(t, m.Encode(), instrument.Options{Gas: table, MaxPages: 4, Depth: 100}))
				name := fmt.Sprintf("%s, exact %v, %s", r.name, exact, k.name)
				got := c.run("run", enough, k.arg)
				if used := enough - got.gas; got.trap != "" || used != k.gas {
					t.Errorf("%s: %d gas, want %d: %v", name, used, k.gas, got)
				}
				if got := c.run("run", k.gas, k.arg); got.outOfGas() || got.gas != 0 {
					t.Errorf("%s: with just what it needs: %v", name, got)
				}
				if got := c.run("run", k.gas-1, k.arg); !got.outOfGas() {
					t.Errorf("%s: with 1 less than it needs: %v", name, got)
				}
				c.close()
			}
		}
	}
}

// TestLengthsCannotOverflow checks that the greatest price for the greatest length is out of reach.
func TestLengthsCannotOverflow(t *testing.T) {
	for _, exact := range []bool{false, true} {
		table := unit(exact)
		table.BulkByte = 1 << 24
		m := module(function{name: "run", t: signature("i32 : i32"), body: `
			i32.const 0 i32.const 0 local.get 0 memory.fill i32.const 0 end`})
		c := runners(t)[0].compile(t, rewritten(t, m.Encode(), instrument.Options{Gas: table, MaxPages: 4}))
		for _, limit := range []int64{0, 1, 100, 1 << 40} {
			if got := c.run("run", limit, 0xffffffff); !got.outOfGas() || got.trap != "wasm error: unreachable" {
				t.Errorf("exact %v, limit %d: %v", exact, limit, got)
			}
		}
	}
}

// TestGasOfLocals checks the surcharge for locals, and that parameters are free.
func TestGasOfLocals(t *testing.T) {
	table := unit(false)
	table.Local, table.FreeLocals = 10, 3
	for vars, want := range map[string]int64{
		"": 2, "i32": 2, "i32 i64 f32": 2, "i32 i64 f32 f64": 12, "i32 i32 i32 i32 i32 i32": 32,
	} {
		for _, exact := range []bool{false, true} {
			table.Exact = exact
			for body, extra := range map[string]int64{`local.get 0 end`: 0, `block i32 local.get 0 end end`: 2, `loop i32 local.get 0 end end`: 2} {
				m := module(function{name: "run", t: signature("i32 i32 i32 i32 i32 : i32"), locals: locals(vars), body: body})
				c := runners(t)[1].compile(t, rewritten(t, m.Encode(), instrument.Options{Gas: table, MaxPages: 4}))
				if got := c.run("run", 100, 1, 2, 3, 4, 5); 100-got.gas != want+extra {
					t.Errorf("exact %v, locals %q, %s: %d gas, want %d", exact, vars, body, 100-got.gas, want+extra)
				}
			}
		}
	}
}

// TestGasOutGenerated checks on generated modules that the engines agree on the point at which gas is out, whatever the
// limit is.
func TestGasOutGenerated(t *testing.T) {
	all := runners(t)
	for seed := range uint64(20) {
		wasm := wasmtest.Generate(seed, 150)
		for _, exact := range []bool{false, true} {
			code := rewritten(t, wasm, instrument.Options{Gas: weighted(exact), MaxPages: 4, Depth: 1000})
			compiler, interpreter := all[0].compile(t, code), all[1].compile(t, code)
			full := compiler.run(wasmtest.Run, enough, arguments...)
			cost := enough - full.gas
			for i := range int64(20) {
				limit := cost * i / 19
				got, other := compiler.run(wasmtest.Run, limit, arguments...), interpreter.run(wasmtest.Run, limit, arguments...)
				if got.String() != other.String() {
					t.Fatalf("seed %d, exact %v, limit %d: the engines give\n%v\n%v", seed, exact, limit, got, other)
				}
				if full.completed() && got.outOfGas() != (limit < cost) {
					t.Errorf("seed %d, exact %v, limit %d, cost %d: %v", seed, exact, limit, cost, got)
				}
			}
			compiler.close()
			interpreter.close()
		}
	}
}
