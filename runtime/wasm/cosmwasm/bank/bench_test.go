package bank_test

import (
	"context"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
)

// BenchmarkSend measures the entry point alone: JSON, four keys, four events.
func BenchmarkSend(b *testing.B) {
	r := newRunner(nil)
	mint := []byte(`{"mint": {"to_address": "alice", "amount": [{"denom": "ucosm", "amount": "1000000000000"}]}}`)
	if _, err := r.run(r.bank.Sudo, "", actor.Message{Body: mint}); err != nil {
		b.Fatal(err)
	}
	env := &actor.Env{Self: "bank", Sender: "alice", State: r.state}
	msg := actor.Message{Body: []byte(`{"send":{"to_address":"bob","amount":[{"denom":"ucosm","amount":"1"}]}}`)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.bank.Execute(context.Background(), env, msg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBalance(b *testing.B) {
	view := &actor.View{Self: "bank", State: new(actor.MemState)}
	body := []byte(`{"balance":{"address":"alice","denom":"ucosm"}}`)
	a := bank.New(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Query(context.Background(), view, body); err != nil {
			b.Fatal(err)
		}
	}
}
