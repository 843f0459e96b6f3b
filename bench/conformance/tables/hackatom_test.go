package tables_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// escrow makes a hackatom: fred may release what it has, to bob.
func escrow(w *world, code uint64) actor.Address {
	w.t.Helper()
	return w.mustCreate(w.alice, code, encode(m{"verifier": w.fred, "beneficiary": w.bob}), coin("100000", "denom"))
}

// TestHackatom is table H, as far as it needs no other modules and none of wasmd's own prices.
func TestHackatom(t *testing.T) {
	w := newWorld(t, &cosmwasm.Chain{}, 3_000_000)
	w.mint(w.alice, coin("100000000", "denom"))
	w.mint(w.fred, coin("1000000", "denom"))
	code := w.store("hackatom-1.5")
	init := encode(m{"verifier": w.fred, "beneficiary": w.bob})
	t.Run("H1 instantiate", func(t *testing.T) {
		c := escrow(w, code)
		if c != "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr" {
			t.Errorf("address %s", c)
		}
		names := map[actor.Address]string{c: "c", w.alice: "alice"}
		if got := w.emitted(names); !slices.Equal(got, []string{
			"coin_spent spender=alice amount=100000denom", "coin_received receiver=c amount=100000denom", "transfer recipient=c sender=alice amount=100000denom",
			"instantiate _contract_address=c code_id=1", "wasm _contract_address=c Let the=hacking begin"}) {
			t.Errorf("events %q", got)
		}
		var config struct{ Verifier, Beneficiary, Funder string }
		if err := json.Unmarshal(w.Get(c, "config"), &config); err != nil || config.Verifier == "" || config.Funder == "" {
			t.Errorf("config %q, %v", w.Get(c, "config"), err)
		}
	})
	t.Run("H2 query", func(t *testing.T) {
		if answer, err := w.Query(escrow(w, code), `{"verifier":{}}`); err != nil || string(answer) != `{"verifier":"`+string(w.fred)+`"}` {
			t.Errorf("%s, %v", answer, err)
		}
	})
	t.Run("H3 an unknown query", func(t *testing.T) {
		if _, err := w.Query(escrow(w, code), `{"nope":{}}`); codeOf(err) != cosmwasm.CodeQueryFailed || !strings.Contains(textOf(err), "Error parsing into type hackatom::msg::QueryMsg") {
			t.Error(err)
		}
	})
	t.Run("H4 a bad message", func(t *testing.T) {
		if _, err := w.create(w.alice, code, `{"x":1}`); codeOf(err) != cosmwasm.CodeInstantiateFailed {
			t.Error(err)
		}
	})
	t.Run("H5 a bad address", func(t *testing.T) {
		if _, err := w.create(w.alice, code, encode(m{"verifier": "nobody", "beneficiary": w.bob})); codeOf(err) != cosmwasm.CodeInstantiateFailed ||
			!strings.HasPrefix(textOf(err), "Generic error: addr_validate errored: ") {
			t.Error(err)
		}
	})
	t.Run("H6 not the verifier", func(t *testing.T) {
		c := escrow(w, code)
		if _, err := w.Send(w.alice, c, `{"release":{}}`); codeOf(err) != cosmwasm.CodeExecuteFailed || textOf(err) != "Unauthorized: execute wasm contract failed" {
			t.Error(err)
		}
		if got := w.balance(c); got != "100000denom" {
			t.Errorf("balance %s", got)
		}
	})
	t.Run("H7 X16 release", func(t *testing.T) {
		c := escrow(w, code)
		r, err := w.pay(w.fred, c, `{"release":{}}`, coin("5000", "denom"))
		if err != nil || string(r.Data) != "\xf0\x0b\xaa" {
			t.Fatalf("%q, %v", r.Data, err)
		}
		if w.balance(w.bob) != "105000denom" || w.balance(c) != "" {
			t.Errorf("bob has %s, the contract %s", w.balance(w.bob), w.balance(c))
		}
		names := map[actor.Address]string{c: "c", w.fred: "fred", w.bob: "bob"}
		if got := w.emitted(names); !slices.Equal(got, []string{
			"coin_spent spender=fred amount=5000denom", "coin_received receiver=c amount=5000denom", "transfer recipient=c sender=fred amount=5000denom",
			"execute _contract_address=c", "wasm _contract_address=c action=release destination=bob", "wasm-hackatom _contract_address=c action=release",
			"coin_spent spender=c amount=105000denom", "coin_received receiver=bob amount=105000denom", "transfer recipient=bob sender=c amount=105000denom"}) {
			t.Errorf("events %q", got)
		}
	})
	t.Run("H8 panic", func(t *testing.T) {
		if _, err := w.Send(w.fred, escrow(w, code), `{"panic":{}}`); codeOf(err) != cosmwasm.CodeVM || !strings.Contains(textOf(err), "Aborted: panicked at ") ||
			!strings.Contains(textOf(err), "This page intentionally faulted") {
			t.Error(err)
		}
	})
	for name, msg := range map[string]string{"H9": `{"cpu_loop":{}}`, "H10": `{"storage_loop":{}}`} {
		t.Run(name+" a loop", func(t *testing.T) {
			r, err := w.Send(w.fred, escrow(w, code), msg)
			if codeOf(err) != actor.CodeOutOfGas || r.GasUsed != 3_000_000 {
				t.Errorf("%v, %d gas", err, r.GasUsed)
			}
		})
	}
	t.Run("H11 memory", func(t *testing.T) {
		// There is gas for more than the 512 pages that a contract gets, and in the second world there is not.
		if _, err := w.Send(w.fred, escrow(w, code), `{"memory_loop":{}}`); codeOf(err) != cosmwasm.CodeVM {
			t.Error(err)
		}
		poor := newWorld(t, &cosmwasm.Chain{}, 228_000)
		c := poor.mustCreate(poor.alice, poor.store("hackatom-1.5"), init)
		if _, err := poor.Send(poor.fred, c, `{"memory_loop":{}}`); codeOf(err) != actor.CodeOutOfGas {
			t.Error(err)
		}
	})
	t.Run("H12 much memory", func(t *testing.T) {
		c := escrow(w, code)
		r, err := w.Send(w.fred, c, `{"allocate_large_memory":{"pages":48}}`)
		if err != nil || len(r.Data) != 4 || r.GasUsed > 61_000 {
			t.Errorf("data %x, %d gas, %v", r.Data, r.GasUsed, err)
		}
		before := r.Data
		if _, err := w.Send(w.fred, c, `{"allocate_large_memory":{"pages":1600}}`); codeOf(err) != cosmwasm.CodeExecuteFailed || !strings.Contains(textOf(err), "memory.grow failed") {
			t.Error(err)
		}
		if r, err = w.Send(w.fred, c, `{"allocate_large_memory":{"pages":48}}`); err != nil || string(r.Data) != string(before) {
			t.Errorf("memory is not as it was: %x, then %x, %v", before, r.Data, err)
		}
	})
	t.Run("H13 errors of the host", func(t *testing.T) {
		if _, err := w.Send(w.fred, escrow(w, code), `{"user_errors_in_api_calls":{}}`); err != nil {
			t.Error(err)
		}
	})
	t.Run("H14 sudo", func(t *testing.T) {
		c, community := escrow(w, code), w.chain.Account("community")
		if _, err := w.Sudo(c, encode(m{"steal_funds": m{"recipient": community, "amount": []any{coin("76543", "denom")}}})); err != nil {
			t.Fatal(err)
		}
		if got := w.emitted(nil); w.balance(community) != "76543denom" || len(got) != 4 || got[0] != "sudo _contract_address="+string(c) {
			t.Errorf("%s, %q", w.balance(community), got)
		}
	})
	t.Run("H16 unknown code", func(t *testing.T) {
		if _, err := w.create(w.alice, 9999, init); codeOf(err) != actor.CodeUnknownModule || textOf(err) != "code id 9999: no such code" {
			t.Error(err)
		}
	})
	t.Run("H17 unknown contract", func(t *testing.T) {
		if _, err := w.Send(w.alice, w.chain.Account("nobody"), `{"release":{}}`); codeOf(err) != actor.CodeUnknownActor {
			t.Error(err)
		}
	})
	t.Run("H18 H19 funds", func(t *testing.T) {
		for funds, want := range map[string]string{"100": "", "1000000000": "insufficient_funds"} {
			if _, err := w.create(w.alice, code, init, coin(funds, "denom")); codeOf(err) != want {
				t.Errorf("%s: %v", funds, err)
			}
		}
	})
	t.Run("H20 to H23 what may be sent", func(t *testing.T) {
		order := func(msg m) {
			t.Helper()
			if _, err := w.Sudo(cosmwasm.BankAddress, encode(msg)); err != nil {
				t.Fatal(err)
			}
		}
		c := escrow(w, code)
		order(m{"block_address": m{"address": w.alice, "blocked": true}})
		if _, err := w.create(w.alice, code, init, coin("1", "denom")); err != nil {
			t.Errorf("H20 a blocked sender: %v", err)
		}
		order(m{"set_default_send_enabled": m{"enabled": false}})
		if _, err := w.create(w.alice, code, init, coin("1", "denom")); codeOf(err) != "send_disabled" {
			t.Errorf("H21: %v", err)
		}
		order(m{"set_default_send_enabled": m{"enabled": true}})
		order(m{"set_send_enabled": m{"denom": "denom", "enabled": false}})
		if _, err := w.create(w.alice, code, init, coin("1", "denom")); codeOf(err) != "send_disabled" {
			t.Errorf("H22: %v", err)
		}
		order(m{"set_send_enabled": m{"denom": "denom", "enabled": true}})
		order(m{"block_address": m{"address": w.bob, "blocked": true}})
		if _, err := w.Send(w.fred, c, `{"release":{}}`); codeOf(err) != actor.CodeUnauthorized || w.balance(c) != "100000denom" {
			t.Errorf("H23: %v", err)
		}
	})
	t.Run("H30 raw", func(t *testing.T) {
		c := escrow(w, code)
		for key, there := range map[string]bool{"config": true, "\x00\x01": false, "missing": false, "": false} {
			value, ok := raw{w}.QueryRaw(c, []byte(key))
			if ok != there || ok != (len(value) > 0) {
				t.Errorf("%q: %q", key, value)
			}
		}
	})
	w.Verify()
}

// TestRecurse is H24 without the prices of a chain: each query below another is paid by the one above, and the tenth is the
// last (S26, S50).
func TestRecurse(t *testing.T) {
	w := newWorld(t, &cosmwasm.Chain{}, 3_000_000)
	w.mint(w.alice, coin("100000", "denom"))
	c := escrow(w, w.store("hackatom-1.5"))
	gas := func(depth, work int) error {
		_, err := w.Query(c, encode(m{"recurse": m{"depth": depth, "work": work}}))
		return err
	}
	for _, depth := range []int{0, 1, 5, 9} {
		if err := gas(depth, 50); err != nil {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
	err := gas(100, 0)
	if codeOf(err) != cosmwasm.CodeQueryFailed || !strings.HasSuffix(textOf(err), "query wasm contract failed") {
		t.Errorf("depth 100: %v", err)
	}
	if err := gas(0, 50_000_000); codeOf(err) != actor.CodeOutOfGas {
		t.Errorf("too much work: %v", err)
	}
}
