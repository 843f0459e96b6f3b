package cosmwasm_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

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

// A program is what the contract mime does: see testdata/mime.
type program [][]string

func (p program) String() string {
	if p == nil {
		return "[]"
	}
	return encode(p)
}

func do(command ...string) program { return program{command} }

func (p program) do(command ...string) program { return append(p[:len(p):len(p)], command) }

// set writes a key.
func set(key, value string) program { return do("set", key, value) }

// fail returns the contract's own error.
func (p program) fail(text string) program { return p.do("return", encode(m{"error": text})) }

// ok returns a response: what is not in it is empty.
func (p program) ok(response m) program {
	full := m{"messages": []m{}, "attributes": []m{}, "events": []m{}, "data": nil}
	for k, v := range response {
		full[k] = v
	}
	return p.do("return", encode(m{"ok": full}))
}

// send returns a response with sub-messages.
func (p program) send(messages ...m) program { return p.ok(m{"messages": messages}) }

// onReply lets the contract run a program when a reply comes.
func onReply(p program) program { return set("on_reply", p.String()) }

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// sub is a sub-message.
func sub(id int, on string, msg m) m {
	return m{"id": id, "msg": msg, "gas_limit": nil, "reply_on": on}
}

// with returns a copy that has one field more.
func with(o m, key string, value any) m {
	c := m{key: value}
	for k, v := range o {
		if k != key {
			c[k] = v
		}
	}
	return c
}

// execute is the message that lets a contract run a program.
func execute(to actor.Address, p program, funds ...m) m {
	return m{"wasm": m{"execute": m{"contract_addr": to, "msg": []byte(p.String()), "funds": append([]m{}, funds...)}}}
}

func coin(amount, denom string) m { return m{"denom": denom, "amount": amount} }

func bankSend(to actor.Address, coins ...m) m {
	return m{"bank": m{"send": m{"to_address": to, "amount": append([]m{}, coins...)}}}
}

func attribute(key, value string) m { return m{"key": key, "value": value} }

// A world is a host on which contracts live, with the code mime.
type world struct {
	*actortest.Host
	t     *testing.T
	chain *cosmwasm.Chain
	code  uint64
	alice actor.Address // the admin of all
	bob   actor.Address
}

func newWorld(t *testing.T) *world { return worldOf(t, &cosmwasm.Chain{}, 20_000_000) }

// worldOf returns a world in which a transaction has so much gas.
func worldOf(t *testing.T, chain *cosmwasm.Chain, gas uint64) *world {
	t.Helper()
	w := &world{t: t, chain: chain, alice: chain.Account("alice"), bob: chain.Account("bob"),
		Host: actortest.New(t, &actortest.Options{Host: runtime.Options{Chain: chain, Gas: cosmwasm.Gas(), Limits: dispatch.Limits{Gas: gas}}})}
	w.code = w.store("mime")
	return w
}

// store stores the code mime under a name.
func (w *world) store(name string) uint64 {
	w.t.Helper()
	id, err := w.Runtime().StoreCode(w.t.Context(), w.alice, name, mimeCode(w.t))
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func mimeCode(t *testing.T) []byte {
	t.Helper()
	code, err := os.ReadFile("testdata/mime.wasm")
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// mint gives coins to an address.
func (w *world) mint(to actor.Address, coins ...m) {
	w.t.Helper()
	w.sudo(cosmwasm.BankAddress, m{"mint": m{"to_address": to, "amount": coins}})
}

// sudo asks as the operator.
func (w *world) sudo(to actor.Address, order any) {
	w.t.Helper()
	if _, err := w.Sudo(to, encode(order)); err != nil {
		w.t.Fatal(err)
	}
}

// balance returns what an address has, as 5ucosm.
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

// keep sends a message to the keeper, and returns what it did.
func (w *world) keep(from actor.Address, msg m) (kept cosmwasm.Kept, err error) {
	w.t.Helper()
	r, err := w.Send(from, cosmwasm.KeeperAddress, encode(msg))
	if err != nil {
		return kept, err
	}
	if err := json.Unmarshal(r.Data, &kept); err != nil {
		w.t.Fatalf("the keeper answered %q: %v", r.Data, err)
	}
	return kept, nil
}

// contract makes a contract, which alice owns and which has run a program.
func (w *world) contract(label string, p program, funds ...m) actor.Address {
	w.t.Helper()
	kept, err := w.keep(w.alice, m{"instantiate": m{"code_id": w.code, "msg": []byte(p.String()), "label": label, "admin": w.alice,
		"funds": append([]m{}, funds...)}})
	if err != nil {
		w.t.Fatal(err)
	}
	return kept.Address
}

// run lets a contract run a program, which must succeed.
func (w *world) run(to actor.Address, p program) *state.Receipt {
	w.t.Helper()
	r, err := w.Send(w.alice, to, p.String())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// code returns the code of the error that a program ends with, and its text.
func (w *world) failure(to actor.Address, p program) (code, text string) {
	w.t.Helper()
	_, err := w.Send(w.alice, to, p.String())
	e := actor.AsError(err)
	if e == nil {
		w.t.Fatalf("%s succeeded", p)
	}
	return e.Code, e.Message
}

// has checks what a contract keeps under a key; nothing is none.
func (w *world) has(of actor.Address, key, want string) {
	w.t.Helper()
	if got := string(w.Get(of, key)); got != want {
		w.t.Errorf("%s is %q, want %q", key, got, want)
	}
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

// emitted returns the events of the last transaction as a chain emits them, one in a line, with names for addresses.
func (w *world) emitted(names map[actor.Address]string) string {
	var b strings.Builder
	for _, ev := range cosmwasm.Emitted(raw{w}, w.World().Last().Trace) {
		b.WriteString(ev.Type)
		for _, a := range ev.Attributes {
			b.WriteString(" " + a.Key + "=" + a.Value)
		}
		b.WriteString("\n")
	}
	text := b.String()
	for addr, name := range names {
		text = strings.ReplaceAll(text, string(addr), name)
	}
	return text
}

// reply returns the last reply that a contract got, as JSON with the address of one contract replaced.
func (w *world) reply(of actor.Address) string { return string(w.Get(of, "reply")) }
