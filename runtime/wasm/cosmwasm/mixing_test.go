package cosmwasm_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// puppetSub lets a puppet send a body, and note the reply.
func puppetSub(to actor.Address, body string) m {
	body = strings.ReplaceAll(body, "{", "{{")
	return m{"do": "send", "sub": m{"kind": "execute", "to": to, "id": 1, "reply_on": "always", "body": m{"raw": body},
		"on_reply": m{"ops": []m{{"do": "set", "key": "replied", "value": "{code}"}}}}}
}

func puppetSet(key, value string) m { return m{"do": "set", "key": key, "value": value} }

func puppetProgram(ops ...m) string { return encode(m{"ops": ops}) }

// call is the message of a contract to any actor.
func call(to actor.Address, body string, funds ...m) m {
	return m{"wasm": m{"execute": m{"contract_addr": to, "msg": []byte(body), "funds": append([]m{}, funds...)}}}
}

// TestMixing has contracts, Go values and guests in one transaction.
func TestMixing(t *testing.T) {
	w := worldOf(t, &cosmwasm.Chain{Names: true}, 50_000_000)
	w.Bind("p", puppet.Actor{})
	code, err := toolchain.Build(t.Context(), filepath.Join("..", "troupe", "testdata", "puppet"), toolchain.Go)
	if err != nil {
		t.Fatal(err)
	}
	w.Install("g", code)
	w.mint(w.alice, coin("100", "ucosm"))
	const native, guest = actor.Address("p/1"), actor.Address("g/1")
	last := w.contract("last", nil)
	first := w.contract("first", set("k", "first"), coin("10", "ucosm"))
	answer := `{"ops":[{"do":"get","key":"deep"},{"do":"data","value":"{it}"}]}`
	// The contract calls the Go value, which calls the guest, which calls the other contract.
	chain := func(end program) program {
		inner := puppetProgram(puppetSet("deep", "guest"), puppetSub(last, end.String()))
		outer := puppetProgram(puppetSet("deep", "native"), puppetSub(guest, inner))
		return set("k", "changed").send(sub(1, "always", call(native, outer)))
	}
	t.Run("call", func(t *testing.T) {
		w.run(first, chain(set("deep", "contract")))
		w.has(native, "deep", "native")
		w.has(guest, "deep", "guest")
		w.has(last, "deep", "contract")
		w.has(guest, "replied", "ok")
		if reply := w.reply(first); !strings.Contains(reply, `{"type":"execute","attributes":[{"key":"_contract_address","value":"g/1"}]}`) {
			t.Errorf("reply %s", reply)
		}
	})
	t.Run("a failure at the end is caught next to it", func(t *testing.T) {
		w.run(first, chain(set("deep", "never").fail("no")))
		w.has(last, "deep", "contract")
		w.has(guest, "replied", cosmwasm.CodeExecuteFailed)
	})
	t.Run("a failure at the beginning takes everything back", func(t *testing.T) {
		code, text := w.failure(first, set("k", "lost").ok(m{"messages": []m{
			sub(1, "never", call(native, puppetProgram(puppetSet("deep", "lost"), puppetSub(guest, puppetProgram(puppetSet("deep", "lost")))))),
			sub(2, "never", call(guest, puppetProgram(m{"do": "fail", "key": "bad", "value": "words"})))}}))
		if code != "bad" || text != "words" {
			t.Errorf("%s: %s", code, text)
		}
		w.has(first, "k", "changed")
		w.has(native, "deep", "native")
		w.has(guest, "deep", "guest")
	})
	t.Run("the words of a native actor reach a contract", func(t *testing.T) {
		w.run(first, program(nil).send(sub(1, "error", call(native, puppetProgram(m{"do": "fail", "key": "bad", "value": "words"})))))
		if got := w.reply(first); !strings.Contains(got, `"error":"bad: words"`) {
			t.Errorf("reply %s", got)
		}
	})
	t.Run("query", func(t *testing.T) {
		for _, who := range []actor.Address{native, guest} {
			w.run(first, do("query", encode(m{"wasm": m{"smart": m{"contract_addr": who, "msg": []byte(answer)}}}), "got"))
			w.has(first, "got", answered(map[actor.Address]string{native: "native", guest: "guest"}[who]))
			w.run(first, do("query", wasmQuery("raw", m{"contract_addr": who, "key": []byte("deep")}), "got"))
			w.has(first, "got", answered(map[actor.Address]string{native: "native", guest: "guest"}[who]))
			// And the other way round.
			if _, err := w.Send(w.alice, who, puppetProgram(m{"do": "query", "to": first, "value": do("answer", "k").String()}, puppetSet("asked", "{it}"))); err != nil {
				t.Fatal(err)
			}
			w.has(who, "asked", "changed")
		}
	})
	t.Run("instantiate", func(t *testing.T) {
		// Virtual actors are made by the first message; contracts by the keeper, whoever asks it.
		w.run(first, program(nil).send(sub(1, "never", call("p/new", puppetProgram(puppetSet("born", "yes"))))))
		w.has("p/new", "born", "yes")
		order := encode(m{"instantiate": m{"code_id": w.code, "msg": []byte(do("args", "it").String()), "label": "made"}})
		if _, err := w.Send(w.alice, guest, puppetProgram(puppetSub(cosmwasm.KeeperAddress, order))); err != nil {
			t.Fatal(err)
		}
		w.has(classic(t, w.code, 3), "it.1", `{"sender":"g/1","funds":[]}`)
	})
	t.Run("funds go to who takes them", func(t *testing.T) {
		for _, who := range []actor.Address{native, guest} {
			w.run(first, program(nil).send(sub(1, "error", call(who, puppetProgram(), coin("1", "ucosm")))))
			if got := w.reply(first); !strings.Contains(got, `"error":"codespace: wasm, code: 20"`) || w.balance(who) != "" {
				t.Errorf("%s: reply %s", who, got)
			}
			// It can be given something all the same.
			w.run(first, program(nil).send(sub(1, "never", bankSend(who, coin("1", "ucosm")))))
			if got := w.balance(who); got != "1ucosm" {
				t.Errorf("%s has %s", who, got)
			}
		}
	})
	t.Run("without names they are not there", func(t *testing.T) {
		w := newWorld(t)
		w.Bind("p", puppet.Actor{})
		c := w.contract("c", nil)
		w.run(c, program(nil).send(sub(1, "error", call("p/1", puppetProgram()))))
		if got := w.reply(c); !strings.Contains(got, `"error":"codespace: undefined, code: 1"`) {
			t.Errorf("reply %s", got)
		}
	})
	w.Verify()
}

// TestNative is what contracts of Chain.Native get: errors in full, the gas of a sub-message, and out of gas as an error.
func TestNative(t *testing.T) {
	var native actor.Address
	w := worldOf(t, &cosmwasm.Chain{Native: func(contract actor.Address) bool { return contract == native }}, 2_000_000)
	callee := w.contract("callee", nil)
	native = classic(t, w.code, 2)
	if got := w.contract("native", nil); got != native {
		t.Fatal(got)
	}
	other := w.contract("other", nil)
	spin := program(nil).send(sub(1, "always", execute(callee, set("k", "v").do("spin"))))
	t.Run("S23 out of gas is caught", func(t *testing.T) {
		w.run(native, set("mine", "kept").ok(m{"messages": []m{sub(1, "always", execute(callee, set("k", "v").do("spin")))}}))
		if got := w.reply(native); !strings.Contains(got, `"error":"out_of_gas: `) {
			t.Errorf("reply %s", got)
		}
		w.has(native, "mine", "kept")
		w.has(callee, "k", "")
		if code, _ := w.failure(other, spin); code != actor.CodeOutOfGas {
			t.Errorf("another contract: %s", code)
		}
	})
	t.Run("S16 gas_used", func(t *testing.T) {
		w.run(native, program(nil).send(sub(1, "always", execute(callee, set("k", "v")))))
		if got := w.reply(native); strings.Contains(got, `"gas_used":0,`) || !strings.HasPrefix(got, `{"gas_used":5`) {
			t.Errorf("reply %s", got)
		}
	})
	t.Run("S19 errors in full", func(t *testing.T) {
		w.run(native, program(nil).send(sub(1, "always", execute(callee, do("abort", "the reason")))))
		if got := w.reply(native); !strings.Contains(got, "vm_error: ") || !strings.Contains(got, "Aborted: the reason") {
			t.Errorf("reply %s", got)
		}
	})
	// A limit of its own is kept.
	r, err := w.Do(dispatch.Request{Sender: w.alice, Message: actor.Message{To: native,
		Body: []byte(program(nil).send(with(sub(1, "always", execute(callee, do("spin"))), "gas_limit", 100_000)).String())}})
	if err != nil || r.GasUsed > 400_000 {
		t.Errorf("%d gas, %v", r.GasUsed, err)
	}
}
