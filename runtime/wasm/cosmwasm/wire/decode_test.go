package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// The reference is encoding/json alone, with the shape of wasmvm's ContractResult.
func referenceResult(data []byte) (Result, error) {
	var read struct {
		Ok  *Response `json:"ok,omitempty"`
		Err string    `json:"error,omitempty"`
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return Result{}, err
	}
	result := Result{Ok: read.Ok}
	if read.Err != "" {
		result.Err = &read.Err
	}
	return result, nil
}

func compareResult(t *testing.T, data []byte) {
	t.Helper()
	original := string(data)
	got, err := DecodeResult(data)
	if string(data) != original {
		t.Fatalf("%q became %q", original, data)
	}
	want, wantErr := referenceResult(data)
	if wantErr == nil && want.Ok != nil {
		for i, m := range want.Ok.Messages {
			if len(m.Payload) > MaxPayload {
				want, wantErr = Result{}, fmt.Errorf("reply contains submessage at index %d with payload larger than 131072 bytes: %d bytes", i, len(m.Payload))
				break
			}
		}
	}
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("%s\n got error %v\nwant error %v", data, err, wantErr)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\n got %s\nwant %s", data, show(got), show(want))
	}
}

func compareQueryResult(t *testing.T, data []byte) {
	t.Helper()
	got, err := DecodeQueryResult(data)
	var want QueryResult
	wantErr := json.Unmarshal(data, &want)
	if wantErr != nil {
		want = QueryResult{}
	}
	if (err != nil) != (wantErr != nil) || !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\n got %s, %v\nwant %s, %v", data, show(got), err, show(want), wantErr)
	}
}

func compareQueryRequest(t *testing.T, data []byte) {
	t.Helper()
	got, bad := DecodeQueryRequest(data)
	var want QueryRequest
	wantErr := json.Unmarshal(data, &want)
	if wantErr != nil {
		want = QueryRequest{}
	}
	if (bad != nil) != (wantErr != nil) || !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\n got %s, %v\nwant %s, %v", data, show(got), bad, show(want), wantErr)
	}
	if bad != nil && bad.InvalidRequest.Err != strings.Replace(wantErr.Error(), " wire.", " types.", 1) {
		t.Fatalf("%s: text %q, want %q", data, bad.InvalidRequest.Err, wantErr)
	}
}

// show renders a value with what its pointers point to.
func show(v any) string {
	text, err := json.Marshal(v)
	return fmt.Sprintf("%#v = %s %v", v, text, err)
}

// oddResults are answers that a contract should not give, each for a rule of encoding/json.
var oddResults = []string{
	``, ` `, `null`, `{}`, `{"ok":null}`, `{"ok":{}}`, `{"error":""}`, `{"error":null}`, `{"error":"e","error":null}`, `{"ok":{},"error":"e"}`, `{"ok":{},"error":""}`, `[]`, `"ok"`, `{"ok":{}} `, `{"ok":{}}x`, `{"ok":{}`, "\ufeff{}",
	`{"OK":{"Messages":[],"DATA":"aGk="}}`, `{"Error":"e"}`, `{"oK":{},"x":[{"a":[1,2,{"b":null}]}]}`, `{"ok":{"messages":null,"attributes":null,"events":null,"data":null}}`, `{"ok":{"data":""}}`, `{"ok":{"data":"aGk"}}`, `{"ok":{"data":"a G k="}}`,
	`{"ok":{"data":"aG\nk="}}`, `{"ok":{"data":"aG\r\nk="}}`, `{"ok":{"data":"aGk=\n"}}`, `{"ok":{"data":"aGl="}}`, `{"ok":{"data":"_-8="}}`, `{"ok":{"data":[104,105]}}`, `{"ok":{"data":"YWJj","data":null}}`, `{"ok":{"data":"YWJj","data":""}}`, `{"ok":{"data":5}}`,
	`{"ok":{"attributes":[{"key":"a","value":"b"},{"key":"c"}],"attributes":[{"value":"d"}]}}`, `{"ok":{"attributes":[{"key":"a","value":"b"}],"attributes":[]}}`, `{"ok":{"attributes":[null,{"key":null,"value":null}]}}`, `{"ok":{"attributes":[{"key":"a","key":"b"}]}}`, `{"ok":{"attributes":{}}}`,
	`{"ok":{"events":[{"type":"a","attributes":null},{"type":"b"},{"attributes":[{"key":"k","value":"v"}],"attributes":[{"key":"l"}]}]}}`, `{"ok":{"attributes":[{"key":"\ud800","value":"\u0000\ud834\udd1e"}]}}`, "{\"ok\":{\"attributes\":[{\"key\":\"\xff\",\"value\":\"\xed\xa0\x80\"}]}}", "{\"ok\":{\"attributes\":[{\"key\":\"\n\"}]}}",
	`{"ok":{"attributes":[{"key":"\"\\\/\b\f\n\r\t","value":"é"}]}}`, `{"ok":{"attributes":[{"key":"\a"}]}}`, `{"ok":{"attributes":[{"key":"a",}]}}`, `{"ok":{"attributes":[{"key":"a"},]}}`, `{"ok":{"attributes":[,]}}`,
	`{"ok":{"messages":[{}]}}`, `{"ok":{"messages":[null]}}`, `{"ok":{"messages":[{"id":1,"msg":{},"reply_on":"never"}]}}`, `{"ok":{"messages":[{"id":1,"msg":null,"gas_limit":null,"reply_on":"always"}]}}`, `{"ok":{"messages":[{"reply_on":null}]}}`, `{"ok":{"messages":[{"reply_on":"Never"}]}}`, `{"ok":{"messages":[{"reply_on":""}]}}`, `{"ok":{"messages":[{"reply_on":4}]}}`,
	`{"ok":{"messages":[{"id":-1}]}}`, `{"ok":{"messages":[{"id":1.0}]}}`, `{"ok":{"messages":[{"id":1e3}]}}`, `{"ok":{"messages":[{"id":"1"}]}}`, `{"ok":{"messages":[{"id":18446744073709551615}]}}`, `{"ok":{"messages":[{"id":18446744073709551616}]}}`, `{"ok":{"messages":[{"id":01}]}}`, `{"ok":{"messages":[{"id":0}]}}`, `{"ok":{"messages":[{"id":-0}]}}`, `{"ok":{"messages":[{"id":1x}]}}`,
	`{"ok":{"messages":[{"gas_limit":0},{"gas_limit":18446744073709551615}]}}`, `{"ok":{"messages":[{"gas_limit":5,"gas_limit":null}]}}`, `{"ok":{"messages":[{"payload":null},{"payload":""},{"payload":"AA=="}]}}`,
	`{"ok":{"messages":[{"msg":{"bank":null}},{"msg":{"bank":{}}},{"msg":{"bank":{"send":null}}},{"msg":{"bank":{"send":{}}}},{"msg":{"bank":{"mint":{}}}},{"msg":{"unheard_of":{}}}]}}`, `{"ok":{"messages":[{"msg":{"bank":{"send":{"to_address":"a","amount":null}}}},{"msg":{"bank":{"send":{"to_address":"a","amount":[null]}}}}]}}`,
	`{"ok":{"messages":[{"msg":{"bank":{"send":{"amount":[{"denom":"a","amount":"1"}],"amount":[{"denom":"b"}]}}}}]}}`, `{"ok":{"messages":[{"msg":{"bank":{"send":{"amount":[{"denom":"a","amount":1}]}}}}]}}`, `{"ok":{"messages":[{"msg":{"bank":{"send":{},"burn":{"amount":[]}}}}]}}`, `{"ok":{"messages":[{"msg":{"bank":{},"wasm":{}}}]}}`,
	`{"ok":{"messages":[{"msg":{"wasm":{"execute":{"contract_addr":"a","msg":"e30=","send":[]}}}}]}}`, `{"ok":{"messages":[{"msg":{"wasm":{"instantiate":{"admin":null,"code_id":1,"msg":null,"funds":[],"label":"l"}}}}]}}`, `{"ok":{"messages":[{"msg":{"wasm":{"migrate":{"contract_addr":"a","code_id":1,"new_code_id":2,"msg":"e30="}}}}]}}`, `{"ok":{"messages":[{"msg":{"wasm":{"migrate":{"new_code_id":2,"code_id":1}}}}]}}`, `{"ok":{"messages":[{"msg":{"wasm":{"instantiate":{"code_id":1,"new_code_id":2}}}}]}}`,
	`{"ok":{"messages":[{"msg":{"custom":null}},{"msg":{"custom":{"a": [1, 2]}}},{"msg":{"custom":5}}]}}`, `{"ok":{"messages":[{"msg":{"any":{"type_url":"a","value":"AA=="}}},{"msg":{"stargate":{"type_url":"a","value":"AA=="}}}]}}`, `{"ok":{"messages":[{"msg":{"any":{},"stargate":{}}}]}}`, `{"ok":{"messages":[{"msg":{"any":null,"stargate":{}}}]}}`,
	`{"ok":{"messages":[{"msg":{"gov":{"vote":{"proposal_id":1,"option":"yes"}}}},{"msg":{"gov":{"vote":{"proposal_id":1,"vote":"no_with_veto"}}}}]}}`, `{"ok":{"messages":[{"msg":{"gov":{"vote":{"proposal_id":1}}}}]}}`, `{"ok":{"messages":[{"msg":{"gov":{"vote":{"option":"yes","vote":"yes"}}}}]}}`, `{"ok":{"messages":[{"msg":{"gov":{"vote":{"option":"Yes"}}}}]}}`,
	`{"ok":{"messages":[{"msg":{"ibc":{"transfer":{"channel_id":"c","to_address":"a","amount":{"denom":"a","amount":"1"},"timeout":{"block":null,"timestamp":"5"}}}}}]}}`, `{"ok":{"messages":[{"msg":{"ibc":{"transfer":{"timeout":{"timestamp":5}}}}}]}}`, `{"ok":{"messages":[{"msg":{"ibc":{"transfer":{"channel_id":5}}}}]}}`, `{"ok":{"messages":[{"msg":{"ibc2":{"send_packet":{"timeout":""}}}}]}}`,
	`{"ok":{"messages":[{"msg":{"custom":` + strings.Repeat("[", 9990) + strings.Repeat("]", 9990) + `}}]}}`, `{"ok":{"messages":[{"msg":{"custom":` + strings.Repeat("[", 10001) + strings.Repeat("]", 10001) + `}}]}}`, `{"x":` + strings.Repeat(`{"a":`, 20000), strings.Repeat("[", 100000),
	`{"ok":{"messages":[{"id":1,"payload":"` + strings.Repeat("AAAA", MaxPayload/3) + `"}]}}`, `{"ok":{"messages":[{"id":1},{"id":1,"payload":"` + strings.Repeat("AAAA", MaxPayload/3) + `AAA="}]}}`, `{"ok":{"attributes":[{"key":"k","value":"` + strings.Repeat("x", 1<<20) + `"}]}}`, `{"error":"` + strings.Repeat(`\"`, 5000) + `"}`, `{"id":` + strings.Repeat("9", 5000) + `}`,
}

func TestOddResults(t *testing.T) {
	for _, data := range oddResults {
		compareResult(t, []byte(data))
	}
}

// TestGenerated compares what is decoded with encoding/json, from proper JSON to JSON that is odd at each place.
func TestGenerated(t *testing.T) {
	type ContractResult struct {
		Ok  *Response `json:"ok,omitempty"`
		Err string    `json:"error,omitempty"`
	}
	for _, odds := range []int{0, 1000, 100, 30, 10} {
		right := 0
		for seed := range uint64(2000) {
			g := newGenerator(seed)
			result := []byte(g.json(reflect.TypeFor[ContractResult](), odds))
			compareResult(t, result)
			if _, err := DecodeResult(result); err == nil {
				right++
			}
			compareQueryRequest(t, []byte(g.json(reflect.TypeFor[QueryRequest](), odds)))
			compareQueryResult(t, []byte(g.json(reflect.TypeFor[QueryResult](), odds)))
		}
		t.Logf("odds of 1 in %d: %d of 2000 results are right", odds, right)
		if odds == 0 && right != 2000 || right == 0 {
			t.Errorf("odds of 1 in %d: %d of 2000 results are right", odds, right)
		}
	}
}

func FuzzDecodeResult(f *testing.F) {
	for _, data := range oddResults {
		if len(data) < 1000 {
			f.Add([]byte(data))
		}
	}
	f.Add([]byte(transferred))
	f.Add([]byte(sent))
	f.Fuzz(func(t *testing.T, data []byte) {
		compareResult(t, data)
		compareQueryResult(t, data)
	})
}

func FuzzDecodeQueryRequest(f *testing.F) {
	for _, data := range oddRequests {
		f.Add([]byte(data))
	}
	f.Fuzz(compareQueryRequestFuzz)
}

func compareQueryRequestFuzz(t *testing.T, data []byte) { compareQueryRequest(t, data) }

// FuzzGenerated is TestGenerated with other seeds.
func FuzzGenerated(f *testing.F) {
	f.Add(uint64(1), 20)
	f.Fuzz(func(t *testing.T, seed uint64, odds int) {
		g := newGenerator(seed)
		odds = max(odds%1000, 2)
		compareResult(t, []byte(`{"ok":`+g.json(reflect.TypeFor[Response](), odds)+`}`))
		compareQueryRequest(t, []byte(g.json(reflect.TypeFor[QueryRequest](), odds)))
		compareQueryResult(t, []byte(g.json(reflect.TypeFor[QueryResult](), odds)))
	})
}

var oddRequests = []string{
	``, `null`, `{}`, `{"bank":null}`, `{"bank":{}}`, `{"bank":{"balance":{"address":"a","denom":"d"}}}`, `{"bank":{"balance":{"address":"a","denom":"d","x":1}}}`, `{"bank":{"balance":{"address":"a","address":"b"}}}`, `{"bank":{"all_balances":{"address":"a"}}}`, `{"bank":{"all_balances":{"denom":"a"}}}`,
	`{"bank":{"supply":{"denom":"d"}}}`, `{"bank":{"all_denom_metadata":{"pagination":{"key":null,"limit":5,"reverse":true}}}}`, `{"bank":{"balance":{"address":5}}}`, `{"bank":[]}`, `{"bank":{"balance":{},"supply":{}}}`, `{"wasm":{"smart":{"contract_addr":"a","msg":"e30="}}}`, `{"wasm":{"raw":{"contract_addr":"a","key":null}}}`,
	`{"wasm":{"contract_info":{"contract_addr":"a"}}}`, `{"wasm":{"contract_info":{"contract_addr":"a","":"YQ=="}}}`, `{"wasm":{"code_info":{"code_id":70000}}}`, `{"wasm":{"raw_range":{"contract_addr":"a","limit":70000}}}`, `{"wasm":{"raw_range":{"contract_addr":"a","limit":7,"order":"x","start":"","end":null}}}`,
	`{"wasm":{"smart":{"msg":"e30"}}}`, `{"wasm":5}`, `{"wasm":{"smart":true}}`, `{"custom":null}`, `{"custom":{"ping":{}}}`, `{"staking":{"bonded_denom":{}}}`, `{"staking":{"bonded_denom":[]}}`, `{"ibc":{"port_id":{}}}`, `{"grpc":{"path":"p","data":"AA=="}}`, `{"stargate":{"path":"p","data":"!"}}`, `{"distribution":{"delegation_rewards":{}}}`, `{"bank":{},"wasm":{}}`, `{"a":1}`, `{"wasm":{}`,
}

// TestV22 is the text that a contract gets for a query that cannot be read: that of encoding/json, for wasmvm's types.
func TestV22(t *testing.T) {
	for _, data := range oddRequests {
		compareQueryRequest(t, []byte(data))
	}
	for _, c := range []struct{ data, want string }{
		{``, "unexpected end of JSON input"},
		{`{"bank"`, "unexpected end of JSON input"},
		{`{"bank":x}`, "invalid character 'x' looking for beginning of value"},
		{`[]`, "json: cannot unmarshal array into Go value of type types.QueryRequest"},
		{`{"bank":[]}`, "json: cannot unmarshal array into Go struct field QueryRequest.bank of type types.BankQuery"},
		{`{"wasm":{"smart":{"contract_addr":5}}}`, "json: cannot unmarshal number into Go struct field SmartQuery.wasm.smart.contract_addr of type string"},
		{`{"wasm":{"raw_range":{"limit":70000}}}`, "json: cannot unmarshal number 70000 into Go struct field RawRangeQuery.wasm.raw_range.limit of type uint16"},
		{`{"wasm":{"smart":{"msg":"e30"}}}`, "illegal base64 data at input byte 0"},
	} {
		_, bad := DecodeQueryRequest([]byte(c.data))
		if bad == nil || bad.InvalidRequest.Err != c.want || string(bad.InvalidRequest.Request) != c.data {
			t.Errorf("%s: %v, want %s", c.data, bad, c.want)
		}
	}
}

// TestS71 is which answers are errors.
func TestS71(t *testing.T) {
	for _, c := range []struct {
		data, text string
		failed     bool
	}{
		{`{"ok":{"messages":[],"attributes":[],"events":[]}}`, "", false},
		{`{"error":"no"}`, "no", true},
		{`{"ok":{},"error":"no"}`, "no", true},
		{`{"ok":{},"error":""}`, "", false},
		{`{"error":""}`, "", true},
		{`{}`, "", true},
		{`null`, "", true},
	} {
		result, err := DecodeResult([]byte(c.data))
		if text, failed := result.Failed(); err != nil || text != c.text || failed != c.failed {
			t.Errorf("%s: %q, %v, %v", c.data, text, failed, err)
		}
	}
}

// TestHandmade is a result that was not decoded.
func TestHandmade(t *testing.T) {
	empty := ""
	if _, failed := (&Result{Ok: &Response{}, Err: &empty}).Failed(); failed {
		t.Error("an empty error counts more than a response")
	}
}

// TestForms checks what the types do on their own in encoding/json, which the comparisons take for right: as wasmvm's.
func TestForms(t *testing.T) {
	var sent SendMsg
	if err := json.Unmarshal([]byte(`{"amount":null}`), &sent); err != nil || sent.Amount == nil {
		t.Errorf("null in place of a list: %#v, %v", sent.Amount, err)
	}
	for _, c := range []struct {
		into       any
		data, want string // the value encoded again, or the error
	}{
		{new(SendMsg), `{"amount":null}`, `{"to_address":"","amount":[]}`},
		{new(SendMsg), `{"amount":[{"denom":"a","amount":"1"},{"denom":"c"}],"amount":[{"denom":"b"}]}`, `{"to_address":"","amount":[{"denom":"b","amount":""}]}`},
		{new(CosmosMsg), `{"stargate":{"type_url":"a","value":"AA=="}}`, `{"any":{"type_url":"a","value":"AA=="}}`},
		{new(CosmosMsg), `{"any":{"type_url":"a","value":"AA=="},"stargate":null}`, `{"any":{"type_url":"a","value":"AA=="}}`},
		{new(CosmosMsg), `{"any":{},"stargate":{}}`, "invalid CosmosMsg: both 'any' and 'stargate' fields are set"},
		{new(CosmosMsg), `{"custom":null}`, `{"custom":null}`},
		{new(CosmosMsg), `{"ibc":{"close_channel":{"channel_id":"c"}},"ibc2":{},"distribution":{},"staking":{},"gov":{},"x":1}`, `{"distribution":{},"gov":{},"ibc":{"close_channel":{"channel_id":"c"}},"staking":{},"ibc2":{}}`},
		{new(CosmosMsg), `{"gov":{"vote_weighted":{"proposal_id":4,"options":[{"option":"abstain","weight":"0.5"}]}}}`, `{"gov":{"vote_weighted":{"proposal_id":4,"options":[{"option":"abstain","weight":"0.5"}]}}}`},
		{new(VoteMsg), `{"proposal_id":1,"vote":"no_with_veto"}`, `{"proposal_id":1,"option":"no_with_veto"}`},
		{new(VoteMsg), `{"proposal_id":1,"option":"yes","vote":"yes"}`, "invalid VoteMsg: both 'option' and 'vote' fields are set"},
		{new(VoteMsg), `{"proposal_id":1,"option":null}`, "invalid VoteMsg: neither 'option' nor 'vote' is set"},
		{new(VoteMsg), `{"option":"maybe"}`, "invalid vote option 'maybe'"},
		{new(SubMsg), `{"reply_on":"success"}`, `{"id":0,"msg":{},"reply_on":"success"}`},
		{new(SubMsg), `{"reply_on":"unset"}`, "invalid reply_on value 'unset'"},
		{new(SubMsg), `{"reply_on":null}`, "invalid reply_on value ''"},
		{new(SubMsg), `{}`, `{"id":0,"msg":{},"reply_on":""}`},
		{new(RawRangeResponse), `{"data":[["aw==","dg=="]],"next_key":null}`, `{"data":[["aw==","dg=="]],"next_key":null}`},
		{new(RawRangeResponse), `{"data":[["aw=="]]}`, "invalid RawRange entry: expected array of length 2, got 1"},
		{new(CodeInfoResponse), `{"checksum":"00"}`, "got wrong number of bytes for checksum"},
		{new(CodeInfoResponse), `{"checksum":"zz"}`, "encoding/hex: invalid byte: U+007A 'z'"},
	} {
		err := json.Unmarshal([]byte(c.data), c.into)
		got, _ := json.Marshal(c.into)
		if err != nil {
			got = []byte(err.Error())
		}
		if string(got) != c.want {
			t.Errorf("%s: %s, want %s", c.data, got, c.want)
		}
	}
}

// TestR18 is the bound of payloads.
func TestR18(t *testing.T) {
	const want = "reply contains submessage at index 1 with payload larger than 131072 bytes: 131073 bytes"
	payload := func(n int) []byte {
		text, _ := json.Marshal(map[string]any{"ok": Response{Messages: []SubMsg{{ReplyOn: ReplyNever}, {ReplyOn: ReplyNever, Payload: make([]byte, n)}}}})
		return text
	}
	if _, err := DecodeResult(payload(131072)); err != nil {
		t.Error(err)
	}
	if _, err := DecodeResult(payload(131073)); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestVariant is which field of a message or query counts when there are several.
func TestVariant(t *testing.T) {
	messages := []string{"bank", "custom", "distribution", "ibc", "ibc2", "staking", "any", "wasm", "gov", ""}
	queries := []string{"bank", "custom", "ibc", "staking", "stargate", "grpc", "wasm", "distribution", ""}
	var message CosmosMsg
	var query QueryRequest
	for i := range messages {
		fields := "{"
		for j := len(messages) - 2; j >= i; j-- {
			fields += `"` + messages[j] + `":{},`
		}
		message = CosmosMsg{}
		if err := json.Unmarshal([]byte(strings.TrimSuffix(fields, ",")+"}"), &message); err != nil || message.Variant() != messages[i] {
			t.Errorf("%s is %q, %v", fields, message.Variant(), err)
		}
	}
	for i := range queries {
		fields := "{"
		for j := len(queries) - 2; j >= i; j-- {
			fields += `"` + queries[j] + `":{},`
		}
		query = QueryRequest{}
		if err := json.Unmarshal([]byte(strings.TrimSuffix(fields, ",")+"}"), &query); err != nil || query.Variant() != queries[i] {
			t.Errorf("%s is %q, %v", fields, query.Variant(), err)
		}
	}
}

// TestApart checks that nothing that was decoded changes with the bytes that it was read from.
func TestApart(t *testing.T) {
	for _, text := range []string{transferred, sent} {
		data := []byte(text)
		got, err := DecodeResult(data)
		if err != nil {
			t.Fatal(err)
		}
		clear(data)
		if want, _ := referenceResult([]byte(text)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s", show(got))
		}
	}
}

// What cw20 answers to a transfer, and cw20 with a message to a contract to send.
const (
	transferred = `{"ok":{"messages":[],"attributes":[{"key":"action","value":"transfer"},{"key":"from","value":"cosmos1nxvenxve42424242hwamhwamenxvenxvmhwamhwaamhwamhwlllsatsy6m"},{"key":"to","value":"cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"},{"key":"amount","value":"1000"}],"events":[],"data":null}}`
	sent        = `{"ok":{"messages":[{"id":0,"msg":{"wasm":{"execute":{"contract_addr":"cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr","msg":"eyJyZWNlaXZlIjp7InNlbmRlciI6ImEiLCJhbW91bnQiOiIxIiwibXNnIjoiZTMwPSJ9fQ==","funds":[]}}},"gas_limit":null,"reply_on":"never"}],"attributes":[{"key":"action","value":"send"},{"key":"amount","value":"1000"}],"events":[],"data":null}}`
)

func BenchmarkDecodeTransfer(b *testing.B) { benchmarkResult(b, transferred) }
func BenchmarkDecodeSend(b *testing.B)     { benchmarkResult(b, sent) }

func benchmarkResult(b *testing.B, text string) {
	data := []byte(text)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeResult(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReference is encoding/json for the same transfer.
func BenchmarkReference(b *testing.B) {
	data := []byte(transferred)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := referenceResult(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeQuery(b *testing.B) {
	data := []byte(`{"wasm":{"smart":{"contract_addr":"cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr","msg":"eyJiYWxhbmNlIjp7ImFkZHJlc3MiOiJhIn19"}}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, bad := DecodeQueryRequest(data); bad != nil {
			b.Fatal(bad)
		}
	}
}

// TestUsualShapes checks that what contracts usually send is read by hand: it would be right otherwise, but slow.
func TestUsualShapes(t *testing.T) {
	for _, data := range []string{
		transferred, sent, `{"error":"Overflow: Cannot Sub with 1 and 2"}`, `{"ok":{"messages":[],"data":"aGk=","attributes":[],"events":[{"type":"a","attributes":[{"key":"a","value":"say \"b\" & <c>\n"}]}]}}`,
		`{"ok":{"messages":[{"id":18446744073709551,"msg":{"bank":{"send":{"to_address":"a","amount":[{"denom":"d","amount":"1"}]}}},"payload":"AA==","gas_limit":5,"reply_on":"always"}],"attributes":[],"events":[]}}`,
		`{"ok":{"messages":[{"id":1,"msg":{"bank":{"burn":{"amount":[]}}},"gas_limit":null,"reply_on":"error"}]}}`, ` { "ok" : { "messages" : [ ] } } `,
		`{"ok":{"messages":[{"id":1,"msg":{"wasm":{"instantiate":{"admin":null,"code_id":1,"msg":"e30=","funds":[],"label":"l"}}},"gas_limit":null,"reply_on":"success"}]}}`,
		`{"ok":{"messages":[{"id":1,"msg":{"wasm":{"instantiate2":{"admin":"a","code_id":1,"label":"l","msg":"e30=","funds":[],"salt":"AA=="}}},"gas_limit":null,"reply_on":"success"}]}}`,
		`{"ok":{"messages":[{"id":1,"msg":{"wasm":{"migrate":{"contract_addr":"a","new_code_id":1,"msg":"e30="}}},"reply_on":"never"},{"id":1,"msg":{"wasm":{"update_admin":{"contract_addr":"a","admin":"b"}}},"reply_on":"never"},{"id":1,"msg":{"wasm":{"clear_admin":{"contract_addr":"a"}}},"reply_on":"never"}]}}`,
	} {
		r := newReader([]byte(data))
		if r.result(); !r.end() {
			t.Errorf("read by encoding/json: %s", data)
		}
		compareResult(t, []byte(data))
	}
	for _, data := range []string{
		`{"bank":{"balance":{"address":"a","denom":"d"}}}`, `{"bank":{"all_balances":{"address":"a"}}}`, `{"bank":{"supply":{"denom":"d"}}}`, `{"wasm":{"smart":{"contract_addr":"a","msg":"e30="}}}`, `{"wasm":{"raw":{"contract_addr":"a","key":"AA=="}}}`, `{"wasm":{"contract_info":{"contract_addr":"a"}}}`,
	} {
		r := newReader([]byte(data))
		if r.queryRequest(); !r.end() {
			t.Errorf("read by encoding/json: %s", data)
		}
		compareQueryRequest(t, []byte(data))
	}
	for _, data := range []string{`{"ok":"aGk="}`, `{"error":"no"}`} {
		r := newReader([]byte(data))
		if r.queryResult(); !r.end() {
			t.Errorf("read by encoding/json: %s", data)
		}
	}
}
