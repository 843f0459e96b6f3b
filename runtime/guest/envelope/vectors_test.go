package envelope_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/guest/envelope"
)

// A vector is one of abi.json, which is the host's: what the host reads and writes must be what a guest does.
type vector struct {
	Name, Form string
	CBOR       octets
	Value      json.RawMessage
	Shortest   *bool
}

type vectors struct {
	Inputs, Outputs, Answers []vector
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "wasm", "troupe", "abi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var spec struct{ Vectors vectors }
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	return spec.Vectors
}

// The values of vectors: byte strings are hexadecimal, large integers are strings.
type (
	octets []byte
	number uint64
	moment int64

	values struct {
		Self, Sender, Callee actor.Address
		Module               actor.ModuleID
		Admin, To            actor.Address
		Sequence, Span, ID   number
		GasUsed              number `json:"gas_used"`
		GasLimit             number `json:"gas_limit"`
		ReplyOn              uint8  `json:"reply_on"`
		Kind                 uint8
		Time                 moment
		Seed, Body, Payload  octets
		Data                 octets
		Error                *actor.Error
		NoEntry              bool `json:"no_entry"`
		Messages             []values
		Attributes           []actor.Attribute
		Events               []actor.Event
	}
)

func (b *octets) UnmarshalJSON(text []byte) error {
	var s *string
	if err := json.Unmarshal(text, &s); err != nil || s == nil {
		return err
	}
	raw, err := hex.DecodeString(*s)
	*b = append([]byte{}, raw...)
	return err
}

func (n *number) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseUint(strings.Trim(string(text), `"`), 10, 64)
	*n = number(v)
	return err
}

func (n *moment) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	*n = moment(v)
	return err
}

func (v vector) values(t testing.TB) (in values) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(v.Value))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	for i := range in.Events {
		if len(in.Events[i].Attributes) == 0 {
			in.Events[i].Attributes = nil
		}
	}
	if len(in.Events) == 0 {
		in.Events = nil
	}
	return in
}

func (v *values) env() actor.Env {
	return actor.Env{Self: v.Self, Sender: v.Sender, Sequence: uint64(v.Sequence), Time: time.Unix(0, int64(v.Time)).UTC(),
		Seed: [32]byte(v.Seed), Span: uint64(v.Span)}
}

func TestInputs(t *testing.T) {
	forms := map[string]int{}
	for _, v := range readVectors(t).Inputs {
		in := v.values(t)
		var env actor.Env
		var got, want any
		var err error
		switch v.Form {
		case "message":
			var msg actor.Message
			err = envelope.DecodeMessage(v.CBOR, &env, &msg)
			got, want = msg, actor.Message{To: in.Self, Body: in.Body, Module: in.Module, Admin: in.Admin}
		case "reply":
			var r actor.Reply
			err = envelope.DecodeReply(v.CBOR, &env, &r)
			got, want = r, actor.Reply{ID: uint64(in.ID), Payload: in.Payload, Callee: in.Callee, GasUsed: uint64(in.GasUsed),
				Err: in.Error, Data: in.Data, Events: in.Events}
		case "query":
			var view actor.View
			var body []byte
			body, err = envelope.DecodeQuery(v.CBOR, &view)
			got = []any{view, body}
			want = []any{actor.View{Self: in.Self, Sequence: uint64(in.Sequence), Time: time.Unix(0, int64(in.Time)).UTC()}, []byte(in.Body)}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got  %#v, %v\n want %#v", v.Name, got, err, want)
		}
		if v.Form != "query" && !reflect.DeepEqual(env, in.env()) {
			t.Errorf("%s:\n got  %#v\n want %#v", v.Name, env, in.env())
		}
		forms[v.Form]++
	}
	if forms["message"] == 0 || forms["query"] == 0 || forms["reply"] == 0 {
		t.Errorf("there are vectors of %v only", forms)
	}
}

func (v *values) response() actor.Response {
	r := actor.Response{Data: v.Data, Attributes: v.Attributes, Events: v.Events}
	for _, m := range v.Messages {
		r.Messages = append(r.Messages, actor.SubMsg{ID: uint64(m.ID), ReplyOn: actor.ReplyOn(m.ReplyOn), GasLimit: uint64(m.GasLimit),
			Payload: m.Payload, Msg: actor.Message{Kind: actor.Kind(m.Kind), To: m.To, Body: m.Body, Module: m.Module, Admin: m.Admin}})
	}
	return r
}

func TestOutputs(t *testing.T) {
	for _, v := range readVectors(t).Outputs {
		if v.Shortest != nil && !*v.Shortest {
			continue
		}
		out := v.values(t)
		var got []byte
		switch {
		case out.NoEntry:
			got = envelope.AppendUnsupported(nil)
		case out.Error != nil:
			got = envelope.AppendError(nil, out.Error)
		case v.Form == "answer":
			got = envelope.AppendAnswer(nil, out.Data)
		default:
			resp := out.response()
			got = envelope.AppendResponse(nil, &resp)
		}
		if !bytes.Equal(got, v.CBOR) {
			t.Errorf("%s:\n got  %x\n want %x", v.Name, got, v.CBOR)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, v := range readVectors(t).Answers {
		want := v.values(t)
		data, err := envelope.DecodeAnswer(v.CBOR)
		if want.Error != nil {
			if !reflect.DeepEqual(err, error(want.Error)) || data != nil {
				t.Errorf("%s: %v, %v", v.Name, data, err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(data, []byte(want.Data)) {
			t.Errorf("%s: %#v, %v", v.Name, data, err)
		}
	}
}

// TestCut cuts every vector at every byte, and puts another behind it: none of that is an envelope.
func TestCut(t *testing.T) {
	all := readVectors(t)
	check := func(name string, data []byte) {
		t.Helper()
		var env actor.Env
		var failed *actor.Error
		if envelope.DecodeMessage(data, &env, new(actor.Message)) == nil || envelope.DecodeReply(data, &env, new(actor.Reply)) == nil {
			t.Errorf("%s: %x was taken", name, data)
		}
		if _, err := envelope.DecodeQuery(data, new(actor.View)); err == nil {
			t.Errorf("%s: %x was taken for a query", name, data)
		}
		if _, err := envelope.DecodeAnswer(data); err == nil || errors.As(err, &failed) {
			t.Errorf("%s: %x was taken for an answer", name, data)
		}
	}
	for _, v := range slices.Concat(all.Inputs, all.Answers) {
		for n := range v.CBOR {
			check(v.Name, slices.Clip(bytes.Clone(v.CBOR[:n])))
		}
		check(v.Name, append(bytes.Clone(v.CBOR), 0))
	}
}
