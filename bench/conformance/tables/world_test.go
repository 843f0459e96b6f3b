package tables_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/bench/conformance/corpus"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actortest"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
	"github.com/troupe-run/troupe/state"
)

// m is a JSON object.
type m = map[string]any

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// contracts are the compiled contracts of wasmd and wasmvm, by name.
var contracts = sync.OnceValues(func() (map[string][]byte, error) {
	var wanted []corpus.Contract
	for _, c := range corpus.All() {
		if c.From.Registry == "goproxy" {
			wanted = append(wanted, c)
		}
	}
	return corpus.Library{}.Load(context.Background(), wanted)
})

// A world is a host with contracts.
type world struct {
	*actortest.Host
	t                *testing.T
	chain            *cosmwasm.Chain
	alice, bob, fred actor.Address
}

func newWorld(t *testing.T, chain *cosmwasm.Chain, gas uint64) *world {
	t.Helper()
	return &world{t: t, chain: chain, alice: chain.Account("alice"), bob: chain.Account("bob"), fred: chain.Account("fred"),
		Host: actortest.New(t, &actortest.Options{Host: runtime.Options{Chain: chain, Gas: cosmwasm.Gas(), Limits: dispatch.Limits{Gas: gas}}})}
}

// store stores a contract and returns its code id.
func (w *world) store(name string) uint64 {
	w.t.Helper()
	all, err := contracts()
	if err != nil {
		w.t.Fatal(err)
	}
	module := strings.ReplaceAll(name, "_", "-")
	id, err := w.Runtime().StoreCode(w.t.Context(), w.alice, module, all[name])
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return id
}

func (w *world) mint(to actor.Address, coins ...wire.Coin) {
	w.t.Helper()
	if _, err := w.Sudo(cosmwasm.BankAddress, encode(m{"mint": m{"to_address": to, "amount": coins}})); err != nil {
		w.t.Fatal(err)
	}
}

func coin(amount, denom string) wire.Coin { return wire.Coin{Denom: denom, Amount: amount} }

func (w *world) balance(of actor.Address) string {
	w.t.Helper()
	answer, err := w.Query(cosmwasm.BankAddress, encode(m{"all_balances": m{"address": of}}))
	if err != nil {
		w.t.Fatal(err)
	}
	var all wire.AllBalancesResponse
	if err := json.Unmarshal(answer, &all); err != nil {
		w.t.Fatal(err)
	}
	var list []string
	for _, c := range all.Amount {
		list = append(list, c.Amount+c.Denom)
	}
	return strings.Join(list, ",")
}

// keep sends a message to the keeper.
func (w *world) keep(from actor.Address, msg m) (kept cosmwasm.Kept, err error) {
	w.t.Helper()
	r, err := w.Send(from, cosmwasm.KeeperAddress, encode(msg))
	if err != nil {
		return kept, err
	}
	if err := json.Unmarshal(r.Data, &kept); err != nil {
		w.t.Fatal(err)
	}
	return kept, nil
}

// create makes a contract, whose admin is its creator.
func (w *world) create(from actor.Address, code uint64, msg string, funds ...wire.Coin) (actor.Address, error) {
	w.t.Helper()
	kept, err := w.keep(from, m{"instantiate": m{"code_id": code, "msg": []byte(msg), "label": "demo", "admin": from, "funds": append([]wire.Coin{}, funds...)}})
	return kept.Address, err
}

func (w *world) mustCreate(from actor.Address, code uint64, msg string, funds ...wire.Coin) actor.Address {
	w.t.Helper()
	addr, err := w.create(from, code, msg, funds...)
	if err != nil {
		w.t.Fatal(err)
	}
	return addr
}

// pay sends a message with funds.
func (w *world) pay(from, to actor.Address, msg string, funds ...wire.Coin) (*state.Receipt, error) {
	w.t.Helper()
	coins := make([]actor.Coin, len(funds))
	for i, c := range funds {
		coins[i] = actor.Coin(c)
	}
	return w.Do(dispatch.Request{Sender: from, Message: actor.Message{To: to, Body: []byte(msg), Funds: coins}})
}

// raw reads the keys of actors.
type raw struct{ w *world }

func (r raw) QueryRaw(to actor.Address, key []byte) ([]byte, bool) {
	value, ok, err := r.w.Runtime().Get(to, key)
	if err != nil {
		r.w.t.Fatal(err)
	}
	return value, ok
}

// emitted returns the events of the last transaction, with names for addresses.
func (w *world) emitted(names map[actor.Address]string) (list []string) {
	for _, ev := range cosmwasm.Emitted(raw{w}, w.World().Last().Trace) {
		line := ev.Type
		for _, a := range ev.Attributes {
			line += " " + a.Key + "=" + a.Value
		}
		for addr, name := range names {
			line = strings.ReplaceAll(line, string(addr), name)
		}
		list = append(list, line)
	}
	return list
}

// codeOf returns the code of an error, "" of none.
func codeOf(err error) string {
	if e := actor.AsError(err); e != nil {
		return e.Code
	}
	return ""
}

// textOf returns the text of an error.
func textOf(err error) string {
	if e := actor.AsError(err); e != nil {
		return e.Message
	}
	return ""
}
