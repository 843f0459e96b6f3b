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

// TestChecksumAlone goes through texts whose checksum is right, and that are no address for another reason.
func TestChecksumAlone(t *testing.T) {
	for _, c := range []struct {
		name   string
		groups []byte // of five bits
		want   string
	}{
		{"a byte and three zero bits", []byte{0, 0}, ""},
		{"a bit left over that is set", []byte{0, 1}, "decoding bech32 failed: invalid incomplete group"},
		{"seven bits left over", []byte{0, 0, 0}, "decoding bech32 failed: invalid incomplete group"},
		{"five bits and no byte", []byte{0}, "decoding bech32 failed: invalid incomplete group"},
		{"nothing", nil, "addresses cannot be empty: unknown address"},
		{"255 bytes", make([]byte, 408), ""},
		{"256 bytes", make([]byte, 410), "address max length is 255, got 256: unknown address"},
		{"longer than texts may be", make([]byte, 1100), "decoding bech32 failed: invalid bech32 string length 1113"},
	} {
		human, err := bech32.Encode("cosmos", c.groups)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, "cosmos", human)
		for name, err := range map[string]error{"Validate": Prefix("cosmos").Validate(human), "Canonical": second(Prefix("cosmos").Canonical(human))} {
			if err == nil && c.want != "" || err != nil && err.Error() != c.want {
				t.Errorf("%s: %s: %v, want %q", c.name, name, err, c.want)
			}
		}
	}
	for _, p := range []Prefix{"Cosmos", "cos mos", "cosmös", "", Prefix(strings.Repeat("a", 84))} {
		human := string(p.appendHuman(nil, make([]byte, 20)))
		compare(t, p, human)
		if err := p.Validate(human); err == nil {
			t.Errorf("%q is valid with the prefix %q", human, p)
		}
	}
}

func second[T any](_ T, err error) error { return err }

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
