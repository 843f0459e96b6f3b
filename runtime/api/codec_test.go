package api_test

import (
	"encoding/hex"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/runtime/api"
)

// fill gives every field of v a value, or with some chance none.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	if r.IntN(8) == 0 || depth > 6 {
		return
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(4e9), r.Int64N(1e9)).UTC()))
		return
	case v.Type() == reflect.TypeFor[api.Bytes]():
		choices := []api.Bytes{nil, {}, api.Bytes(`{"a":[1,"<&>",2.5e3]}`), api.Bytes("text\nof \"lines\" <b>"), {0xff, 0}, {0xa1, 0x61, 'a', 5},
			api.Bytes("null"), api.Bytes(`"x"`), api.Bytes(" 5")}
		v.Set(reflect.ValueOf(choices[r.IntN(len(choices))]))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i), depth+1)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(2), 2))
		for i := range v.Len() {
			fill(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, key := range []string{"a", "ü"} {
			value := reflect.New(v.Type().Elem()).Elem()
			fill(r, value, depth+1)
			v.SetMapIndex(reflect.ValueOf(key), value)
		}
	case reflect.String:
		v.SetString([]string{"alice", "k/ü 世界", "<&> \"\\", "\u2028"}[r.IntN(4)])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int64() - 1<<62)
	case reflect.Int32:
		v.SetInt(int64(int32(r.Uint32())))
	case reflect.Uint64:
		v.SetUint(r.Uint64())
	default:
		panic(v.Type().String())
	}
}

// types are all that stands on the wire.
func types() []reflect.Type {
	list := []reflect.Type{reflect.TypeFor[api.Error]()}
	for _, op := range api.Ops() {
		list = append(list, reflect.TypeOf(op.Request), reflect.TypeOf(op.Answer))
	}
	return list
}

func TestEveryTypeHasOneFormInEachEncoding(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, typ := range types() {
		for range 40 {
			in := reflect.New(typ)
			fill(r, in.Elem(), 0)
			for _, encoding := range []string{api.JSON, api.CBOR} {
				text, err := api.Encode(encoding, in.Interface())
				if err != nil {
					t.Fatalf("%s: %v", typ, err)
				}
				out := reflect.New(typ)
				if err := api.DecodeAnswer(encoding, text, out.Interface()); err != nil {
					t.Fatalf("%s: %v\n%s", typ, err, text)
				}
				again, _ := api.Encode(encoding, out.Interface())
				if string(again) != string(text) {
					t.Fatalf("%s: %s\nbecame %s", typ, text, again)
				}
				other := map[string]string{api.JSON: api.CBOR, api.CBOR: api.JSON}[encoding]
				a, _ := api.Encode(other, in.Interface())
				b, _ := api.Encode(other, out.Interface())
				if string(a) != string(b) {
					t.Fatalf("%s in %s loses something:\n%x\n%x", typ, encoding, a, b)
				}
			}
		}
	}
}

func TestRequestsRoundTripStrictly(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, op := range api.Ops() {
		typ := reflect.TypeOf(op.Request)
		for range 40 {
			in := reflect.New(typ)
			fill(r, in.Elem(), 0)
			for _, encoding := range []string{api.JSON, api.CBOR} {
				text, _ := api.Encode(encoding, in.Interface())
				out := reflect.New(typ)
				if err := api.DecodeRequest(encoding, text, out.Interface()); err != nil {
					t.Fatalf("%s: %v\n%s", op.Name, err, text)
				}
				if again, _ := api.Encode(encoding, out.Interface()); string(again) != string(text) {
					t.Fatalf("%s: %s\nbecame %s", op.Name, text, again)
				}
			}
		}
	}
}

// packed returns a value in CBOR with plain options: what a client in another language sends.
func packed(v any) string {
	b, err := cbor.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

type m = map[string]any

func TestDecodeRequestRefuses(t *testing.T) {
	for _, c := range []struct{ name, encoding, text, want string }{
		{"unknown", api.JSON, `{"to":"a","boddy":1}`, "boddy: there is no such field, but admin, as, body"},
		{"unknown within", api.JSON, `{"funds":[{"denom":"x"},{"amout":"1"}]}`, "funds.1.amout: there is no such field, but amount, denom"},
		{"another case", api.JSON, `{"To":"a"}`, "To: there is no such field"},
		{"twice", api.JSON, `{"to":"a","as":"x","to":"b"}`, "to: it stands here twice"},
		{"twice, escaped", api.JSON, `{"to":"a","t\u006f":"b"}`, "to: it stands here twice"},
		{"twice in bytes", api.JSON, `{"body":{"text":"a","text":"b"}}`, "body.text: it stands here twice"},
		{"unknown in bytes", api.JSON, `{"body":{"hex":"aa"}}`, "body"},
		{"bytes as a text", api.JSON, `{"body":"aa"}`, `body: bytes are an object with "json", "text" or "base64"`},
		{"no bytes", api.JSON, `{"body":{}}`, `body: bytes are an object`},
		{"two of bytes", api.JSON, `{"body":{"text":"a","json":1}}`, `body: bytes: an object has "json" or "text", not both`},
		{"base64", api.JSON, `{"body":{"base64":"?"}}`, `body: bytes: "base64" is no base64`},
		{"type", api.JSON, `{"to":5}`, "to: number does not belong here"},
		{"type within", api.JSON, `{"funds":[{"denom":{}}]}`, "funds.denom: object does not belong here"},
		{"list", api.JSON, `[]`, "not an object"},
		{"null", api.JSON, `null`, "not an object"},
		{"cut off", api.JSON, `{"to":"a"`, "not JSON"},
		{"more", api.JSON, `{"to":"a"} {}`, "not JSON"},
		{"UTF-8", api.JSON, "{\"to\":\"\xff\"}", "UTF-8"},
		{"unknown", api.CBOR, packed(m{"to": "a", "boddy": 1}), "boddy: there is no such field"},
		{"unknown within", api.CBOR, packed(m{"funds": []any{m{"amout": "1"}}}), "funds.0.amout: there is no such field"},
		{"another case", api.CBOR, packed(m{"To": "a"}), "To: there is no such field"},
		{"twice", api.CBOR, "\xa2\x62to\x61a\x62to\x61b", `"to" stands twice`},
		{"type", api.CBOR, packed(m{"to": 5}), "to: positive integer does not belong here"},
		{"bytes as a text", api.CBOR, packed(m{"body": "a"}), "bytes are a byte string in CBOR"},
		{"bytes as a list", api.CBOR, packed(m{"body": []int{1, 2}}), "bytes are a byte string in CBOR"},
		{"indefinite", api.CBOR, "\xbf\x62to\x61a\xff", "indefinite"},
		{"tag", api.CBOR, "\xa1\x64body\xc2\x41a", "tag"},
		{"list", api.CBOR, packed([]int{1}), "not a map"},
		{"null", api.CBOR, "\xf6", "not a map"},
		{"cut off", api.CBOR, "\xa1\x62to", "EOF"},
		{"more", api.CBOR, packed(m{}) + "\x00", "extraneous"},
		{"UTF-8", api.CBOR, "\xa1\x62to\x61\xff", "UTF-8"},
	} {
		t.Run(c.encoding+" "+c.name, func(t *testing.T) {
			err := api.DecodeRequest(c.encoding, []byte(c.text), new(api.SendRequest))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestDecodeRequestTakes(t *testing.T) {
	for encoding, texts := range map[string][]string{
		api.JSON: {"", " {} ", `{"to":null,"body":null}`, "{\"to\" :\n\"a/b\\\"\", \"funds\" : [ { } , {\"denom\":\"x\"} ] , \"body\" : {\"json\":{\"a\":[{\"a\":1,\"a\":2}]}} }",
			`{"body":{"text":"{","base64":"ew=="}}`},
		api.CBOR: {"", "\xa0", "\xa1\x62to\xf6", packed(m{"body": []byte{}, "trace": true})},
	} {
		for _, text := range texts {
			var req api.SendRequest
			if err := api.DecodeRequest(encoding, []byte(text), &req); err != nil {
				t.Errorf("%s %q: %v", encoding, text, err)
			}
		}
	}
	var req api.SendRequest
	if err := api.DecodeRequest(api.CBOR, []byte(packed(m{"body": []byte{}})), &req); err != nil || req.Body == nil {
		t.Errorf("%v: empty bytes are not none", err)
	}
}

func TestAnswersMayGrow(t *testing.T) {
	for encoding, text := range map[string]string{api.JSON: `{"found":true,"new":{"x":[1]}}`, api.CBOR: packed(m{"found": true, "new": 1})} {
		var v api.Value
		if err := api.DecodeAnswer(encoding, []byte(text), &v); err != nil || !v.Found {
			t.Errorf("%s: %+v, %v", encoding, v, err)
		}
	}
}

func TestEncoding(t *testing.T) {
	for text, want := range map[string]string{"": api.JSON, "application/json": api.JSON, "application/json; charset=UTF-8": api.JSON,
		"Application/CBOR": api.CBOR, "application/json; charset=latin1": "", "text/plain": "", "a;b;c": ""} {
		if got, err := api.Encoding(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestBytesInJSON(t *testing.T) {
	for text, want := range map[string]string{
		"":                  `{"base64":""}`,
		`{"a":1}`:           `{"json":{"a":1},"base64":"eyJhIjoxfQ=="}`,
		"\xa1\x61a\x05":     `{"json":{"a":5},"base64":"oWFhBQ=="}`,
		"a\"b":              `{"text":"a\"b","base64":"YSJi"}`,
		"\x00\xff":          `{"base64":"AP8="}`,
		"<a href='x'>&</a>": `{"text":"<a href='x'>&</a>","base64":"PGEgaHJlZj0neCc+JjwvYT4="}`,
	} {
		if got, err := api.Encode(api.JSON, api.Bytes(text)); string(got) != want || err != nil {
			t.Errorf("%q: %s, want %s (%v)", text, got, want, err)
		}
	}
}

// FuzzDecodeRequest looks for payloads that are taken and do not mean the same when they are written again.
func FuzzDecodeRequest(f *testing.F) {
	f.Add(byte(2), false, []byte(`{"to":"currency","body":{"json":{"mint":{"to":"bob"}}},"funds":[{"denom":"x","amount":"1"}]}`))
	f.Add(byte(12), false, []byte(`{"actor":"a","prefix":{"text":"x"},"event_types":["a","b"],"wait_ms":5}`))
	for _, text := range []string{"a262746f6161626173f6", "a164626f64794161", "bf62746f6161ff", "a26566756e647381a16564656e6f6d6178"} {
		b, _ := hex.DecodeString(text)
		f.Add(byte(2), true, b)
	}
	ops := api.Ops()
	f.Fuzz(func(t *testing.T, n byte, isCBOR bool, payload []byte) {
		typ, encoding := reflect.TypeOf(ops[int(n)%len(ops)].Request), api.JSON
		if isCBOR {
			encoding = api.CBOR
		}
		req := reflect.New(typ)
		if err := api.DecodeRequest(encoding, payload, req.Interface()); err != nil {
			return
		}
		text, err := api.Encode(encoding, req.Interface())
		if err != nil {
			t.Fatal(err)
		}
		again := reflect.New(typ)
		if err := api.DecodeRequest(encoding, text, again.Interface()); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if more, _ := api.Encode(encoding, again.Interface()); string(more) != string(text) {
			t.Fatalf("%q became %q", text, more)
		}
	})
}
