package cosmwasm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/address"
)

// classic is S40.
func classic(t *testing.T, code, instance uint64) actor.Address {
	t.Helper()
	sum := address.Classic(code, instance)
	text, err := address.Prefix("cosmos").Human(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return actor.Address(text)
}

// codeOf returns the code of an error, "" of none.
func codeOf(err error) string {
	if e := actor.AsError(err); e != nil {
		return e.Code
	}
	return ""
}

// TestKeeperBelongsToNobody: the first message to it may come from anybody.
func TestKeeperBelongsToNobody(t *testing.T) {
	w := newWorld(t)
	for _, at := range []actor.Address{"wasm", "wasm/2"} {
		for name, msg := range map[string]actor.Message{
			"an admin": {Kind: actor.KindInstantiate, To: at, Module: "wasm", Admin: w.bob},
			"a body":   {Kind: actor.KindInstantiate, To: at, Module: "wasm", Body: []byte(`{}`)},
		} {
			if _, err := w.Do(dispatch.Request{Sender: w.bob, Message: msg}); err == nil {
				t.Errorf("%s: bob made the keeper %s", name, at)
			}
		}
	}
	// Codes are what the operator says they are.
	order := `{"store_code":{"module":"mime","checksum":"00","creator":"x"}}`
	if _, err := w.Send(w.bob, cosmwasm.KeeperAddress, order); codeOf(err) != actor.CodeUnknownMessage {
		t.Errorf("bob stored a code: %v", err)
	}
	for _, body := range []string{`{}`, `[`, `{"store_code":{}}`, `{"instantiate":{}}`} {
		if _, err := w.Sudo(cosmwasm.KeeperAddress, body); err == nil {
			t.Errorf("the order %s was obeyed", body)
		}
	}
}

// TestAddresses is S40, S41 and A through the keeper: by id and sequence, or by checksum, creator and salt.
func TestAddresses(t *testing.T) {
	w := newWorld(t)
	if got := w.contract("first", nil); got != "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr" {
		t.Errorf("S40: code 1, instance 1: %s", got)
	}
	if got := w.contract("second", nil); got != classic(t, 1, 2) {
		t.Errorf("A: code 1, instance 2: %s", got)
	}
	// What failed has taken no number.
	if _, err := w.keep(w.alice, m{"instantiate": m{"code_id": 1, "msg": []byte(do("trap").String()), "label": "x"}}); codeOf(err) != cosmwasm.CodeVM {
		t.Error(err)
	}
	w.code = w.store("other")
	if got := w.contract("third", nil); got != classic(t, 2, 3) {
		t.Errorf("S40: the sequence rolls back: %s", got)
	}
}

// TestInstantiate2 is I6 to I10, with an empty message in the address as for contracts (S41).
func TestInstantiate2(t *testing.T) {
	w := newWorld(t)
	same, another := w.store("same"), w.install("another") // the former has the same checksum
	make2 := func(from actor.Address, changed m) (actor.Address, error) {
		fields := m{"code_id": 1, "msg": []byte("[]"), "label": "x", "funds": []m{}, "salt": []byte("salt")}
		for k, v := range changed {
			fields[k] = v
		}
		kept, err := w.keep(from, m{"instantiate2": fields})
		return kept.Address, err
	}
	first, err := make2(w.alice, nil)
	if err != nil {
		t.Fatal(err)
	}
	var record struct{ Checksum string }
	answer, err := w.Query(cosmwasm.KeeperAddress, `{"code":{"id":1}}`)
	if err != nil || json.Unmarshal(answer, &record) != nil {
		t.Fatal(err)
	}
	seen := map[actor.Address]string{first: "the first"}
	for _, test := range []struct {
		name    string
		from    actor.Address
		changed m
		code    string
	}{
		{"I6 another sender", w.bob, nil, ""},
		{"I7 another code", w.alice, m{"code_id": another}, ""},
		{"I8 another salt", w.alice, m{"salt": []byte("pepper")}, ""},
		{"S41 a salt of one byte", w.alice, m{"salt": []byte("s")}, ""},
		{"S41 a salt of 64 bytes", w.alice, m{"salt": make([]byte, 64)}, ""},
		{"I10 a long message", w.alice, m{"salt": []byte("long"), "msg": []byte(set("k", strings.Repeat("x", 100_000)).String())}, ""},
		{"I9 another message", w.alice, m{"msg": []byte(set("k", "v").String())}, actor.CodeAlreadyExists},
		{"I9 another label", w.alice, m{"label": "y"}, actor.CodeAlreadyExists},
		{"I9 S41 the same code under another id", w.alice, m{"code_id": same}, actor.CodeAlreadyExists},
		{"S41 no salt", w.alice, m{"salt": []byte{}}, cosmwasm.CodeEmpty},
		{"S41 a salt of 65 bytes", w.alice, m{"salt": make([]byte, 65)}, cosmwasm.CodeLimit},
		{"no address makes none", "alice", nil, actor.CodeInvalidAddress},
	} {
		t.Run(test.name, func(t *testing.T) {
			addr, err := make2(test.from, test.changed)
			if codeOf(err) != test.code {
				t.Error(err)
			}
			if err == nil && seen[addr] != "" {
				t.Errorf("the address of %s", seen[addr])
			}
			seen[addr] = test.name
		})
	}
}

// TestAccountsAtAddresses is S42: coins that were sent to an address before there was a contract are the contract's, and an
// address where an actor lives is taken. What else a chain looks for, that somebody has signed for the address or that its
// coins are locked, there is not: nobody can have the key of an address of 32 bytes that is a hash, and no coins are locked.
func TestAccountsAtAddresses(t *testing.T) {
	w := newWorld(t)
	w.mint(w.alice, coin("100", "ucosm"))
	to := classic(t, w.code, 1)
	w.mint(to, coin("7", "ucosm"), coin("1", "other"))
	t.Run("S42 coins wait for the contract", func(t *testing.T) {
		if got := w.contract("c", do("query", encode(m{"bank": m{"all_balances": m{"address": to}}}), "seen"), coin("5", "ucosm")); got != to {
			t.Fatalf("the contract is %s", got)
		}
		if got := w.balance(to); got != "1other,12ucosm" {
			t.Errorf("it has %s", got)
		}
		w.has(to, "seen", answered(`{"amount":[{"denom":"other","amount":"1"},{"denom":"ucosm","amount":"12"}]}`))
	})
	t.Run("S42 nobody takes the address before", func(t *testing.T) {
		msg := actor.Message{Kind: actor.KindInstantiate, To: classic(t, w.code, 2), Module: "mime", Body: []byte("[]")}
		if _, err := w.Do(dispatch.Request{Sender: w.bob, Message: msg}); codeOf(err) != actor.CodeUnauthorized {
			t.Error(err)
		}
	})
}

// TestDataOfInstantiate is H26 and H27: the data of a new contract, which its children do not change, and which see it.
func TestDataOfInstantiate(t *testing.T) {
	w := newWorld(t)
	birth := func(p program) m {
		return m{"code_id": w.code, "msg": []byte(p.String()), "label": "x", "funds": []m{}}
	}
	t.Run("H27 data", func(t *testing.T) {
		kept, err := w.keep(w.alice, m{"instantiate": birth(program(nil).ok(m{"data": []byte("my-response-data")}))})
		if err != nil || string(kept.Data) != "my-response-data" || kept.Deed != cosmwasm.Instantiated {
			t.Errorf("%+v, %v", kept, err)
		}
	})
	t.Run("H26 S2 a child sees its parent", func(t *testing.T) {
		parent, child := classic(t, w.code, 2), classic(t, w.code, 3)
		inner := do("query", wasmQuery("contract_info", m{"contract_addr": parent}), "parent").ok(m{"data": []byte("child")})
		kept, err := w.keep(w.alice, m{"instantiate": birth(program(nil).ok(m{"data": []byte("parent"),
			"messages": []m{sub(1, "never", m{"wasm": m{"instantiate": birth(inner)}})}}))})
		if err != nil || string(kept.Data) != "parent" || kept.Address != parent {
			t.Fatalf("%+v, %v", kept, err)
		}
		w.has(child, "parent", answered(`{"code_id":1,"creator":"`+string(w.alice)+`","pinned":false,"ibc2_port":"wasm2`+strings.TrimPrefix(string(parent), "cosmos")+`"}`))
	})
}

// TestLabels is S43.
func TestLabels(t *testing.T) {
	w := newWorld(t)
	c := w.contract("c", nil)
	for label, want := range map[string]string{
		"a": "", strings.Repeat("a", 128): "", "mit Ümlaut 日本": "", "inner  blanks": "",
		"": cosmwasm.CodeEmpty, strings.Repeat("a", 129): cosmwasm.CodeLimit, " a": cosmwasm.CodeInvalid, "a\n": cosmwasm.CodeInvalid,
		"a\x00b": cosmwasm.CodeInvalid, "a\u200bb": cosmwasm.CodeInvalid,
	} {
		if _, err := w.keep(w.alice, m{"instantiate": m{"code_id": 1, "msg": []byte("[]"), "label": label}}); codeOf(err) != want {
			t.Errorf("instantiate with the label %q: %v", label, err)
		}
		if _, err := w.keep(w.alice, m{"update_label": m{"contract_addr": c, "label": label}}); codeOf(err) != want {
			t.Errorf("update_label to %q: %v", label, err)
		}
	}
	if _, err := w.keep(w.bob, m{"update_label": m{"contract_addr": c, "label": "bob's"}}); codeOf(err) != actor.CodeUnauthorized {
		t.Errorf("S35: %v", err)
	}
}

// TestAdmins is S35 and M21 to M24.
func TestAdmins(t *testing.T) {
	w := newWorld(t)
	c := w.contract("c", nil)
	carol := w.chain.Account("carol")
	migrate := m{"migrate": m{"contract_addr": c, "new_code_id": 1, "msg": []byte("[]")}}
	for _, step := range []struct {
		name string
		from actor.Address
		msg  m
		want string
	}{
		{"M6 migrate by another", w.bob, migrate, actor.CodeUnauthorized},
		{"M22 update by another", w.bob, m{"update_admin": m{"contract_addr": c, "admin": carol}}, actor.CodeUnauthorized},
		{"M22 clear by another", w.bob, m{"clear_admin": m{"contract_addr": c}}, actor.CodeUnauthorized},
		{"to oneself", w.alice, m{"update_admin": m{"contract_addr": c, "admin": w.alice}}, cosmwasm.CodeInvalid},
		{"to nobody", w.alice, m{"update_admin": m{"contract_addr": c, "admin": ""}}, cosmwasm.CodeNoAddress},
		{"M21 update by the admin", w.alice, m{"update_admin": m{"contract_addr": c, "admin": w.bob}}, ""},
		{"no more", w.alice, migrate, actor.CodeUnauthorized},
		{"M3 migrate by an admin who is not the creator", w.bob, migrate, ""},
		{"M24 clear", w.bob, m{"clear_admin": m{"contract_addr": c}}, ""},
		{"M5 immutable", w.bob, migrate, actor.CodeUnauthorized},
		{"M23 without an admin", w.bob, m{"update_admin": m{"contract_addr": c, "admin": carol}}, actor.CodeUnauthorized},
		{"an unknown contract", w.bob, m{"clear_admin": m{"contract_addr": carol}}, actor.CodeInvalidMessage},
	} {
		t.Run(step.name, func(t *testing.T) {
			if _, err := w.keep(step.from, step.msg); codeOf(err) != step.want {
				t.Errorf("%v, want %q", err, step.want)
			}
		})
	}
	t.Run("a contract is its own admin", func(t *testing.T) {
		own := w.contract("own", nil)
		if _, err := w.keep(w.alice, m{"update_admin": m{"contract_addr": own, "admin": own}}); err != nil {
			t.Fatal(err)
		}
		w.run(own, program(nil).send(sub(1, "never", m{"wasm": m{"migrate": m{"contract_addr": own, "new_code_id": 1, "msg": []byte(set("migrated", "yes").String())}}})))
		w.has(own, "migrated", "yes")
	})
	t.Run("nobody goes around the keeper", func(t *testing.T) {
		own := w.contract("own", nil)
		for _, msg := range []actor.Message{{Kind: actor.KindMigrate, To: own, Module: "mime", Body: []byte("[]")}, {Kind: actor.KindSetAdmin, To: own, Admin: w.bob}} {
			if _, err := w.Do(dispatch.Request{Sender: w.alice, Message: msg}); codeOf(err) != actor.CodeUnauthorized {
				t.Errorf("%s: %v", msg.Kind, err)
			}
		}
	})
}

// TestMigrate is S15, S32, S33 and M1, M7, M8, M13 to M15, M17, with the history of a contract.
func TestMigrate(t *testing.T) {
	w := newWorld(t)
	only := m{"module": "mime", "checksum": strings.Repeat("ab", 32), "creator": w.bob, "only": []actor.Address{w.bob}}
	w.sudo(cosmwasm.KeeperAddress, m{"store_code": only})
	for _, version := range []uint64{42, 42, 43} {
		w.sudo(cosmwasm.KeeperAddress, m{"store_code": m{"module": "mime", "checksum": strings.Repeat("ab", 32), "creator": w.bob, "migrate_version": version}})
	}
	c := w.contract("c", nil)
	migrate := func(code uint64, p program) error {
		_, err := w.keep(w.alice, m{"migrate": m{"contract_addr": c, "new_code_id": code, "msg": []byte(p.String())}})
		return err
	}
	for _, test := range []struct {
		name string
		code uint64
		want string
	}{
		{"M1 the same code", 1, ""}, {"M7 restricted", 2, actor.CodeUnauthorized}, {"M8 unknown code", 99999, actor.CodeInvalidMessage},
		{"code 0", 0, actor.CodeInvalidMessage}, {"M14 no version, a version", 3, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := migrate(test.code, do("args", "m")); codeOf(err) != test.want {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
	w.has(c, "m.2", `{"sender":"`+string(w.alice)+`","old_migrate_version":null}`)
	r, err := w.Send(w.alice, cosmwasm.KeeperAddress, encode(m{"migrate": m{"contract_addr": c, "new_code_id": 4, "msg": []byte(set("skipped", "no").String())}}))
	if err != nil || string(r.Data) != `{"deed":"migrated"}` {
		t.Errorf("M15 S15: %q, %v", r.Data, err)
	}
	w.has(c, "skipped", "")
	if err := migrate(5, do("args", "m")); err != nil {
		t.Errorf("M13: %v", err)
	}
	w.has(c, "m.2", `{"sender":"`+string(w.alice)+`","old_migrate_version":42}`)
	if err := migrate(1, program(nil).fail("no")); codeOf(err) != cosmwasm.CodeMigrateFailed || !strings.Contains(err.Error(), "no: migrate wasm contract failed") {
		t.Errorf("M17: %v", err)
	}
	if err := migrate(1, do("trap")); codeOf(err) != cosmwasm.CodeVM {
		t.Errorf("a trap: %v", err)
	}
	var record cosmwasm.ContractRecord
	answer, err := w.Query(cosmwasm.KeeperAddress, encode(m{"contract": m{"address": c}}))
	if err != nil || json.Unmarshal(answer, &record) != nil {
		t.Fatal(err)
	}
	var history []string
	for _, h := range record.History {
		history = append(history, h.Operation+" "+string(rune('0'+h.CodeID)))
	}
	if got := strings.Join(history, ", "); got != "init 1, migrate 1, migrate 3, migrate 4, migrate 5" || record.CodeID != 5 {
		t.Errorf("the history is %s, the code %d", got, record.CodeID)
	}
	if _, err := w.keep(w.alice, m{"instantiate": m{"code_id": 2, "msg": []byte("[]"), "label": "x"}}); codeOf(err) != actor.CodeUnauthorized {
		t.Errorf("S32: the code is bob's alone: %v", err)
	}
	if _, err := w.keep(w.bob, m{"instantiate": m{"code_id": 2, "msg": []byte("[]"), "label": "x"}}); err != nil {
		t.Errorf("S32: %v", err)
	}
}

// TestFunds is S30 to S34: when funds arrive, and when they come back.
func TestFunds(t *testing.T) {
	w := newWorld(t)
	w.mint(w.alice, coin("100", "ucosm"))
	c := w.contract("c", nil)
	pay := func(p program, denom string) error {
		_, err := w.Do(dispatch.Request{Sender: w.alice, Message: actor.Message{To: c, Body: []byte(p.String()), Funds: []actor.Coin{{Denom: denom, Amount: "5"}}}})
		return err
	}
	balance := encode(m{"bank": m{"balance": m{"address": c, "denom": "ucosm"}}})
	if err := pay(do("query", balance, "seen"), "ucosm"); err != nil {
		t.Fatal(err)
	}
	w.has(c, "seen", answered(`{"amount":{"denom":"ucosm","amount":"5"}}`))
	if err := pay(program(nil).fail("no"), "ucosm"); codeOf(err) != cosmwasm.CodeExecuteFailed || w.balance(w.alice) != "95ucosm" {
		t.Errorf("S31: %v, alice has %s", err, w.balance(w.alice))
	}
	if err := pay(set("ran", "yes"), "none"); codeOf(err) != "insufficient_funds" {
		t.Errorf("H19: %v", err)
	}
	w.has(c, "ran", "")
	w.sudo(cosmwasm.BankAddress, m{"set_send_enabled": m{"denom": "ucosm", "enabled": false}})
	if err := pay(set("ran", "yes"), "ucosm"); codeOf(err) != "send_disabled" {
		t.Errorf("H22: %v", err)
	}
	w.sudo(cosmwasm.BankAddress, m{"set_send_enabled": m{"denom": "ucosm", "enabled": true}})
	w.sudo(cosmwasm.BankAddress, m{"block_address": m{"address": w.alice, "blocked": true}})
	if err := pay(nil, "ucosm"); err != nil {
		t.Errorf("H20: %v", err)
	}
	w.sudo(cosmwasm.BankAddress, m{"block_address": m{"address": c, "blocked": true}})
	if err := pay(set("ran", "yes"), "ucosm"); codeOf(err) != actor.CodeUnauthorized {
		t.Errorf("H23: %v", err)
	}
	w.has(c, "ran", "")
	w.sudo(c, do("args", "s"))
	w.has(c, "s.1", `[["args","s"]]`) // S34: no info
	if got := w.balance(c); got != "10ucosm" {
		t.Errorf("the contract has %s", got)
	}
}
