package cosmwasm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// TestNonsense has what contracts return that nobody should. Each is an error of the contract that can be caught, nothing
// of it is left, and the next call works.
func TestNonsense(t *testing.T) {
	raw := func(text string) string { return do("return", text).String() }
	long := strings.Repeat("x", 1<<20-200)
	response := func(field, value string) string {
		return raw(`{"ok":{"messages":[],"attributes":[],"events":[],"data":null,"` + field + `":` + value + `}}`)
	}
	const vm = cosmwasm.CodeVM
	tests := []struct {
		name, program string
		code          string // "" if it is no error
	}{
		{"no JSON", raw("hello"), vm},
		{"nothing", raw(""), vm},
		{"cut off", raw(`{"ok":{"messages":[`), vm},
		{"more behind it", raw(`{"ok":{"messages":[],"attributes":[],"events":[],"data":null}} {}`), vm},
		{"a list", raw(`[]`), vm},
		{"a number", raw(`7`), vm},
		{"null", raw(`null`), cosmwasm.CodeExecuteFailed},
		{"neither ok nor error", raw(`{}`), cosmwasm.CodeExecuteFailed},
		{"S71 an empty error", raw(`{"error":""}`), cosmwasm.CodeExecuteFailed},
		{"ok and error", raw(`{"ok":{"messages":[],"attributes":[],"events":[],"data":null},"error":"x"}`), cosmwasm.CodeExecuteFailed},
		{"ok is null", raw(`{"ok":null}`), cosmwasm.CodeExecuteFailed},
		{"error is a number", raw(`{"error":7}`), vm},
		{"fields that nobody knows", raw(`{"ok":{"nutella":1},"x":[]}`), ""},
		{"the older form without events", raw(`{"ok":{"messages":[],"attributes":[],"data":null}}`), ""},
		{"the same field twice", raw(`{"ok":{"data":"YQ==","data":"Yg=="}}`), ""},
		{"fields in capitals", raw(`{"OK":{"Data":"YQ=="}}`), ""},
		{"an id beyond 64 bits", response("messages", `[{"id":18446744073709551616,"msg":{},"reply_on":"never"}]`), vm},
		{"an id below zero", response("messages", `[{"id":-1,"msg":{},"reply_on":"never"}]`), vm},
		{"a huge number", response("messages", `[{"id":1e999,"msg":{},"reply_on":"never"}]`), vm},
		{"a long number", response("messages", `[{"id":`+strings.Repeat("9", 100_000)+`,"msg":{},"reply_on":"never"}]`), vm},
		{"nested deeply", raw(strings.Repeat(`[`, 200_000)), vm},
		{"nested deeply in what nobody knows", response("x", strings.Repeat(`[`, 200_000)+strings.Repeat(`]`, 200_000)), vm},
		{"data that is no base64", response("data", `"!"`), vm},
		{"reply_on that is none", response("messages", `[{"id":1,"msg":{},"reply_on":"sometimes"}]`), vm},
		{"a message that is null", response("messages", `[null]`), cosmwasm.CodeInvalid},
		{"a message to nobody", response("messages", `[{"id":1,"msg":{},"reply_on":"never"}]`), actor.CodeUnknownMessage},
		{"any and stargate", response("messages", `[{"id":1,"msg":{"any":{"type_url":"a","value":""},"stargate":{"type_url":"a","value":""}},"reply_on":"never"}]`), vm},
		{"S16 R18 a payload over the limit", response("messages", `[{"id":1,"msg":{},"reply_on":"never","payload":"`+b64(strings.Repeat("x", 131_073))+`"}]`), vm},
		{"a type of an event of many bytes", response("events", `[{"type":"`+strings.Repeat("y", 1<<19)+`","attributes":[]}]`), ""},
		{"an attribute of 1 MiB", response("attributes", `[{"key":"k","value":"`+long[:len(long)-1000]+`"}]`), ""},
		{"an error of 1 MiB", raw(`{"error":"` + long[:len(long)-1000] + `"}`), cosmwasm.CodeExecuteFailed},
		{"attributes are null", response("attributes", "null"), ""},
		{"an attribute without a key", response("attributes", `[{}]`), actor.CodeInvalidEvent},
		{"text that is no UTF-8", "[[\"return\",\"{\\\"error\\\":\\\"\xff\xfe\\\"}\"]]", cosmwasm.CodeExecuteFailed},
		{"an attribute that is no UTF-8", "[[\"return\",\"{\\\"ok\\\":{\\\"attributes\\\":[{\\\"key\\\":\\\"a\\\",\\\"value\\\":\\\"\xff\\\"}]}}\"]]", ""},
		{"half a surrogate", raw(`{"error":"\ud800"}`), cosmwasm.CodeExecuteFailed},
	}
	w := newWorld(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := w.contract("c", nil)
			p := strings.Replace(test.program, `[[`, `[["set","k","v"],[`, 1)
			_, err := w.Send(w.alice, c, p)
			if e := actor.AsError(err); test.code != codeOf(err) {
				text := ""
				if e != nil {
					text = fmt.Sprintf("%.300s", e.Message)
				}
				t.Fatalf("%s: %s, want %q", codeOf(err), text, test.code)
			}
			want := "v"
			if test.code != "" {
				want = ""
			}
			w.has(c, "k", want)
			// Another contract can catch it, unless its message is too long to be sent once more.
			if test.code != "" && len(p) < 200_000 {
				catcher := w.contract("catcher", nil)
				w.run(catcher, program(nil).send(sub(1, "error", m{"wasm": m{"execute": m{"contract_addr": c, "msg": []byte(p), "funds": []m{}}}})))
				if !strings.Contains(w.reply(catcher), `"error":`) {
					t.Errorf("reply %s", w.reply(catcher))
				}
			}
			w.run(c, set("k", "after"))
			w.has(c, "k", "after")
		})
	}
	w.Verify()
}

// TestNonsenseIn has messages that nobody should send.
func TestNonsenseIn(t *testing.T) {
	w := newWorld(t)
	c := w.contract("c", nil)
	for name, body := range map[string]string{
		"nothing": "", "no JSON": "hello", "cut off": `[["set"`, "nested deeply": strings.Repeat("[", 500_000),
		"no UTF-8 outside of text": "\xff", "two values": "[] []",
	} {
		if _, err := w.Send(w.alice, c, body); codeOf(err) != cosmwasm.CodeInvalid {
			t.Errorf("S43 %s: %v", name, err)
		}
		if _, err := w.Sudo(c, body); codeOf(err) != cosmwasm.CodeInvalid {
			t.Errorf("S43 sudo, %s: %v", name, err)
		}
		if _, err := w.Send(w.alice, cosmwasm.KeeperAddress, body); codeOf(err) != actor.CodeMalformed {
			t.Errorf("keeper, %s: %v", name, err)
		}
	}
	for _, body := range []string{`{}`, `null`, `{"nutella":{}}`, `{"instantiate":null}`} {
		if _, err := w.Send(w.alice, cosmwasm.KeeperAddress, body); codeOf(err) != actor.CodeUnknownMessage {
			t.Errorf("keeper, %s: %v", body, err)
		}
	}
	if _, err := w.Query(cosmwasm.KeeperAddress, `{"contract":{"address":"x"}}`); codeOf(err) != cosmwasm.CodeNotFound {
		t.Error(err)
	}
	w.Verify()
}
