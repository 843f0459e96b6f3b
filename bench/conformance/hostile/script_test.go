//go:build cgo

package hostile

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
)

// arity is the number of arguments of each import, by its place in the list of the probe.
var arity = []int{1, 1, 2, 1, 1, 2, 2, 2, 2, 4, 4, 4, 3, 3, 3, 3, 3, 3, 1, 1, 3, 1, 1, 1}

// Some places in that list.
const (
	dbWrite     = 2
	humanize    = 6
	hashToG1    = 10
	hashToG2    = 11
	k1Recover   = 13
	r1Recover   = 15
	dbScan      = 20
	dbNext      = 21
	dbNextValue = 23
)

func le(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// lengths are those that something depends on, or is next to.
var lengths = []uint32{1, 2, 3, 31, 32, 33, 47, 48, 49, 63, 64, 65, 66, 95, 96, 97, 192, 256, 257, 1000}

var texts = []string{
	"a", "ant", "somebody", "Some", "\xff\xfe", "x", "\xe2\x82 \xf0\x9f\x98", `{"bank":{"all_balances":{"address":"x"}}}`,
	`{"bank":{"supply":{"denom":"<x>"}}}`, `{"wasm":{"raw":{"contract_addr":"q","key":"AA=="}}}`, `{"custom":{"a":"b<c"}}`, `{`,
	"\x00\x00\x00\x00", "ab\x00\x00\x00\x02", "\x00\x00\x00\x05",
}

// argument is the argument i of an import.
func argument(r *rand.Rand, name, i int) []byte {
	switch {
	case name >= dbNext && name <= dbNextValue, name == dbScan && i == 2, (name == hashToG1 || name == hashToG2) && i == 0,
		(name == k1Recover || name == r1Recover) && i == 2:
		switch r.IntN(8) {
		case 0:
			return append([]byte{'n'}, le(r.Uint32())...)
		case 1:
			return []byte{'l'}
		}
		return append([]byte{'n'}, le(r.Uint32N(3))...)
	case (name == dbWrite || name == humanize) && i == 0:
		// What is empty makes wasmvm panic, which is what is wanted, and print where, which is not.
		if r.IntN(2) == 0 {
			return slices.Concat([]byte{'m'}, le(pick(r, lengths...)), []byte{byte(r.IntN(256))})
		}
		return text(pick(r, texts...))
	}
	switch r.IntN(14) {
	case 0, 1, 2, 3, 4:
		return text(pick(r, texts...))
	case 5, 6, 7:
		return slices.Concat([]byte{'m'}, le(pick(r, append(lengths, 0)...)), []byte{byte(r.IntN(256))})
	case 8:
		return slices.Concat([]byte{'m'}, le(r.Uint32N(400_000)), []byte{byte(r.IntN(256))})
	case 9:
		return append([]byte{'n'}, le(pick(r, 0, 1, 1024, 65536, 1<<20, 1<<32-1, 1<<32-12, r.Uint32N(300_000)))...)
	case 10, 11:
		return slices.Concat([]byte{'c'}, le(pick(r, append(lengths, 0)...)))
	case 12:
		edges := []uint32{0, 1, 2, 1000, 5000, 65536, 1 << 18, 1 << 20, 1 << 25, 1 << 31, 1<<32 - 1}
		return slices.Concat([]byte{'r'}, le(pick(r, edges...)), le(pick(r, edges...)), le(pick(r, edges...)))
	}
	return slices.Concat([]byte{'s'}, le(r.Uint32N(64)))
}

func text(s string) []byte { return slices.Concat([]byte{'b'}, le(uint32(len(s))), []byte(s)) }

// script is a message for the probe; its commands are explained there.
func script(r *rand.Rand) []byte {
	b := []byte{}
	for range 1 + r.IntN(6) {
		switch k := r.IntN(12); {
		case k == 0:
			b = append(b, 100, byte(r.IntN(10)))
		case k == 1 && r.IntN(4) == 0:
			// Neither depth, which is bounded otherwise, nor a table without a function, which has another text.
			b = append(b, 101, pick[byte](r, 0, 1, 2, 3, 4, 7))
		case k == 2:
			b = append(append(b, 102), le(r.Uint32N(600))...)
		case k == 3:
			b = append(b, 103)
		case k == 4 && r.IntN(4) == 0:
			b = append(append(b, 104), le(pick(r, 0, 1024, 65536, 1<<20, r.Uint32N(400_000), 1<<32-1))...)
		case k == 5 && r.IntN(4) == 0:
			b = slices.Concat(b, []byte{105}, le(r.Uint32N(100_000)), le(r.Uint32N(1<<24)), le(r.Uint32N(1<<24)))
		case k > 5:
			name := r.IntN(len(arity))
			b = append(b, byte(name), byte(r.IntN(3)))
			for i := range arity[name] {
				b = append(b, argument(r, name, i)...)
			}
		}
	}
	if r.IntN(30) == 0 && len(b) > 0 {
		b = b[:r.IntN(len(b))]
	}
	return b
}
