package tables_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
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
	for name, msg := range map[string]string{"H9 a loop": `{"cpu_loop":{}}`, "H10 a loop of writes": `{"storage_loop":{}}`} {
		t.Run(name, func(t *testing.T) {
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
	t.Run("H20 H21 H22 H23 what may be sent", func(t *testing.T) {
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

// asker is a native actor that asks another, so that its trace tells the gas of the query.
type asker struct{}

func (asker) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	to, question, _ := strings.Cut(string(msg.Body), " ")
	_, err := env.Services.Query(ctx, actor.Address(to), []byte(question))
	return actor.Response{}, err
}

// limiter is a native actor that lets an asker have a part of its gas.
type limiter struct{}

func (limiter) Execute(_ context.Context, _ *actor.Env, msg actor.Message) (actor.Response, error) {
	limit, body, _ := strings.Cut(string(msg.Body), " ")
	gas, err := strconv.ParseUint(limit, 10, 64)
	return actor.Response{Messages: []actor.SubMsg{{GasLimit: gas, Msg: actor.Message{To: "asker/1", Body: []byte(body)}}}}, err
}

// recursion is a world with a contract that asks itself.
type recursion struct {
	*world
	contract actor.Address
}

func newRecursion(t *testing.T, gas uint64) *recursion {
	w := newWorld(t, &cosmwasm.Chain{}, gas)
	w.Bind("asker", asker{})
	w.Bind("limiter", limiter{})
	return &recursion{w, w.mustCreate(w.alice, w.store("hackatom-1.5"), encode(m{"verifier": w.fred, "beneficiary": w.bob}))}
}

// ask asks for work at each of some levels. It returns the gas of the query, that of the asker with it, and how many queries
// the contract has made.
func (r *recursion) ask(depth, work int) (query, all uint64, queries int, err error) {
	r.t.Helper()
	_, err = r.Send(r.alice, "asker/1", r.question(depth, work))
	query, all, queries = measured(r.World().Last().Trace.Root)
	return query, all, queries, err
}

// limited is ask, with so much gas and much work.
func (r *recursion) limited(gas uint64, depth int) (all uint64, queries int, err error) {
	r.t.Helper()
	_, err = r.Send(r.alice, "limiter/1", strconv.FormatUint(gas, 10)+" "+r.question(depth, 2000))
	_, all, queries = measured(r.World().Last().Trace.Root.Children[0])
	return all, queries, err
}

func (r *recursion) question(depth, work int) string {
	return string(r.contract) + " " + encode(m{"recurse": m{"depth": depth, "work": work}})
}

func measured(asker *dispatch.Span) (query, all uint64, queries int) {
	first := asker.Children[0]
	for s := first; len(s.Children) > 0; s = s.Children[0] {
		queries++
	}
	return first.GasUsed, asker.GasUsed, queries
}

// TestRecurse is H24: each query below another is paid by the one above, and the tenth is the last (S26, S50). Of the gas of a
// query from outside, 64,197 in wasmd, 3,950 are what wasmd pays to read the records of the contract and its code, which is
// not what it costs here. All the rest is the same: the work, and what a level more costs, which is a query less the discount
// of 58,000 (S27) and what the contract does with the answer.
func TestRecurse(t *testing.T) {
	r := newRecursion(t, 4_000_000)
	if _, err := r.Send(r.alice, "limiter/1", "0 "+r.question(0, 0)); err != nil { // the actors come into being
		t.Fatal(err)
	}
	gas := func(t *testing.T, depth, work int) uint64 {
		t.Helper()
		gas, _, queries, err := r.ask(depth, work)
		if err != nil || queries != depth {
			t.Fatalf("depth %d, work %d: %d queries, %v", depth, work, queries, err)
		}
		return gas
	}
	const records = 3_950
	for _, test := range []struct {
		name   string
		work   int
		once   uint64 // in wasmd
		answer uint64 // what the contract does with an answer
	}{
		{"H24 no work", 0, 64_197, 74}, {"H24 50 rounds of work", 50, 64_444, 63}, {"H24 2000 rounds of work", 2000, 77_035, 63},
	} {
		t.Run(test.name, func(t *testing.T) {
			once := gas(t, 0, test.work)
			if once != test.once-records {
				t.Errorf("a query costs %d, want %d", once, test.once-records)
			}
			for _, depth := range []uint64{1, 4, 5} {
				if levels, want := gas(t, int(depth), test.work)-once, depth*(once-58_000+test.answer); levels != want {
					t.Errorf("%d levels cost %d, want %d", depth, levels, want)
				}
			}
		})
	}
	t.Run("H24 S50 not more than there is", func(t *testing.T) {
		_, five, _, err := r.ask(5, 2000)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			gas   uint64
			depth int
			code  string
		}{{five + 1, 5, ""}, {five, 5, actor.CodeOutOfGas}, {five, 6, actor.CodeOutOfGas}} {
			all, queries, err := r.limited(test.gas, test.depth)
			if codeOf(err) != test.code || queries != test.depth || all > test.gas {
				t.Errorf("depth %d with %d gas: %d queries, %d gas, %v", test.depth, test.gas, queries, all, err)
			}
		}
	})
	t.Run("H24 S26 the tenth query is the last", func(t *testing.T) {
		_, _, queries, err := r.ask(100, 2000)
		if codeOf(err) != cosmwasm.CodeQueryFailed || !strings.HasSuffix(textOf(err), "query wasm contract failed") || queries != 10 {
			t.Errorf("%d queries, %v", queries, err)
		}
	})
	t.Run("H24 a limit that does not reach for a query", func(t *testing.T) {
		if _, queries, err := r.limited(60_000+5_000, 0); codeOf(err) != actor.CodeOutOfGas || queries != 0 {
			t.Errorf("%d queries, %v", queries, err)
		}
	})
	t.Run("H24 too much work", func(t *testing.T) {
		if _, err := r.Query(r.contract, encode(m{"recurse": m{"depth": 0, "work": 50_000_000}})); codeOf(err) != actor.CodeOutOfGas {
			t.Error(err)
		}
	})
}
