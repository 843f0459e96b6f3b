package cosmwasm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// diary is a native actor that notes who sends, and passes on what it is told to.
type diary struct{}

func (diary) Execute(_ context.Context, env *actor.Env, msg actor.Message) (resp actor.Response, err error) {
	var bodies []string
	if err := json.Unmarshal(msg.Body, &bodies); err != nil {
		return resp, err
	}
	env.State.Set([]byte("from"), []byte(env.Sender))
	for _, body := range bodies {
		resp.Messages = append(resp.Messages, actor.SubMsg{ReplyOn: actor.ReplyNever, Msg: actor.Message{To: "page/" + actor.Address(body), Body: []byte(body)}})
	}
	resp.Data = []byte("noted")
	return resp, nil
}

// page is a native actor that takes one word alone.
type page struct{}

func (page) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	env.State.Set([]byte("text"), msg.Body)
	if string(msg.Body) == "bad" {
		return actor.Response{}, actor.Errorf("no_ink", "the page stays empty")
	}
	return actor.Response{}, nil
}

// TestHandlers is the end of table D, with S37 to S39: who takes the messages of contracts. Where a chain has a list of
// handlers and encoders, which are all asked until one knows the message, there are the bank, the keeper with the contracts,
// and the hook of the chain for custom messages. The hook makes one message for an actor: an encoder that makes several
// (D31) is an actor that sends them. A message for which the router has no route (D34) is one to an actor that is not there.
func TestHandlers(t *testing.T) {
	var asked []string // custom messages that came to the hook
	var victim actor.Address
	hook := func(contract actor.Address, msg json.RawMessage) (actor.Message, error) {
		var what string
		if err := json.Unmarshal(msg, &what); err != nil {
			return actor.Message{}, fmt.Errorf("a hook was asked for %s: %w", msg, err)
		}
		asked = append(asked, what)
		switch what {
		case "unknown":
			return actor.Message{}, actor.Errorf(cosmwasm.CodeUnknownMsg, "not mine")
		case "invalid":
			return actor.Message{}, actor.Errorf(cosmwasm.CodeInvalid, "not like this")
		case "own":
			return actor.Message{}, actor.Errorf("my_code", "my words")
		case "plain":
			return actor.Message{}, errors.New("a plain error")
		case "nowhere":
			return actor.Message{To: "nobody/1", Body: []byte("[]")}, nil
		case "sudo":
			return actor.Message{Kind: actor.KindSudo, To: victim, Body: []byte(set("robbed", "yes").String())}, nil
		case "migrate":
			return actor.Message{Kind: actor.KindMigrate, To: victim, Module: "mime", Body: []byte(set("robbed", "yes").String())}, nil
		case "set_admin":
			return actor.Message{Kind: actor.KindSetAdmin, To: victim, Admin: contract}, nil
		case "mint":
			return actor.Message{Kind: actor.KindSudo, To: cosmwasm.BankAddress, Body: []byte(encode(m{"mint": m{"to_address": contract, "amount": []m{coin("1", "ucosm")}}}))}, nil
		}
		return actor.Message{To: "diary/1", Body: []byte(what)}, nil
	}
	w := worldOf(t, &cosmwasm.Chain{Custom: hook}, 20_000_000)
	w.Bind("diary", diary{})
	w.Bind("page", page{})
	w.MustSend(w.alice, "diary/1", "[]") // so that no test is the one that brings it into being
	victim = w.contract("victim", nil)
	custom := func(what string) m { return m{"custom": what} }
	refused := func(text string) string { return `{"error":"` + text + `"}` }
	const (
		noted        = `{"ok":{"events":[{"type":"execute","attributes":[{"key":"_contract_address","value":"diary/1"}]}`
		unauthorized = "codespace: sdk, code: 4"
	)
	for _, test := range []struct {
		name string
		msg  m
		want string // how the result in the reply begins
		hook bool   // the hook was asked
		kept map[actor.Address]string
	}{
		{"D27 who takes it is the last", bankSend(w.bob), `{"ok":{"events":[],`, false, nil},
		{"D28 who does not know it is not", custom(`["one"]`), noted, true, map[actor.Address]string{"diary/1": "from=caller", "page/one": "text=one"}},
		{"D29 who knows it, and fails, is the last", custom("invalid"), refused("codespace: wasm, code: 14"), true, nil},
		{"D30 S39 nobody knows it", custom("unknown"), refused("codespace: wasm, code: 20"), true, nil},
		{"D31 S38 several messages", custom(`["one","two"]`), noted, true, map[actor.Address]string{"page/one": "text=one", "page/two": "text=two"}},
		{"D31 S38 all of them, or none", custom(`["three","bad","four"]`), refused("no_ink: the page stays empty"), true, map[actor.Address]string{"page/three": "text=", "page/four": "text="}},
		{"D32 S43 a message that is no JSON", m{"wasm": m{"execute": m{"contract_addr": victim, "msg": []byte("{"), "funds": []m{}}}}, refused("codespace: wasm, code: 14"), false, nil},
		{"D33 S37 the sender is the contract", custom(`[]`), noted, true, map[actor.Address]string{"diary/1": "from=caller"}},
		{"D33 S37 not the operator", custom("sudo"), refused(unauthorized), true, map[actor.Address]string{victim: "robbed="}},
		{"D33 S37 not the operator of the bank", custom("mint"), refused(unauthorized), true, nil},
		{"D33 S37 not the admin", custom("migrate"), refused(unauthorized), true, map[actor.Address]string{victim: "robbed="}},
		{"D33 S37 nor can it become that", custom("set_admin"), refused(unauthorized), true, nil},
		{"D34 nobody is there", custom("nowhere"), refused("codespace: wasm, code: 22"), true, nil},
		{"D35 the hook's own error", custom("own"), refused("my_code: my words"), true, nil},
		{"D35 an error without a code", custom("plain"), refused("failed: a plain error"), true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			caller := w.contract("caller", nil)
			asked = nil
			w.run(caller, program(nil).send(sub(1, "always", test.msg)))
			if got := w.reply(caller); !strings.Contains(got, `"result":`+test.want) {
				t.Errorf("reply %s, want %s", got, test.want)
			}
			if (len(asked) > 0) != test.hook {
				t.Errorf("the hook was asked for %q", asked)
			}
			for of, pair := range test.kept {
				key, value, _ := strings.Cut(pair, "=")
				w.has(of, key, strings.ReplaceAll(value, "caller", string(caller)))
			}
			if got := w.balance(caller); got != "" {
				t.Errorf("the caller has %s", got)
			}
		})
	}
}

// TestPermissions is R17. A chain lets its government hand on, to the contracts that it makes, the power to instantiate what
// nobody may. Here the operator has no such power to hand on: each instantiation needs the permission of who sends it, which
// is what the policies that do not propagate come to. In all cases a contract makes another, which makes a third.
func TestPermissions(t *testing.T) {
	w := newWorld(t)
	checksum := strings.Repeat("ab", 32)
	restricted := func(only ...actor.Address) uint64 {
		r, err := w.Sudo(cosmwasm.KeeperAddress, encode(m{"store_code": m{"module": "mime", "checksum": checksum, "creator": w.alice, "only": append([]actor.Address{}, only...)}}))
		if err != nil {
			t.Fatal(err)
		}
		var id uint64
		if err := json.Unmarshal(r.Data, &id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	birth := func(code uint64, p program) m {
		return m{"code_id": code, "msg": []byte(p.String()), "label": "x", "funds": []m{}}
	}
	three := func(code uint64) m {
		child := func(p program) m { return m{"wasm": m{"instantiate": birth(code, p)}} }
		return birth(code, program(nil).send(sub(1, "never", child(program(nil).send(sub(1, "never", child(nil)))))))
	}
	// made returns how many contracts there are more than there were.
	instances := uint64(0)
	made := func(code uint64) (n int) {
		for seq := instances + 1; ; seq++ {
			if _, err := w.Query(cosmwasm.KeeperAddress, encode(m{"contract": m{"address": classic(t, code, seq)}})); err != nil {
				instances = seq - 1
				return n
			}
			n++
		}
	}
	next := func(code, ahead uint64) actor.Address { return classic(t, code, instances+ahead) }
	nobodys := restricted()
	alices := restricted(w.alice)
	others := restricted(w.alice, next(nobodys+2, 1), next(nobodys+2, 2)) // the code that this is, and what will be made of it
	if others != nobodys+2 {
		t.Fatalf("code %d", others)
	}
	for _, test := range []struct {
		name string
		code uint64
		from actor.Address
		want string
		made int
	}{
		{"R17 nobody may", nobodys, w.alice, actor.CodeUnauthorized, 0},
		{"R17 the sender may, and what it makes may not", alices, w.alice, actor.CodeUnauthorized, 0},
		{"R17 all of them may", others, w.alice, "", 3},
		{"R17 somebody else may not", others, w.bob, actor.CodeUnauthorized, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.keep(test.from, m{"instantiate": three(test.code)})
			if codeOf(err) != test.want {
				t.Errorf("%v, want %q", err, test.want)
			}
			if n := made(test.code); n != test.made {
				t.Errorf("%d contracts were made, want %d", n, test.made)
			}
		})
	}
	t.Run("R17 S34 the power of the operator is not the contract's", func(t *testing.T) {
		c := w.contract("c", nil)
		_, err := w.Sudo(c, program(nil).send(sub(1, "never", m{"wasm": m{"instantiate": birth(nobodys, nil)}})).String())
		if codeOf(err) != actor.CodeUnauthorized || made(nobodys) > 0 {
			t.Error(err)
		}
	})
}

// reader is a native actor that would write when it is asked.
type reader struct{}

func (reader) Execute(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return actor.Response{}, nil
}

func (reader) Query(_ context.Context, view *actor.View, _ []byte) ([]byte, error) {
	return scribble(view.State, view.Services), nil
}

// scribble writes to whatever can be written to, and says as JSON whether there was something.
func scribble(list ...any) []byte {
	for _, to := range list {
		if s, ok := to.(interface{ Set(key, value []byte) }); ok {
			s.Set([]byte("set_in_query"), []byte("this_is_allowed"))
			return []byte(`"written"`)
		}
	}
	return []byte(`"nothing to write to"`)
}

// TestQueryIsolation is H25: what a hook or an actor writes in a query is gone. Here there is nothing that they could write to.
func TestQueryIsolation(t *testing.T) {
	chain := &cosmwasm.Chain{CustomQuery: func(ctx context.Context, services actor.Services, request json.RawMessage) ([]byte, error) {
		if string(request) == `"ask"` {
			return services.Query(ctx, "reader/1", request)
		}
		return scribble(services), nil
	}}
	w := worldOf(t, chain, 20_000_000)
	w.Bind("reader", reader{})
	c := w.contract("c", nil)
	for name, request := range map[string]string{"H25 a hook": `"write"`, "H25 an actor": `"ask"`} {
		t.Run(name, func(t *testing.T) {
			w.run(c, do("query", `{"custom":`+request+`}`, "got"))
			w.has(c, "got", answered(`"nothing to write to"`))
			w.has(c, "set_in_query", "")
			w.has("reader/1", "set_in_query", "")
		})
	}
	t.Run("H25 S49 a contract", func(t *testing.T) {
		other := w.contract("other", nil)
		w.run(c, do("query", smart(other, set("set_in_query", "x")), "got"))
		w.has(c, "got", `{"ok":{"error":"codespace: wasm, code: 29"}}`)
		w.has(other, "set_in_query", "")
	})
}

// TestErrorsOfHooks is H32 to H35: what the chain itself says of a query reaches the contract as it is, also with words
// around it, and what others say does not.
func TestErrorsOfHooks(t *testing.T) {
	noContract := &wire.SystemError{NoSuchContract: &wire.NoSuchContract{Addr: "contract-addr"}}
	noCode := &wire.SystemError{NoSuchCode: &wire.NoSuchCode{CodeID: 123}}
	const contractText, codeText = `{"error":{"no_such_contract":{"addr":"contract-addr"}}}`, `{"error":{"no_such_code":{"code_id":123}}}`
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"H32 no such contract", noContract, contractText},
		{"H33 no such contract, wrapped", fmt.Errorf("my additional data: %w", noContract), contractText},
		{"H34 no such code", noCode, codeText},
		{"H35 no such code, wrapped", fmt.Errorf("my additional data: %w", noCode), codeText},
		{"S19 an error of the chain", actor.Errorf(cosmwasm.CodeInvalid, "details"), `{"ok":{"error":"codespace: wasm, code: 14"}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := worldOf(t, &cosmwasm.Chain{CustomQuery: func(context.Context, actor.Services, json.RawMessage) ([]byte, error) { return nil, test.err }}, 20_000_000)
			w.has(w.contract("c", do("query", `{"custom":{}}`, "got")), "got", test.want)
		})
	}
}
