package node_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// counting is an actor that does next to nothing, so that what is measured is the way to it.
type counting struct{}

func (counting) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	env.State.Set([]byte("k"), msg.Body)
	return actor.Response{}, nil
}

func benchRig(b *testing.B) *rig {
	r := newRig(b, setup{dir: filepath.Join(b.TempDir(), "data")})
	if err := r.host.Bind("counting", counting{}); err != nil {
		b.Fatal(err)
	}
	return r
}

// atOnce runs ask by 256 goroutines.
func atOnce(b *testing.B, ask func() *api.Error) {
	b.ReportAllocs()
	b.SetParallelism(128)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := ask(); err != nil {
				b.Errorf("%v", err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "/s")
}

func BenchmarkSend(b *testing.B) {
	for _, encoding := range []string{api.CBOR, api.JSON} {
		name := encoding[len("application/"):]
		request := func() api.SendRequest {
			return api.SendRequest{To: "counting/a", Body: api.Bytes(`{"add":{"amount":5,"to":"alice"}}`)}
		}
		b.Run("bearer/"+name, func(b *testing.B) {
			r := benchRig(b)
			c := &node.Call{Op: "send", Type: encoding, Payload: r.encode(encoding, request()), Bearer: r.token(r.operator, claims.Token{})}
			atOnce(b, func() *api.Error { return r.node.Handle(context.Background(), c).Err })
		})
		b.Run("envelope/"+name, func(b *testing.B) {
			r := benchRig(b)
			// Signing is the caller's work.
			calls := make([]*node.Call, b.N)
			for i := range calls {
				calls[i] = r.sign(r.operator, &node.Call{Op: "send", Type: encoding, Payload: r.encode(encoding, request())})
			}
			var next atomic.Int64
			atOnce(b, func() *api.Error { return r.node.Handle(context.Background(), calls[next.Add(1)-1]).Err })
		})
	}
	b.Run("trusted", func(b *testing.B) {
		r := benchRig(b)
		req := &api.SendRequest{To: "counting/a", Body: api.Bytes(`{"add":{"amount":5,"to":"alice"}}`), As: "x"}
		atOnce(b, func() *api.Error {
			_, err := r.node.Do(context.Background(), node.Caller{}, "send", req)
			return err
		})
	})
	b.Run("host", func(b *testing.B) {
		r := benchRig(b)
		atOnce(b, func() *api.Error {
			if _, err := r.host.Send(context.Background(), "x", actor.Message{To: "counting/a", Body: []byte(`{"add":{"amount":5,"to":"alice"}}`)}); err != nil {
				b.Error(err)
			}
			return nil
		})
	})
}

func BenchmarkGet(b *testing.B) {
	for _, encoding := range []string{api.CBOR, api.JSON} {
		b.Run(encoding[len("application/"):], func(b *testing.B) {
			r := benchRig(b)
			r.ok(r.operator, "send", set("puppet/a", "k", "v"), new(api.Receipt))
			c := &node.Call{Op: "get", Type: encoding, Payload: r.encode(encoding, api.GetRequest{Actor: "puppet/a", Key: api.Bytes("k")}),
				Bearer: r.token(r.operator, claims.Token{})}
			atOnce(b, func() *api.Error { return r.node.Handle(context.Background(), c).Err })
		})
	}
}

// BenchmarkWatched is a send while others watch: each one actor of a thousand, of which a send writes one.
func BenchmarkWatched(b *testing.B) {
	for _, watchers := range []int{0, 1, 1000} {
		b.Run(fmt.Sprint(watchers), func(b *testing.B) {
			r := benchRig(b)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			bearer := r.token(r.operator, claims.Token{})
			for i := range watchers {
				q := api.WatchRequest{Actor: actor.Address(fmt.Sprintf("counting/%d", i)), Now: true}
				stream, err := r.node.Watch(ctx, &node.Call{Op: "watch", Payload: r.encode(api.JSON, q), Bearer: bearer})
				if err != nil {
					b.Fatal(err)
				}
				go func() {
					for range stream {
					}
				}()
			}
			var next atomic.Int64
			atOnce(b, func() *api.Error {
				to := actor.Address(fmt.Sprintf("counting/%d", next.Add(1)%1000))
				_, err := r.node.Do(context.Background(), node.Caller{}, "send", &api.SendRequest{To: to, Body: api.Bytes("12345"), As: "x"})
				return err
			})
			cancel()
		})
	}
}
