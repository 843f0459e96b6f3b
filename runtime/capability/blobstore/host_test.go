package blobstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/blobstore"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

const provider actor.Address = "blobs/main"

// order is what a user of the store is sent: one operation, or the wish to fail behind it.
type order struct {
	Op      string `json:"op"`
	Link    string `json:"link"`
	Payload []byte `json:"payload"`
	Fail    bool   `json:"fail"`
}

// user is an actor that is linked to the store, as a guest would be. It keeps what it receives, says that it has enough when
// an object is called so, and fails when one is called so; at one that is called endless it writes without an end.
type user struct{}

func (user) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if inv, err := capability.DecodeInvocation(msg.Body); err == nil && inv.Operation == messages.ReceiveChunk {
		return receive(env, &inv)
	}
	var o order
	if err := json.Unmarshal(msg.Body, &o); err != nil {
		return actor.Response{}, err
	}
	inv := capability.Invocation{Operation: o.Op, Contract: capability.Blobstore, Link: o.Link, Payload: o.Payload}
	data, err := env.Services.(capability.Caller).Call(ctx, provider, inv.Encode())
	if err == nil && o.Fail {
		err = actor.Errorf("planned", "fails behind it")
	}
	return actor.Response{Data: data}, err
}

func receive(env *actor.Env, inv *capability.Invocation) (actor.Response, error) {
	var chunk messages.Chunk
	if err := pack.Unmarshal(inv.Payload, &chunk); err != nil {
		return actor.Response{}, err
	}
	log, _ := env.State.Get([]byte("received"))
	line, _ := json.Marshal(map[string]any{"protocol": pack.ProtocolOf(inv.Payload), "offset": chunk.Offset, "bytes": string(chunk.Bytes), "last": chunk.IsLast})
	env.State.Set([]byte("received"), append(append(log[:len(log):len(log)], line...), '\n'))
	if strings.HasPrefix(chunk.ObjectID, "fail") {
		return actor.Response{}, actor.Errorf("broken", "cannot take it")
	}
	for strings.HasPrefix(chunk.ObjectID, "endless") {
		env.State.Set([]byte("more"), make([]byte, 100_000))
	}
	answer := messages.ChunkResponse{CancelDownload: strings.HasPrefix(chunk.ObjectID, "enough")}
	return actor.Response{Data: pack.ProtocolOf(inv.Payload).Encode(&answer)}, nil
}

func (user) Query(_ context.Context, view *actor.View, _ []byte) ([]byte, error) {
	log, _ := view.State.Get([]byte("received"))
	return log, nil
}

// world is a host with a provider, linked to a user with chunks of 10 bytes, and over two links with values of their own.
type world struct {
	t    testing.TB
	host *runtime.Host
}

func newWorld(t testing.TB) *world {
	now := time.Unix(1_700_000_000, 5000)
	host, err := runtime.Open("", &runtime.Options{Executor: dispatch.Options{Clock: func() time.Time { return now }}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	if err := errors.Join(host.Bind("blobs", blobstore.Actor()), host.Bind("user", user{})); err != nil {
		t.Fatal(err)
	}
	o := capability.Order{Provide: []capability.ProviderOrder{{Name: "main", Address: provider, Contract: capability.Blobstore, Config: map[string]string{"chunk_size": "10"}}}}
	for name, values := range map[string]map[string]string{"default": nil, "apart": {"store": "s"}, "large": {"chunk_size": "2000000"}, "wrong": {"chunk_size": "0"}} {
		o.Link = append(o.Link, capability.LinkOrder{Provider: "main", Values: values,
			LinkName: capability.LinkName{Actor: "user", Contract: capability.Blobstore, Name: name}})
	}
	if _, err := host.Order(t.Context(), o, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := host.Create(t.Context(), "alice", "user", "user", nil); err != nil {
		t.Fatal(err)
	}
	return &world{t, host}
}

// send performs an operation, and returns the payload of its answer.
func (w *world) send(o order) ([]byte, *actor.Error) {
	w.t.Helper()
	body, _ := json.Marshal(o)
	receipt, err := w.host.Send(w.t.Context(), "alice", actor.Message{To: "user", Body: body})
	if err != nil {
		return nil, actor.AsError(err)
	}
	return receipt.Data, nil
}

// do performs an operation that must succeed in a protocol, and decodes its answer.
func do[T any](w *world, p pack.Protocol, op string, arg any) (out T) {
	w.t.Helper()
	return over[T](w, "default", p, op, arg)
}

func over[T any](w *world, link string, p pack.Protocol, op string, arg any) (out T) {
	w.t.Helper()
	o := order{Op: op, Link: link}
	if arg != nil {
		o.Payload = p.Encode(arg)
	}
	data, err := w.send(o)
	if err != nil {
		w.t.Fatalf("%s: %v", op, err)
	}
	if len(data) > 1 && arg != nil && pack.ProtocolOf(data) != p {
		w.t.Fatalf("%s answers %x, which is not in the protocol of the request", op, data)
	}
	if e := pack.Unmarshal(data, &out); e != nil {
		w.t.Fatalf("%s answers %x: %v", op, data, e)
	}
	return out
}

// refused performs an operation that must not succeed, and returns the code.
func (w *world) refused(op string, arg any) string {
	w.t.Helper()
	if _, err := w.send(order{Op: op, Link: "default", Payload: pack.Marshal(arg)}); err != nil {
		return err.Code
	}
	return ""
}

// put uploads an object in one chunk.
func (w *world) put(id, content string) {
	w.t.Helper()
	do[messages.PutObjectResponse](w, pack.MessagePack, messages.PutObject, &messages.PutObjectArgs{ContentType: "text/plain",
		Chunk: messages.Chunk{ContainerID: "c", ObjectID: id, Bytes: []byte(content), IsLast: true}})
}

// rows returns how many rows the provider has with a prefix.
func (w *world) rows(prefix string) int {
	w.t.Helper()
	page, err := w.host.Reader().Scan(provider, query.Range{Prefix: []byte(prefix), Limit: query.MaxLimit})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(page.Pairs)
}

// received is what the user has got, and forgets nothing.
func (w *world) received() string {
	w.t.Helper()
	log, err := w.host.Query(w.t.Context(), "user", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(log)
}

// pump runs the half outside of transactions until the downloads are done.
func (w *world) pump() {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	done, ready := make(chan error, 1), make(chan string, 1)
	at := edge.At{Host: w.host, Provider: capability.Provider{Name: "main", Address: provider}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	go func() { done <- blobstore.Kind().New().Run(ctx, at, func(detail string) { ready <- detail }) }()
	<-ready
	for deadline := time.Now().Add(30 * time.Second); w.rows("d") > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("the downloads do not end")
		}
	}
	stop()
	if err := <-done; err != nil {
		w.t.Error(err)
	}
}
