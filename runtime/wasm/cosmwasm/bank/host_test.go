package bank_test

import (
	"encoding/json"
	"testing"

	"github.com/troupe-run/troupe/runtime/actortest"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// TestHost lets two actors pay each other in one tree, on a whole host: a pays b and calls him, b pays back more than he
// should and fails, which a catches. What was paid in the failed branch comes back, what was paid before it stays.
func TestHost(t *testing.T) {
	h := actortest.New(t, nil)
	// The host looks at the actor itself for what its code is, so it is bound without what a test world puts around it.
	if err := h.Runtime().Bind("bank", bank.New(nil)); err != nil {
		t.Fatal(err)
	}
	h.Bind("p", payer{})
	foo := func(n string) wire.Coin { return wire.Coin{Denom: "foo", Amount: n} }
	h.MustSend("alice", "bank", `{"send": {}}`)
	if _, err := h.Sudo("bank", `{"mint": {"to_address": "p/a", "amount": [{"denom": "foo", "amount": "10"}]}}`); err != nil {
		t.Fatal(err)
	}
	// Until then a user has nothing to do with it.
	if err := h.SendError("alice", "bank", `{"send": {"to_address": "alice", "amount": [{"denom": "foo", "amount": "1"}]}}`); err.Code != bank.CodeInsufficientFunds {
		t.Error(err)
	}
	tr := tree{Steps: []step{
		{Bank: sending("p/b", foo("4")), Catch: true},
		{Catch: true, To: "p/b", Tree: &tree{Steps: []step{
			{Bank: sending("p/a", foo("1"))},
			{Bank: sending("p/a", foo("4"))}, // he has 3
		}}},
		{Catch: true, To: "p/b", Tree: &tree{Steps: []step{
			{Bank: sending("p/a", foo("2"))},
			{Bank: burning(foo("1"))},
			{Bank: sending("p/a", foo("9")), Catch: true},
		}}},
	}}
	body, err := json.Marshal(tr)
	if err != nil {
		t.Fatal(err)
	}
	r := h.MustSend("alice", "p/a", body)
	h.AssertEvents(r, `
		event bank coin_spent spender=p/a amount=4foo
		event bank coin_received receiver=p/b amount=4foo
		event bank transfer recipient=p/b sender=p/a amount=4foo
		event p/a told outcome=ok has="{\"amount\":[{\"denom\":\"foo\",\"amount\":\"6\"}]}" events=0
		event p/a told outcome=insufficient_funds has="{\"amount\":[{\"denom\":\"foo\",\"amount\":\"6\"}]}" events=0
		event bank coin_spent spender=p/b amount=2foo
		event bank coin_received receiver=p/a amount=2foo
		event bank transfer recipient=p/a sender=p/b amount=2foo
		event bank coin_spent spender=p/b amount=1foo
		event bank burn burner=p/b amount=1foo
		event p/b told outcome=insufficient_funds has="{\"amount\":[{\"denom\":\"foo\",\"amount\":\"1\"}]}" events=0
		event p/a told outcome=ok has="{\"amount\":[{\"denom\":\"foo\",\"amount\":\"8\"}]}" events=9
	`)
	h.AssertState("bank", `{"supply/foo": "9", "balances/p/a\u0000foo": "8", "balances/p/b\u0000foo": "1", "holders/foo\u0000p/a": "", "holders/foo\u0000p/b": ""}`)
	answer, err := h.Query("bank", `{"all_balances": {"address": "p/b"}}`)
	if err != nil || string(answer) != `{"amount":[{"denom":"foo","amount":"1"}]}` {
		t.Errorf("got %s, %v", answer, err)
	}
	h.Verify()
}
