package binary

import (
	"bytes"
	"testing"
)

// seeds are modules, whole, cut off and with bits turned over.
func seeds() [][]byte {
	whole := [][]byte{
		sample().Encode(),
		withBody(byte(OpI32Const), 0, byte(OpDrop)).Encode(),
		withBody(byte(OpLoop), emptyBlock, byte(OpI32Const), 0, byte(OpBrTable), 1, 0, 1, byte(OpEnd)).Encode(),
		[]byte(header),
	}
	all := whole
	for _, code := range whole {
		for i := 9; i < len(code); i += 1 + len(code)/8 {
			all = append(all, code[:i])
			flipped := bytes.Clone(code)
			flipped[i] ^= 1 << (i % 8)
			all = append(all, flipped)
		}
	}
	return all
}

// FuzzParse checks that what is accepted comes out of Encode as it was, and that wazero judges it without a panic.
func FuzzParse(f *testing.F) {
	for _, code := range seeds() {
		f.Add(code)
	}
	rt := engine(f)
	f.Fuzz(func(t *testing.T, code []byte) {
		m, err := Parse(code)
		if err != nil {
			return
		}
		roundTrip(t, "input", code)
		if everything.Check(m) != nil {
			return
		}
		m.Customs = nil
		_ = compiles(t, rt, m.Encode())
	})
}

// FuzzWalk checks what a walk promises of any body, and that Check takes the same view of it.
func FuzzWalk(f *testing.F) {
	for _, code := range sample().Codes {
		f.Add(code.Body)
	}
	f.Add(body(ops(0xfc, 10, 0, 0, byte(OpSelectTyped), 1, 0x7f, byte(OpRefNull), 0x70, 0x44, 0, 0, 0, 0, 0, 0, 0, 0)))
	f.Add(body(ops(0xfd, 12)))
	f.Fuzz(func(t *testing.T, code []byte) {
		pos, open := 0, 1
		err := Walk(code, func(in Instr) error {
			if in.Pos != pos || in.End <= in.Pos || in.End > len(code) || open == 0 {
				t.Fatalf("%v at %d to %d, behind %d, with %d blocks", in.Op, in.Pos, in.End, pos, open)
			}
			pos = in.End
			switch in.Op {
			case OpBlock, OpLoop, OpIf:
				open++
			case OpEnd:
				open--
			case OpBrTable:
				for _, l := range in.Labels {
					if int(l) >= open {
						t.Fatalf("label %d of %d", l, open)
					}
				}
			}
			return nil
		})
		if err == nil && (pos != len(code) || open != 0) {
			t.Fatalf("accepted, but it ended at %d of %d with %d blocks", pos, len(code), open)
		}
		checked := everything.Check(oneFunction(Code{Body: code}))
		if err != nil && checked == nil {
			t.Fatalf("Walk says %v, Check nothing", err)
		}
	})
}
