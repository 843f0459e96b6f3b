package cosmwasm_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// TestNonsenseAnswers has what contracts answer to queries that nobody should: to another contract, and to one outside.
func TestNonsenseAnswers(t *testing.T) {
	w := newWorld(t)
	asked, asking := w.contract("asked", nil), w.contract("asking", nil)
	const broken = `{"ok":{"error":"codespace: wasm, code: 29"}}`
	long := strings.Repeat("QUFB", 60_000)
	for _, test := range []struct{ name, answer, want string }{
		{"no JSON", "hello", broken},
		{"nothing", "", broken},
		{"cut off", `{"ok":"YQ==`, broken},
		{"more behind it", `{"ok":"YQ=="} {}`, broken},
		{"a list", `[]`, broken},
		{"null", `null`, answered("")},
		{"neither ok nor error", `{}`, answered("")},
		{"S71 an empty error", `{"error":""}`, answered("")},
		{"ok and error", `{"ok":"YQ==","error":"x"}`, `{"ok":{"error":"x: query wasm contract failed"}}`},
		{"ok is null", `{"ok":null}`, answered("")},
		{"ok is a number", `{"ok":7}`, broken},
		{"no base64", `{"ok":"!"}`, broken},
		{"base64 without its end", `{"ok":"YQ"}`, broken},
		{"error is an object", `{"error":{"x":1}}`, broken},
		{"the same field twice", `{"ok":"YQ==","ok":"Yg=="}`, answered("b")},
		{"a huge number in what nobody knows", `{"ok":"YQ==","x":1e99999}`, answered("a")},
		{"nested deeply", strings.Repeat("[", 30_000), broken},
		{"nested deeply in what nobody knows", `{"ok":"YQ==","x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, broken},
		{"no UTF-8", "{\"error\":\"\xff\xfe\"}", "{\"ok\":{\"error\":\"\ufffd\ufffd: query wasm contract failed\"}}"},
		{"half a surrogate", `{"error":"\ud800"}`, "{\"ok\":{\"error\":\"\ufffd: query wasm contract failed\"}}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			// The program is written by hand: encoding/json would lose bytes that are no text.
			raw := []byte(`[["return",` + quoted(test.answer) + `]]`)
			w.run(asking, do("query", encode(m{"wasm": m{"smart": m{"contract_addr": asked, "msg": raw}}}), "got"))
			w.has(asking, "got", test.want)
			answer, err := w.Query(asked, string(raw))
			switch code := codeOf(err); {
			case test.want == broken && code != cosmwasm.CodeVM,
				strings.HasPrefix(test.want, `{"ok":{"error":`) && err == nil,
				strings.HasPrefix(test.want, `{"ok":{"ok":`) && (err != nil || answered(string(answer)) != test.want):
				t.Errorf("outside: %q, %v", answer, err)
			}
		})
	}
	t.Run("a long answer", func(t *testing.T) {
		if answer, err := w.Query(asked, do("return", `{"ok":"`+long+`"}`).String()); err != nil || string(answer) != strings.Repeat("AAA", 60_000) {
			t.Errorf("%d bytes, %v", len(answer), err)
		}
	})
	w.Verify()
}

// TestEmptyErrors is S71: a contract that fails without a word fails, wherever it does so, and is caught like any other.
func TestEmptyErrors(t *testing.T) {
	w := newWorld(t)
	silent := set("k", "lost").do("return", `{"error":""}`)
	c, callee := w.contract("c", set("k", "v")), w.contract("callee", nil)
	for name, test := range map[string]struct {
		run  func() error
		code string
	}{
		"S71 instantiate": {func() error {
			_, err := w.keep(w.alice, m{"instantiate": m{"code_id": w.code, "msg": []byte(silent.String()), "label": "x", "funds": []m{}}})
			return err
		}, cosmwasm.CodeInstantiateFailed},
		"S71 execute": {func() error {
			_, err := w.Send(w.alice, c, silent.String())
			return err
		}, cosmwasm.CodeExecuteFailed},
		"S71 sudo": {func() error {
			_, err := w.Sudo(c, silent.String())
			return err
		}, cosmwasm.CodeExecuteFailed},
		"S71 migrate": {func() error {
			_, err := w.keep(w.alice, m{"migrate": m{"contract_addr": c, "new_code_id": w.code, "msg": []byte(silent.String())}})
			return err
		}, cosmwasm.CodeMigrateFailed},
		"S71 reply": {func() error {
			_, err := w.Send(w.alice, c, onReply(silent).send(sub(1, "always", execute(callee, nil))).String())
			return err
		}, "nested_" + cosmwasm.CodeExecuteFailed},
	} {
		t.Run(name, func(t *testing.T) {
			if err := test.run(); codeOf(err) != test.code {
				t.Errorf("%v, want %s", err, test.code)
			}
			w.has(c, "k", "v")
		})
	}
	t.Run("S71 caught", func(t *testing.T) {
		w.run(c, program(nil).send(sub(1, "error", execute(callee, silent))))
		if got := w.reply(c); !strings.Contains(got, `"result":{"error":"`) {
			t.Errorf("reply %s", got)
		}
		w.has(callee, "k", "")
	})
	w.Verify()
}

// quoted is text as a JSON string of a program, with its bytes as they are.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// TestNonsenseQueries has what contracts ask that nobody should. They are told what was wrong, with what they asked.
func TestNonsenseQueries(t *testing.T) {
	w := newWorld(t)
	c := w.contract("c", set("k", "v"))
	invalid := "invalid"
	raw := func(fields string) string {
		return `{"wasm":{"raw":{"contract_addr":"` + string(c) + `",` + fields + `}}}`
	}
	for _, test := range []struct{ name, request, want string }{
		{"nothing", "", invalid},
		{"no JSON", "hello", invalid},
		{"a number", "7", invalid},
		{"two requests", `{"bank":{}}{"bank":{}}`, invalid},
		{"null", "null", `{"error":{"unknown":{}}}`},
		{"a list", "[]", invalid},
		{"nested deeply", strings.Repeat("[", 30_000), invalid},
		{"nested deeply in what nobody knows", `{"x":` + strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000) + `}`, invalid},
		{"a huge code", `{"wasm":{"code_info":{"code_id":1e999}}}`, invalid},
		{"a code beyond 64 bits", `{"wasm":{"code_info":{"code_id":18446744073709551616}}}`, invalid},
		{"the last code", `{"wasm":{"code_info":{"code_id":18446744073709551615}}}`, `{"error":{"no_such_code":{"code_id":18446744073709551615}}}`},
		{"a code below zero", `{"wasm":{"code_info":{"code_id":-1}}}`, invalid},
		{"a limit beyond 16 bits", `{"wasm":{"raw_range":{"contract_addr":"` + string(c) + `","limit":65536,"order":"ascending"}}}`, invalid},
		{"the same field twice", raw(`"key":"aw==","key":"eg=="`), answered("")},
		{"the same field twice, the other way round", raw(`"key":"eg==","key":"aw=="`), answered("v")},
		{"no base64", raw(`"key":"!"`), invalid},
		{"a key that is null", raw(`"key":null`), answered("")},
		{"a long key", raw(`"key":"` + strings.Repeat("QUFB", 15_000) + `"`), answered("")},
		{"no UTF-8", "{\"wasm\":{\"raw\":{\"contract_addr\":\"\xff\",\"key\":\"\"}}}", `{"ok":{"error":"codespace: sdk, code: 7"}}`},
		{"an address of 50,000 letters", `{"wasm":{"smart":{"contract_addr":"` + strings.Repeat("a", 50_000) + `","msg":"e30="}}}`, `{"ok":{"error":"codespace: sdk, code: 7"}}`},
		{"a message that is null", `{"wasm":{"smart":{"contract_addr":"` + string(c) + `","msg":null}}}`, `{"ok":{"error":"codespace: wasm, code: 14"}}`},
		{"a denom that is an object", `{"bank":{"supply":{"denom":{}}}}`, invalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := w.Send(w.alice, c, `[["query",`+quoted(test.request)+`,"got"]]`); err != nil {
				t.Fatal(err)
			}
			got := string(w.Get(c, "got"))
			if test.want != invalid {
				w.has(c, "got", test.want)
				return
			}
			var answer struct {
				Error struct {
					InvalidRequest struct {
						Error   string
						Request []byte
					} `json:"invalid_request"`
				}
			}
			if err := json.Unmarshal([]byte(got), &answer); err != nil || answer.Error.InvalidRequest.Error == "" ||
				string(answer.Error.InvalidRequest.Request) != test.request {
				t.Errorf("told %.300s, %v", got, err)
			}
		})
	}
	t.Run("more than 64 KiB", func(t *testing.T) {
		if code, text := w.failure(c, set("k", "lost").do("query", strings.Repeat(" ", 64<<10+1), "got")); code != cosmwasm.CodeVM {
			t.Errorf("%s: %s", code, text)
		}
		w.has(c, "k", "v")
	})
	w.Verify()
}

// TestNonsenseOrders has messages to the keeper and to the bank, from contracts and from outside, that have fields of the
// wrong form: nobody has to be surprised, and nothing is left.
func TestNonsenseOrders(t *testing.T) {
	w := newWorld(t)
	c := w.contract("c", set("k", "v"))
	w.mint(c, coin("5", "eth"))
	long := strings.Repeat("x", 1<<20-1000)
	orders := map[string]string{
		"a huge code":              `{"instantiate":{"code_id":1e999,"msg":"W10=","label":"x","funds":[]}}`,
		"a code beyond 64 bits":    `{"instantiate":{"code_id":18446744073709551616,"msg":"W10=","label":"x","funds":[]}}`,
		"the last code":            `{"instantiate":{"code_id":18446744073709551615,"msg":"W10=","label":"x","funds":[]}}`,
		"a label of 1 MiB":         `{"instantiate":{"code_id":1,"msg":"W10=","label":"` + long + `","funds":[]}}`,
		"a label that is no UTF-8": "{\"instantiate\":{\"code_id\":1,\"msg\":\"W10=\",\"label\":\"\u0000\xff\",\"funds\":[]}}",
		"a label that is a list":   `{"instantiate":{"code_id":1,"msg":"W10=","label":["x"],"funds":[]}}`,
		"a message of text":        `{"instantiate":{"code_id":1,"msg":"!","label":"x","funds":[]}}`,
		"a message nested deeply":  `{"instantiate":{"code_id":1,"msg":"` + b64(strings.Repeat("[", 100_000)) + `","label":"x","funds":[]}}`,
		"funds of nobody":          `{"instantiate":{"code_id":1,"msg":"W10=","label":"x","funds":[null]}}`,
		"a huge amount":            `{"instantiate":{"code_id":1,"msg":"W10=","label":"x","funds":[{"denom":"eth","amount":"` + strings.Repeat("9", 500_000) + `"}]}}`,
		"an amount that is none":   `{"instantiate":{"code_id":1,"msg":"W10=","label":"x","funds":[{"denom":"eth","amount":5}]}}`,
		"an admin of 1 MiB":        `{"instantiate":{"code_id":1,"msg":"W10=","label":"x","admin":"` + long + `","funds":[]}}`,
		"a salt of 1 MiB":          `{"instantiate2":{"code_id":1,"msg":"W10=","label":"x","funds":[],"salt":"` + strings.Repeat("AAAA", 250_000) + `"}}`,
		"an address of 1 MiB":      `{"clear_admin":{"contract_addr":"` + long + `"}}`,
		"an address no UTF-8":      "{\"clear_admin\":{\"contract_addr\":\"\xff\xfe\"}}",
		"two orders":               `{"clear_admin":{"contract_addr":"a"}}{"clear_admin":{"contract_addr":"b"}}`,
		"nested deeply":            strings.Repeat(`{"instantiate":`, 100_000),
		"nested in the unknown":    `{"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
	}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			if _, err := w.Send(w.alice, cosmwasm.KeeperAddress, order); actor.AsError(err) == nil {
				t.Errorf("taken: %v", err)
			}
			// A contract that says so itself either ends with an error or is told of one.
			message := `{"id":1,"msg":{"wasm":` + order + `},"gas_limit":null,"reply_on":"error"}`
			body := `[["set","k","lost"],["return",` + quoted(`{"ok":{"messages":[`+message+`],"attributes":[],"events":[],"data":null}}`) + `]]`
			_, err := w.Send(w.alice, c, body)
			if told := strings.Contains(w.reply(c), `"result":{"error":"`); (actor.AsError(err) == nil) != told {
				t.Errorf("the contract ends with %v, its reply is %s", err, w.reply(c))
			}
			w.run(c, set("k", "v").do("delete", "reply"))
		})
	}
	if got := w.balance(c); got != "5eth" {
		t.Errorf("the contract has %s", got)
	}
	if next := w.contract("next", nil); next != classic(t, w.code, 2) {
		t.Errorf("the next contract is %s, as if there had been another", next)
	}
	w.Verify()
}

// TestCorruptedCode is T11 on a host: it stores modules that are broken somewhere. What is refused leaves nothing, and what is taken can be
// called.
func TestCorruptedCode(t *testing.T) {
	w := newWorld(t)
	good := mimeCode(t)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(good)
	z.Close()
	broken := map[string][]byte{
		"nothing": nil, "the header": good[:8], "another version": append([]byte("\x00asm\x02\x00\x00\x00"), good[8:]...), "no module": []byte("hello"),
		"half of it": good[:len(good)/2], "all but one byte": good[:len(good)-1], "more behind it": append(bytes.Clone(good), 0xff),
		"half of it, packed": packed.Bytes()[:packed.Len()/2], "packed twice": nil, "zeros": make([]byte, 100_000),
	}
	var twice bytes.Buffer
	z = gzip.NewWriter(&twice)
	z.Write(packed.Bytes())
	z.Close()
	broken["packed twice"] = twice.Bytes()
	for i := range 40 { // bytes all over it
		mutant := bytes.Clone(good)
		mutant[8+i*(len(good)-8)/40] ^= byte(1 + i*37)
		broken[fmt.Sprintf("a byte of another kind, %d", i)] = mutant
	}
	refused, taken := 0, w.code
	for name, code := range broken {
		id, err := w.Runtime().StoreCode(t.Context(), w.alice, strings.NewReplacer(" ", "-", ",", "").Replace(name), code)
		if err != nil {
			if refused++; !errors.Is(err, runtime.ErrCode) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if taken++; id != taken {
			t.Errorf("%s: code %d, want %d", name, id, taken)
		}
		_, err = w.keep(w.alice, m{"instantiate": m{"code_id": id, "msg": []byte("[]"), "label": "x", "funds": []m{}}})
		if err != nil && actor.AsError(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if refused < 15 || taken == w.code {
		t.Errorf("%d modules are refused, %d taken", refused, taken-w.code)
	}
	w.has(w.contract("c", set("k", "v")), "k", "v")
	w.Verify()
}

// rude is a native actor that answers what its message says: the code and the text of an error, or data.
type rude struct{ answers map[string]any }

func (r rude) say(body []byte) ([]byte, error) {
	switch a := r.answers[string(body)].(type) {
	case error:
		return nil, a
	case []byte:
		return a, nil
	}
	return nil, nil
}

func (r rude) Execute(_ context.Context, _ *actor.Env, msg actor.Message) (actor.Response, error) {
	data, err := r.say(msg.Body)
	return actor.Response{Data: data}, err
}

func (r rude) Query(_ context.Context, _ *actor.View, body []byte) ([]byte, error) {
	return r.say(body)
}

// TestRude has native actors that answer contracts with bytes that are no text, and with much: it reaches contracts as JSON.
func TestRude(t *testing.T) {
	w := worldOf(t, &cosmwasm.Chain{Names: true}, 20_000_000)
	long := strings.Repeat("z", 40_000)
	w.Bind("rude", rude{map[string]any{
		"1": &actor.Error{Code: "bad", Message: "\xff\x00\"\u2028<"}, "2": &actor.Error{Code: "bad", Message: long}, "3": &actor.Error{},
		"4": []byte("\xff\x00{"), "5": []byte(long), "6": []byte{}, "7": errors.New("\xff"),
	}})
	c := w.contract("c", nil)
	for body, want := range map[string]string{
		"1": `"error":"bad: \ufffd\u0000\"\u2028\u003c"`, "2": `"error":"bad: ` + long[:1000], "3": `"error":"`, "7": `"error":"`,
		"4": `"data":"` + b64("\x0a\x03\xff\x00{") + `"`, "5": `"data":"` + b64("\x0a\xc0\xb8\x02"+long) + `"`,
		"6": `"msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgExecuteContractResponse","value":""}]`, "8": `"ok":{"events":[`,
	} {
		w.run(c, do("delete", "reply").send(sub(1, "always", call("rude/1", body))))
		if got := w.reply(c); !strings.Contains(got, want) || !json.Valid([]byte(got)) {
			t.Errorf("%s: reply %.300q, want %.300q", body, got, want)
		}
	}
	for body, want := range map[string]string{
		"1": `{"ok":{"error":"bad: `, "2": `{"ok":{"error":"bad: zzz`, "3": `{"ok":{"error":"`, "7": `{"ok":{"error":"`,
		"4": answered("\xff\x00{"), "5": `{"ok":{"ok":"enp6`, "6": answered(""), "8": answered(""),
	} {
		w.run(c, do("query", encode(m{"wasm": m{"smart": m{"contract_addr": "rude/1", "msg": []byte(body)}}}), "got"))
		if got := string(w.Get(c, "got")); !strings.HasPrefix(got, want) || !json.Valid([]byte(got)) {
			t.Errorf("%s: told %.300q, want %.300q", body, got, want)
		}
	}
	w.Verify()
}
