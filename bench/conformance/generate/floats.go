package generate

import (
	"math"
	"strings"
)

// instruction is one that floaty runs, with the types of its arguments.
type instruction struct {
	name string
	args []string
}

// instructions returns those on floats, in a fixed order.
func instructions() []instruction {
	var all []instruction
	for _, f := range []string{"f32", "f64"} {
		for _, op := range strings.Fields("ceil floor trunc nearest sqrt abs neg") {
			all = append(all, instruction{f + "." + op, []string{f}})
		}
		for _, op := range strings.Fields("add sub mul div min max copysign eq ne lt gt le ge") {
			all = append(all, instruction{f + "." + op, []string{f, f}})
		}
		for _, size := range []string{"32", "64"} {
			for _, sign := range []string{"_s", "_u"} {
				all = append(all, instruction{"i" + size + ".trunc_" + f + sign, []string{f}},
					instruction{"i" + size + ".trunc_sat_" + f + sign, []string{f}},
					instruction{f + ".convert_i" + size + sign, []string{"u" + size}})
			}
		}
	}
	return append(all, instruction{"f32.demote_f64", []string{"f64"}}, instruction{"f64.promote_f32", []string{"f32"}},
		instruction{"i32.reinterpret_f32", []string{"f32"}}, instruction{"i64.reinterpret_f64", []string{"f64"}},
		instruction{"f32.reinterpret_i32", []string{"u32"}}, instruction{"f64.reinterpret_i64", []string{"u64"}})
}

// operand is an argument of an instruction: often one at the edge of something.
func (s *Source) operand(kind string) object {
	switch kind {
	case "f32":
		return object{kind: s.bits32()}
	case "f64":
		return object{kind: s.bits64()}
	case "u32":
		return object{kind: s.Uint32()}
	default:
		return object{kind: s.Uint64()}
	}
}

func (s *Source) bits32() uint32 {
	return one(s, s.Uint32(), 0x7f800000|s.Uint32()>>9, 0xff800001|s.Uint32()>>9, s.Uint32()>>9, 0, 0x80000000, 0x7f800000,
		0xff800000, math.Float32bits(float32(s.IntN(9)-4)+0.5), 0x4f000000, 0xcf000000, 0x5f000000)
}

func (s *Source) bits64() uint64 {
	return one(s, s.Uint64(), 0x7ff0000000000000|s.Uint64()>>12, 0xfff0000000000001|s.Uint64()>>12, s.Uint64()>>12, 0, 1<<63,
		0x7ff0000000000000, 0xfff0000000000000, math.Float64bits(float64(s.IntN(9)-4)+0.5), 0x41e0000000000000, 0x43e0000000000000)
}
