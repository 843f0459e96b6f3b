package wire

import (
	"bytes"
	"encoding/json"
	"testing"
)

// appended pairs a value with what is appended for it. The prefix must stay.
func appended[T any](t *testing.T, v *T, appendTo func([]byte, *T) []byte) {
	t.Helper()
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if got := appendTo([]byte("before"), v); !bytes.Equal(got, append([]byte("before"), want...)) {
		t.Fatalf("%+v\n got %q\nwant %q", v, got, want)
	}
}

// appendAll checks each encoder with a value of its own.
func appendAll(t *testing.T, g generator) {
	t.Helper()
	appended(t, filled[Env](g), AppendEnv)
	appended(t, filled[Info](g), AppendInfo)
	appended(t, filled[MigrateInfo](g), AppendMigrateInfo)
	appended(t, filled[Reply](g), AppendReply)
	appended(t, filled[SystemResult](g), AppendSystemResult)
	appended(t, filled[BalanceResponse](g), AppendBalanceResponse)
	appended(t, filled[SupplyResponse](g), AppendSupplyResponse)
	appended(t, filled[AllBalancesResponse](g), AppendAllBalancesResponse)
	appended(t, filled[ContractInfoResponse](g), AppendContractInfoResponse)
	appended(t, filled[RawRangeResponse](g), AppendRawRangeResponse)
	appended(t, filled[BankMsg](g), AppendBankMsg)
}

// TestAppend compares what is appended with encoding/json.
func TestAppend(t *testing.T) {
	for seed := range uint64(500) {
		appendAll(t, newGenerator(seed))
	}
}

func FuzzAppend(f *testing.F) {
	f.Add(uint64(0), "plain")
	f.Add(uint64(1), "<\u2028\xff\"\\\x00")
	f.Fuzz(func(t *testing.T, seed uint64, s string) {
		appendAll(t, newGenerator(seed))
		appended(t, &s, func(dst []byte, s *string) []byte { return appendString(dst, *s) })
	})
}

// TestS56 is the environment and the information, as wasmvm has them in its own tests.
func TestS56(t *testing.T) {
	env := Env{Block: BlockInfo{Height: 444, Time: 1955939743_123456789, ChainID: "nice-chain"}, Contract: ContractInfo{Address: "wasm1yada"}}
	for _, c := range []struct {
		name string
		tx   *TransactionInfo
		want string
	}{
		{"outside of a transaction", nil, `null`},
		{"in one", &TransactionInfo{Index: 3}, `{"index":3}`},
		{"with its hash", &TransactionInfo{Hash: []byte{1, 2, 3}}, `{"index":0,"hash":"AQID"}`},
	} {
		env.Transaction = c.tx
		want := `{"block":{"height":444,"time":"1955939743123456789","chain_id":"nice-chain"},"transaction":` + c.want + `,"contract":{"address":"wasm1yada"}}`
		if got := string(AppendEnv(nil, &env)); got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
	for _, c := range []struct {
		info Info
		want string
	}{
		{Info{Sender: "a"}, `{"sender":"a","funds":[]}`},
		{Info{Sender: "<a>", Funds: []Coin{{"ucosm", "12"}, {"x", "340282366920938463463374607431768211456"}}},
			`{"sender":"\u003ca\u003e","funds":[{"denom":"ucosm","amount":"12"},{"denom":"x","amount":"340282366920938463463374607431768211456"}]}`},
	} {
		if got := string(AppendInfo(nil, &c.info)); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	version := uint64(42)
	for _, c := range []struct {
		version *uint64
		want    string
	}{{nil, `{"sender":"a","old_migrate_version":null}`}, {&version, `{"sender":"a","old_migrate_version":42}`}} {
		if got := string(AppendMigrateInfo(nil, &MigrateInfo{"a", c.version})); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestS16 is the reply: what is left out, and what is an empty list.
func TestS16(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply Reply
		want  string
	}{
		{"nothing but ok", Reply{ID: 7, Result: SubMsgResult{Ok: &SubMsgResponse{}}},
			`{"gas_used":0,"id":7,"result":{"ok":{"events":[],"msg_responses":[]}}}`},
		{"everything", Reply{ID: 7, Payload: []byte("payloadData"), Result: SubMsgResult{Ok: &SubMsgResponse{
			Events: []Event{{Type: "execute", Attributes: []EventAttribute{{"_contract_address", "a"}}}, {Type: "bare"}},
			Data:   []byte("\x0a\x02\xee\x05"), MsgResponses: []MsgResponse{{"/cosmwasm.wasm.v1.MsgExecuteContractResponse", []byte("\x0a\x02\xee\x05")}, {"/b", []byte{}}}}}},
			`{"gas_used":0,"id":7,"result":{"ok":{"events":[{"type":"execute","attributes":[{"key":"_contract_address","value":"a"}]},{"type":"bare","attributes":[]}],` +
				`"data":"CgLuBQ==","msg_responses":[{"type_url":"/cosmwasm.wasm.v1.MsgExecuteContractResponse","value":"CgLuBQ=="},{"type_url":"/b","value":""}]}},"payload":"cGF5bG9hZERhdGE="}`},
		{"an error", Reply{GasUsed: 5, ID: 1, Result: SubMsgResult{Err: "codespace: sdk, code: 5"}},
			`{"gas_used":5,"id":1,"result":{"error":"codespace: sdk, code: 5"}}`},
	} {
		if got := string(AppendReply(nil, &c.reply)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestS51 is the nesting of answers to queries.
func TestS51(t *testing.T) {
	for _, c := range []struct {
		result     SystemResult
		want, text string
	}{
		{SystemResult{Ok: &QueryResult{Ok: []byte("hi")}}, `{"ok":{"ok":"aGk="}}`, ""},
		{SystemResult{Ok: &QueryResult{}}, `{"ok":{"ok":""}}`, ""},
		{SystemResult{Ok: &QueryResult{Ok: []byte{}}}, `{"ok":{"ok":""}}`, ""},
		{SystemResult{Ok: &QueryResult{Err: "no: query wasm contract failed"}}, `{"ok":{"error":"no: query wasm contract failed"}}`, ""},
		{SystemResult{Err: &SystemError{NoSuchContract: &NoSuchContract{"a"}}}, `{"error":{"no_such_contract":{"addr":"a"}}}`, "no such contract: a"},
		{SystemResult{Err: &SystemError{NoSuchCode: &NoSuchCode{3}}}, `{"error":{"no_such_code":{"code_id":3}}}`, "no such code: 3"},
		{SystemResult{Err: &SystemError{Unknown: &Unknown{}}}, `{"error":{"unknown":{}}}`, "unknown system error"},
		{SystemResult{Err: &SystemError{UnsupportedRequest: &UnsupportedRequest{"custom"}}}, `{"error":{"unsupported_request":{"kind":"custom"}}}`, "unsupported request: custom"},
		{SystemResult{Err: &SystemError{InvalidRequest: &InvalidRequest{"<e>", []byte("q")}}}, `{"error":{"invalid_request":{"error":"\u003ce\u003e","request":"cQ=="}}}`, "invalid request: <e> - original request: q"},
		{SystemResult{Err: &SystemError{InvalidResponse: &InvalidResponse{"e", nil}}}, `{"error":{"invalid_response":{"error":"e","response":null}}}`, "invalid response: e - original response: "},
	} {
		if got := string(AppendSystemResult(nil, &c.result)); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		if c.result.Err != nil && c.result.Err.Error() != c.text {
			t.Errorf("%q, want %q", c.result.Err, c.text)
		}
	}
}

// TestAnswers is what the wasm and bank queries of S52, S53 are answered with.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		answer any
		want   string
	}{
		{&ContractInfoResponse{CodeID: 1, Creator: "c"}, `{"code_id":1,"creator":"c","pinned":false}`},
		{&ContractInfoResponse{CodeID: 1, Creator: "c", Admin: "a", Pinned: true, IBCPort: "p", IBC2Port: "q"}, `{"code_id":1,"creator":"c","admin":"a","pinned":true,"ibc_port":"p","ibc2_port":"q"}`},
		{&CodeInfoResponse{CodeID: 1, Creator: "c", Checksum: bytes.Repeat([]byte{0xab}, 32)}, `{"code_id":1,"creator":"c","checksum":"abababababababababababababababababababababababababababababababab"}`},
		{&RawRangeResponse{}, `{"data":[],"next_key":null}`},
		{&RawRangeResponse{Data: []RawRangeEntry{{[]byte("k"), []byte("v")}}, NextKey: []byte("l")}, `{"data":[["aw==","dg=="]],"next_key":"bA=="}`},
		{&BalanceResponse{Coin{"d", "0"}}, `{"amount":{"denom":"d","amount":"0"}}`},
		{&AllBalancesResponse{}, `{"amount":[]}`},
		{&AllDenomMetadataResponse{Metadata: []DenomMetadata{{DenomUnits: []DenomUnit{{Aliases: []string{}}}}}},
			`{"metadata":[{"description":"","denom_units":[{"denom":"","exponent":0,"aliases":[]}],"base":"","display":"","name":"","symbol":"","uri":"","uri_hash":""}]}`},
	} {
		got, err := json.Marshal(c.answer)
		if err != nil || string(got) != c.want {
			t.Errorf("%s, %v, want %s", got, err, c.want)
		}
	}
}

func BenchmarkEnvAndInfo(b *testing.B) {
	const contract = "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"
	env := Env{Block: BlockInfo{Height: 12345, Time: 1571797419_879305533, ChainID: "cosmos-testnet-14002"},
		Transaction: &TransactionInfo{Index: 3}, Contract: ContractInfo{Address: contract}}
	info := Info{Sender: contract, Funds: []Coin{{"ucosm", "1000"}}}
	envBytes, infoBytes := make([]byte, 0, 512), make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		envBytes = AppendEnv(envBytes[:0], &env)
		infoBytes = AppendInfo(infoBytes[:0], &info)
	}
}

// BenchmarkReply is the reply to a transfer of a cw20 token.
func BenchmarkReply(b *testing.B) {
	attributes := []EventAttribute{{"_contract_address", "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"}, {"action", "transfer"}, {"amount", "1000"}}
	reply := Reply{ID: 1, Result: SubMsgResult{Ok: &SubMsgResponse{Events: []Event{{"execute", attributes[:1]}, {"wasm", attributes}},
		MsgResponses: []MsgResponse{{"/cosmwasm.wasm.v1.MsgExecuteContractResponse", []byte{}}}}}}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendReply(dst[:0], &reply)
	}
}

// TestUsual checks the look at eight bytes at once: each byte at each place.
func TestUsual(t *testing.T) {
	for place := range 8 {
		for c := range 256 {
			for _, others := range []byte{' ', '#', '%', '\'', ';', '=', '?', '[', ']', 'a', '\x7f'} {
				text := bytes.Repeat([]byte{others}, 8)
				text[place] = byte(c)
				if usual(word(text)) == escaped[c] {
					t.Fatalf("%q: usual is %v", text, !escaped[c])
				}
			}
		}
	}
}

// TestAllocations checks what a call of a contract allocates here: nothing for what it is called with, and for the answer
// to a transfer the texts, the response and its attributes.
func TestAllocations(t *testing.T) {
	env := Env{Block: BlockInfo{Height: 1, ChainID: "troupe-1"}, Transaction: &TransactionInfo{Hash: make([]byte, 32)}, Contract: ContractInfo{Address: "a"}}
	info := Info{Sender: "a", Funds: []Coin{{"ucosm", "1000"}}}
	dst, answer := make([]byte, 0, 1024), []byte(transferred)
	if n := testing.AllocsPerRun(100, func() {
		dst = AppendInfo(AppendEnv(dst[:0], &env), &info)
	}); n != 0 {
		t.Errorf("environment and information: %v", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := DecodeResult(answer); err != nil {
			t.Fatal(err)
		}
	}); n > 3 {
		t.Errorf("answer: %v", n)
	}
}
