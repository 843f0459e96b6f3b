package gateway

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

func opOf(t testing.TB, name string) api.Op {
	t.Helper()
	op, ok := api.Find(name)
	if !ok {
		t.Fatalf("no operation %s", name)
	}
	return op
}

func TestParams(t *testing.T) {
	for _, c := range []struct {
		op, query string
		want      any // the request, or the text of an error
	}{
		{"get", "actor=a%2Fb&key=balance/%C3%A4", api.GetRequest{Actor: "a/b", Key: api.Bytes("balance/ä")}},
		{"get", "actor=a&key=", api.GetRequest{Actor: "a", Key: api.Bytes{}}},
		{"get", "actor=a&key.base64=%2B/8=", api.GetRequest{Actor: "a", Key: api.Bytes{0xfb, 0xff}}},
		{"get", "actor=a&key.base64=+/8", api.GetRequest{Actor: "a", Key: api.Bytes{0xfb, 0xff}}},
		{"get", "actor=a&key.base64=-_8", api.GetRequest{Actor: "a", Key: api.Bytes{0xfb, 0xff}}},
		{"query", `to=a&body.json={"x":1}`, api.QueryRequest{To: "a", Body: api.Bytes(`{"x":1}`)}},
		{"query", `to=a&body={"x":1}`, api.QueryRequest{To: "a", Body: api.Bytes(`{"x":1}`)}},
		{"scan", "actor=a&descending&limit=-5", api.ScanRequest{Actor: "a", Descending: true, Limit: -5}},
		{"scan", "actor=a&descending=false", api.ScanRequest{Actor: "a"}},
		{"watch", "event_types=a&event_types=b&from=18446744073709551615&wait_ms=5",
			api.WatchRequest{EventTypes: []string{"a", "b"}, From: 1<<64 - 1, Wait: 5}},
		{"info", "", api.Empty{}},
		{"info", "a=b", "there are none"},
		{"get", "actor=a&actor=b", "more than once"},
		{"get", "key=a&key.base64=Yg", "more than once"},
		{"get", "actor.base64=YQ", "no query parameter"},
		{"get", "key.=a", "no query parameter"},
		{"get", "key.hex=aa", "forms"},
		{"get", "key.base64=%00", "no base64"},
		{"get", "Actor=a", "no query parameter"},
		{"get", "=a", "no query parameter"},
		{"get", "actor=%zz", "malformed"},
		{"get", "actor=%ff", "no UTF-8"},
		{"watch", "event_types=a&event_types=%c3", "no UTF-8"},
		{"get", "actor=a&key=%ff", api.GetRequest{Actor: "a", Key: api.Bytes{0xff}}},
		{"get", "actor=a;key=b", "malformed"},
		{"query", "to=a&body.json={", "no JSON"},
		{"scan", "actor=a&descending=maybe", "neither true nor false"},
		{"scan", "actor=a&limit=1e3", "whole number"},
		{"scan", "actor=a&limit=9223372036854775808", "whole number"},
		{"receipt", "sequence=-1", "whole number"},
		{"receipt", "sequence=18446744073709551616", "whole number"},
	} {
		op := opOf(t, c.op)
		fields, err := paramsOf(op).parse(c.query)
		if text, wrong := c.want.(string); wrong {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s?%s: %v, %v; want an error with %q", c.op, c.query, fields, err, text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s?%s: %v", c.op, c.query, err)
			continue
		}
		for _, typ := range []string{api.JSON, api.CBOR} {
			payload, err := api.Encode(typ, fields)
			if err != nil {
				t.Fatal(err)
			}
			if got := decodeRequest(t, op, typ, payload); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s?%s as %s is %+v, want %+v", c.op, c.query, typ, got, c.want)
			}
		}
	}
}

// decodeRequest returns what a payload asks for, as the node reads it.
func decodeRequest(t testing.TB, op api.Op, typ string, payload []byte) any {
	t.Helper()
	to := reflect.New(reflect.TypeOf(op.Request))
	unmarshal := json.Unmarshal
	if typ == api.CBOR {
		unmarshal = cbor.Unmarshal
	}
	if err := unmarshal(payload, to.Interface()); err != nil {
		t.Fatalf("%s: the payload %q is no request: %v", op.Name, payload, err)
	}
	return to.Elem().Interface()
}

// TestParamsCoverRequests checks that every field of a safe operation has a parameter.
func TestParamsCoverRequests(t *testing.T) {
	for _, op := range api.Ops() {
		request := reflect.TypeOf(op.Request)
		if op.Safe() && len(paramsOf(op)) != request.NumField() {
			t.Errorf("%s has %d fields, and parameters %v", op.Name, request.NumField(), paramsOf(op).names())
		}
	}
}

// FuzzParams: whatever the query is, there is an error, or a payload that is a request in both types, and the same one.
func FuzzParams(f *testing.F) {
	f.Add("get", "actor=a&key.base64=-_8")
	f.Add("watch", "event_types=a&event_types=b&from=7&now&prefix=%00")
	f.Add("query", `to=a&body.json={"x":[1,null]}`)
	f.Add("scan", "actor=a&limit=-0&descending=T&token=%F0%9F%98%80")
	f.Add("log", "last=+1&from=01")
	f.Fuzz(func(t *testing.T, name, query string) {
		op, ok := api.Find(name)
		if !ok || !op.Safe() {
			return
		}
		fields, err := paramsOf(op).parse(query)
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		inJSON, err := api.Encode(api.JSON, fields)
		if err != nil {
			t.Fatal(err)
		}
		inCBOR, err := api.Encode(api.CBOR, fields)
		if err != nil {
			t.Fatal(err)
		}
		a, b := decodeRequest(t, op, api.JSON, inJSON), decodeRequest(t, op, api.CBOR, inCBOR)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s?%s is %+v in JSON and %+v in CBOR", name, query, a, b)
		}
	})
}

// FuzzHeaders: whatever the headers are, there is an answer, and what the node gets of them is what it may be.
func FuzzHeaders(f *testing.F) {
	f.Add("localhost", "application/json", "Bearer a.b.c", `"id-1"`, "http://localhost", "text/html, application/cbor;q=0")
	f.Add("[::1]:80", "application/cbor; charset=utf-8", "bearer  x", "id", "null", "*/*")
	f.Add("a:b:c", "application/wasm", "Bearer", `"`, "https://a", ";;,")
	var call *node.Call
	g := newGateway(f, recorder(&call), Options{Hosts: []string{"known"}})
	f.Fuzz(func(t *testing.T, host, typ, authorization, id, origin, accept string) {
		for _, method := range []string{"POST", "GET"} {
			call = nil
			w := do(g, method, "/v1/info", "", "Host: "+host, "Content-Type: "+typ, "Authorization: "+authorization,
				"Idempotency-Key: "+id, "Origin: "+origin, "Accept: "+accept)
			if w.Code == http.StatusInternalServerError || (w.Code == http.StatusOK) != (call != nil) {
				t.Fatalf("status %d, call %+v", w.Code, call)
			}
			if call == nil {
				continue
			}
			if call.Type != api.JSON && call.Type != api.CBOR || strings.ContainsAny(call.Bearer, " \t,") ||
				len(call.RequestID) > maxID || strings.ContainsFunc(call.RequestID, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("the node got %+v", call)
			}
		}
	})
}
