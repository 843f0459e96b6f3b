package bench

import (
	"context"
	"math/rand/v2"
	"sync/atomic"

	"github.com/troupe-run/troupe/runtime/actor"
)

// prepareTransfer is the workload transfer: payments between two accounts, four rows of state each.
func prepareTransfer(ctx context.Context, b *bed) (job, error) {
	return prepareBank(ctx, b, (*bank).transfer)
}

// prepareHot is the workload hot: the same, but every payment concerns the first account.
func prepareHot(ctx context.Context, b *bed) (job, error) {
	return prepareBank(ctx, b, (*bank).throughFirst)
}

func prepareBank(ctx context.Context, b *bed, message func(*bank, *rand.Rand) actor.Message) (job, error) {
	accounts, err := openBank(ctx, b.host, b.config)
	if err != nil {
		return job{}, err
	}
	names := senders(b.config.Clients)
	l := newLoad(b.config.Clients, b.config.Seed, func(ctx context.Context, c *client) error {
		return b.send(ctx, c, names[c.id], message(accounts, c.rng))
	})
	return job{l, func() error { return accounts.audit(l.answered()) }}, nil
}

// prepareTree is the workload tree: each node asks to hear from all that it calls.
func prepareTree(_ context.Context, b *bed) (job, error) {
	return prepareForest(b, actor.ReplyAlways, 0)
}

// prepareRollback is the workload rollback: some of the root's branches fail at their last leaf, and the root goes on.
func prepareRollback(_ context.Context, b *bed) (job, error) {
	return prepareForest(b, actor.ReplyOnError, b.config.FailShare)
}

func prepareForest(b *bed, asks actor.ReplyOn, share float64) (job, error) {
	f, err := newForest(b.host, b.config, asks, share)
	if err != nil {
		return job{}, err
	}
	var lasting atomic.Uint64
	names := senders(b.config.Clients)
	l := newLoad(b.config.Clients, b.config.Seed, func(ctx context.Context, c *client) error {
		msg, kept := f.message(c.rng)
		lasting.Add(kept)
		return b.send(ctx, c, names[c.id], msg)
	})
	return job{l, func() error { return f.audit(lasting.Load()) }}, nil
}

// prepareNoop is the workload noop: a message to an actor that does nothing.
func prepareNoop(_ context.Context, b *bed) (job, error) {
	names := senders(b.config.Clients)
	l := newLoad(b.config.Clients, b.config.Seed, func(ctx context.Context, c *client) error {
		return b.send(ctx, c, names[c.id], actor.Message{To: "noop"})
	})
	return job{l, func() error { return nil }}, nil
}
