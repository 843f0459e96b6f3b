package cosmwasm_test

import (
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// TestMultiTest is table X from X11 on: what the tests of cw-multi-test expect, in the form that it has on a chain where the
// two differ. The contracts there are called reflect, which sends what it is told and counts, and payout, which pays 5eth.
func TestMultiTest(t *testing.T) {
	w := newWorld(t)
	bank := func(of actor.Address, denom string) string {
		return encode(m{"bank": m{"balance": m{"address": of, "denom": denom}}})
	}
	has := func(amount, denom string) string {
		return answered(`{"amount":{"denom":"` + denom + `","amount":"` + amount + `"}}`)
	}
	payout := func() (actor.Address, program) {
		c := w.contract("payout", nil)
		w.mint(c, coin("5", "eth"))
		return c, program(nil).ok(m{"attributes": []m{attribute("action", "payout")}, "messages": []m{sub(1, "never", bankSend(w.alice, coin("5", "eth")))}})
	}
	paid := func(from, to, amount string) string {
		return "coin_spent spender=" + from + " amount=" + amount + "\ncoin_received receiver=" + to + " amount=" + amount +
			"\ntransfer recipient=" + to + " sender=" + from + " amount=" + amount + "\n"
	}
	t.Run("X11 data of execute is wrapped", func(t *testing.T) {
		callee, caller := w.contract("callee", nil), w.contract("caller", nil)
		w.run(caller, program(nil).send(sub(1, "always", execute(callee, program(nil).ok(m{"data": b64("food")})))))
		if got := w.reply(caller); !strings.Contains(got, `"data":"`+b64("\x0a\x04food")+`"`) {
			t.Errorf("reply %s", got)
		}
	})
	t.Run("X11 data of instantiate is wrapped, that of a reply within it", func(t *testing.T) {
		callee, caller := w.contract("callee", nil), w.contract("caller", nil)
		p := onReply(program(nil).ok(m{"data": b64("reply")})).ok(m{"data": b64("first"), "messages": []m{sub(7, "always", execute(callee, nil))}})
		w.run(caller, program(nil).send(sub(1, "always",
			m{"wasm": m{"instantiate": m{"code_id": w.code, "msg": []byte(p.String()), "label": "new", "funds": []m{}}}})))
		got := w.reply(caller)
		addr := string(born(t, got))
		if want := b64("\x0a" + string(rune(len(addr))) + addr + "\x12\x05reply"); !strings.Contains(got, `"data":"`+want+`"`) {
			t.Errorf("reply %s, want data %s", got, want)
		}
	})
	t.Run("X12 reflect_success", func(t *testing.T) {
		reflect := w.contract("reflect", set("count", "0"))
		c, pay := payout()
		w.run(reflect, set("count", "1").send(sub(1, "never", execute(c, pay))))
		got := w.emitted(map[actor.Address]string{reflect: "reflect", c: "payout", w.alice: "alice"})
		if want := "execute _contract_address=reflect\nexecute _contract_address=payout\nwasm _contract_address=payout action=payout\n" +
			// sorted by keys, because a contract was called (S18)
			"coin_spent amount=5eth spender=payout\ncoin_received amount=5eth receiver=alice\ntransfer amount=5eth recipient=alice sender=payout\n"; got != want {
			t.Errorf("emitted\n%swant\n%s", got, want)
		}
		w.has(reflect, "count", "1")
	})
	t.Run("X13 reflect_error", func(t *testing.T) {
		reflect, friend := w.contract("reflect", set("count", "0")), w.chain.Account("friend")
		w.mint(reflect, coin("20", "eth"))
		w.run(reflect, set("count", "1").send(sub(1, "never", bankSend(friend, coin("7", "eth")))))
		if got, want := w.emitted(map[actor.Address]string{reflect: "reflect", friend: "friend"}), "execute _contract_address=reflect\n"+
			paid("reflect", "friend", "7eth"); got != want {
			t.Errorf("emitted\n%swant\n%s", got, want)
		}
		code, text := w.failure(reflect, set("count", "2").send(sub(1, "never", bankSend(friend, coin("8", "eth"))), sub(2, "never", bankSend(friend, coin("3", "btc")))))
		if code != "insufficient_funds" {
			t.Errorf("%s: %s", code, text)
		}
		if got := w.balance(friend); got != "7eth" {
			t.Errorf("the friend has %s", got)
		}
		w.has(reflect, "count", "1")
	})
	custom := onReply(program(nil).ok(m{"events": []m{{"type": "custom", "attributes": []m{attribute("from", "reply")}}}}))
	t.Run("X14 reply_always of the bank", func(t *testing.T) {
		reflect, friend := w.contract("reflect", custom), w.chain.Account("friend14")
		w.mint(reflect, coin("7", "eth"))
		w.run(reflect, program(nil).send(sub(123, "always", bankSend(friend, coin("7", "eth")))))
		got := w.emitted(map[actor.Address]string{friend: "friend", reflect: "reflect"})
		if want := "execute _contract_address=reflect\n" + paid("reflect", "friend", "7eth") +
			"reply _contract_address=reflect\nwasm-custom _contract_address=reflect from=reply\n"; got != want {
			t.Errorf("emitted\n%swant\n%s", got, want)
		}
		if got := w.reply(reflect); !strings.HasPrefix(got, `{"gas_used":0,"id":123,"result":{"ok":{"events":[],`) {
			t.Errorf("reply %s", got)
		}
	})
	t.Run("X15 reply_always of an error", func(t *testing.T) {
		reflect := w.contract("reflect", custom)
		w.run(reflect, program(nil).send(sub(456, "always", bankSend(w.bob, coin("300", "btc")))))
		got := w.emitted(map[actor.Address]string{reflect: "reflect"})
		if want := "execute _contract_address=reflect\nreply _contract_address=reflect\nwasm-custom _contract_address=reflect from=reply\n"; got != want {
			t.Errorf("emitted\n%swant\n%s", got, want)
		}
		if got := w.reply(reflect); got != `{"gas_used":0,"id":456,"result":{"error":"codespace: sdk, code: 5"}}` {
			t.Errorf("reply %s", got)
		}
	})
	t.Run("X16 funds are there when the contract runs", func(t *testing.T) {
		w.mint(w.alice, coin("10", "eth"))
		hackatom, beneficiary := w.contract("hackatom", nil, coin("10", "eth")), w.chain.Account("beneficiary")
		caller := w.contract("caller", nil)
		w.mint(caller, coin("20", "eth"))
		w.run(caller, program(nil).send(sub(1, "never", execute(hackatom, do("query", bank(hackatom, "eth"), "seen").
			send(sub(1, "never", bankSend(beneficiary, coin("30", "eth")))), coin("20", "eth")))))
		w.has(hackatom, "seen", has("30", "eth"))
		if got := w.balance(beneficiary); got != "30eth" {
			t.Errorf("the beneficiary has %s", got)
		}
	})
	t.Run("X17 update_admin", func(t *testing.T) {
		c := w.contract("c", nil)
		update := m{"update_admin": m{"contract_addr": c, "admin": w.chain.Account("carol")}}
		if _, err := w.keep(w.bob, update); codeOf(err) != actor.CodeUnauthorized {
			t.Errorf("by another: %v", err)
		}
		if _, err := w.keep(w.alice, update); err != nil {
			t.Error(err)
		}
		if _, err := w.keep(w.alice, update); codeOf(err) != actor.CodeUnauthorized {
			t.Errorf("by who was the admin: %v", err)
		}
	})
	t.Run("X18 migrate", func(t *testing.T) {
		c := w.contract("c", nil)
		migrate := func(from actor.Address, code uint64) error {
			_, err := w.keep(from, m{"migrate": m{"contract_addr": c, "new_code_id": code, "msg": []byte(set("migrated", "yes").String())}})
			return err
		}
		if err := migrate(w.bob, w.code); codeOf(err) != actor.CodeUnauthorized {
			t.Errorf("not the admin: %v", err)
		}
		if err := migrate(w.alice, 7777); codeOf(err) != actor.CodeInvalidMessage {
			t.Errorf("unknown code: %v", err)
		}
		w.has(c, "migrated", "")
		if err := migrate(w.alice, w.code); err != nil {
			t.Error(err)
		}
		w.has(c, "migrated", "yes")
	})
	t.Run("X19 sudo", func(t *testing.T) {
		c := w.contract("c", set("count", "0"))
		for _, count := range []string{"25", "49"} {
			w.sudo(c, set("count", count))
			w.has(c, "count", count)
		}
	})
	event := func(kind, key, value string) m {
		return m{"events": []m{{"type": kind, "attributes": []m{attribute(key, value)}}}}
	}
	for name, response := range map[string]m{
		"X20 an empty key of an attribute": {"attributes": []m{attribute("   ", "value")}},
		"X20 an empty key in an event":     event("event", "\t", "value"),
		"X20 a type of one byte":           event("e", "key", "value"),
		"X20 a type of two bytes":          event("ev", "key", "value"), // cw-multi-test takes it
	} {
		t.Run(name, func(t *testing.T) {
			if code, text := w.failure(w.contract("c", nil), program(nil).ok(response)); code != actor.CodeInvalidEvent {
				t.Errorf("%s: %s", code, text)
			}
		})
	}
	t.Run("X20 an empty value", func(t *testing.T) {
		w.run(w.contract("c", nil), program(nil).ok(m{"attributes": []m{attribute("key", "   ")}}))
	})
	t.Run("X21 the text of a contract through two levels", func(t *testing.T) {
		c := w.contract("c", nil)
		deep := program(nil).fail("my words")
		for range 2 {
			code, text := w.failure(c, deep)
			if code != cosmwasm.CodeExecuteFailed || !strings.HasPrefix(text, "my words") {
				t.Errorf("%s: %s", code, text)
			}
			deep = program(nil).send(sub(1, "never", execute(c, deep)))
		}
	})
	t.Run("X22 what a level moves is seen within it, and elsewhere once it is committed", func(t *testing.T) {
		caller, callee, friend := w.contract("caller", nil), w.contract("callee", nil), w.chain.Account("friend22")
		w.mint(callee, coin("2", "eth"))
		look := func(key string) m { return sub(9, "never", execute(caller, do("query", bank(friend, "eth"), key))) }
		pay := sub(1, "never", bankSend(friend, coin("1", "eth")))
		fails := sub(2, "never", execute(callee, program(nil).fail("x")))
		// Each level lets the caller write down what it sees. What the first wrote is gone with it.
		w.run(caller, program(nil).send(
			sub(1, "always", execute(callee, program(nil).send(pay, look("within"), fails))), look("after"),
			sub(2, "never", execute(callee, program(nil).send(pay, look("second")))), look("last"),
		))
		for key, want := range map[string]string{"within": "", "after": has("0", "eth"), "second": has("1", "eth"), "last": has("1", "eth")} {
			w.has(caller, key, want)
		}
		if got := w.balance(friend); got != "1eth" {
			t.Errorf("the friend has %s", got)
		}
	})
	w.Verify()
}
