package envelope_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/guest/envelope"
)

// FuzzDecode gives any bytes to every decoder. None may panic, take what is no CBOR, or show anything but the input.
func FuzzDecode(f *testing.F) {
	all := readVectors(f)
	for _, v := range slices.Concat(all.Inputs, all.Answers) {
		f.Add([]byte(v.CBOR))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		var (
			env    actor.Env
			view   actor.View
			msg    actor.Message
			reply  actor.Reply
			failed *actor.Error
		)
		taken := 0
		if err := envelope.DecodeMessage(data, &env, &msg); err == nil {
			taken++
			inside(t, data, string(env.Self), string(env.Sender), string(msg.Body), string(msg.Module), string(msg.Admin))
		}
		if err := envelope.DecodeReply(data, &env, &reply); err == nil {
			taken++
			inside(t, data, string(reply.Payload), string(reply.Callee), string(reply.Data))
			for _, e := range reply.Events {
				inside(t, data, string(e.Actor), e.Type)
			}
		}
		if body, err := envelope.DecodeQuery(data, &view); err == nil {
			taken++
			inside(t, data, string(view.Self), string(body))
		}
		if answer, err := envelope.DecodeAnswer(data); err == nil || errors.As(err, &failed) {
			taken++
			inside(t, data, string(answer))
		}
		if taken > 1 {
			t.Errorf("%x is of %d kinds", data, taken)
		}
		// Texts may be any bytes, which the library would refuse.
		if taken > 0 && cbor.Wellformed(data) != nil {
			t.Errorf("%x is no CBOR, and was taken", data)
		}
		if !bytes.Equal(data, before) {
			t.Errorf("%x became %x", before, data)
		}
	})
}

func inside(t *testing.T, data []byte, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(string(data), p) {
			t.Fatalf("%q does not stand in %x", p, data)
		}
	}
}

// FuzzResponse checks that the library reads back what was written.
func FuzzResponse(f *testing.F) {
	f.Add([]byte("body"), "text", uint64(7), uint8(3), 2)
	f.Add([]byte{}, "", uint64(1<<63), uint8(255), 30)
	f.Add(bytes.Repeat([]byte("x"), 300), strings.Repeat("y", 70000), uint64(65536), uint8(0), 1)
	f.Fuzz(func(t *testing.T, body []byte, text string, n uint64, kind uint8, times int) {
		times = min(max(times, 0), 40)
		var resp actor.Response
		for range times {
			attribute := actor.Attribute{Key: text, Value: string(body)}
			resp.Attributes = append(resp.Attributes, attribute)
			resp.Events = append(resp.Events, actor.Event{Type: text, Attributes: []actor.Attribute{attribute}})
			resp.Messages = append(resp.Messages, actor.SubMsg{ID: n, ReplyOn: actor.ReplyOn(kind), GasLimit: n + 1, Payload: body,
				Msg: actor.Message{Kind: actor.Kind(kind), To: actor.Address(text), Body: body, Module: actor.ModuleID(text), Admin: "a"}})
		}
		resp.Data = body
		var got struct {
			_          struct{} `cbor:",toarray"`
			Status     int
			Data       []byte
			Messages   [][]any
			Attributes [][2]any
			Events     []struct {
				_          struct{} `cbor:",toarray"`
				Type       any
				Attributes [][2]any
			}
		}
		mode, err := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode()
		if err != nil {
			t.Fatal(err)
		}
		if err := mode.Unmarshal(envelope.AppendResponse(nil, &resp), &got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Data, body) || (got.Data == nil) != (body == nil) {
			t.Errorf("data is %x", got.Data)
		}
		if len(got.Messages) != times || len(got.Attributes) != times || len(got.Events) != times {
			t.Fatalf("%d messages, %d attributes, %d events, want %d of each", len(got.Messages), len(got.Attributes), len(got.Events), times)
		}
		for i := range times {
			m, a, e := got.Messages[i], got.Attributes[i], got.Events[i]
			if len(m) != 5 || m[0] != n || m[1] != uint64(kind) || m[2] != n+1 {
				t.Errorf("message %v", m)
			}
			if a != [2]any{text, string(body)} || e.Type != text || len(e.Attributes) != 1 || e.Attributes[0] != a {
				t.Errorf("attribute %v, event %v", a, e)
			}
		}
	})
}

// TestAliases checks that what is decoded is not copied, and that no part can grow into the next.
func TestAliases(t *testing.T) {
	input := readVectors(t).Inputs[0].CBOR
	var env actor.Env
	var msg actor.Message
	if err := envelope.DecodeMessage(input, &env, &msg); err != nil {
		t.Fatal(err)
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(msg.Body))) - uintptr(unsafe.Pointer(unsafe.SliceData(input)))
	if at >= uintptr(len(input)) || cap(msg.Body) != len(msg.Body) {
		t.Errorf("the body stands at %d of %d bytes, with room for %d", at, len(input), cap(msg.Body)-len(msg.Body))
	}
	if n := testing.AllocsPerRun(100, func() {
		if envelope.DecodeMessage(input, &env, &msg) != nil {
			t.Fail()
		}
	}); n != 0 {
		t.Errorf("to decode a message allocates %v times", n)
	}
}
