package tables_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// reflection is a world with reflect contracts: what one is sent it sends on.
type reflection struct {
	*world
	code uint64
}

func newReflection(t *testing.T, gas uint64) *reflection {
	chain := &cosmwasm.Chain{
		CustomQuery: func(_ context.Context, _ actor.Services, request json.RawMessage) ([]byte, error) {
			var q struct{ Capitalized *struct{ Text string } }
			if err := json.Unmarshal(request, &q); err != nil || q.Capitalized == nil {
				return nil, errors.New("unknown")
			}
			return []byte(encode(m{"msg": strings.ToUpper(q.Capitalized.Text)})), nil
		},
		Custom: func(_ actor.Address, msg json.RawMessage) (actor.Message, error) {
			var c struct{ Debug *string }
			if err := json.Unmarshal(msg, &c); err != nil || c.Debug == nil {
				return actor.Message{}, actor.Errorf(cosmwasm.CodeUnknownMsg, "custom: no handler found")
			}
			return actor.Message{To: "notes", Body: []byte(*c.Debug)}, nil
		},
	}
	w := newWorld(t, chain, gas)
	w.Bind("notes", notes{})
	w.mint(w.alice, coin("100000000", "denom"))
	return &reflection{w, w.store("reflect-2.0")}
}

// notes is a native actor that keeps the last body.
type notes struct{}

func (notes) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	env.State.Set([]byte("note"), msg.Body)
	return actor.Response{Data: []byte("noted")}, nil
}

// do lets a contract send a sub-message with the id 7, and returns the reply that it has kept.
func (r *reflection) do(contract actor.Address, on string, msg m, changed m) (reply wire.Reply, kept bool, err error) {
	r.t.Helper()
	sub := m{"id": 7, "msg": msg, "gas_limit": nil, "reply_on": on}
	for k, v := range changed {
		sub[k] = v
	}
	if _, err := r.Send(r.alice, contract, encode(m{"reflect_sub_msg": m{"msgs": []m{sub}}})); err != nil {
		return reply, false, err
	}
	answer, err := r.Query(contract, `{"sub_msg_result":{"id":7}}`)
	if err != nil {
		return reply, false, nil
	}
	if err := json.Unmarshal(answer, &reply); err != nil {
		r.t.Fatalf("%s: %v", answer, err)
	}
	return reply, true, nil
}

func send(to actor.Address, amount string) m {
	return m{"bank": m{"send": m{"to_address": to, "amount": []wire.Coin{coin(amount, "denom")}}}}
}

func execute(to actor.Address, msg string, funds ...wire.Coin) m {
	return m{"wasm": m{"execute": m{"contract_addr": to, "msg": []byte(msg), "funds": append([]wire.Coin{}, funds...)}}}
}

// TestReflect is table R.
func TestReflect(t *testing.T) {
	r := newReflection(t, 3_000_000)
	hackatom := r.mustCreate(r.alice, r.store("hackatom-1.5"), encode(m{"verifier": r.fred, "beneficiary": r.bob}))
	fresh := func(t *testing.T) actor.Address {
		t.Helper()
		return r.mustCreate(r.alice, r.code, `{}`, coin("40000", "denom"))
	}
	refused := func(t *testing.T, reply wire.Reply, want string) {
		t.Helper()
		if reply.Result.Err != want || reply.Result.Ok != nil {
			t.Errorf("result %+v, want the error %s", reply.Result, want)
		}
	}
	t.Run("R1 send", func(t *testing.T) {
		c := fresh(t)
		reply, kept, err := r.do(c, "always", send(r.fred, "15000"), nil)
		if err != nil || !kept || reply.ID != 7 || reply.GasUsed != 0 {
			t.Fatalf("%+v, %v", reply, err)
		}
		if ok := reply.Result.Ok; ok == nil || len(ok.Data) > 0 || len(ok.Events) > 0 {
			t.Errorf("result %+v", reply.Result)
		}
		if r.balance(c) != "25000denom" || r.balance(r.fred) != "15000denom" {
			t.Errorf("balances %s and %s", r.balance(c), r.balance(r.fred))
		}
	})
	for name, changed := range map[string]m{"R2 not enough": nil, "R2 not enough, with a limit": {"gas_limit": 300_000}} {
		t.Run(name, func(t *testing.T) {
			reply, _, err := r.do(fresh(t), "always", send(r.fred, "80000"), changed)
			if err != nil {
				t.Fatal(err)
			}
			refused(t, reply, "codespace: sdk, code: 5")
		})
	}
	t.Run("R3 out of gas without a limit", func(t *testing.T) {
		if _, _, err := r.do(fresh(t), "always", execute(hackatom, `{"cpu_loop":{}}`), nil); codeOf(err) != actor.CodeOutOfGas {
			t.Error(err)
		}
	})
	t.Run("R4 out of gas with a limit", func(t *testing.T) {
		reply, _, err := r.do(fresh(t), "always", execute(hackatom, `{"cpu_loop":{}}`), m{"gas_limit": 300_000})
		if err != nil {
			t.Fatal(err)
		}
		refused(t, reply, "codespace: sdk, code: 11")
		// In wasmd it is 75,000 to 77,000 more than the limit, with what it reads for its own sake.
		if used := r.World().Last().Receipt.GasUsed; used < 300_000+62_000 || used > 300_000+77_000 {
			t.Errorf("%d gas", used)
		}
	})
	t.Run("R5 a limit changes no price", func(t *testing.T) {
		if _, _, err := r.do(fresh(t), "always", send(r.chain.Account("r5"), "1"), nil); err != nil {
			t.Fatal(err) // so that the receiver is one who has something
		}
		var used []uint64
		for _, changed := range []m{nil, {"gas_limit": 300_000}} {
			if _, _, err := r.do(fresh(t), "always", send(r.chain.Account("r5"), "1"), changed); err != nil {
				t.Fatal(err)
			}
			used = append(used, r.World().Last().Receipt.GasUsed)
		}
		// The limit stands in the message and in the answer of the contract.
		if d := int64(used[1]) - int64(used[0]); d < 0 || d > 100 {
			t.Errorf("gas %v", used)
		}
	})
	t.Run("R6 instantiate", func(t *testing.T) {
		reply, _, err := r.do(fresh(t), "always", m{"wasm": m{"instantiate": m{"code_id": r.code, "msg": []byte("{}"), "label": "new", "funds": []m{}}}}, nil)
		if err != nil || reply.Result.Ok == nil || len(reply.Result.Ok.Events) != 1 {
			t.Fatalf("%+v, %v", reply, err)
		}
		ev := reply.Result.Ok.Events[0]
		if ev.Type != "instantiate" || ev.Attributes[0].Key != "_contract_address" || !strings.HasSuffix(string(reply.Result.Ok.Data), ev.Attributes[0].Value) {
			t.Errorf("%+v, %q", ev, reply.Result.Ok.Data)
		}
	})
	for _, test := range []struct {
		name, on, amount string
		fails, kept      bool
	}{
		{"R7 good, success", "success", "1", false, true}, {"R8 good, error", "error", "1", false, false},
		{"R9 bad, success", "success", "80000", true, false}, {"R10 bad, error", "error", "80000", false, true},
		{"never, good", "never", "1", false, false}, {"never, bad", "never", "80000", true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, kept, err := r.do(fresh(t), test.on, send(r.fred, test.amount), nil); (err != nil) != test.fails || kept != test.kept {
				t.Errorf("kept %t, %v", kept, err)
			}
		})
	}
	t.Run("R11 no message", func(t *testing.T) {
		reply, kept, err := r.do(fresh(t), "always", m{"bank": m{"send": m{"to_address": r.fred, "amount": []m{}}}}, nil)
		if ok := reply.Result.Ok; err != nil || !kept || ok == nil || len(ok.Data) > 0 || len(ok.Events) > 0 || len(ok.MsgResponses) > 0 {
			t.Errorf("%+v, %v", reply, err)
		}
	})
	t.Run("R12 S19 a contract's own error", func(t *testing.T) {
		one, two := fresh(t), fresh(t)
		if _, err := r.Send(r.alice, two, encode(m{"change_owner": m{"owner": one}})); err != nil {
			t.Fatal(err)
		}
		reply, _, err := r.do(one, "error", execute(two, `{"reflect_msg":{"msgs":[]}}`), nil)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, reply, "Messages empty. Must reflect at least one message: execute wasm contract failed")
	})
	t.Run("S20 X21 through two contracts", func(t *testing.T) {
		one, two, three := fresh(t), fresh(t), fresh(t)
		for owner, owned := range map[actor.Address]actor.Address{one: two, two: three} {
			if _, err := r.Send(r.alice, owned, encode(m{"change_owner": m{"owner": owner}})); err != nil {
				t.Fatal(err)
			}
		}
		inner := encode(m{"reflect_msg": m{"msgs": []m{execute(three, `{"reflect_msg":{"msgs":[]}}`)}}})
		reply, _, err := r.do(one, "always", execute(two, inner), nil)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, reply, "Messages empty. Must reflect at least one message: execute wasm contract failed")
	})
	t.Run("S20 through instantiate", func(t *testing.T) {
		reply, _, err := r.do(fresh(t), "always", m{"wasm": m{"instantiate": m{"code_id": 2, "msg": []byte(`{"bad":1}`), "label": "x", "funds": []m{}}}}, nil)
		if err != nil || !strings.HasSuffix(reply.Result.Err, ": instantiate wasm contract failed") {
			t.Errorf("%+v, %v", reply, err)
		}
	})
	t.Run("R13 the escrow", func(t *testing.T) {
		creator, beneficiary := r.chain.Account("creator"), r.chain.Account("beneficiary")
		r.mint(creator, coin("100000", "denom"))
		reflect := r.mustCreate(creator, r.code, `{}`, coin("40000", "denom"))
		escrow := r.mustCreate(creator, 2, encode(m{"verifier": reflect, "beneficiary": beneficiary}), coin("25000", "denom"))
		if _, err := r.Send(creator, reflect, encode(m{"reflect_msg": m{"msgs": []m{execute(escrow, `{"release":{}}`, coin("14000", "denom"))}}})); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[actor.Address]string{creator: "35000denom", reflect: "26000denom", escrow: "", beneficiary: "39000denom"} {
			if got := r.balance(who); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	})
	t.Run("R14 a custom query", func(t *testing.T) {
		if answer, err := r.Query(fresh(t), `{"capitalized":{"text":"all Caps noW"}}`); err != nil || string(answer) != `{"text":"ALL CAPS NOW"}` {
			t.Errorf("%s, %v", answer, err)
		}
	})
	t.Run("R15 a custom message, and a change of owner", func(t *testing.T) {
		c := fresh(t)
		if _, err := r.Send(r.alice, c, encode(m{"change_owner": m{"owner": r.bob}})); err != nil {
			t.Fatal(err)
		}
		msg := encode(m{"reflect_msg": m{"msgs": []m{{"custom": m{"debug": "Hi, Dad!"}}}}})
		if _, err := r.Send(r.alice, c, msg); codeOf(err) != cosmwasm.CodeExecuteFailed {
			t.Errorf("alice is not the owner any more: %v", err)
		}
		if _, err := r.Send(r.bob, c, msg); err != nil || string(r.Get("notes", "note")) != "Hi, Dad!" {
			t.Errorf("%v, the note is %q", err, r.Get("notes", "note"))
		}
	})
	t.Run("R16 H8 a panic in a contract", func(t *testing.T) {
		reply, _, err := r.do(fresh(t), "always", execute(hackatom, `{"panic":{}}`), nil)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, reply, "codespace: wasm, code: 29")
	})
	t.Run("R18 a payload", func(t *testing.T) {
		// The contract does not keep the payload: the reply that it got is in the trace.
		own := fresh(t)
		if _, _, err := r.do(own, "always", send(r.fred, "1"), m{"payload": []byte("my payload")}); err != nil {
			t.Fatal(err)
		}
		root := r.World().Last().Trace.Root
		last := root.Children[len(root.Children)-1]
		if last.Reply == nil || string(last.Reply.Payload) != "my payload" {
			t.Errorf("%+v", last)
		}
		long := base64.StdEncoding.EncodeToString(make([]byte, 131_073))
		_, _, err := r.do(own, "always", send(r.fred, "1"), m{"payload": long})
		if codeOf(err) != cosmwasm.CodeVM || !strings.Contains(textOf(err), "reply contains submessage at index 0 with payload larger than 131072 bytes: 131073 bytes") {
			t.Errorf("%s: %s", codeOf(err), textOf(err))
		}
	})
	r.Verify()
}
