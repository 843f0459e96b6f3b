package pack_test

import (
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// everything has a field of each form.
type everything struct {
	Flag   bool                `json:"flag"`
	Small  int8                `json:"small"`
	Big    uint64              `json:"big"`
	Text   string              `json:"text"`
	Bytes  []byte              `json:"bytes"`
	List   []string            `json:"list"`
	Table  map[string]int32    `json:"table"`
	Nested *everything         `json:"nested,omitempty"`
	Header map[string][]string `json:"header,omitempty"`
	Left   chan int            `json:"-"`
}

// TestNumbersAndLengths compares with the forms of the specification of MessagePack, the shortest of each, as rmp_serde writes
// them.
func TestNumbersAndLengths(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{0, "00"}, {127, "7f"}, {128, "cc80"}, {255, "ccff"}, {256, "cd0100"}, {65535, "cdffff"}, {65536, "ce00010000"},
		{uint64(math.MaxUint32), "ceffffffff"}, {uint64(math.MaxUint32 + 1), "cf0000000100000000"}, {uint64(math.MaxUint64), "cfffffffffffffffff"},
		{-1, "ff"}, {-32, "e0"}, {-33, "d0df"}, {-128, "d080"}, {-129, "d1ff7f"}, {-32768, "d18000"}, {-32769, "d2ffff7fff"},
		{int32(math.MinInt32), "d280000000"}, {int64(math.MinInt64), "d38000000000000000"},
		{true, "c3"}, {false, "c2"}, {"", "a0"}, {"a", "a161"}, {strings.Repeat("a", 32), "d920" + strings.Repeat("61", 32)},
		{strings.Repeat("a", 256), "da0100" + strings.Repeat("61", 256)},
		{[]byte(nil), "c400"}, {[]byte{1, 255}, "c40201ff"}, {[]string(nil), "90"}, {[]string{"a", "b"}, "92a161a162"},
		{map[string]int32{"b": 1, "a": -1}, "82a161ffa16201"}, {(*everything)(nil), "c0"},
		{"\xff", "a3efbfbd"},
	} {
		if got := hex.EncodeToString(pack.Marshal(c.v)); got != c.want {
			t.Errorf("Marshal(%v) is %s, want %s", c.v, got, c.want)
		}
	}
	if got := pack.Marshal(make([]byte, 65536)); hex.EncodeToString(got[:5]) != "c600010000" || len(got) != 65541 {
		t.Errorf("65536 bytes begin with %x", got[:5])
	}
}

func TestRoundTrip(t *testing.T) {
	v := everything{
		Flag: true, Small: -128, Big: math.MaxUint64, Text: "zürich", Bytes: []byte{0, 0xff}, List: []string{"x", ""},
		Table: map[string]int32{"b": math.MinInt32, "a": 1}, Header: map[string][]string{"Accept": {"a", "b"}},
		Nested: &everything{Bytes: []byte{}, List: []string{}, Table: map[string]int32{}},
	}
	for _, p := range []pack.Protocol{pack.MessagePack, pack.CBOR} {
		payload := p.Encode(&v)
		if pack.ProtocolOf(payload) != p {
			t.Errorf("%x is not taken for protocol %d", payload, p)
		}
		var got everything
		if err := pack.Unmarshal(payload, &got); err != nil {
			t.Fatal(err)
		}
		got.Nested.List, v.Nested.List = nil, nil // an empty list may be nil
		if got.Nested.Header == nil {
			v.Nested.Header = nil
		}
		if !reflect.DeepEqual(got, v) {
			t.Errorf("protocol %d: %+v became %+v", p, v, got)
		}
	}
}

// TestLenient takes what guests of several languages send in the place of the exact form.
func TestLenient(t *testing.T) {
	for _, c := range []struct {
		name, payload string
		want          everything
	}{
		{"nothing", "", everything{}},
		{"an empty map", "80", everything{}},
		{"null", "c0", everything{}},
		{"prefix", "c180", everything{}},
		{"an array by the order of fields", "92c3ff", everything{Flag: true, Small: -1}},
		{"more fields than known", "82a161a0a4666c6167c3", everything{Flag: true}},
		{"an unknown tree", "82a17892c081a16193ca00000000cb0000000000000000d900a4666c6167c3", everything{Flag: true}},
		{"longer forms of a number", "82a5736d616c6cd3fffffffffffffffba3626967cf0000000000000005", everything{Small: -5, Big: 5}},
		{"bytes as a text", "81a56279746573a26869", everything{Bytes: []byte("hi")}},
		{"bytes as an array", "81a562797465739268ccff", everything{Bytes: []byte{0x68, 0xff}}},
		{"null for bytes", "81a56279746573c0", everything{Bytes: []byte{}}},
		{"a text as bytes", "81a474657874c4026869", everything{Text: "hi"}},
		{"null for a text", "81a474657874c0", everything{}},
	} {
		payload, _ := hex.DecodeString(c.payload)
		var got everything
		if err := pack.Unmarshal(payload, &got); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

// TestRefused has what is hostile or damaged. Lengths that lie must not make anything allocate: the test would not end.
func TestRefused(t *testing.T) {
	deep := strings.Repeat("91", 100_000) + "00"
	for _, c := range []struct{ name, payload, want string }{
		{"cut in a map", "81", "length is greater"},
		{"cut in a key", "81a474", "length is greater"},
		{"cut in a number", "81a5736d616c6cd3ff", "ends in the middle"},
		{"a map that lies", "dfffffffff", "length is greater"},
		{"an array that lies", "81a46c697374ddffffffff", "length is greater"},
		{"a text that lies", "81a474657874dbffffffff", "length is greater"},
		{"an unknown field that lies", "81a178c6ffffffff", "length is greater"},
		{"an unknown map that lies", "81a178dfffffffff", "length is greater"},
		{"a number out of range", "81a5736d616c6ccc80", "out of range"},
		{"a negative number", "81a3626967ff", "out of range"},
		{"a number for a text", "81a47465787405", "there is no text"},
		{"a text for a number", "81a5736d616c6ca131", "there is no whole number"},
		{"a fraction for a number", "81a5736d616c6ccb3ff8000000000000", "there is no whole number"},
		{"no UTF-8", "81a474657874a1ff", "not UTF-8"},
		{"an extension", "81a178d40000", "no form that contracts use"},
		{"an extension in the place of a map", "d40080", "there is no map"},
		{"the code that is never used", "81a178c1", "no form that contracts use"},
		{"a key that is a number", "810000", "there is no text"},
		{"something behind", "8000", "behind the end"},
		{"too deep", "81a178" + deep, "nest too deep"},
		{"a reserved prefix", "0580", "cannot begin with 0x05"},
		{"CBOR that lies", "7f9b7fffffffffffffff", "not well-formed"},
		{"CBOR, too deep", "7f" + strings.Repeat("81", 100_000) + "00", "not well-formed"},
		{"CBOR, a tag", "7f81c000", "not well-formed"},
		{"CBOR, no struct", "7f05", "a struct is an array or a map"},
		{"CBOR, out of range", "7f82f51880", "out of range"},
		{"CBOR, a big integer", "7f82f53bffffffffffffffff", "not well-formed"},
		{"CBOR, NaN", "7f81f97e00", "not well-formed"},
		{"CBOR, a simple value", "7f81e0", "not well-formed"},
	} {
		payload, err := hex.DecodeString(c.payload)
		if err != nil {
			t.Fatal(err)
		}
		var got everything
		err = pack.Unmarshal(payload, &got)
		var e *actor.Error
		if !errors.As(err, &e) || e.Code != actor.CodeMalformed || !strings.Contains(e.Message, c.want) {
			t.Errorf("%s: the error is %v, want %q", c.name, err, c.want)
		}
	}
}

func TestSizeIsBounded(t *testing.T) {
	huge := make([]byte, pack.MaxSize+1)
	huge[0] = 0x91
	var v everything
	for name, err := range map[string]error{
		"Unmarshal": pack.Unmarshal(huge, &v),
		"Read":      pack.Read(huge, func(*pack.Reader) {}),
	} {
		if err == nil || !strings.Contains(err.Error(), "has at most") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := pack.FromJSON(huge); err == nil {
		t.Error("FromJSON takes more than MaxSize")
	}
	if _, err := pack.Answer(huge); err == nil {
		t.Error("Answer takes more than MaxSize")
	}
}

// TestPositional has the arrays of protocol 2: null for what is missing, fields that are not known skipped, maps taken too.
func TestPositional(t *testing.T) {
	type inner struct {
		ID   string  `json:"id"`
		Size *uint64 `json:"size,omitempty"`
	}
	type outer struct {
		Inner inner  `json:"inner"`
		Note  string `json:"note,omitempty"`
		Last  bool   `json:"isLast"`
	}
	v := outer{Inner: inner{ID: "a"}, Last: true}
	if got := hex.EncodeToString(pack.CBOR.Encode(&v)); got != "7f83826161f6f6f5" {
		t.Errorf("encoded as %s", got)
	}
	for _, payload := range []string{"7f83826161f6f6f5", "7f84826161f6f6f505", "7fa265696e6e6572a162696461616669734c617374f5"} {
		b, _ := hex.DecodeString(payload)
		var got outer
		if err := pack.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("%s: %+v, %v", payload, got, err)
		}
	}
}
