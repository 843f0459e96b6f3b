package cosmwasm_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestCoins is table N: coins in the messages of contracts, with bank sends and as funds of calls.
func TestCoins(t *testing.T) {
	const huge = "115792089237316195423570985008687907853269984665640564039457584007913129639936" // 2^256
	tests := []struct {
		name  string
		coins []m
		want  string // what the receiver gets; with "codespace", what the caller is told
	}{
		{"N1 a coin", []m{coin("1", "foo")}, "1foo"},
		{"N2 less than nothing", []m{coin("-1", "foo")}, "codespace: undefined, code: 1"},
		{"N3 a short denom", []m{coin("1", "f")}, "codespace: undefined, code: 1"},
		{"N4 a bad denom", []m{coin("1", "&fff")}, "codespace: undefined, code: 1"},
		{"N5 no number", []m{coin("bar", "foo")}, "codespace: sdk, code: 10"},
		{"N6 nothing", nil, ""},
		{"N7 sorted", []m{coin("2", "foo"), coin("1", "bar")}, "1bar,2foo"},
		{"N8 a zero among others", []m{coin("1", "foo"), coin("0", "bar")}, "1foo"},
		{"N9 twice", []m{coin("1", "foo"), coin("1", "foo")}, "2foo"},
		{"N10 zero and one", []m{coin("0", "foo"), coin("1", "foo")}, "1foo"},
		{"N11 no denom", []m{coin("1", "")}, "codespace: undefined, code: 1"},
		{"N12 a bad denom", []m{coin("1", "!%&")}, "codespace: undefined, code: 1"},
		{"N13 no integer", []m{coin("123.456", "foo")}, "codespace: sdk, code: 10"},
		{"a number of 257 bits", []m{coin(huge, "foo")}, "codespace: sdk, code: 10"},
		{"more than there is", []m{coin("11", "foo")}, "codespace: sdk, code: 5"},
	}
	w := newWorld(t)
	for _, test := range tests {
		for _, way := range []string{"send", "funds", "instantiate"} {
			t.Run(test.name+" "+way, func(t *testing.T) {
				callee := w.contract("callee", nil)
				caller := w.contract("caller", nil)
				w.mint(caller, coin("10", "foo"), coin("10", "bar"))
				msg, to := execute(callee, do("args", "it"), test.coins...), callee
				switch way {
				case "send":
					msg = bankSend(callee, test.coins...)
				case "instantiate":
					msg = m{"wasm": m{"instantiate": m{"code_id": w.code, "msg": []byte(do("args", "it").String()), "label": "new", "funds": append([]m{}, test.coins...)}}}
				}
				w.run(caller, program(nil).send(sub(1, "always", msg)))
				reply := w.reply(caller)
				if strings.HasPrefix(test.want, "codespace") {
					if want := `"result":{"error":"` + test.want + `"}`; !strings.Contains(reply, want) {
						t.Fatalf("reply %s, want %s", reply, want)
					}
					return
				}
				if !strings.Contains(reply, `"ok"`) {
					t.Fatalf("reply %s", reply)
				}
				if way == "instantiate" {
					to = born(t, reply)
				}
				if got := w.balance(to); got != test.want {
					t.Errorf("the callee has %q, want %q", got, test.want)
				}
				if way != "send" {
					w.has(to, "it.1", fmt.Sprintf(`{"sender":"%s","funds":[%s]}`, caller, funds(test.want)))
				}
			})
		}
	}
}

// funds returns coins written like 1bar,2foo as they stand in the info of a contract (S56).
func funds(coins string) string {
	var list []string
	for c := range strings.SplitSeq(coins, ",") {
		if c != "" {
			list = append(list, fmt.Sprintf(`{"denom":"%s","amount":"%s"}`, c[1:], c[:1]))
		}
	}
	return strings.Join(list, ",")
}

// TestCoinsOfNothing has the rows of table N where there is nothing to move, or no way to.
func TestCoinsOfNothing(t *testing.T) {
	const none = `{"ok":{"events":[],"msg_responses":[]}}`
	w := newWorld(t)
	burn := func(coins ...m) m { return m{"bank": m{"burn": m{"amount": append([]m{}, coins...)}}} }
	tests := []struct {
		name string
		msg  m
		want string // result in the reply
		left string
	}{
		{"N8 S56 funds of zero are none", execute(w.contract("callee", nil), nil, coin("0", "foo")),
			`"msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgExecuteContractResponse","value":""}]}}`, "10foo"},
		{"N8 a send of zero", bankSend(w.bob, coin("0", "foo")), `{"error":"codespace: sdk, code: 10"}`, "10foo"},
		{"N14 to an invalid address", bankSend("nobody", coin("1", "foo")), `{"error":"codespace: sdk, code: 7"}`, "10foo"},
		{"N15 S38 R11 an empty send", bankSend(w.bob), none, "10foo"},
		{"N15 an empty send to nobody", bankSend("nobody"), none, "10foo"},
		{"N16 burn", burn(coin("4", "foo")), none, "6foo"},
		{"N16 burn all", burn(coin("10", "foo")), none, ""},
		{"N16 not enough to burn", burn(coin("11", "foo")), `{"error":"codespace: sdk, code: 5"}`, "10foo"},
		{"N16 burn zero", burn(coin("0", "foo")), `{"error":"codespace: wasm, code: 12"}`, "10foo"},
		{"N16 burn an unknown denom", burn(coin("1", "bar")), `{"error":"codespace: sdk, code: 5"}`, "10foo"},
		{"S39 no variant of the bank", m{"bank": m{}}, `{"error":"codespace: wasm, code: 20"}`, "10foo"},
		{"N17 stargate", m{"stargate": m{"type_url": "/a.B", "value": ""}}, `{"error":"codespace: wasm, code: 20"}`, "10foo"},
		{"N17 any", m{"any": m{"type_url": "/a.B", "value": ""}}, `{"error":"codespace: wasm, code: 20"}`, "10foo"},
		{"N18 any of more than 512 KiB", m{"any": m{"type_url": "/a.B", "value": make([]byte, 512<<10+1)}}, `{"error":"codespace: wasm, code: 20"}`, "10foo"},
		{"N19 gov", m{"gov": m{"vote_weighted": m{"proposal_id": 1, "options": []m{{"option": "yes", "weight": "0.5"}}}}}, `{"error":"codespace: wasm, code: 20"}`, "10foo"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			caller := w.contract("caller", nil)
			w.mint(caller, coin("10", "foo"))
			w.run(caller, program(nil).send(sub(1, "always", test.msg)))
			if got := w.reply(caller); !strings.HasSuffix(got, test.want+"}") {
				t.Errorf("reply %s, want %s", got, test.want)
			}
			if got := w.balance(caller); got != test.left {
				t.Errorf("%q is left, want %q", got, test.left)
			}
		})
	}
	t.Run("N16 the events of a burn", func(t *testing.T) {
		caller := w.contract("caller", nil)
		w.mint(caller, coin("10", "foo"))
		w.run(caller, program(nil).send(sub(1, "never", burn(coin("4", "foo")))))
		got := strings.NewReplacer(string(caller), "caller", string(w.chain.Account("wasm")), "wasm").Replace(w.emitted(nil))
		if want := "execute _contract_address=caller\n" +
			"coin_spent spender=caller amount=4foo\ncoin_received receiver=wasm amount=4foo\ntransfer recipient=wasm sender=caller amount=4foo\n" +
			"coin_spent spender=wasm amount=4foo\nburn burner=wasm amount=4foo\n"; got != want {
			t.Errorf("emitted\n%s", got)
		}
	})
}
