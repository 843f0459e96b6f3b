package instrument_test

import (
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// cosmwasm is the table of CosmWasm's VM.
func cosmwasm() *instrument.Table {
	t := &instrument.Table{Name: "cosmwasm", Branch: 13 * 115, Local: 115, FreeLocals: 29, Exact: true}
	for i := range t.Cost {
		t.Cost[i] = 115
	}
	for i := range t.Misc {
		t.Misc[i] = 115
	}
	return t
}

// cosmwasmMetering rewrites a module as the middleware in CosmWasm's VM does, operator by operator, those that are not
// reached too.
func cosmwasmMetering(t testing.TB, wasm []byte) []byte {
	t.Helper()
	m, err := binary.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	const operation, accountingOperation, freeLocals = 115, 1610, 29
	remaining := uint32(len(m.Spaces().Globals))
	for i, g := range []struct {
		name string
		t    binary.ValueType
	}{{instrument.GasGlobal, binary.I64}, {instrument.ExhaustedGlobal, binary.I32}, {instrument.DepthGlobal, binary.I32}} {
		m.Globals = append(m.Globals, binary.Global{
			GlobalType: binary.GlobalType{Type: g.t, Mutable: true}, Init: binary.EncodeConst(g.t, 0),
		})
		m.Exports = append(m.Exports, binary.Export{Name: g.name, Kind: binary.ExternGlobal, Index: remaining + uint32(i)})
	}
	if m.Start != nil {
		m.Exports = append(m.Exports, binary.Export{Name: instrument.StartFunction, Index: *m.Start})
		m.Start = nil
	}
	for i := range m.Codes {
		code := &m.Codes[i]
		var out []byte
		check := func(cost uint64) {
			c := string(binary.AppendConst(nil, binary.I64, cost))
			get := string(binary.AppendU32([]byte{byte(binary.OpGlobalGet)}, remaining))
			set := string(binary.AppendU32([]byte{byte(binary.OpGlobalSet)}, remaining))
			setExhausted := string(binary.AppendU32([]byte{byte(binary.OpGlobalSet)}, remaining+1))
			out = append(out, get+c+"\x54\x04\x40\x41\x01"+setExhausted+"\x00\x0b"+get+c+"\x7d"+set...)
		}
		locals, accumulated, first := -freeLocals, uint64(0), true
		for _, l := range code.Locals {
			locals += int(l.Count)
		}
		err := binary.Walk(code.Body, func(in binary.Instr) error {
			accounting := in.Op == binary.OpLoop || in.Op == binary.OpIf || in.Op == binary.OpElse ||
				in.Op == binary.OpEnd || in.Op >= binary.OpBr && in.Op <= binary.OpCallIndirect
			if surcharge := uint64(max(locals, 0)) * operation; first && surcharge > 0 {
				if accounting {
					accumulated += surcharge
				} else {
					check(surcharge)
				}
			}
			if accounting {
				check(accumulated + accountingOperation)
				accumulated = 0
			} else {
				accumulated += operation
			}
			out = append(out, code.Body[in.Pos:in.End]...)
			first = false
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		code.Body = out
	}
	return m.Encode()
}

// TestCosmWasm checks that the exact scheme is CosmWasm's, at every limit: out of gas at the same limits, and otherwise the
// same gas, the same state, the same trap.
func TestCosmWasm(t *testing.T) {
	r := runners(t)[0]
	type source struct {
		wasm []byte
		name string
		args []uint64
	}
	var sources []source
	for _, p := range programs {
		for _, k := range p.cases {
			sources = append(sources, source{p.m().Encode(), "run", []uint64{k.arg}})
		}
	}
	for seed := range uint64(60) {
		sources = append(sources, source{wasmtest.Generate(2*seed, 200), wasmtest.Run, arguments})
	}
	forty := make([]byte, 0, 40*4)
	for range 40 {
		forty = append(forty, "i64 "...)
	}
	for _, body := range []string{
		`local.get 0 drop unreachable end`, `block nop end local.get 0 i32.eqz if unreachable end i32.const 1 end`,
		`i32.const 5 local.get 0 i32.div_u end`, `loop i32 local.get 0 br_if 0 local.get 0 end end`,
	} {
		for _, vars := range []string{"", string(forty)} {
			for _, arg := range []uint64{0, 1} {
				sources = append(sources, source{single(vars, body)().Encode(), "run", []uint64{arg}})
			}
		}
	}
	for i, s := range sources {
		code := rewritten(t, s.wasm, instrument.Options{Gas: cosmwasm(), MaxPages: 4})
		got, want := r.compile(t, code), r.compile(t, cosmwasmMetering(t, s.wasm))
		full := want.run(s.name, 1<<40, s.args...)
		cost := 1<<40 - full.gas
		if full.exhausted != 0 {
			cost = 20_000 // it never ends
		}
		const steps = 40
		for step := range int64(steps + 1) {
			limit := max(cost*step/steps+step%3-1, 0)
			g, w := got.run(s.name, limit, s.args...), want.run(s.name, limit, s.args...)
			if out := w.exhausted != 0; g.outOfGas() != out || !out && (!g.same(w) || g.gas != w.gas) {
				t.Fatalf("source %d, limit %d of %d:\n got %v\nwant %v", i, limit, cost, g, w)
			}
		}
		got.close()
		want.close()
	}
}
