package bench

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
)

// BenchmarkCore runs transfers on the dispatcher and the partition alone: no executor, no journal, no disk. What a
// transfer takes here is what one goroutine of the executor takes for it.
func BenchmarkCore(b *testing.B) {
	c, err := newCore(codes{"account": account{}, "opener": opener{}})
	if err != nil {
		b.Fatal(err)
	}
	defer c.store.Close()
	ctx, keys := b.Context(), 10_000
	send := func(from actor.Address, msg actor.Message) {
		if err := c.send(ctx, from, msg); err != nil {
			b.Fatal(err)
		}
	}
	err = inBatches(keys, func(from, to uint64) error {
		body := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, from), to)
		return c.send(context.Background(), "bench", actor.Message{To: "opener", Body: body})
	})
	if err != nil {
		b.Fatal(err)
	}
	accounts := &bank{choose: newChooser(keys, 0)}
	for i := range keys {
		accounts.addresses = append(accounts.addresses, accountAddress(i))
	}
	names, rng, n := senders(1024), rand.New(rand.NewPCG(1, 1)), 0
	b.ReportAllocs()
	for b.Loop() {
		send(names[n%len(names)], accounts.transfer(rng))
		if n++; n%256 == 0 {
			c.applied()
		}
	}
}
