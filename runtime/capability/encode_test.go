package capability_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

var malformed = &actor.Error{Code: actor.CodeMalformed}

// The form of an invocation is in logs: it must not change.
func TestInvocationsHaveOneForm(t *testing.T) {
	for _, c := range []struct {
		inv  capability.Invocation
		want string
	}{
		{capability.Invocation{Operation: "A.B"}, "8463412e42606040"},
		{capability.Invocation{Operation: "KeyValue.Get", Contract: capability.KeyValue, Link: "default", Payload: []byte{0xa1, 'k'}},
			"846c4b657956616c75652e476574" + "727761736d636c6f75643a6b657976616c7565" + "6764656661756c74" + "42a16b"},
		{capability.Invocation{Operation: "A.B", Origin: "echo"}, "8563412e42606040646563686f"},
		{capability.Invocation{Operation: strings.Repeat("x", 24)}, "847818" + strings.Repeat("78", 24) + "606040"},
		{capability.Invocation{Operation: strings.Repeat("x", 300)}, "8479012c" + strings.Repeat("78", 300) + "606040"},
		{capability.Invocation{Operation: "A", Payload: make([]byte, 1<<16)}, "84614160605a00010000" + strings.Repeat("00", 1<<16)},
	} {
		b := c.inv.Encode()
		if got := hex.EncodeToString(b); got != c.want {
			t.Errorf("%+.60v is %.80s, want %.80s", c.inv, got, c.want)
		}
		if err := cbor.Wellformed(b); err != nil {
			t.Errorf("%.80x: %v", b, err)
		}
		back, err := capability.DecodeInvocation(b)
		if err != nil || !sameInvocation(back, c.inv) {
			t.Errorf("%.80x is %+.60v, %v", b, back, err)
		}
	}
}

func sameInvocation(a, b capability.Invocation) bool {
	return a.Operation == b.Operation && a.Contract == b.Contract && a.Link == b.Link && bytes.Equal(a.Payload, b.Payload) && a.Origin == b.Origin
}

func TestInvocationsThatAreNone(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                      "",
		"no array":                     "63412e42",
		"three":                        "8363412e426060",
		"too little":                   "8463412e426060",
		"too much":                     "846341 2e4260604000",
		"no operation":                 "8460606040",
		"bytes for a text":             "8443412e42606040",
		"text for the payload":         "8463412e42606060",
		"a long head":                  "847803412e42606040",
		"a longer head":                "84790003412e42606040",
		"an endless text":              "847f63412e42ff606040",
		"a length beyond":              "847bffffffffffffffff412e42606040",
		"not UTF-8":                    "8463ff2e42606040",
		"a word too long":              "84790201" + strings.Repeat("78", 513) + "606040",
		"six":                          "8663412e4260604060 60",
		"no origin":                    "8563412e4260604060",
		"an origin that is no address": "8563412e4260604061 41",
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if inv, err := capability.DecodeInvocation(b); !errors.Is(err, malformed) {
			t.Errorf("%s: %+v, %v", name, inv, err)
		}
	}
}

func TestInvocationsInJSON(t *testing.T) {
	inv, err := capability.DecodeInvocation([]byte(`{"op":"KeyValue.Set","data":{"key":"a","value":"b","expires":0},"contract":"wasmcloud:keyvalue","link":"x"}`))
	want := capability.Invocation{Operation: "KeyValue.Set", Contract: capability.KeyValue, Link: "x", JSON: true,
		Payload: []byte("\x83\xa3key\xa1a\xa5value\xa1b\xa7expires\x00")}
	if err != nil || !inv.JSON || !sameInvocation(inv, want) && len(inv.Payload) != len(want.Payload) {
		t.Errorf("%+v, %v", inv, err)
	}
	if inv, err := capability.DecodeInvocation([]byte(`{"op":"Actor.HealthRequest"}`)); err != nil || inv.Payload != nil || !inv.JSON {
		t.Errorf("%+v, %v", inv, err)
	}
	for _, text := range []string{`{`, `{}`, `{"op":""}`, `{"op":"a","more":1}`, `{"op":"a"} {}`, `{"op":1}`, `{"op":"` + strings.Repeat("a", 513) + `"}`,
		`{"op":"a","data":{"a":}}`} {
		if inv, err := capability.DecodeInvocation([]byte(text)); !errors.Is(err, malformed) {
			t.Errorf("%s: %+v, %v", text, inv, err)
		}
	}
}

// FuzzInvocation takes anything for an invocation: what is one has the form that Encode gives it.
func FuzzInvocation(f *testing.F) {
	f.Add([]byte("{\"op\":\"A.B\",\"data\":[1,null,\"x\"]}"))
	for _, inv := range []capability.Invocation{{Operation: "A.B"}, {Operation: "A.B", Origin: "a/b", Payload: []byte{0}},
		{Operation: strings.Repeat("x", 200), Contract: "c", Link: "l", Payload: make([]byte, 70000)}} {
		f.Add(inv.Encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		inv, err := capability.DecodeInvocation(b)
		if err != nil {
			if !errors.Is(err, malformed) {
				t.Error(err)
			}
			return
		}
		again := inv.Encode()
		if !inv.JSON && !bytes.Equal(again, b) {
			t.Errorf("%x is taken for %x", b, again)
		}
		if back, err := capability.DecodeInvocation(again); err != nil || !sameInvocation(back, inv) {
			t.Errorf("%+v becomes %+v, %v", inv, back, err)
		}
	})
}

func BenchmarkInvocation(b *testing.B) {
	inv := capability.Invocation{Operation: "KeyValue.Increment", Contract: capability.KeyValue, Link: "default", Payload: make([]byte, 40)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := capability.DecodeInvocation(inv.Encode()); err != nil {
			b.Fatal(err)
		}
	}
}
