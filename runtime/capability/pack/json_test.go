package pack_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/capability/pack"
)

func TestJSON(t *testing.T) {
	for _, c := range []struct{ json, packed, back string }{
		{``, ``, `null`},
		{" \n", ``, `null`},
		{`null`, `c0`, `null`},
		{`{"key":"k","value":-1}`, `82a36b6579a16ba576616c7565ff`, ``},
		{`{"b":1,"a":2}`, `82a16201a16102`, ``}, // the order stays
		{`[true, false, 1.5, 1e3, 18446744073709551615, -9223372036854775808]`,
			`96c3c2cb3ff8000000000000cb408f400000000000cfffffffffffffffffd38000000000000000`, `[true,false,1.5,1000.0,18446744073709551615,-9223372036854775808]`},
		{`{"base64":"AP8="}`, `c40200ff`, ``},
		{`{"base64":"aGk="}`, `c4026869`, `"hi"`}, // what is a text is shown as one
		{`{"base64":"not!"}`, `81a6626173653634a46e6f7421`, ``},
		{`{"base64":1}`, `81a662617365363401`, ``},
		{`{"base64":"AP8=","x":1}`, `82a6626173653634a44150383da17801`, ``},
		{`"\ud83d\ude00 \ud83d"`, `a8f09f988020efbfbd`, `"😀 �"`},
		{`"<&>"`, `a33c263e`, `"\u003c\u0026\u003e"`},
	} {
		got, err := pack.FromJSON([]byte(c.json))
		if err != nil || hex.EncodeToString(got) != c.packed {
			t.Errorf("%s is %x, %v, want %s", c.json, got, err, c.packed)
		}
		if c.back == "" {
			c.back = c.json
		}
		if back, err := pack.ToJSON(got); err != nil || string(back) != c.back {
			t.Errorf("%s comes back as %s, %v, want %s", c.json, back, err, c.back)
		}
	}
}

func TestJSONRefused(t *testing.T) {
	for _, text := range []string{
		`{`, `{"a"`, `{"a":}`, `[1`, `[1,]`, `1 2`, `{"a":1,"a":2}`, `tru`, `"`, `1e999`, `18446744073709551616`, `-9223372036854775809`, `01`, `+1`,
		strings.Repeat("[", 65) + strings.Repeat("]", 65),
	} {
		if got, err := pack.FromJSON([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), "malformed: JSON: ") {
			t.Errorf("%.20s is %x, %v", text, got, err)
		}
	}
	for _, payload := range []string{"82a16101a16102", "cb7ff8000000000000", "cb7ff0000000000000", "810000", "d40000", "c1", "93", "a1ff", "7f81c000", "0500"} {
		b, _ := hex.DecodeString(payload)
		if got, err := pack.ToJSON(b); err == nil && len(b) > 1 {
			t.Errorf("%s is %s", payload, got)
		}
	}
	deep := bytes.Repeat([]byte{0x91}, pack.MaxDepth)
	if _, err := pack.ToJSON(append(deep, 0)); err != nil {
		t.Errorf("nesting of %d is refused: %v", pack.MaxDepth, err)
	}
	if _, err := pack.ToJSON(append(deep, 0x91, 0)); err == nil {
		t.Errorf("nesting of %d is taken", pack.MaxDepth+1)
	}
}

func TestCBORToJSON(t *testing.T) {
	for payload, want := range map[string]string{
		"7f826161f6":                           `["a",null]`,
		"7fa2616202616101":                     `{"a":1,"b":2}`,
		"7f8341ff3863fb3ff8000000000000":       `[{"base64":"/w=="},-100,1.5]`,
		"7f1bffffffffffffffff":                 `18446744073709551615`,
		"7ff5":                                 `true`,
		"7f":                                   `127`, // a byte alone is MessagePack
		"7f83f47f":                             ``,
		"7f9b0000000100000000":                 ``,
		"7fa261610161610200000000000000000000": ``,
	} {
		b, _ := hex.DecodeString(payload)
		got, err := pack.ToJSON(b)
		if want == "" && err == nil || want != "" && string(got) != want {
			t.Errorf("%s is %s, %v, want %s", payload, got, err, want)
		}
	}
}

// TestPlain has what actors of Troupe are sent as providers, and what they answer.
func TestPlain(t *testing.T) {
	for _, c := range []struct{ op, arg, want string }{
		{"KeyValue.ListAdd", `{"listName":"l","value":"v"}`, `{"list_add":{"listName":"l","value":"v"}}`},
		{"Get", `"k"`, `{"get":"k"}`},
		{"NumberGen.Random32", ``, `{"random32":{}}`},
		{"A.B.HTTPGet", `[1]`, `{"http_get":[1]}`},
		{"A.GetURL", `null`, `{"get_url":null}`},
		{"A.already_Snake", ``, `{"already_snake":{}}`},
		{`A.Qu"ote`, ``, `{"qu\"ote":{}}`},
	} {
		arg, err := pack.FromJSON([]byte(c.arg))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pack.Message(c.op, arg); err != nil || string(got) != c.want {
			t.Errorf("%s %s is %s, %v, want %s", c.op, c.arg, got, err, c.want)
		}
	}
	for _, op := range []string{"", "Trait.", "Trait.\xff"} {
		if got, err := pack.Message(op, nil); err == nil {
			t.Errorf("%q is %s", op, got)
		}
	}
	if _, err := pack.Message("A.B", []byte{0x91}); err == nil {
		t.Error("a payload that ends early is sent on")
	}
	for data, want := range map[string]string{
		"":             "",
		`{"n":5}`:      "81a16e05",
		"5":            "05",
		"\xa1an\x05":   "81a16e05", // CBOR
		"\x42\x00\xff": "c40200ff", // bytes in CBOR
		"\x82\xf6\xfb?\xf8\x00\x00\x00\x00\x00\x00": "92c0cb3ff8000000000000",
		"\xff\xfe":    "c402fffe",
		"plain words": "c40b706c61696e20776f726473",
	} {
		if got, err := pack.Answer([]byte(data)); err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%q is %x, %v, want %s", data, got, err, want)
		}
	}
}
