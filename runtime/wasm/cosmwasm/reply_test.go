package cosmwasm_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// born returns the address of the contract that a reply to instantiate tells of (R6): that of the event and the data.
func born(t *testing.T, reply string) actor.Address {
	t.Helper()
	var r wire.Reply
	if err := json.Unmarshal([]byte(reply), &r); err != nil || r.Result.Ok == nil || len(r.Result.Ok.Events) == 0 {
		t.Fatalf("reply %s: %v", reply, err)
	}
	for _, ev := range r.Result.Ok.Events {
		if ev.Type == "instantiate" {
			if ev.Attributes[0].Key != "_contract_address" {
				t.Errorf("event %v", ev)
			}
			return actor.Address(ev.Attributes[0].Value)
		}
	}
	t.Fatalf("reply %s", reply)
	return ""
}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// TestReply is S13, S14, S16, S17: replies to the byte.
func TestReply(t *testing.T) {
	w := newWorld(t)
	other := w.store("other")
	callee := w.contract("callee", nil)
	w.mint(w.alice, coin("100", "ucosm"))
	data := program(nil).ok(m{"data": "7gU="}) // ee05
	const executed = `{"ok":{"events":[{"type":"execute","attributes":[{"key":"_contract_address","value":"callee"}]}],`
	instantiate := func(kind string, salt any) m {
		msg := m{"code_id": w.code, "msg": []byte(data.String()), "label": "new", "funds": []m{}}
		if salt != nil {
			msg["salt"] = salt
		}
		return m{"wasm": m{kind: msg}}
	}
	// own is a contract that the caller is the admin of.
	tests := []struct {
		name    string
		msg     func(caller, own actor.Address) m
		payload any
		want    string // the reply behind id and gas; new stands for the address of a new contract
	}{
		{"S13 S14 execute", func(_, _ actor.Address) m { return execute(callee, data) }, nil,
			executed + `"data":"CgLuBQ==","msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgExecuteContractResponse","value":"CgLuBQ=="}]}}}`},
		{"S13 execute without data", func(_, _ actor.Address) m { return execute(callee, nil) }, nil,
			executed + `"msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgExecuteContractResponse","value":""}]}}}`},
		{"S16 R18 D19 a payload", func(_, _ actor.Address) m { return execute(callee, nil) }, "cGF5bG9hZERhdGE=",
			executed + `"msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgExecuteContractResponse","value":""}]}},"payload":"cGF5bG9hZERhdGE="}`},
		{"S16 an empty payload", func(_, _ actor.Address) m { return execute(callee, nil) }, "",
			executed + `"msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgExecuteContractResponse","value":""}]}}}`},
		{"S13 instantiate R6", func(_, _ actor.Address) m { return instantiate("instantiate", nil) }, nil,
			`{"ok":{"events":[{"type":"instantiate","attributes":[{"key":"_contract_address","value":"new"},{"key":"code_id","value":"1"}]}],` +
				`"data":"NEW","msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgInstantiateContractResponse","value":"NEW"}]}}}`},
		{"S13 instantiate2", func(_, _ actor.Address) m { return instantiate("instantiate2", "c2FsdA==") }, nil,
			`{"ok":{"events":[{"type":"instantiate","attributes":[{"key":"_contract_address","value":"new"},{"key":"code_id","value":"1"}]}],` +
				`"data":"NEW","msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgInstantiateContract2Response","value":"NEW"}]}}}`},
		{"S13 migrate", func(_, own actor.Address) m {
			return m{"wasm": m{"migrate": m{"contract_addr": own, "new_code_id": other, "msg": []byte(data.String())}}}
		}, nil, `{"ok":{"events":[{"type":"migrate","attributes":[{"key":"_contract_address","value":"own"},{"key":"code_id","value":"2"}]}],` +
			`"data":"CgLuBQ==","msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgMigrateContractResponse","value":"CgLuBQ=="}]}}}`},
		{"S14 update_admin", func(_, own actor.Address) m {
			return m{"wasm": m{"update_admin": m{"contract_addr": own, "admin": w.bob}}}
		}, nil, `{"ok":{"events":[{"type":"update_contract_admin","attributes":[{"key":"_contract_address","value":"own"},{"key":"new_admin_address","value":"bob"}]}],` +
			`"msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgUpdateAdminResponse","value":""}]}}}`},
		{"S14 clear_admin", func(_, own actor.Address) m { return m{"wasm": m{"clear_admin": m{"contract_addr": own}}} }, nil,
			`{"ok":{"events":[{"type":"update_contract_admin","attributes":[{"key":"_contract_address","value":"own"},{"key":"new_admin_address","value":""}]}],` +
				`"msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgClearAdminResponse","value":""}]}}}`},
		{"S17 R1 the bank", func(_, _ actor.Address) m { return bankSend(w.bob, coin("1", "ucosm")) }, nil,
			`{"ok":{"events":[],"msg_responses":[{"type_url":"/cosmos.bank.v1beta1.MsgSendResponse","value":""}]}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			caller := w.contract("caller", nil, coin("1", "ucosm"))
			own := w.contract("own", nil)
			if _, err := w.keep(w.alice, m{"update_admin": m{"contract_addr": own, "admin": caller}}); err != nil {
				t.Fatal(err)
			}
			s := sub(77, "always", test.msg(caller, own))
			if test.payload != nil {
				s = with(s, "payload", test.payload)
			}
			w.run(caller, program(nil).send(s))
			got := w.reply(caller)
			if strings.Contains(test.want, "new\"") {
				addr := string(born(t, got))
				answer := b64("\x0a" + string(rune(len(addr))) + addr + "\x12\x02\xee\x05")
				got = strings.NewReplacer(addr, "new", answer, "NEW").Replace(got)
			}
			got = strings.NewReplacer(string(callee), "callee", string(own), "own", string(w.bob), "bob").Replace(got)
			if want := `{"gas_used":0,"id":77,"result":` + test.want; got != want {
				t.Errorf("reply %s\n want %s", got, want)
			}
		})
	}
}

// TestReplyErrors is S19 and S20: what a caller is told of failures, with the code of each.
func TestReplyErrors(t *testing.T) {
	w := newWorld(t)
	c := w.contract("callee", nil)
	nobody := w.chain.Account("nobody")
	query := func(p program) m { // asks itself, and fails with the answer
		return execute(c, do("query", encode(m{"wasm": m{"smart": m{"contract_addr": c, "msg": []byte(p.String())}}}), "answer"))
	}
	instantiate := func(code uint64, p program) m {
		return m{"wasm": m{"instantiate": m{"code_id": code, "msg": []byte(p.String()), "label": "x", "funds": []m{}}}}
	}
	change := func(msg, field string, value any) m {
		fields := m{"contract_addr": c, "new_code_id": w.code, "msg": "W10=", "admin": nobody, "code_id": w.code, "label": "x", "funds": []m{}}
		if msg == "instantiate2" {
			fields["salt"] = "c2FsdA=="
		}
		delete(fields, map[bool]string{true: "admin", false: ""}[strings.HasPrefix(msg, "instantiate")])
		fields[field] = value
		return m{"wasm": m{msg: fields}}
	}
	fail := program(nil).fail("my words")
	reply := func(p program) program { // a call whose reply runs p
		return onReply(p).send(sub(1, "always", execute(nobody, nil)))
	}
	const (
		owned   = "my words: execute wasm contract failed"
		born    = "my words: instantiate wasm contract failed"
		undef   = "codespace: undefined, code: 1"
		invalid = "codespace: wasm, code: 14"
	)
	tests := []struct {
		name string
		msg  m
		want string
	}{
		{"S19 R12 a contract's own error", execute(c, fail), owned},
		{"S19 of instantiate", instantiate(w.code, fail), born},
		{"S20 X21 through one execute", execute(c, program(nil).send(sub(1, "never", execute(c, fail)))), owned},
		{"S20 X21 through two", execute(c, program(nil).send(sub(1, "success", execute(c, program(nil).send(sub(1, "never", execute(c, fail))))))), owned},
		{"S20 through instantiate", instantiate(w.code, program(nil).send(sub(1, "never", execute(c, fail)))), "codespace: wasm, code: 5"},
		{"S20 of an instantiate through execute", execute(c, program(nil).send(sub(1, "never", instantiate(w.code, fail)))), born},
		{"S20 S6 through a reply", execute(c, reply(fail)), "codespace: wasm, code: 5"},
		{"S20 through what a reply sends", execute(c, reply(program(nil).send(sub(1, "never", execute(c, fail))))), "codespace: wasm, code: 5"},
		{"wasm 3 is no code here: an address is taken", instantiate(w.code, nil), ""},
		{"wasm 12 no label", change("instantiate", "label", ""), "codespace: wasm, code: 12"},
		{"wasm 12 no salt", change("instantiate2", "salt", ""), "codespace: wasm, code: 12"},
		{"wasm 13 a long label", change("instantiate", "label", strings.Repeat("a", 129)), "codespace: wasm, code: 13"},
		{"wasm 13 a long salt", change("instantiate2", "salt", make([]byte, 65)), "codespace: wasm, code: 13"},
		{"wasm 14 a label with blanks", change("instantiate", "label", " x"), invalid},
		{"wasm 14 a label that cannot be printed", change("instantiate", "label", "x\ny"), invalid},
		{"S43 wasm 14 no JSON for execute", m{"wasm": m{"execute": m{"contract_addr": c, "msg": "AQ==", "funds": []m{}}}}, invalid},
		{"S43 wasm 14 no JSON for instantiate", change("instantiate", "msg", "AQ=="), invalid},
		{"S43 wasm 14 no JSON for migrate", change("migrate", "msg", "AQ=="), invalid},
		{"wasm 14 reply_on", execute(c, program(nil).send(m{"id": 1, "msg": bankSend(nobody)})), invalid},
		{"wasm 14 the admin himself", m{"wasm": m{"update_admin": m{"contract_addr": c, "admin": "CALLER"}}}, invalid},
		{"wasm 15 D the same salt twice", execute(c, program(nil).send(sub(1, "never", change("instantiate2", "label", "a")), sub(2, "never", change("instantiate2", "label", "b")))),
			"codespace: wasm, code: 15"},
		{"wasm 20 nobody takes it", m{"custom": m{"x": 1}}, "codespace: wasm, code: 20"},
		{"wasm 20 staking", m{"staking": m{"delegate": m{"validator": "v", "amount": coin("1", "ucosm")}}}, "codespace: wasm, code: 20"},
		{"wasm 20 distribution", m{"distribution": m{"set_withdraw_address": m{"address": "a"}}}, "codespace: wasm, code: 20"},
		{"wasm 20 ibc", m{"ibc": m{"close_channel": m{"channel_id": "a"}}}, "codespace: wasm, code: 20"},
		{"wasm 20 no variant", m{"wasm": m{}}, "codespace: wasm, code: 20"},
		{"wasm 20 no message", m{}, "codespace: wasm, code: 20"},
		{"wasm 21 an event", execute(c, program(nil).ok(m{"events": []m{{"type": "x", "attributes": []m{}}}})), "codespace: wasm, code: 21"},
		{"wasm 22 no such contract H17", execute(nobody, nil), "codespace: wasm, code: 22"},
		{"wasm 28 no such code H16", instantiate(9999, nil), "codespace: wasm, code: 28"},
		{"wasm 29 H8 abort", execute(c, do("abort", "This page intentionally faulted")), "codespace: wasm, code: 29"},
		{"wasm 29 a trap", execute(c, do("trap")), "codespace: wasm, code: 29"},
		{"wasm 29 an answer that is no JSON", execute(c, do("return", "{")), "codespace: wasm, code: 29"},
		{"S57 wasm 29 an empty key", execute(c, set("", "x")), "codespace: wasm, code: 29"},
		{"sdk 4 not the admin", change("migrate", "msg", "W10="), "codespace: sdk, code: 4"},
		{"sdk 4 not the admin either", change("clear_admin", "x", 1), "codespace: sdk, code: 4"},
		{"sdk 5 R2 insufficient funds", bankSend(nobody, coin("1", "ucosm")), "codespace: sdk, code: 5"},
		{"sdk 5 insufficient funds of a call", execute(c, nil, coin("1", "ucosm")), "codespace: sdk, code: 5"},
		{"sdk 18 M9 unknown contract", change("migrate", "contract_addr", nobody), "codespace: sdk, code: 18"},
		{"sdk 18 unknown contract", change("update_admin", "contract_addr", nobody), "codespace: sdk, code: 18"},
		{"sdk 18 code 0", change("instantiate", "code_id", 0), "codespace: sdk, code: 18"},
		{"sdk 18 code 0 for migrate", change("migrate", "new_code_id", 0), "codespace: sdk, code: 18"},
		{"undefined 1 an address of another chain", m{"wasm": m{"execute": m{"contract_addr": "osmo1qqqsyqcyq5rqwzqf953cc", "msg": "W10=", "funds": []m{}}}}, undef},
		{"undefined 1 no address", m{"wasm": m{"execute": m{"contract_addr": "bank", "msg": "e30=", "funds": []m{}}}}, undef},
		{"undefined 1 no address to migrate", change("migrate", "contract_addr", "wasm"), undef},
		{"undefined 1 no admin", change("update_admin", "admin", "x"), undef},
		{"undefined 1 no admin of a new contract", change("instantiate", "admin", "x"), undef},
		{"a query's error goes to who asks", query(fail), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			caller := w.contract("caller", nil)
			p := strings.ReplaceAll(program(nil).send(sub(1, "always", test.msg)).String(), "CALLER", string(caller))
			if _, err := w.Send(w.alice, caller, p); err != nil {
				t.Fatal(err)
			}
			got, want := w.reply(caller), `{"gas_used":0,"id":1,"result":{"error":"`+test.want+`"}}`
			if test.want == "" {
				if !strings.Contains(got, `"ok"`) {
					t.Errorf("reply %s", got)
				}
			} else if got != want {
				t.Errorf("reply %s, want %s", got, want)
			}
		})
	}
	t.Run("sdk 11 S22 R4", func(t *testing.T) {
		caller := w.contract("caller", nil)
		r := w.run(caller, program(nil).send(with(sub(1, "always", execute(c, do("spin"))), "gas_limit", 300_000)))
		if got := w.reply(caller); got != `{"gas_used":0,"id":1,"result":{"error":"codespace: sdk, code: 11"}}` {
			t.Errorf("reply %s", got)
		}
		if r.GasUsed < 300_000 || r.GasUsed > 600_000 {
			t.Errorf("%d gas: the limit is 300,000", r.GasUsed)
		}
	})
	t.Run("S23 R3 without a limit nobody catches it", func(t *testing.T) {
		w := worldOf(t, &cosmwasm.Chain{}, 1_000_000)
		c, caller := w.contract("callee", nil), w.contract("caller", nil)
		if code, text := w.failure(caller, program(nil).send(sub(1, "always", execute(c, do("spin"))))); code != actor.CodeOutOfGas {
			t.Errorf("%s: %s", code, text)
		}
		if code, _ := w.failure(caller, program(nil).send(with(sub(1, "always", execute(c, do("spin"))), "gas_limit", 1_000_000_000))); code != actor.CodeOutOfGas {
			t.Errorf("S21 a limit that is more than what is left: %s", code)
		}
	})
	t.Run("S25 wasm 30", func(t *testing.T) {
		caller := w.contract("caller", nil)
		deep := w.contract("deep", onReply(set("x", "y").send(sub(1, "always", execute(nobody, nil)))))
		// Each reply sends what fails, whose reply does the same: frames of replies nest, too.
		w.run(caller, program(nil).send(sub(1, "always", execute(deep, program(nil).send(sub(1, "always", execute(nobody, nil)))))))
		if got := w.reply(caller); got != `{"gas_used":0,"id":1,"result":{"error":"codespace: wasm, code: 30"}}` {
			t.Errorf("reply %s", got)
		}
		w.has(deep, "x", "")
	})
}

// TestOperatorSeesAll: what contracts are not told, the receipt and the trace say.
func TestOperatorSeesAll(t *testing.T) {
	w := newWorld(t)
	c := w.contract("c", nil)
	code, text := w.failure(c, do("abort", "This page intentionally faulted"))
	if code != cosmwasm.CodeVM || !strings.Contains(text, "Aborted: This page intentionally faulted") {
		t.Errorf("H8: %s: %s", code, text)
	}
}
