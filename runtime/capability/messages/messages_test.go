package messages_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// TestGolden has bytes that real actors and rmp_serde write.
func TestGolden(t *testing.T) {
	reply := "r"
	for _, c := range []struct {
		name string
		v    any
		want string
	}{
		{"what kvcounter asks", &messages.IncrementArgs{Key: "counter::mycounter", Value: 1}, "82a36b6579b2636f756e7465723a3a6d79636f756e746572a576616c756501"},
		{"its answer", int32(3), "03"},
		{"an empty request", &messages.HTTPRequest{}, "85a66d6574686f64a0a470617468a0ab7175657279537472696e67a0a668656164657280a4626f6479c400"},
		{"a response", &messages.HTTPResponse{StatusCode: 200, Header: messages.Header{"b": {"2", "3"}, "a": {"1"}}, Body: []byte("hi")},
			"83aa737461747573436f6465ccc8a668656164657282a16191a131a16292a132a133a4626f6479c4026869"},
		{"a message that nobody answers", messages.Message{Subject: "s"}, "82a77375626a656374a173a4626f6479c400"},
		{"a message of before", messages.OldMessage{Subject: "s"}, "83a77375626a656374a173a77265706c79546fa0a4626f6479c400"},
		{"a value that is not there", &messages.GetResponse{}, "82a576616c7565a0a6657869737473c2"},
		{"health", messages.Health{Healthy: true}, "81a76865616c746879c3"},
		{"a guid of before", messages.GeneratorResult{GUID: &reply}, "83a467756964a172ae73657175656e63654e756d62657200ad72616e646f6d5f6e756d62657200"},
		{"no guid of before", messages.GeneratorResult{RandomNumber: 7}, "83a467756964c0ae73657175656e63654e756d62657200ad72616e646f6d5f6e756d62657207"},
	} {
		if got := hex.EncodeToString(pack.Marshal(c.v)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// The same shapes without their own methods, so that package pack looks at their fields.
type (
	plainRequest   messages.HTTPRequest
	plainResponse  messages.HTTPResponse
	plainGet       messages.GetResponse
	plainSet       messages.SetArgs
	plainIncrement messages.IncrementArgs
)

// TestFastCodecs compares the codecs written by hand with those by reflection, in both directions.
func TestFastCodecs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		return []string{"", "a", "zürich", "Content-Type", string(make([]byte, 300))}[rng.IntN(5)]
	}
	header := func() messages.Header {
		h := messages.Header{}
		for range rng.IntN(4) {
			h[fmt.Sprint(word(), rng.IntN(3))] = []string{word(), word()}[:rng.IntN(3)]
		}
		return h
	}
	for range 2000 {
		req := messages.HTTPRequest{Method: word(), Path: word(), QueryString: word(), Header: header(), Body: []byte(word())}
		resp := messages.HTTPResponse{StatusCode: uint16(rng.Uint32()), Header: header(), Body: []byte(word())}
		get := messages.GetResponse{Value: word(), Exists: rng.IntN(2) == 0}
		set := messages.SetArgs{Key: word(), Value: word(), Expires: rng.Uint32()}
		inc := messages.IncrementArgs{Key: word(), Value: int32(rng.Uint32())}
		for _, c := range []struct{ fast, plain, fastZero, plainZero any }{
			{&req, (*plainRequest)(&req), &messages.HTTPRequest{}, &plainRequest{}},
			{&resp, (*plainResponse)(&resp), &messages.HTTPResponse{}, &plainResponse{}},
			{&get, (*plainGet)(&get), &messages.GetResponse{}, &plainGet{}},
			{&set, (*plainSet)(&set), &messages.SetArgs{}, &plainSet{}},
			{&inc, (*plainIncrement)(&inc), &messages.IncrementArgs{}, &plainIncrement{}},
		} {
			fast, plain := pack.Marshal(c.fast), pack.Marshal(c.plain)
			if !bytes.Equal(fast, plain) {
				t.Fatalf("%T: %x by hand, %x by reflection", c.fast, fast, plain)
			}
			if err := pack.Unmarshal(fast, c.fastZero); err != nil {
				t.Fatal(err)
			}
			if err := pack.Unmarshal(fast, c.plainZero); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(pack.Marshal(c.fastZero), fast) || !bytes.Equal(pack.Marshal(c.plainZero), fast) {
				t.Fatalf("%T: %+v became %+v by hand, %+v by reflection", c.fast, c.fast, c.fastZero, c.plainZero)
			}
		}
	}
}

func TestHeaderOfOneText(t *testing.T) {
	payload := pack.Marshal(map[string]string{"Accept": "a"})
	var h messages.Header
	if err := pack.Unmarshal(payload, &h); err != nil || !reflect.DeepEqual(h, messages.Header{"Accept": {"a"}}) {
		t.Errorf("%v, %v", h, err)
	}
}

func BenchmarkHTTPRequest(b *testing.B) {
	req := &messages.HTTPRequest{Method: "GET", Path: "/counter/mycounter", QueryString: "a=b", Body: []byte("hi"), Header: messages.Header{
		"Accept": {"*/*"}, "Host": {"localhost:8080"}, "User-Agent": {"curl/8.5.0"}, "Content-Type": {"text/plain"}}}
	payload := pack.Marshal(req)
	b.Run("pack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			pack.Marshal(req)
		}
	})
	b.Run("unpack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in messages.HTTPRequest
			if pack.Unmarshal(payload, &in) != nil {
				b.Fatal("refused")
			}
		}
	})
}

func BenchmarkIncrement(b *testing.B) {
	payload := pack.Marshal(&messages.IncrementArgs{Key: "counter::mycounter", Value: 1})
	b.ReportAllocs()
	for b.Loop() {
		var in messages.IncrementArgs
		if pack.Unmarshal(payload, &in) != nil {
			b.Fatal("refused")
		}
		pack.Marshal(in.Value)
	}
}
