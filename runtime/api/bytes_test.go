package api

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// TestMayBe checks that what is told apart at a glance is never JSON or CBOR: all of two bytes, and longer ones at random, most
// of which are nearly CBOR.
func TestMayBe(t *testing.T) {
	check := func(b []byte) {
		t.Helper()
		if !mayBeJSON(b) && json.Valid(b) {
			t.Errorf("%q is JSON", b)
		}
		if _, err := typed.ToJSON(b); err == nil && !mayBeCBOR(b) {
			t.Errorf("%x is CBOR", b)
		}
	}
	for i := range 1 << 16 {
		check([]byte{byte(i)})
		check([]byte{byte(i >> 8), byte(i)})
	}
	rng := rand.New(rand.NewPCG(1, 1))
	values := []any{0, 23, 24, 255, 65536, -1, -1 << 40, "", "balance", []byte("balance"), []string{"a", "b"}, map[string]int{"a": 1}, true}
	for range 100_000 {
		b := typed.EncodeValue(values[rng.IntN(len(values))])
		switch rng.IntN(4) {
		case 0:
			b = b[:1+rng.IntN(len(b))]
		case 1:
			b = append(b, byte(rng.Uint32()))
		case 2:
			b[rng.IntN(len(b))] = byte(rng.Uint32())
		}
		check(b)
	}
	for text, want := range map[string]bool{"\x05": true, "\x05\x05": false, "\x63abc": true, "\x63abcd": false, "\x63ab": false,
		"\x1b\x00": false, "balance": false, "\x00\x00\x00\x00\x00\x00\x00\x07": false, "\x82\x01": true} {
		if got := mayBeCBOR([]byte(text)); got != want {
			t.Errorf("%x: %t", text, got)
		}
	}
}

// BenchmarkBytes encodes a key and a number, as a notice of a change has them.
func BenchmarkBytes(b *testing.B) {
	pair := [2]Bytes{Bytes("balance"), {0, 0, 0, 0, 0, 0, 1, 7}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(JSON, &pair); err != nil {
			b.Fatal(err)
		}
	}
}
