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
)

// smart is the request that lets a contract run a program as a query.
func smart(to actor.Address, p program) string {
	return encode(m{"wasm": m{"smart": m{"contract_addr": to, "msg": []byte(p.String())}}})
}

func wasmQuery(kind string, fields m) string { return encode(m{"wasm": m{kind: fields}}) }

// answered is what a contract gets from a query that answers with a text.
func answered(text string) string { return `{"ok":{"ok":"` + b64(text) + `"}}` }

// TestQueries is S48 to S54: what contracts get for what they ask.
func TestQueries(t *testing.T) {
	chain := &cosmwasm.Chain{CustomQuery: func(ctx context.Context, services actor.Services, request json.RawMessage) ([]byte, error) {
		if string(request) == `"fail"` {
			return nil, errors.New("hidden")
		}
		return []byte(strings.ToUpper(string(request))), nil
	}}
	w := worldOf(t, chain, 20_000_000)
	w.mint(w.alice, coin("100", "ucosm"))
	other := w.contract("other", set("k", "v").do("set", "\x00\x01", "bin").do("set", "b", "2").do("set", "empty", ""), coin("7", "ucosm"))
	ibc := w.store("ibc")
	self := w.contract("self", nil)
	nobody := w.chain.Account("nobody")
	short := func(a actor.Address) string { return strings.TrimPrefix(string(a), "cosmos") }
	var checksum string
	if answer, err := w.Query(cosmwasm.KeeperAddress, encode(m{"code": m{"id": 1}})); err != nil {
		t.Fatal(err)
	} else {
		var code struct{ Checksum string }
		if err := json.Unmarshal(answer, &code); err != nil {
			t.Fatal(err)
		}
		checksum = code.Checksum
	}
	rows := func(next string, pairs ...string) string {
		var list []string
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, fmt.Sprintf(`["%s","%s"]`, b64(pairs[i]), b64(pairs[i+1])))
		}
		if next != "null" {
			next = `"` + b64(next) + `"`
		}
		return answered(`{"data":[` + strings.Join(list, ",") + `],"next_key":` + next + `}`)
	}
	rangeOf := func(fields m) string {
		return wasmQuery("raw_range", with(with(fields, "contract_addr", other), "x", 1))
	}
	deep := smart(self, nil)
	for range 12 {
		deep = smart(self, do("query", deep, "k"))
	}
	tests := []struct{ name, request, want string }{
		{"S48 what this call has written", smart(self, do("answer", "now")), answered("written")},
		{"S48 raw", wasmQuery("raw", m{"contract_addr": self, "key": []byte("now")}), answered("written")},
		{"S36 another contract", smart(other, do("answer", "k")), answered("v")},
		{"S49 a query writes", smart(other, set("k", "w")), `{"ok":{"error":"codespace: wasm, code: 29"}}`},
		{"S51 the contract refuses", smart(other, program(nil).fail("my words")), `{"ok":{"error":"my words: query wasm contract failed"}}`},
		{"S51 it aborts", smart(other, do("abort", "x")), `{"ok":{"error":"codespace: wasm, code: 29"}}`},
		{"S71 it refuses without a word", smart(other, do("return", `{"error":""}`)), answered("")},
		{"S51 S52 H32 smart, unknown contract", smart(nobody, nil), `{"error":{"no_such_contract":{"addr":"` + string(nobody) + `"}}}`},
		{"S51 H33 contract_info, unknown contract", wasmQuery("contract_info", m{"contract_addr": nobody}), `{"error":{"no_such_contract":{"addr":"` + string(nobody) + `"}}}`},
		{"S51 H34 code_info, unknown code", wasmQuery("code_info", m{"code_id": 99}), `{"error":{"no_such_code":{"code_id":99}}}`},
		{"S52 code_info of 0", wasmQuery("code_info", m{"code_id": 0}), `{"ok":{"error":"codespace: wasm, code: 12"}}`},
		{"S52 code_info", wasmQuery("code_info", m{"code_id": 1}), answered(`{"code_id":1,"creator":"` + string(w.alice) + `","checksum":"` + checksum + `"}`)},
		{"S52 contract_info", wasmQuery("contract_info", m{"contract_addr": other}), answered(`{"code_id":1,"creator":"` + string(w.alice) + `","admin":"` +
			string(w.alice) + `","pinned":false,"ibc2_port":"wasm2` + short(other) + `"}`)},
		{"an address in capitals", wasmQuery("raw", m{"contract_addr": strings.ToUpper(string(other)), "key": []byte("k")}), answered("v")},
		{"S52 H30 raw", wasmQuery("raw", m{"contract_addr": other, "key": []byte("k")}), answered("v")},
		{"S52 H30 raw, a binary key", wasmQuery("raw", m{"contract_addr": other, "key": "AAE="}), answered("bin")},
		{"S52 H30 raw, nothing there", wasmQuery("raw", m{"contract_addr": other, "key": []byte("z")}), answered("")},
		{"S52 H30 raw, an empty key", wasmQuery("raw", m{"contract_addr": other, "key": ""}), answered("")},
		{"S52 raw, an empty value", wasmQuery("raw", m{"contract_addr": other, "key": []byte("empty")}), answered("")},
		{"S52 H30 raw, unknown contract", wasmQuery("raw", m{"contract_addr": nobody, "key": []byte("k")}), answered("")},
		{"raw, no address", wasmQuery("raw", m{"contract_addr": "wasm", "key": []byte("k")}), `{"ok":{"error":"codespace: sdk, code: 7"}}`},
		{"smart, no address", smart("bank", nil), `{"ok":{"error":"codespace: sdk, code: 7"}}`},
		{"contract_info, no address", wasmQuery("contract_info", m{"contract_addr": "x"}), `{"ok":{"error":"codespace: sdk, code: 7"}}`},
		{"S43 H29 smart, no JSON", wasmQuery("smart", m{"contract_addr": other, "msg": "AQ=="}), `{"ok":{"error":"codespace: wasm, code: 14"}}`},
		{"S53 H31 ascending", rangeOf(m{"limit": 2, "order": "ascending"}), rows("empty", "\x00\x01", "bin", "b", "2")},
		{"S53 H31 descending", rangeOf(m{"limit": 10, "order": "descending"}), rows("null", "k", "v", "empty", "", "b", "2", "\x00\x01", "bin")},
		{"S53 H31 bounds", rangeOf(m{"start": []byte("b"), "end": []byte("k"), "limit": 10, "order": "ascending"}), rows("null", "b", "2", "empty", "")},
		{"S53 H31 bounds, descending", rangeOf(m{"start": []byte("b"), "end": []byte("k"), "limit": 1, "order": "descending"}), rows("b", "empty", "")},
		{"S53 H31 limit 0", rangeOf(m{"limit": 0, "order": "ascending"}), rows("\x00\x01")},
		{"S53 H31 an empty range", rangeOf(m{"start": []byte("k"), "end": []byte("b"), "limit": 5, "order": "ascending"}), rows("null")},
		{"S53 H31 unknown order", rangeOf(m{"limit": 2, "order": "sideways"}), `{"ok":{"error":"codespace: sdk, code: 18"}}`},
		{"S53 H31 no address", wasmQuery("raw_range", m{"contract_addr": "x", "limit": 2, "order": "ascending"}), `{"ok":{"error":"codespace: sdk, code: 7"}}`},
		{"S53 H31 unknown contract", wasmQuery("raw_range", m{"contract_addr": nobody, "limit": 2, "order": "ascending"}), rows("null")},
		{"S54 nothing", `{}`, `{"error":{"unknown":{}}}`},
		{"S54 an unknown variant", `{"wasm":{}}`, `{"error":{"unsupported_request":{"kind":"unknown WasmQuery variant"}}}`},
		{"S54 an unknown variant of the bank", `{"bank":{}}`, `{"error":{"unsupported_request":{"kind":"unknown BankQuery variant"}}}`},
		{"S54 an unknown module", `{"nutella":{}}`, `{"error":{"unknown":{}}}`},
		{"S54 stargate", `{"stargate":{"path":"/x","data":""}}`, `{"error":{"unsupported_request":{"kind":"Stargate queries are disabled on this chain"}}}`},
		{"S54 grpc", `{"grpc":{"path":"/x","data":""}}`, `{"error":{"unsupported_request":{"kind":"gRPC queries are disabled on this chain"}}}`},
		{"S54 custom", `{"custom":"abc"}`, answered(`"ABC"`)},
		{"S30 the bank", `{"bank":{"balance":{"address":"` + string(other) + `","denom":"ucosm"}}}`, answered(`{"amount":{"denom":"ucosm","amount":"7"}}`)},
		{"the bank, nothing there", `{"bank":{"balance":{"address":"` + string(nobody) + `","denom":"foo"}}}`, answered(`{"amount":{"denom":"foo","amount":"0"}}`)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w.run(self, set("now", "written").do("query", test.request, "got"))
			w.has(self, "got", test.want)
		})
	}
	t.Run("V22 no JSON", func(t *testing.T) {
		w.run(self, do("query", `{"wasm":`, "got"))
		if got := string(w.Get(self, "got")); !strings.Contains(got, `"invalid_request"`) || !strings.Contains(got, b64(`{"wasm":`)) {
			t.Error(got)
		}
	})
	t.Run("S26 depth", func(t *testing.T) {
		// Each level writes what it got, which none may, and fails with 29 above what failed first: count the calls.
		w.run(self, do("query", deep, "got"))
		w.has(self, "got", `{"ok":{"error":"codespace: wasm, code: 29"}}`)
		depth, span := 0, w.World().Last().Trace.Root
		for len(span.Children) > 0 {
			depth, span = depth+1, span.Children[0]
		}
		if depth != 11 || span.Err == nil || span.Err.Code != actor.CodeQueryDepth {
			t.Errorf("%d queries below each other, then %v", depth, span.Err)
		}
	})
	t.Run("S54 custom, which fails", func(t *testing.T) {
		w.run(self, do("query", `{"custom":"fail"}`, "got"))
		if got := string(w.Get(self, "got")); strings.Contains(got, `"ok":{"ok"`) {
			t.Error(got)
		}
	})
	t.Run("M4 M12 the port of a contract with IBC, which it keeps", func(t *testing.T) {
		w.sudo(cosmwasm.KeeperAddress, m{"store_code": m{"module": "ibc", "checksum": checksum, "ibc": true, "creator": w.alice}})
		if _, err := w.keep(w.alice, m{"migrate": m{"contract_addr": other, "new_code_id": ibc + 1, "msg": []byte("[]")}}); err != nil {
			t.Fatal(err)
		}
		w.run(self, do("query", wasmQuery("contract_info", m{"contract_addr": other}), "got"))
		w.has(self, "got", answered(`{"code_id":3,"creator":"`+string(w.alice)+`","admin":"`+string(w.alice)+`","pinned":false,"ibc_port":"wasm.`+
			string(other)+`","ibc2_port":"wasm2`+short(other)+`"}`))
		if _, err := w.keep(w.alice, m{"migrate": m{"contract_addr": other, "new_code_id": 1, "msg": []byte("[]")}}); actor.AsError(err).Code != cosmwasm.CodeMigrateFailed {
			t.Errorf("M12: %v", err)
		}
	})
}

// TestCustomQueryIsOff is S54 for a chain without a hook.
func TestCustomQueryIsOff(t *testing.T) {
	w := newWorld(t)
	c := w.contract("c", do("query", `{"custom":{"x":1}}`, "got"))
	w.has(c, "got", `{"error":{"unsupported_request":{"kind":"custom"}}}`)
}

// TestInstantiateDoesNotSeeItself is S2 and H26: neither by contract_info nor by a query of itself. What it sends finds it.
func TestInstantiateDoesNotSeeItself(t *testing.T) {
	w := newWorld(t)
	other := w.contract("other", nil)
	self := classic(t, w.code, 2)
	none := `{"error":{"no_such_contract":{"addr":"` + string(self) + `"}}}`
	info := wasmQuery("contract_info", m{"contract_addr": self})
	got := w.contract("self", do("query", info, "info").do("query", smart(self, nil), "smart").send(sub(1, "never", execute(other, do("query", info, "info")))))
	if got != self {
		t.Fatalf("the address is %s", got)
	}
	w.has(self, "info", none)
	w.has(self, "smart", none)
	if got := string(w.Get(other, "info")); !strings.HasPrefix(got, `{"ok":{"ok":`) {
		t.Errorf("a child sees %s", got)
	}
}

// TestQueriesFromOutside is S55, H29, H30.
func TestQueriesFromOutside(t *testing.T) {
	w := worldOf(t, &cosmwasm.Chain{}, 1_000_000)
	c := w.contract("c", set("k", "v"))
	if answer, err := w.Query(c, do("answer", "k").String()); err != nil || string(answer) != "v" {
		t.Errorf("%q, %v", answer, err)
	}
	for name, test := range map[string]struct {
		to   actor.Address
		body string
		code string
	}{
		"H29 no JSON":          {c, "{", cosmwasm.CodeInvalid},
		"H29 nothing":          {c, "", cosmwasm.CodeInvalid},
		"H29 unknown contract": {w.chain.Account("nobody"), "[]", actor.CodeUnknownActor},
		"S51 refused":          {c, program(nil).fail("x").String(), cosmwasm.CodeQueryFailed},
		"S49 writes":           {c, set("k", "w").String(), cosmwasm.CodeVM},
		"S23 out of gas":       {c, do("spin").String(), actor.CodeOutOfGas},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := w.Query(test.to, test.body); codeOf(err) != test.code {
				t.Error(err)
			}
		})
	}
	w.has(c, "k", "v")
}
