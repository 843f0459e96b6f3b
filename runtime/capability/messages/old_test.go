package messages_test

import (
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// js packs JSON: what is asked and answered is easier to read so.
func js(t *testing.T, text string) []byte {
	t.Helper()
	b, err := pack.FromJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unjs(t *testing.T, payload []byte) string {
	t.Helper()
	if len(payload) == 0 {
		return ""
	}
	b, err := pack.ToJSON(payload)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNew has every operation of before 2021: what is asked, what a provider is asked, what it answers, what is answered.
func TestNew(t *testing.T) {
	for _, c := range []struct{ op, arg, wantOp, wantArg, answer, want string }{
		{"keyvalue/Add", `{"key":"k","value":-2}`, messages.Increment, `{"key":"k","value":-2}`, `5`, `{"value":5}`},
		{"keyvalue/Get", `{"key":"k"}`, messages.Get, `"k"`, `{"value":"v","exists":true}`, `{"value":"v","exists":true}`},
		{"keyvalue/KeyExists", `{"key":"k"}`, messages.Contains, `"k"`, `true`, `{"value":"","exists":true}`},
		{"keyvalue/Set", `{"key":"k","value":"v","expires":-1}`, messages.Set, `{"key":"k","value":"v","expires":0}`, ``, `{"value":"v"}`},
		{"keyvalue/Set", `{"key":"k","value":"v","expires":9}`, messages.Set, `{"key":"k","value":"v","expires":9}`, ``, `{"value":"v"}`},
		{"keyvalue/Del", `{"key":"k"}`, messages.Del, `"k"`, `false`, `{"key":"k"}`},
		{"keyvalue/Clear", `{"key":"k"}`, messages.ListClear, `"k"`, `true`, `{"key":"k"}`},
		{"keyvalue/Range", `{"key":"k","start":0,"stop":-1}`, messages.ListRange, `{"listName":"k","start":0,"stop":-1}`, `["a"]`, `{"values":["a"]}`},
		{"keyvalue/Push", `{"key":"k","value":"v"}`, messages.ListAdd, `{"listName":"k","value":"v"}`, `3`, `{"newCount":3}`},
		{"keyvalue/ListItemDelete", `{"key":"k","value":"v"}`, messages.ListDel, `{"listName":"k","value":"v"}`, `true`, `{"newCount":1}`},
		{"keyvalue/ListItemDelete", `{"key":"k","value":"v"}`, messages.ListDel, `{"listName":"k","value":"v"}`, `false`, `{"newCount":0}`},
		{"keyvalue/SetAdd", `{"key":"k","value":"v"}`, messages.SetAdd, `{"setName":"k","value":"v"}`, `1`, `{"new_count":1}`},
		{"keyvalue/SetRemove", `{"key":"k","value":"v"}`, messages.SetDel, `{"setName":"k","value":"v"}`, `0`, `{"new_count":0}`},
		{"keyvalue/SetUnion", `{"keys":["a","b"]}`, messages.SetUnion, `["a","b"]`, `["x"]`, `{"values":["x"]}`},
		{"keyvalue/SetIntersection", `{"keys":["a"]}`, messages.SetIntersection, `["a"]`, `[]`, `{"values":[]}`},
		{"keyvalue/SetQuery", `{"key":"k"}`, messages.SetQuery, `"k"`, `["x"]`, `{"values":["x"]}`},
		{"messaging/Publish", `{"subject":"s","replyTo":"","body":""}`, messages.Publish, `{"subject":"s","body":""}`, ``, `{"published":true}`},
		{"messaging/Request", `{"subject":"s","body":"b","timeout":50}`, messages.Request, `{"subject":"s","body":"b","timeoutMs":50}`,
			`{"subject":"s","body":"a"}`, `{"subject":"s","replyTo":"","body":"a"}`},
		{"httpclient/Request", `{"method":"GET","url":"u","headers":{"a":"1"},"body":""}`, messages.FetchRequest, `{"method":"GET","url":"u","headers":{"a":["1"]},"body":""}`,
			`{"statusCode":204,"header":{"b":["1","2"]},"body":"x"}`, `{"statusCode":204,"status":"","header":{"b":"1, 2"},"body":"x"}`},
		{"logging/WriteLog", `{"target":"","level":"info","text":"x"}`, messages.WriteLog, `{"level":"info","text":"x"}`, ``, ``},
		{"logging/WriteLog", `{"target":"here","level":"info","text":"x"}`, messages.WriteLog, `{"level":"info","text":"here: x"}`, ``, ``},
		{"keyvalue/Other", `{"x":1}`, "Other", `{"x":1}`, `2`, `2`},
		{"blobstore/RemoveObject", `{"id":"x"}`, "RemoveObject", `{"id":"x"}`, `true`, `true`},
	} {
		contract, op, _ := strings.Cut(c.op, "/")
		call, err := messages.New("wasmcloud:"+contract, op, js(t, c.arg))
		if err != nil {
			t.Fatal(c.op, err)
		}
		if got := unjs(t, call.Payload); call.Operation != c.wantOp || got != c.wantArg {
			t.Errorf("%s asks %s %s, want %s %s", c.op, call.Operation, got, c.wantOp, c.wantArg)
		}
		answer, err := call.Answer(js(t, c.answer))
		if got := unjs(t, answer); err != nil || got != c.want {
			t.Errorf("%s answers %s, %v, want %s", c.op, got, err, c.want)
		}
	}
}

func TestOld(t *testing.T) {
	for _, c := range []struct{ op, arg, wantOp, wantArg, answer, want string }{
		{messages.HandleRequest, `{"method":"GET","path":"/","queryString":"a=b","header":{"a":["1","2"]},"body":"hi"}`,
			"HandleRequest", `{"method":"GET","path":"/","queryString":"a=b","header":{"a":"1, 2"},"body":"hi"}`,
			`{"statusCode":200,"status":"OK","header":{"c":"1"},"body":"x"}`, `{"statusCode":200,"header":{"c":["1"]},"body":"x"}`},
		{messages.HandleMessage, `{"subject":"s","body":"b"}`, "HandleMessage", `{"subject":"s","replyTo":"","body":"b"}`, `null`, ``},
		{messages.HealthRequest, `{}`, "HealthRequest", `{"placeholder":true}`, `{"healthy":true,"message":""}`, `{"healthy":true}`},
		{"Pong.Ask", `1`, "Pong.Ask", `1`, `2`, `2`},
	} {
		call, err := messages.Old(c.op, js(t, c.arg))
		if err != nil {
			t.Fatal(c.op, err)
		}
		if got := unjs(t, call.Payload); call.Operation != c.wantOp || got != c.wantArg {
			t.Errorf("%s asks %s %s, want %s %s", c.op, call.Operation, got, c.wantOp, c.wantArg)
		}
		answer, err := call.Answer(js(t, c.answer))
		if got := unjs(t, answer); err != nil || got != c.want {
			t.Errorf("%s answers %s, %v, want %s", c.op, got, err, c.want)
		}
	}
}

// TestMalformedGoesNoFurther checks that what cannot be read is refused before anybody is asked.
func TestMalformedGoesNoFurther(t *testing.T) {
	for _, op := range []string{"Add", "Get", "Set"} {
		if _, err := messages.New("wasmcloud:keyvalue", op, []byte{0x81, 0xa3}); err == nil {
			t.Errorf("%s takes a payload that ends early", op)
		}
	}
	if _, err := messages.Old(messages.HandleRequest, []byte{0x93}); err == nil {
		t.Error("a request that ends early is taken")
	}
	call, err := messages.New("wasmcloud:keyvalue", "Add", js(t, `{"key":"k"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.Answer(js(t, `"x"`)); err == nil {
		t.Error("an answer that is no number is taken for one")
	}
}

// TestStatusOfOldResponses has no status that net/http would not write.
func TestStatusOfOldResponses(t *testing.T) {
	for code, want := range map[uint32]uint16{200: 200, 999: 999, 1000: 500, 1 << 20: 500} {
		if got := (&messages.OldHTTPResponse{StatusCode: code}).New().StatusCode; got != want {
			t.Errorf("%d becomes %d, want %d", code, got, want)
		}
	}
}
