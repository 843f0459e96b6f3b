package tables_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// TestMigrate is table M.
func TestMigrate(t *testing.T) {
	w := newWorld(t, &cosmwasm.Chain{}, 0)
	w.mint(w.alice, coin("100000000", "denom"))
	plain, other := w.store("hackatom-1.5"), w.store("hackatom")
	v42, v420, burner := w.store("hackatom-42"), w.store("hackatom-420"), w.store("burner")
	ibc := w.store("ibc_reflect-2.0")
	if _, err := w.Sudo(cosmwasm.KeeperAddress, encode(m{"store_code": m{"module": "hackatom-1.5", "checksum": strings.Repeat("00", 32), "only": []string{}}})); err != nil {
		t.Fatal(err)
	}
	restricted := ibc + 1
	newVerifier := w.chain.Account("new")
	msg := encode(m{"verifier": newVerifier})
	for _, test := range []struct {
		name     string
		from, to uint64
		caller   actor.Address
		msg      any
		code     string
		kept     bool // the verifier is who he was
	}{
		{"M1 H15 the same code", plain, plain, w.alice, msg, "", false},
		{"M2 another code", plain, other, w.alice, msg, "", false},
		{"M4 M12 a code with IBC, and back", plain, ibc, w.alice, `{}`, "", true},
		{"M6 not the admin", plain, other, w.fred, msg, actor.CodeUnauthorized, true},
		{"M7 a restricted code", plain, restricted, w.alice, msg, actor.CodeUnauthorized, true},
		{"M8 an unknown code", plain, 99999, w.alice, msg, actor.CodeInvalidMessage, true},
		{"M10 garbage", plain, other, w.alice, strings.Repeat("\x01", 7), cosmwasm.CodeMigrateFailed, true},
		{"M11 nothing", plain, other, w.alice, nil, cosmwasm.CodeVM, true},
		{"M11 nothing in it", plain, other, w.alice, "", cosmwasm.CodeMigrateFailed, true},
		{"M13 42 to 420", v42, v420, w.alice, msg, "", false},
		{"M14 none to 42", plain, v42, w.alice, msg, "", false},
		{"M15 42 to 42", v42, v42, w.alice, msg, "", true},
		{"M16 42 to none", v42, plain, w.alice, msg, "", false},
		{"M17 420 to 42", v420, v42, w.alice, msg, cosmwasm.CodeMigrateFailed, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := escrow(w, test.from)
			body := test.msg
			if text, ok := body.(string); ok {
				body = []byte(text)
			}
			_, err := w.keep(test.caller, m{"migrate": m{"contract_addr": c, "new_code_id": test.to, "msg": body}})
			if codeOf(err) != test.code {
				t.Fatalf("%v, want %q", err, test.code)
			}
			config := string(w.Get(c, "config"))
			if kept := !strings.Contains(config, string(newVerifier)) && strings.Contains(config, string(w.fred)); kept != test.kept {
				t.Errorf("config %s", config)
			}
			answer, err := w.Query(cosmwasm.KeeperAddress, encode(m{"contract": m{"address": c}}))
			if n := strings.Count(string(answer), `"operation"`); err != nil || n != map[bool]int{true: 2, false: 1}[test.code == ""] {
				t.Errorf("history %s, %v", answer, err)
			}
			if test.to == ibc {
				_, err := w.keep(w.alice, m{"migrate": m{"contract_addr": c, "new_code_id": plain, "msg": []byte(msg)}})
				if codeOf(err) != cosmwasm.CodeMigrateFailed || textOf(err) != "requires ibc callbacks: migrate wasm contract failed" {
					t.Errorf("M12: %v", err)
				}
			}
		})
	}
	t.Run("M9 an unknown contract", func(t *testing.T) {
		_, err := w.keep(w.alice, m{"migrate": m{"contract_addr": w.chain.Account("nobody"), "new_code_id": plain, "msg": []byte(msg)}})
		if codeOf(err) != actor.CodeInvalidMessage {
			t.Error(err)
		}
	})
	t.Run("M18 the burner", func(t *testing.T) {
		c, payout := escrow(w, plain), w.chain.Account("payout")
		if _, err := w.keep(w.alice, m{"migrate": m{"contract_addr": c, "new_code_id": burner, "msg": []byte(encode(m{"payout": payout, "delete": 100}))}}); err != nil {
			t.Fatal(err)
		}
		if got := w.emitted(map[actor.Address]string{c: "c", payout: "payout"}); !slices.Equal(got, []string{
			"migrate code_id=5 _contract_address=c", "wasm _contract_address=c action=migrate payout=payout deleted_entries=1",
			"coin_spent spender=c amount=100000denom", "coin_received receiver=payout amount=100000denom", "transfer recipient=payout sender=c amount=100000denom"}) {
			t.Errorf("events %q", got)
		}
		if all, err := w.World().State(c); err != nil || len(all) > 0 || w.balance(payout) != "100000denom" {
			t.Errorf("%v is left, %v, %s is paid", all, err, w.balance(payout))
		}
	})
	t.Run("M19 the burner cannot be instantiated", func(t *testing.T) {
		if _, err := w.create(w.alice, burner, `{}`); !strings.HasPrefix(textOf(err), "Generic error: You can only use this contract for migrations") {
			t.Error(err)
		}
	})
	t.Run("M20 cleaning up", func(t *testing.T) {
		// A queue has one row for each item: three of them.
		c := w.mustCreate(w.alice, w.store("queue-1.5"), `{}`)
		for range 3 {
			if _, err := w.Send(w.alice, c, `{"enqueue":{"value":1}}`); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.keep(w.alice, m{"migrate": m{"contract_addr": c, "new_code_id": burner, "msg": []byte(encode(m{"payout": w.bob, "delete": 0}))}}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"2", "1"} {
			if _, err := w.Send(w.alice, c, `{"cleanup":{"limit":2}}`); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(w.emitted(nil), "\n"); !strings.Contains(got, "deleted_entries="+want) {
				t.Errorf("events %s", got)
			}
		}
	})
	w.Verify()
}
