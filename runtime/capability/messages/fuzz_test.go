package messages_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// shapes returns a new value of each message.
func shapes() []any {
	return []any{&messages.HTTPRequest{}, &messages.HTTPResponse{}, &messages.FetchArgs{}, &messages.OldHTTPRequest{}, &messages.OldHTTPResponse{},
		&messages.OldFetchArgs{}, &messages.SetArgs{}, &messages.IncrementArgs{}, &messages.ListArgs{}, &messages.ListRangeArgs{}, &messages.SetMember{},
		&messages.Message{}, &messages.RequestArgs{}, &messages.OldMessage{}, &messages.OldRequestArgs{}, &messages.LogEntry{}, &messages.RangeLimit{},
		&messages.Health{}, &messages.GeneratorRequest{}, &messages.GeneratorResult{}, &messages.Container{}, &messages.Object{}, &messages.ListObjectsArgs{},
		&messages.ObjectList{}, &messages.ItemResult{}, &messages.PutObjectArgs{}, &messages.PutChunkArgs{}, &messages.GetObjectArgs{}, &messages.GetObjectResponse{}}
}

// FuzzShapes decodes any payload as each message. What is taken must be encoded to what decodes to the same, by hand or by
// reflection; what is not, refused in words of our own.
func FuzzShapes(f *testing.F) {
	for i, v := range shapes() {
		f.Add(uint8(i), pack.Marshal(v))
		f.Add(uint8(i), pack.CBOR.Encode(v))
	}
	f.Add(uint8(0), pack.Marshal(&messages.HTTPRequest{Method: "GET", Header: messages.Header{"a": {"1", "2"}}, Body: []byte("x")}))
	f.Fuzz(func(t *testing.T, shape uint8, payload []byte) {
		all, again := shapes(), shapes()
		i := int(shape) % len(all)
		if err := pack.Unmarshal(payload, all[i]); err != nil {
			refused(t, err)
			return
		}
		once := pack.Marshal(all[i])
		if err := pack.Unmarshal(once, again[i]); err != nil {
			t.Fatalf("%T: %x was taken, encoded as %x, and refused: %v", all[i], payload, once, err)
		}
		if twice := pack.Marshal(again[i]); !bytes.Equal(once, twice) {
			t.Fatalf("%T: %x was taken, encoded as %x, and then as %x", all[i], payload, once, twice)
		}
	})
}

// FuzzGenerations translates any operation and any answer, from the older generation and to it.
func FuzzGenerations(f *testing.F) {
	for _, op := range []string{"Add", "Get", "KeyExists", "Set", "Del", "Clear", "Range", "Push", "ListItemDelete", "SetAdd", "SetUnion", "SetQuery"} {
		f.Add("wasmcloud:keyvalue", op, pack.Marshal(&messages.SetArgs{Key: "k", Value: "v"}), []byte{5})
	}
	f.Add("wasmcloud:httpclient", "Request", pack.Marshal(&messages.OldFetchArgs{}), pack.Marshal(&messages.HTTPResponse{StatusCode: 200}))
	f.Add("wasmcloud:messaging", "Publish", pack.Marshal(&messages.OldMessage{}), []byte{})
	f.Add("", messages.HandleRequest, pack.Marshal(&messages.HTTPRequest{}), pack.Marshal(&messages.OldHTTPResponse{}))
	f.Add("", messages.HandleMessage, pack.Marshal(&messages.Message{}), []byte{})
	f.Fuzz(func(t *testing.T, contract, operation string, payload, answer []byte) {
		for _, translate := range []func() (messages.Call, error){
			func() (messages.Call, error) { return messages.New(contract, operation, payload) },
			func() (messages.Call, error) { return messages.Old(operation, payload) },
		} {
			call, err := translate()
			if err != nil {
				refused(t, err)
				continue
			}
			if call.Operation == "" && operation != "" {
				t.Fatalf("%s of %s has become nothing", operation, contract)
			}
			if _, err := call.Answer(answer); err != nil {
				refused(t, err)
			}
		}
	})
}

func refused(t *testing.T, err error) {
	t.Helper()
	var e *actor.Error
	if !errors.As(err, &e) || e.Code != actor.CodeMalformed {
		t.Fatalf("refused with %v, which is not malformed", err)
	}
}
