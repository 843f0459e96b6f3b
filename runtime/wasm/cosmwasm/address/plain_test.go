package address

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cosmos/btcutil/bech32"
)

// FuzzPlain compares what is read and written here with the library: on texts, and on bytes and their text, whole and
// with one letter changed.
func FuzzPlain(f *testing.F) {
	f.Add("cosmos", "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr", []byte{1}, 3, byte('q'))
	f.Add("cosmos", "cosmos1550dq7", []byte("12345678901234567890"), 0, byte('1'))
	f.Add("a1b", "a1b1qyfkm2y3", bytes.Repeat([]byte{0xff}, 255), 30, byte(0x80))
	f.Add("Cosmos", "Cosmos1qyfkm2y3", []byte{0, 0}, 8, byte('Q'))
	f.Add("", "1qyfkm2y3", []byte{0, 0, 0}, 9, byte('b'))
	f.Add("cosmos", "cosmos1qyqfkm2y3", bytes.Repeat([]byte{0}, 256), -1, byte('b'))
	f.Fuzz(func(t *testing.T, prefix, human string, canonical []byte, place int, letter byte) {
		p := Prefix(prefix)
		compare(t, p, human)
		if p.Check() != nil || checkLength(canonical) != nil {
			return
		}
		groups, err := bech32.ConvertBits(canonical, 8, 5, true)
		if err != nil {
			t.Fatal(err)
		}
		want, err := bech32.Encode(prefix, groups)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Human(canonical); err != nil || got != want {
			t.Fatalf("%x with %q is %q, %v, want %q", canonical, prefix, got, err, want)
		}
		compare(t, p, want)
		compare(t, p, strings.ToUpper(want))
		if 0 <= place && place < len(want) {
			compare(t, p, want[:place]+string(rune(letter))+want[place+1:])
		}
	})
}

// compare reads a text in both ways. What is plainly right must be all that is right in lower case.
func compare(t *testing.T, p Prefix, human string) {
	t.Helper()
	got, ok := p.appendCanonical(nil, human)
	ok = ok && len(got) <= MaxBytes
	want, err := p.judge(human)
	right := err == nil && p.Check() == nil && human == strings.ToLower(human)
	if ok != right || ok && !bytes.Equal(got, want) {
		t.Fatalf("%q with %q is %x, %v here, and %x, %v in the library", human, p, got, ok, want, err)
	}
}
