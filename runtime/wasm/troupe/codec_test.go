package troupe

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/runtime/actor"
)

// The forms of ABI.md as another library reads and writes them.
type (
	wireCall struct {
		_        struct{} `cbor:",toarray"`
		Self     string
		Sender   string
		Sequence uint64
		Time     int64
		Seed     []byte
		Span     uint64
		Body     []byte
		Module   string
		Admin    string
	}
	wireReply struct {
		_        struct{} `cbor:",toarray"`
		Self     string
		Sender   string
		Sequence uint64
		Time     int64
		Seed     []byte
		Span     uint64
		ID       uint64
		Payload  []byte
		Callee   string
		GasUsed  uint64
		Err      *wireError
		Data     []byte
		Events   []wireEmitted
	}
	wireQuery struct {
		_        struct{} `cbor:",toarray"`
		Self     string
		Sequence uint64
		Time     int64
		Body     []byte
	}
	wireError struct {
		_       struct{} `cbor:",toarray"`
		Code    string
		Message string
	}
	wireEmitted struct {
		_          struct{} `cbor:",toarray"`
		Actor      string
		Type       string
		Attributes []wireAttribute
	}
	wireAttribute struct {
		_   struct{} `cbor:",toarray"`
		Key string
		Val string
	}
	wireResponse struct {
		_          struct{} `cbor:",toarray"`
		Status     uint64
		Data       []byte
		Messages   []wireSub
		Attributes []wireAttribute
		Events     []wireEvent
	}
	wireSub struct {
		_        struct{} `cbor:",toarray"`
		ID       uint64
		ReplyOn  uint8
		GasLimit uint64
		Payload  []byte
		Msg      wireMessage
	}
	wireMessage struct {
		_      struct{} `cbor:",toarray"`
		Kind   uint8
		To     string
		Body   []byte
		Module string
		Admin  string
	}
	wireEvent struct {
		_          struct{} `cbor:",toarray"`
		Type       string
		Attributes []wireAttribute
	}
)

// wireMode writes and reads as strictly as the library can. Texts that are not UTF-8 pass: the host does not judge them.
var (
	wireEncoder = must(cbor.CoreDetEncOptions().EncMode())
	wireDecoder = must(cbor.DecOptions{IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		UTF8: cbor.UTF8DecodeInvalid, MaxArrayElements: math.MaxInt32}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func encodeResponse(r actor.Response) []byte {
	w := wireResponse{Data: r.Data, Messages: []wireSub{}, Attributes: toWire(r.Attributes), Events: []wireEvent{}}
	for _, m := range r.Messages {
		w.Messages = append(w.Messages, wireSub{ID: m.ID, ReplyOn: uint8(m.ReplyOn), GasLimit: m.GasLimit, Payload: m.Payload,
			Msg: wireMessage{Kind: uint8(m.Msg.Kind), To: string(m.Msg.To), Body: m.Msg.Body, Module: string(m.Msg.Module),
				Admin: string(m.Msg.Admin)}})
	}
	for _, e := range r.Events {
		w.Events = append(w.Events, wireEvent{Type: e.Type, Attributes: toWire(e.Attributes)})
	}
	return must(wireEncoder.Marshal(w))
}

func toWire(list []actor.Attribute) []wireAttribute {
	out := []wireAttribute{}
	for _, a := range list {
		out = append(out, wireAttribute{Key: a.Key, Val: a.Value})
	}
	return out
}

// numbers are those at which a head changes its length.
var numbers = []uint64{0, 1, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, math.MaxUint64}

func TestInputsAreDeterministicCBOR(t *testing.T) {
	for i, n := range numbers {
		env := &actor.Env{Self: "warrior", Sender: "alice", Sequence: n, Span: numbers[len(numbers)-1-i],
			Time: time.Unix(0, int64(n>>1)).UTC(), Seed: [32]byte{1, 2, 31: 3}}
		for _, body := range [][]byte{nil, {}, {0}, bytes.Repeat([]byte{7}, int(n%70000))} {
			msg := &actor.Message{Body: body, Module: "m", Admin: "bob"}
			var call wireCall
			read(t, appendMessage(nil, env, msg), &call)
			want := wireCall{Self: "warrior", Sender: "alice", Sequence: n, Time: env.Time.UnixNano(), Seed: env.Seed[:],
				Span: env.Span, Body: body, Module: "m", Admin: "bob"}
			if !reflect.DeepEqual(call, want) {
				t.Errorf("a message is %+v, want %+v", call, want)
			}

			view := &actor.View{Self: "warrior", Sequence: n, Time: env.Time.Add(-time.Second)}
			var query wireQuery
			read(t, appendQuery(nil, view, body), &query)
			if want := (wireQuery{Self: "warrior", Sequence: n, Time: view.Time.UnixNano(), Body: body}); !reflect.DeepEqual(query, want) {
				t.Errorf("a query is %+v, want %+v", query, want)
			}

			reply := &actor.Reply{ID: n, Payload: body, Callee: "k/x", GasUsed: n, Data: body, Events: []actor.Event{
				{Actor: "a", Type: "moved", Attributes: []actor.Attribute{{Key: "k", Value: "v"}, {Key: "empty"}}}, {Actor: "b", Type: "none"}}}
			if i%2 == 1 {
				*reply = actor.Reply{ID: n, Payload: body, Callee: "k/x", GasUsed: n, Err: actor.Errorf("broke", "no money")}
			}
			var got wireReply
			read(t, appendReply(nil, env, reply), &got)
			if got.ID != n || got.GasUsed != n || got.Sender != "" || !reflect.DeepEqual(got.Payload, body) ||
				!reflect.DeepEqual(got.Data, reply.Data) || len(got.Events) != len(reply.Events) || (got.Err == nil) != (reply.Err == nil) {
				t.Errorf("a reply is %+v, want %+v", got, reply)
			}
			if got.Err != nil && (got.Err.Code != "broke" || got.Err.Message != "no money") {
				t.Errorf("an error is %+v", got.Err)
			}
		}
	}
}

// read decodes an input and checks that the library would write the same bytes.
func read(t *testing.T, input []byte, into any) {
	t.Helper()
	if err := wireDecoder.Unmarshal(input, into); err != nil {
		t.Fatalf("%x: %v", input, err)
	}
	if again := must(wireEncoder.Marshal(into)); !bytes.Equal(again, input) {
		t.Errorf("not deterministic:\n %x\n %x", input, again)
	}
}

// TestInputsAreUTF8 checks that guests may rely on it: native actors may put any bytes into texts.
func TestInputsAreUTF8(t *testing.T) {
	reply := &actor.Reply{Callee: "a\xff", Err: &actor.Error{Code: "c\xfe", Message: "\xf0\x28"},
		Events: []actor.Event{{Actor: "b", Type: "t\xffu", Attributes: []actor.Attribute{{Key: "\x80", Value: "v\xc3"}}}}}
	input := appendReply(nil, &actor.Env{}, reply)
	var got wireReply
	if err := cbor.Unmarshal(input, &got); err != nil { // this mode refuses other texts
		t.Fatal(err)
	}
	if got.Callee != "a\ufffd" || got.Err.Code != "c\ufffd" || got.Events[0].Type != "t\ufffdu" || got.Events[0].Attributes[0].Val != "v\ufffd" {
		t.Errorf("%+v", got)
	}
}

func TestInputsDoNotAllocate(t *testing.T) {
	env := &actor.Env{Self: "warrior", Sender: "alice", Time: time.Unix(1, 0)}
	msg := &actor.Message{Body: []byte("body")}
	buffer := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() { buffer = appendMessage(buffer[:0], env, msg) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var fullResponse = actor.Response{
	Data:       []byte{},
	Attributes: []actor.Attribute{{Key: "a", Value: "1"}, {Key: "b", Value: ""}},
	Messages: []actor.SubMsg{
		{ID: math.MaxUint64, ReplyOn: actor.ReplyAlways, GasLimit: 5000, Payload: []byte{}, Msg: actor.Message{To: "currency", Body: []byte("pay")}},
		{Msg: actor.Message{Kind: actor.KindInstantiate, Module: "m", Admin: "alice", Body: []byte{}}},
		{ID: 2, ReplyOn: 200, Payload: []byte("p"), Msg: actor.Message{Kind: 255, To: "\xff"}},
	},
	Events: []actor.Event{{Type: "paid", Attributes: []actor.Attribute{{Key: "amount", Value: "5"}}}, {Type: "x"}},
}

func TestResponseRoundTrip(t *testing.T) {
	for _, want := range []actor.Response{{}, {Data: []byte("d")}, fullResponse} {
		in := encodeResponse(want)
		got, items, err := decodeResponse(in)
		if err != nil {
			t.Fatalf("%x: %v", in, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %#v\nwant %#v", got, want)
		}
		n := len(want.Messages) + len(want.Attributes) + len(want.Events)
		for _, e := range want.Events {
			n += len(e.Attributes)
		}
		if items != n {
			t.Errorf("%d items, want %d", items, n)
		}
		clear(in) // the memory of the guest is gone
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the response lies in the memory of the guest")
		}
	}
}

// TestResponseKeepsApart checks that an append to one part of a response does not run into the next.
func TestResponseKeepsApart(t *testing.T) {
	got, _, err := decodeResponse(encodeResponse(fullResponse))
	if err != nil {
		t.Fatal(err)
	}
	_ = append(got.Data, "xxxxxxxx"...)
	_ = append(got.Messages[0].Msg.Body, "xxxxxxxx"...)
	_ = append(got.Attributes, actor.Attribute{Key: "x"})
	if !reflect.DeepEqual(got, fullResponse) {
		t.Errorf("%#v", got)
	}
}

// TestLongHeads checks that a head may be longer than it must be.
func TestLongHeads(t *testing.T) {
	for _, size := range []int{0, 1, 2, 4, 8} {
		head := func(m major, n uint64) []byte {
			if size == 0 {
				return appendHead(nil, m, n)
			}
			info := map[int]byte{1: 24, 2: 25, 4: 26, 8: 27}[size]
			wide := binary.BigEndian.AppendUint64(nil, n)
			return append([]byte{byte(m) | info}, wide[8-size:]...)
		}
		in := bytes.Join([][]byte{head(majorArray, 5), head(majorUint, 0), head(majorBytes, 2), []byte("hi"),
			head(majorArray, 0), head(majorArray, 1), head(majorArray, 2), head(majorText, 1), []byte("k"), head(majorText, 0),
			head(majorArray, 0)}, nil)
		got, _, err := decodeResponse(in)
		want := actor.Response{Data: []byte("hi"), Attributes: []actor.Attribute{{Key: "k"}}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("heads of %d bytes: %+v, %v", size, got, err)
		}
	}
}

func TestFailures(t *testing.T) {
	long := strings.Repeat("é", MaxErrorMessage)
	for _, c := range []struct{ code, message, kept string }{
		{"broke", "no money", "no money"},
		{"", "", ""},
		{strings.Repeat("c", MaxErrorCode), long, long[:MaxErrorMessage]},
		{"x", "a" + long, "a" + long[:MaxErrorMessage-2]},
		{"x", strings.Repeat("\x80", MaxErrorMessage+5), strings.Repeat("\x80", MaxErrorMessage)},
	} {
		in := must(wireEncoder.Marshal([]any{1, c.code, c.message}))
		want := &actor.Error{Code: c.code, Message: c.kept}
		if _, _, err := decodeResponse(in); !reflect.DeepEqual(err, want) {
			t.Errorf("%.60v, want %.60v", err, want)
		}
		if _, err := decodeAnswer(in); !reflect.DeepEqual(err, want) {
			t.Errorf("%.60v, want %.60v", err, want)
		}
	}
	if _, _, err := decodeResponse([]byte{0x81, 2}); err != errNoEntry {
		t.Errorf("no entry: %v", err)
	}
	if _, err := decodeAnswer([]byte{0x81, 2}); err != errNoEntry {
		t.Errorf("no entry: %v", err)
	}
}

// TestHugeCounts checks that what an output claims costs nothing if it is not there.
func TestHugeCounts(t *testing.T) {
	for _, tail := range []string{
		"9b7fffffffffffffff",   // messages
		"9bffffffffffffffff",   //
		"9a7fffffff",           //
		"809b00000000ffffffff", // attributes
		"80809a00ffffff",       // events
		"8080818261619a00ffffff",
		"80818261617b7fffffffffffffff",
	} {
		in := append([]byte{0x85, 0, null}, must(hex.DecodeString(tail))...)
		allocated := testing.AllocsPerRun(10, func() {
			if _, _, err := decodeResponse(in); err == nil || err.Code != actor.CodeMalformed {
				t.Errorf("%s: %v", tail, err)
			}
		})
		if allocated > 30 { // all of it the text of the error
			t.Errorf("%s: %v allocations", tail, allocated)
		}
	}
}

func TestTooManyItems(t *testing.T) {
	many := func(n int, item string) []byte {
		return append(appendArray(nil, n), bytes.Repeat(must(hex.DecodeString(item)), n)...)
	}
	message, pair, event, empty := "85000000f6850060f66060", "826060", "826080", []byte{0x80}
	for _, c := range []struct {
		name  string
		parts [3][]byte
		code  string
	}{
		{"messages", [3][]byte{many(MaxItems+1, message), empty, empty}, actor.CodeTooManyMessages},
		{"attributes", [3][]byte{empty, many(MaxItems+1, pair), empty}, actor.CodeEventsTooLarge},
		{"events", [3][]byte{empty, empty, many(MaxItems+1, event)}, actor.CodeEventsTooLarge},
		{"together", [3][]byte{many(MaxItems/2, message), many(MaxItems/2, pair), many(1, event)}, actor.CodeEventsTooLarge},
		{"as many as go", [3][]byte{many(MaxItems/2, message), many(MaxItems/4, pair), many(MaxItems/4, event)}, ""},
	} {
		in := append([]byte{0x85, 0, null}, bytes.Join(c.parts[:], nil)...)
		_, items, err := decodeResponse(in)
		if c.code == "" && (err != nil || items != MaxItems) {
			t.Errorf("%s: %d items, %v", c.name, items, err)
		}
		if c.code != "" && (err == nil || err.Code != c.code) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// FuzzOutput reads anything. What is accepted must be well-formed to another library too, and mean the same.
func FuzzOutput(f *testing.F) {
	f.Add(encodeResponse(actor.Response{}))
	f.Add(encodeResponse(fullResponse))
	for _, s := range []string{"8200f6", "820041ff", "83016162f6", "8301616261", "8102", "9f00f6808080ff", "8500f6808081826178f6",
		"9b0000000000000005001b000000000000000000", "8500fb0000000000000000808080", "c28500f6808080"} {
		f.Add(must(hex.DecodeString(s)))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		kept := bytes.Clone(in)
		resp, _, err := decodeResponse(in)
		data, failed := decodeAnswer(in)
		if !bytes.Equal(in, kept) {
			t.Fatal("the output was changed")
		}
		var generic any
		if e := wireDecoder.Unmarshal(in, &generic); e != nil && (err == nil || failed == nil) {
			t.Fatalf("%x is accepted, but %v", in, e)
		}
		if err == nil {
			again, _, e := decodeResponse(encodeResponse(resp))
			if e != nil || !reflect.DeepEqual(again, resp) {
				t.Fatalf("%x: %+v, again %+v, %v", in, resp, again, e)
			}
			var other wireResponse
			if e := wireDecoder.Unmarshal(in, &other); e != nil || !bytes.Equal(must(wireEncoder.Marshal(other)), encodeResponse(resp)) {
				t.Fatalf("%x: %+v, but to the library %+v, %v", in, resp, other, e)
			}
		} else {
			checkRefusal(t, in, err)
		}
		if failed == nil {
			list, ok := generic.([]any)
			if got, _ := list[1].([]byte); !ok || len(list) != 2 || !bytes.Equal(got, data) || (list[1] == nil) != (data == nil) {
				t.Fatalf("%x: %x, but to the library %v", in, data, generic)
			}
		} else {
			checkRefusal(t, in, failed)
		}
	})
}

func checkRefusal(t *testing.T, in []byte, err *actor.Error) {
	t.Helper()
	var e error = err
	if !errors.As(e, new(*actor.Error)) || len(err.Code) > MaxErrorCode || len(err.Message) > MaxErrorMessage {
		t.Fatalf("%x: %v", in, err)
	}
	if err != errNoEntry && strings.HasPrefix(err.Message, "the output of the guest") && !strings.Contains(err.Message, "byte ") {
		t.Fatalf("%x: %v says no place", in, err)
	}
}
