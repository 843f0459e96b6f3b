package address_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/address"
)

const cosmos = address.Prefix("cosmos")

// The address of the first contract of code 1 (H1).
const first = "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"

// TestTexts goes through what contracts may hand to addr_validate and addr_canonicalize (H5, H13, V12, V13), with the
// texts that wasmd gives them.
func TestTexts(t *testing.T) {
	long, err := cosmos.Human(bytes.Repeat([]byte{7}, address.MaxBytes))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, human         string
		canonical, validate string // errors; empty: none
	}{
		{"right", first, "", ""},
		{"as long as can be", long, "", ""},
		{"one byte", "cosmos1qyfkm2y3", "", ""},
		{"upper case", strings.ToUpper(first), "", "address not normalized"},
		{"empty", "", "empty address string is not allowed", "same"},
		{"blank", " \t\u00a0", "empty address string is not allowed", "same"},
		{"mixed case", "Cosmos" + first[6:], "decoding bech32 failed: string not all lowercase or all uppercase", "same"},
		{"of another chain", "osmo1qyqszqgpqyqszqgpqyqszqgpqyqszqgp6gjwmw", "invalid Bech32 prefix; expected cosmos, got osmo", "same"},
		{"too short", "cosmos1", "decoding bech32 failed: invalid bech32 string length 7", "same"},
		{"too long", "cosmos1" + strings.Repeat("q", 1020), "decoding bech32 failed: invalid bech32 string length 1027", "same"},
		{"no separator", "cosmosqqqqqqqq", "decoding bech32 failed: invalid separator index -1", "same"},
		{"no prefix", "1qqqqqqqqqqq", "decoding bech32 failed: invalid separator index 0", "same"},
		{"foreign letter", "cosmos1invalid", "decoding bech32 failed: invalid character not part of charset: 105", "same"},
		{"no ASCII", "cosmos1ä23456", "decoding bech32 failed: invalid character in string: 'Ã'", "same"},
		{"space inside", "cosmos1 q23456", "decoding bech32 failed: invalid character in string: ' '", "same"},
		{"one letter off", first[:len(first)-1] + "q", "decoding bech32 failed: invalid checksum (expected 4hmalr got 4hmalq)", "same"},
		{"no bytes", "cosmos1550dq7", "addresses cannot be empty: unknown address", "same"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.validate == "same" {
				c.validate = c.canonical
			}
			if _, err := cosmos.Canonical(c.human); text(err) != c.canonical {
				t.Errorf("Canonical(%q): %v, want %q", c.human, err, c.canonical)
			}
			err := cosmos.Validate(c.human)
			if text(err) != c.validate {
				t.Errorf("Validate(%q): %v, want %q", c.human, err, c.validate)
			}
			if address.IsDenormal(err) != (c.validate == "address not normalized") {
				t.Errorf("IsDenormal(%v) is wrong", err)
			}
		})
	}
}

// TestPrefix is what cannot be a prefix: nothing is an address then.
func TestPrefix(t *testing.T) {
	for _, c := range []struct {
		prefix address.Prefix
		right  bool
	}{{"cosmos", true}, {"a1", true}, {"", false}, {"Cosmos", false}, {"cos mos", false}, {"cosmös", false}, {address.Prefix(strings.Repeat("a", 84)), false}} {
		if err := c.prefix.Check(); (err == nil) != c.right {
			t.Errorf("%q: %v", c.prefix, err)
		}
		human, err := c.prefix.Human([]byte{1, 2, 3})
		if (err == nil) != c.right {
			t.Errorf("%q: Human: %v", c.prefix, err)
		}
		if err := c.prefix.Validate(human); (err == nil) != c.right {
			t.Errorf("%q: Validate(%q): %v", c.prefix, human, err)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestV17 is addr_humanize: bytes of any length of an address, and what has none.
func TestV17(t *testing.T) {
	for _, c := range []struct {
		length int
		want   string
	}{{0, "addresses cannot be empty: unknown address"}, {1, ""}, {20, ""}, {32, ""}, {255, ""},
		{256, "address max length is 255, got 256: unknown address"}} {
		canonical := bytes.Repeat([]byte{0xa5}, c.length)
		human, err := cosmos.Human(canonical)
		if text(err) != c.want {
			t.Errorf("%d bytes: %v, want %q", c.length, err, c.want)
		}
		if err != nil {
			continue
		}
		if err := cosmos.Validate(human); err != nil {
			t.Errorf("%d bytes: %v", c.length, err)
		}
		if back, err := cosmos.Canonical(human); err != nil || !bytes.Equal(back, canonical) {
			t.Errorf("%d bytes come back as %x, %v", c.length, back, err)
		}
	}
}

// FuzzCanonical checks that a text is an address in one form only, and that it is valid in that form.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{"", first, strings.ToUpper(first), "cosmos1550dq7", "cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a", "1", "cosmos1ä"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, human string) {
		canonical, err := cosmos.Canonical(human)
		valid := cosmos.Validate(human)
		if err != nil {
			if text(valid) != err.Error() {
				t.Fatalf("%q: Validate says %v, Canonical %v", human, valid, err)
			}
			return
		}
		back, err := cosmos.Human(canonical)
		if err != nil {
			t.Fatalf("%q: %v", human, err)
		}
		if (back == human) != (valid == nil) || back != strings.ToLower(human) {
			t.Fatalf("%q is %q in its own form, and Validate says %v", human, back, valid)
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	for b.Loop() {
		if err := cosmos.Validate(first); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHuman(b *testing.B) {
	canonical := make([]byte, 32)
	for b.Loop() {
		if _, err := cosmos.Human(canonical); err != nil {
			b.Fatal(err)
		}
	}
}
