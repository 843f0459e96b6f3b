package instrument_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

const (
	canonical32 = 0x7fc00000
	canonical64 = 0x7ff8000000000000
)

// nanBits are NaNs of either width, quiet and signalling, of both signs, and one that is canonical.
var (
	nans32 = []uint64{0x7fc00000, 0xffc00000, 0x7fc00001, 0x7f800001, 0xff812345, 0x7fffffff}
	nans64 = []uint64{0x7ff8000000000000, 0xfff8000000000000, 0x7ff8000000000001, 0x7ff0000000000001, 0xfff0123456789abc,
		0x7fffffffffffffff}
)

// floatOps are the instructions whose NaNs are made canonical, by the number of their operands.
var floatOps = map[string]int{
	"ceil": 1, "floor": 1, "trunc": 1, "nearest": 1, "sqrt": 1,
	"add": 2, "sub": 2, "mul": 2, "div": 2, "min": 2, "max": 2,
}

// TestNaNsAreCanonical checks every instruction with every NaN as either operand, in both engines.
func TestNaNsAreCanonical(t *testing.T) {
	all := runners(t)
	for op, operands := range floatOps {
		for _, width := range []string{"f32", "f64"} {
			nans, canonical, one := nans32, uint64(canonical32), uint64(math.Float32bits(1))
			if width == "f64" {
				nans, canonical, one = nans64, canonical64, math.Float64bits(1)
			}
			body := "local.get 0 local.get 1 " + width + "." + op + " end"
			if operands == 1 {
				body = strings.Replace(body, "local.get 1 ", "", 1)
			}
			m := module(function{name: "run", t: signature(width + " " + width + " : " + width), body: body})
			code := rewritten(t, m.Encode(), instrument.Options{Gas: unit(false), MaxPages: 4, Depth: 10})
			for _, r := range all {
				c := r.compile(t, code)
				for _, nan := range nans {
					args := [][]uint64{{nan, one}, {nan, nans[0]}, {nan, nans[4]}}
					if operands == 2 {
						args = append(args, []uint64{one, nan})
					}
					for _, a := range args {
						if got := c.run("run", enough, a...); got.results[0] != canonical {
							t.Errorf("%s, %s.%s of %x: %x, want %x", r.name, width, op, a, got.results[0], canonical)
						}
					}
				}
				c.close()
			}
		}
	}
}

// TestNaNsFromNumbers checks the instructions that make NaNs out of numbers, and numbers that must stay what they are.
func TestNaNsFromNumbers(t *testing.T) {
	inf, zero := math.Inf(1), 0.0
	for _, k := range []struct {
		op   string
		a, b float64
		want uint64
	}{
		{"div", zero, zero, canonical64}, {"sub", inf, inf, canonical64}, {"mul", inf, zero, canonical64},
		{"add", inf, -inf, canonical64}, {"div", 1, zero, math.Float64bits(inf)}, {"add", 1, 2, math.Float64bits(3)},
		{"mul", -1, zero, 1 << 63}, {"min", zero, math.Copysign(0, -1), 1 << 63},
	} {
		m := module(function{name: "run", t: signature("f64 f64 : f64"), body: "local.get 0 local.get 1 f64." + k.op + " end"})
		for _, r := range runners(t) {
			c := r.compile(t, rewritten(t, m.Encode(), instrument.Options{MaxPages: 4}))
			if got := c.run("run", 0, math.Float64bits(k.a), math.Float64bits(k.b)); got.results[0] != k.want {
				t.Errorf("%s, f64.%s of %v and %v: %x, want %x", r.name, k.op, k.a, k.b, got.results[0], k.want)
			}
			c.close()
		}
	}
}

// TestOtherNaNsStay checks the instructions that move bits: they keep every NaN.
func TestOtherNaNsStay(t *testing.T) {
	same := func(x uint64) uint64 { return x }
	for _, k := range []struct {
		name, types, body string
		want              func(uint64) uint64
	}{
		{"local", "f32 : f32", `local.get 0 end`, same},
		{"select", "f32 : f32", `local.get 0 f32.const 1 i32.const 1 select end`, same},
		{"memory", "f32 : f32", `i32.const 8 local.get 0 f32.store i32.const 8 f32.load end`, same},
		{"block", "f32 : f32", `block f32 local.get 0 end end`, same},
		{"neg", "f32 : f32", `local.get 0 f32.neg end`, func(x uint64) uint64 { return x ^ 1<<31 }},
		{"abs", "f32 : f32", `local.get 0 f32.abs end`, func(x uint64) uint64 { return x &^ (1 << 31) }},
		{"copysign", "f32 : f32", `local.get 0 f32.const -1 f32.copysign end`, func(x uint64) uint64 { return x | 1<<31 }},
		{"reinterpret", "f32 : i32", `local.get 0 i32.reinterpret_f32 end`, same},
	} {
		for _, r := range runners(t) {
			c := r.compile(t, rewritten(t, module(function{name: "run", t: signature(k.types), body: k.body}).Encode(),
				instrument.Options{MaxPages: 4}))
			for _, nan := range nans32 {
				if got := c.run("run", 0, nan); got.results[0] != k.want(nan) {
					t.Errorf("%s, %s of %x: %x, want %x", r.name, k.name, nan, got.results[0], k.want(nan))
				}
			}
			c.close()
		}
	}
}

// TestNaNsBetween checks what sees a NaN between the instruction that makes it and what makes the next one canonical.
func TestNaNsBetween(t *testing.T) {
	const nan = `f32.const nan:ffc12345 f32.const 1 f32.add ` // canonical
	for body, want := range map[string]uint64{
		nan + `i32.reinterpret_f32 end`:                                                  canonical32,
		nan + `f32.const 2 f32.mul f32.sqrt i32.reinterpret_f32 end`:                     canonical32,
		nan + `f32.neg i32.reinterpret_f32 end`:                                          0xffc00000,
		`f32.const 1 ` + nan + `f32.copysign i32.reinterpret_f32 end`:                    0x3f800000,
		nan + `f64.promote_f32 f32.demote_f64 i32.reinterpret_f32 end`:                   canonical32,
		`f64.const nan:fff8000000000001 f64.sqrt f32.demote_f64 i32.reinterpret_f32 end`: canonical32,
		`block f32 ` + nan + `end i32.reinterpret_f32 end`:                               canonical32,
		`block f32 ` + nan + `br 0 end i32.reinterpret_f32 end`:                          canonical32,
		`block f32 ` + nan + `i32.const 1 br_if 0 end i32.reinterpret_f32 end`:           canonical32,
		`i32.const 1 if f32 ` + nan + `else f32.const 1 end i32.reinterpret_f32 end`:     canonical32,
		`i32.const 8 ` + nan + `f32.store i32.const 8 i32.load end`:                      canonical32,
		nan + `local.set 1 local.get 1 i32.reinterpret_f32 end`:                          canonical32,
		nan + `local.tee 1 drop local.get 1 i32.reinterpret_f32 end`:                     canonical32,
		nan + `global.set 0 global.get 0 i32.reinterpret_f32 end`:                        canonical32,
		nan + `f32.const 1 i32.const 1 select i32.reinterpret_f32 end`:                   canonical32,
		`f32.const 1 ` + nan + `i32.const 0 select i32.reinterpret_f32 end`:              canonical32,
		nan + `nop i32.reinterpret_f32 end`:                                              canonical32,
		nan + `block f32 f32.const 5 end drop i32.reinterpret_f32 end`:                   canonical32,
		nan + `i32.const 0 call 1 i32.reinterpret_f32 end`:                               canonical32,
		nan + `f32.const 1 f32.lt end`:                                                   0,
		nan + nan + `f32.ne end`:                                                         1,
		nan + `i32.trunc_sat_f32_s end`:                                                  0,
		nan + `f32.const 7 f32.max ` + nan + `f32.min i32.reinterpret_f32 end`:           canonical32,
		nan + `drop i32.const 4 end`:                                                     4,
		nan + `return_bits end`:                                                          canonical32,
	} {
		body = strings.Replace(body, "return_bits", "i32.reinterpret_f32 return", 1)
		m := module(
			function{name: "run", t: signature(": i32"), locals: locals("f32 f32"), body: body},
			function{t: signature("f32 i32 : f32"), body: `local.get 0 end`})
		m.Globals = []binary.Global{{
			GlobalType: binary.GlobalType{Type: binary.F32, Mutable: true}, Init: binary.EncodeConst(binary.F32, 0),
		}}
		for _, gas := range []*instrument.Table{nil, unit(false), unit(true)} {
			code := rewritten(t, m.Encode(), instrument.Options{Gas: gas, MaxPages: 4, Depth: 10})
			for _, r := range runners(t) {
				c := r.compile(t, code)
				if got := c.run("run", enough); got.trap != "" || got.results[0] != want {
					t.Errorf("%s, gas %v, %s: %v, want %x", r.name, gas != nil, body, got, want)
				}
				c.close()
			}
		}
	}
}

// TestNaNsOfGuestsScratch checks that what the rewriter keeps in locals of its own does not meet the guest's, and that both
// widths go together.
func TestNaNsOfGuestsScratch(t *testing.T) {
	m := module(function{name: "run", t: signature("f32 f64 : f32 f64 f32 f64"), locals: locals("f32 f64"), body: `
		f32.const 5 local.set 2 f64.const 6 local.set 3
		local.get 0 local.get 0 f32.add
		local.get 1 local.get 1 f64.add
		local.get 2 local.get 3 end`})
	for _, r := range runners(t) {
		c := r.compile(t, rewritten(t, m.Encode(), instrument.Options{Gas: unit(false), MaxPages: 4, Depth: 10}))
		got := c.run("run", enough, uint64(math.Float32bits(1)), math.Float64bits(2))
		want := []uint64{uint64(math.Float32bits(2)), math.Float64bits(4), uint64(math.Float32bits(5)), math.Float64bits(6)}
		if fmt.Sprint(got.results) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", r.name, got, want)
		}
		c.close()
	}
}
