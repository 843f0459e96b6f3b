package typed_test

import (
	"context"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// BenchmarkExecute measures a whole call as a host makes it: decode the body, run the handler, with two reads and two
// writes of state, an event and data.
func BenchmarkExecute(b *testing.B) {
	for _, body := range []struct {
		name string
		data []byte
	}{
		{"cbor", typed.Encode(Transfer{To: "bob", Amount: 1})},
		{"json", []byte(`{"transfer": {"to": "bob", "amount": 1}}`)},
	} {
		b.Run(body.name, func(b *testing.B) {
			ctx, env := context.Background(), newEnv()
			balances.Set(env.State, "alice", 1<<60)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := currency.Execute(ctx, env, actor.Message{Body: body.data}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type Tick struct{}

func (Tick) MessageName() string { return "tick" }

var bare = typed.New(typed.OnExecute(func(*typed.Call, Tick) error { return nil }))

// BenchmarkDispatch measures what a message without fields costs: finding the handler.
func BenchmarkDispatch(b *testing.B) {
	ctx, env, body := context.Background(), newEnv(), typed.Encode(Tick{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bare.Execute(ctx, env, actor.Message{Body: body}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	m := Transfer{To: "bob", Amount: 1000}
	b.ReportAllocs()
	for b.Loop() {
		typed.Encode(m)
	}
}

func BenchmarkMap(b *testing.B) {
	state := &actor.MemState{}
	byPair := typed.NewMap[typed.Pair[actor.Address, uint64], uint64]("pairs")
	b.Run("set", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			balances.Set(state, "alice", 1000)
		}
	})
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			balances.Get(state, "alice")
		}
	})
	b.Run("get-pair", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			byPair.Get(state, typed.Join(actor.Address("alice"), uint64(1000)))
		}
	})
}

func BenchmarkToJSON(b *testing.B) {
	data := typed.Encode(Transfer{To: "bob", Amount: 1000})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := typed.ToJSON(data); err != nil {
			b.Fatal(err)
		}
	}
}

func newEnv() *actor.Env {
	return &actor.Env{Self: "self", Sender: "alice", State: &actor.MemState{}}
}
