package cosmwasm_test

import (
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// TestAddressesOfAChain: texts and bytes that are addresses, with and without names.
func TestAddressesOfAChain(t *testing.T) {
	chain, named := &cosmwasm.Chain{}, &cosmwasm.Chain{Names: true}
	alice := string(chain.Account("alice"))
	const contract = "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"
	for _, text := range []string{alice, contract} {
		for _, c := range []*cosmwasm.Chain{chain, named} {
			canonical, err := c.Canonical(text)
			if err != nil {
				t.Fatal(err)
			}
			if human, err := c.Human(canonical); err != nil || human != text {
				t.Errorf("%s: %s, %v", text, human, err)
			}
			if err := c.Validate(text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			if err := c.Validate(strings.ToUpper(text)); err == nil || err.Error() != "address not normalized" {
				t.Errorf("%s in capitals: %v", text, err)
			}
		}
	}
	for text, want := range map[string]string{
		"": "empty address string is not allowed", "  ": "empty address string is not allowed", "account/alice": "decoding bech32 failed",
		"cosmos142aucx5klqx": "invalid address", "COSMOS142AUCX5KLQX": "invalid address", alice[:len(alice)-1] + "b": "decoding bech32 failed",
	} {
		for name, f := range map[string]func(string) error{
			"Validate": chain.Validate, "Canonical": func(s string) error { _, err := chain.Canonical(s); return err },
		} {
			if err := f(text); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s(%q): %v, want %s", name, text, err, want)
			}
		}
	}
	for _, canonical := range [][]byte{nil, {0xaa, 0xbb, 0xcc}, make([]byte, 19), make([]byte, 33), []byte("\x00account/alice")} {
		if human, err := chain.Human(canonical); err == nil || err.Error() != "invalid address" {
			t.Errorf("%x is %s, %v", canonical, human, err)
		}
	}
	canonical, err := named.Canonical("account/alice")
	if err != nil {
		t.Fatal(err)
	}
	if human, err := named.Human(canonical); err != nil || human != "account/alice" || named.Validate(human) != nil {
		t.Errorf("%x is %s, %v", canonical, human, err)
	}
	if n := testing.AllocsPerRun(100, func() { _ = chain.Validate(alice) }); n > 0 {
		t.Errorf("Validate allocates %g times", n)
	}
}
