package pack_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// refused checks that an error is one that a transaction may depend on.
func refused(t *testing.T, err error) {
	t.Helper()
	var e *actor.Error
	if !errors.As(err, &e) || e.Code != actor.CodeMalformed {
		t.Fatalf("refused with %v, which is not malformed", err)
	}
}

// survives checks that what was decoded from MessagePack or CBOR is encoded and decoded again to the same bytes.
func survives(t *testing.T, payload []byte) {
	t.Helper()
	var v everything
	if err := pack.Unmarshal(payload, &v); err != nil {
		refused(t, err)
		return
	}
	for _, p := range []pack.Protocol{pack.MessagePack, pack.CBOR} {
		once := p.Encode(&v)
		var again everything
		if err := pack.Unmarshal(once, &again); err != nil {
			t.Fatalf("%x was taken, encoded as %x, and refused: %v", payload, once, err)
		}
		if twice := p.Encode(&again); !bytes.Equal(once, twice) {
			t.Fatalf("%x was taken, encoded as %x, and then as %x", payload, once, twice)
		}
	}
}

// FuzzMessagePack decodes any payload, as a struct and as JSON.
func FuzzMessagePack(f *testing.F) {
	full := everything{Bytes: []byte{1}, List: []string{"x"}, Table: map[string]int32{"a": 1}, Nested: &everything{}, Header: map[string][]string{"h": {"v"}}}
	for _, seed := range [][]byte{nil, {0x80}, {0xc1, 0x80}, {0xdf, 0xff, 0xff, 0xff, 0xff}, {0x81, 0xa1, 'x', 0xc7, 1, 1, 1}, pack.Marshal(&full),
		[]byte("\x82\xa5small\xd0\x80\xa3big\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), bytes.Repeat([]byte{0x91}, 200), {0x92, 0xc3, 0xff}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if pack.ProtocolOf(payload) == pack.CBOR {
			t.Skip("FuzzCBOR does these")
		}
		survives(t, payload)
		text, err := pack.ToJSON(payload)
		if err != nil {
			refused(t, err)
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%x is shown as %s", payload, text)
		}
		back, err := pack.FromJSON(text)
		if err != nil {
			t.Fatalf("%x is shown as %s, which is refused: %v", payload, text, err)
		}
		if again, err := pack.ToJSON(back); err != nil || !bytes.Equal(text, again) {
			t.Fatalf("%x is shown as %s, and then as %s, %v", payload, text, again, err)
		}
	})
}

// FuzzCBOR decodes any payload of protocol 2, as a struct and as JSON.
func FuzzCBOR(f *testing.F) {
	full := everything{Bytes: []byte{1}, List: []string{"x"}, Table: map[string]int32{"a": 1}, Nested: &everything{}, Header: map[string][]string{"h": {"v"}}}
	for _, seed := range [][]byte{pack.CBOR.Encode(&full), {0x7f, 0x80}, {0x7f, 0xa1, 0x64, 'f', 'l', 'a', 'g', 0xf5}, {0x7f, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		append([]byte{0x7f}, bytes.Repeat([]byte{0x81}, 200)...), {0x7f, 0xf9, 0x7e, 0}, {0x7f, 0x9f, 0xff}, {0x7f, 0xc2, 0x41, 1}} {
		f.Add(seed[1:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		payload := append([]byte{0x7f}, body...)
		if len(body) == 0 {
			t.Skip("this is MessagePack")
		}
		survives(t, payload)
		text, err := pack.ToJSON(payload)
		if err != nil {
			refused(t, err)
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%x is shown as %s", payload, text)
		}
	})
}

// FuzzJSON takes any JSON, as a payload and as the answer of an actor of Troupe.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{``, `null`, `{"a":[1,-1,1.5,true,"x",{"base64":"AP8="}]}`, `18446744073709551615`, `[[[[1e300]]]]`, "\xa1an\x05", `{"a":1,"a":2}`, `"\ud83d"`, `5`} {
		f.Add([]byte(seed), "KeyValue.Get")
	}
	f.Fuzz(func(t *testing.T, text []byte, operation string) {
		payload, err := pack.FromJSON(text)
		if err != nil {
			refused(t, err)
		} else {
			shown, err := pack.ToJSON(payload)
			if err != nil {
				t.Fatalf("%s becomes %x, which is refused: %v", text, payload, err)
			}
			if len(payload) > 0 && len(text) < 1000 && !equalJSON(t, text, shown) {
				t.Fatalf("%s comes back as %s", text, shown)
			}
			if body, err := pack.Message(operation, payload); err != nil {
				refused(t, err)
			} else if !json.Valid(body) {
				t.Fatalf("%q %s is sent as %s", operation, text, body)
			}
		}
		answer, err := pack.Answer(text)
		if err != nil {
			refused(t, err)
			return
		}
		if _, err := pack.ToJSON(answer); err != nil {
			refused(t, err) // NaN, say
		}
	})
}

// equalJSON reports whether two texts mean the same, but for base64 that stands for a text.
func equalJSON(t *testing.T, a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		t.Fatalf("%s or %s is no JSON", a, b)
	}
	return bytes.Contains(a, []byte("base64")) || bytes.Contains(a, []byte(`\u`)) || reflect.DeepEqual(x, y)
}
