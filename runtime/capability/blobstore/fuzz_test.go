package blobstore

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// FuzzServe performs any operation with any payload of either protocol on a store with an object and an upload. It must be done
// or be refused with a code, and what it answers must be in the protocol.
func FuzzServe(f *testing.F) {
	names := slices.Sorted(maps.Keys(operations))
	for i := range names {
		for _, arg := range []any{"c", []string{"c"}, &messages.ObjectName{ContainerID: "c", ObjectID: "o"}, &messages.GetObjectArgs{ContainerID: "c", ObjectID: "o"},
			&messages.PutObjectArgs{Chunk: messages.Chunk{ContainerID: "c", ObjectID: "o", IsLast: true}}, &messages.PutChunkArgs{Chunk: messages.Chunk{ContainerID: "c", ObjectID: "u", Offset: 1}},
			&messages.RemoveObjectsArgs{ContainerID: "c", Objects: []string{"o"}}} {
			f.Add(uint8(i), pack.Marshal(arg))
			f.Add(uint8(i), pack.CBOR.Encode(arg))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, payload []byte) {
		env := &actor.Env{State: &actor.MemState{}, Time: time.Unix(1_700_000_000, 0)}
		serve := func(op string, payload []byte) ([]byte, error) {
			return (*handler)(nil).Serve(t.Context(), &capability.Request{Env: env, From: "user", Link: &capability.Link{Name: "default"}, Provider: &capability.Provider{},
				Invocation: capability.Invocation{Operation: op, Payload: payload}})
		}
		for _, step := range []struct {
			op  string
			arg any
		}{
			{messages.CreateContainer, "c"},
			{messages.PutObject, &messages.PutObjectArgs{Chunk: messages.Chunk{ContainerID: "c", ObjectID: "o", Bytes: []byte("hello"), IsLast: true}}},
			{messages.PutObject, &messages.PutObjectArgs{Chunk: messages.Chunk{ContainerID: "c", ObjectID: "u", Bytes: []byte("h")}}},
		} {
			if _, err := serve(step.op, pack.Marshal(step.arg)); err != nil {
				t.Fatal(err)
			}
		}
		op := names[int(which)%len(names)]
		answer, err := serve(op, payload)
		var e *actor.Error
		switch {
		case err != nil:
			if !errors.As(err, &e) || e.Code == "" {
				t.Fatalf("%s %x fails with %v, which has no code", op, payload, err)
			}
		case len(answer) > 1 && pack.ProtocolOf(answer) != pack.ProtocolOf(payload):
			t.Fatalf("%s %x answers %x, in the other protocol", op, payload, answer)
		default:
			if _, err := pack.ToJSON(answer); err != nil {
				t.Fatalf("%s %x answers %x: %v", op, payload, answer, err)
			}
		}
	})
}
