package bank_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/script"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
	"github.com/troupe-run/troupe/state"
)

// TestModel runs random trees of payments, calls with funds and failures on a dispatcher, and on a model of sixty lines,
// and compares after each: the outcome, all balances, supply, and what the events say about them.
func TestModel(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { compare(t, rand.New(rand.NewPCG(seed, 1)), 40) })
	}
}

var (
	people = []actor.Address{"alice", "p/a", "p/b", "p/c", "p/d"} // a user, actors, and one who cannot be paid
	denoms = []string{"foo", "bar", "closed"}
)

// books is the model: what everybody has, by address and denom, and how much there is. Nothing is no entry.
type books map[[2]string]int

const all = "" // nobody is called so

func (b books) has(who actor.Address, denom string) int { return b[[2]string{string(who), denom}] }

func (b books) change(who actor.Address, denom string, n int) {
	k := [2]string{string(who), denom}
	if b[k] += n; b[k] == 0 {
		delete(b, k)
	}
}

// purse adds up coins. It is nil for coins that a bank refuses.
func purse(coins []wire.Coin) map[string]int {
	sum := map[string]int{}
	for _, c := range coins {
		n, err := strconv.Atoi(c.Amount)
		if err != nil || n < 0 {
			return nil
		}
		if sum[c.Denom] += n; sum[c.Denom] == 0 {
			delete(sum, c.Denom)
		}
	}
	return sum
}

func (b books) pay(from, to actor.Address, coins []wire.Coin) bool {
	if len(coins) == 0 {
		return true
	}
	sum := purse(coins)
	if len(sum) == 0 || to == "p/d" || sum["closed"] > 0 {
		return false
	}
	for denom, n := range sum {
		if b.has(from, denom) < n {
			return false
		}
	}
	for denom, n := range sum {
		b.change(from, denom, -n)
		b.change(to, denom, n)
	}
	return true
}

func (b books) burn(from actor.Address, coins []wire.Coin) bool {
	sum := purse(coins)
	for denom, n := range sum {
		if b.has(from, denom) < n {
			return false
		}
	}
	for denom, n := range sum {
		b.change(from, denom, -n)
		b.change(all, denom, -n)
	}
	return len(sum) > 0
}

// run returns the books after a step, and whether it succeeded; if not, they are those from before.
func (b books) run(from actor.Address, s *step) (books, bool) {
	after, ok := maps.Clone(b), true
	switch {
	case s.Bank != nil && s.Bank.Send != nil:
		ok = after.pay(from, actor.Address(s.Bank.Send.ToAddress), s.Bank.Send.Amount)
	case s.Bank != nil:
		ok = after.burn(from, s.Bank.Burn.Amount)
	default:
		if ok = after.pay(from, s.To, wireCoins(s.Funds)) && !s.Tree.Fail; ok {
			for i := range s.Tree.Steps {
				var fine bool
				if after, fine = after.run(s.To, &s.Tree.Steps[i]); !fine && !s.Tree.Steps[i].Catch {
					ok = false
					break
				}
			}
		}
	}
	if !ok {
		return b, false
	}
	return after, true
}

func compare(t *testing.T, rng *rand.Rand, rounds int) {
	w := script.New(t)
	opts := &bank.Options{}
	if rng.IntN(2) == 0 {
		opts.Module = "module"
	}
	w.Bind("bank", dispatch.CodeOf(bank.New(opts)))
	w.Bind("p", dispatch.CodeOf(payer{}))
	w.D.Bank = pay
	order := func(body string) dispatch.Result {
		res := w.Send(t.Context(), "", actor.Message{Kind: actor.KindSudo, To: "bank", Body: []byte(body)})
		if res.Err != nil || res.Fault != nil {
			t.Fatal(body, res.Err, res.Fault)
		}
		return res
	}
	if res := w.Send(t.Context(), "alice", actor.Message{To: "bank", Body: []byte(`{"send": {}}`)}); res.Err != nil {
		t.Fatal(res.Err)
	}
	order(`{"block_address": {"address": "p/d", "blocked": true}}`)
	order(`{"set_send_enabled": {"denom": "closed", "enabled": false}}`)
	model := books{}
	for range rounds {
		before := model
		var res dispatch.Result
		if rng.IntN(4) == 0 {
			to, denom, n := people[max(0, rng.IntN(8)-3)], denoms[rng.IntN(len(denoms))], 1+rng.IntN(20)
			res = order(fmt.Sprintf(`{"mint": {"to_address": %q, "amount": [{"denom": %q, "amount": "%d"}]}}`, to, denom, n))
			model = maps.Clone(model)
			model.change(to, denom, n)
			model.change(all, denom, n)
		} else {
			s := randomCall(rng, 4)
			var ok bool
			model, ok = model.run("alice", &s)
			body, err := json.Marshal(s.Tree)
			if err != nil {
				t.Fatal(err)
			}
			res = w.Send(t.Context(), "alice", actor.Message{To: s.To, Funds: s.Funds, Body: body})
			if res.Fault != nil || (res.Err == nil) != ok {
				t.Fatalf("%s %v %s: %v, %v, the model says %v", s.To, s.Funds, body, res.Err, res.Fault, ok)
			}
		}
		check(t, w, model)
		told := before
		if res.Err == nil {
			told = follow(t, before, res.Events)
		}
		if !maps.Equal(told, model) {
			t.Fatalf("the events make %v, the model says %v:\n%v", told, model, res.Events)
		}
	}
}

// check compares the keys of the bank with the model, and has the books audited.
func check(t *testing.T, w *script.World, model books) {
	t.Helper()
	found := books{}
	w.Actors(func(who actor.Address, _ state.Actor, pairs [][2]string) {
		if who != "bank" {
			return
		}
		var mem actor.MemState
		for _, p := range pairs {
			mem.Set([]byte(p[0]), []byte(p[1]))
			n, _ := strconv.Atoi(p[1])
			if rest, ok := strings.CutPrefix(p[0], "balances/"); ok {
				who, denom, _ := strings.Cut(rest, "\x00")
				found.change(actor.Address(who), denom, n)
			}
			if denom, ok := strings.CutPrefix(p[0], "supply/"); ok {
				found.change(all, denom, n)
			}
		}
		if err := audit(&mem); err != nil {
			t.Fatal(err)
		}
	})
	if !maps.Equal(found, model) {
		t.Fatalf("the bank has %v, the model %v", found, model)
	}
}

// follow returns the books after what the events of the bank say.
func follow(t *testing.T, before books, events []actor.Event) books {
	t.Helper()
	b := maps.Clone(before)
	for _, ev := range events {
		if ev.Actor != "bank" {
			continue
		}
		sign, known := map[string]int{"coin_spent": -1, "coin_received": 1, "coinbase": 1, "burn": -1, "transfer": 0}[ev.Type]
		if !known {
			t.Fatalf("event %v", ev)
		}
		who := actor.Address(ev.Attributes[0].Value)
		if ev.Type == "coinbase" || ev.Type == "burn" {
			who = all
		}
		for amount := range strings.SplitSeq(ev.Attributes[len(ev.Attributes)-1].Value, ",") {
			digits := strings.TrimRight(amount, "abcdefghijklmnopqrstuvwxyz")
			n, err := strconv.Atoi(digits)
			if err != nil {
				t.Fatalf("event %v: %v", ev, err)
			}
			b.change(who, amount[len(digits):], sign*n)
		}
	}
	return b
}

func randomCall(rng *rand.Rand, depth int) step {
	s := step{To: people[1+rng.IntN(3)], Catch: rng.IntN(2) == 0, Tree: &tree{Fail: rng.IntN(8) == 0}}
	if rng.IntN(12) == 0 {
		s.To = "p/d"
	}
	if rng.IntN(2) == 0 {
		for _, c := range randomCoins(rng) {
			s.Funds = append(s.Funds, actor.Coin(c))
		}
	}
	for range rng.IntN(5) {
		if depth > 0 && rng.IntN(3) == 0 {
			s.Tree.Steps = append(s.Tree.Steps, randomCall(rng, depth-1))
			continue
		}
		msg := sending(string(people[rng.IntN(len(people)*8-1)/8]), randomCoins(rng)...)
		if rng.IntN(5) == 0 {
			msg = burning(randomCoins(rng)...)
		}
		s.Tree.Steps = append(s.Tree.Steps, step{Bank: msg, Catch: rng.IntN(2) == 0})
	}
	return s
}

// randomCoins are few enough to be there, mostly.
func randomCoins(rng *rand.Rand) []wire.Coin {
	var coins []wire.Coin
	for range rng.IntN(3) {
		c := wire.Coin{Denom: denoms[rng.IntN(2)], Amount: strconv.Itoa(rng.IntN(8))}
		switch rng.IntN(30) {
		case 0:
			c.Amount = "-1"
		case 1:
			c.Denom = "closed"
		}
		coins = append(coins, c)
	}
	return slices.Clip(coins)
}
