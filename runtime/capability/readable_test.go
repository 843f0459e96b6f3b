package capability_test

import (
	"testing"

	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

func TestReadable(t *testing.T) {
	payload, err := pack.FromJSON([]byte(`{"key":"hits","value":1}`))
	if err != nil {
		t.Fatal(err)
	}
	inv := capability.Invocation{Operation: "KeyValue.Increment", Contract: capability.KeyValue, Link: "default", Payload: payload}
	broken, empty := inv, inv
	broken.Payload, empty.Payload = []byte{0xc1, 0xff, 0xff}, nil
	for _, c := range []struct {
		name         string
		body, data   []byte
		call, answer string
		ok           bool
	}{
		{"an invocation", inv.Encode(), []byte{7}, `KeyValue.Increment {"key":"hits","value":1}`, "7", true},
		{"without an answer yet", inv.Encode(), nil, `KeyValue.Increment {"key":"hits","value":1}`, "", true},
		{"without an argument", empty.Encode(), []byte{}, "KeyValue.Increment", "null", true},
		{"no MessagePack", broken.Encode(), broken.Payload, "KeyValue.Increment 0xc1ffff", "0xc1ffff", true},
		{"by a person", []byte(`{"op":"KeyValue.Get","data":"hits"}`), []byte(`"7"`), "", "", false},
		{"of another world", []byte(`{"mint":{}}`), nil, "", "", false},
		{"nothing", nil, nil, "", "", false},
		{"some CBOR", []byte{0x84, 1, 2, 3, 4}, nil, "", "", false},
	} {
		call, answer, ok := capability.Readable(c.body, c.data)
		if call != c.call || answer != c.answer || ok != c.ok {
			t.Errorf("%s: %q, %q, %v; want %q, %q, %v", c.name, call, answer, ok, c.call, c.answer, c.ok)
		}
	}
}
