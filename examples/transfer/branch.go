package main

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/troupe-run/troupe/examples/transfer/bank"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// A branch of the bank is where customers come.
type branch struct {
	host *runtime.Host
	day  *calendar
	out  io.Writer
}

// deposit opens an account by the first message to it.
func (b *branch) deposit(ctx context.Context, owner actor.Address, amount uint64) error {
	_, err := b.host.Sudo(ctx, bank.AccountOf(owner), typed.Encode(bank.Deposit{Amount: amount}))
	return err
}

// total asks all accounts and escrows how much they hold.
func (b *branch) total(ctx context.Context) (sum uint64, err error) {
	for kind, question := range map[string]any{"account/": bank.Balance{}, "escrow/": bank.Held{}} {
		list, err := b.host.Reader().Actors(kind, query.MaxLimit, "")
		if err != nil {
			return 0, err
		}
		for _, a := range list.Actors {
			n, err := ask[uint64](ctx, b.host, a.Address, question)
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, nil
}

// ask is typed.Ask from outside of any actor.
func ask[A any](ctx context.Context, host *runtime.Host, to actor.Address, question any) (A, error) {
	data, err := host.Query(ctx, to, typed.Encode(question))
	if err != nil {
		var none A
		return none, err
	}
	return typed.Decode[A](data)
}

// A calendar stands still until somebody turns a page. It is the clock of the host, so transactions see it as their time.
type calendar struct {
	mu  sync.Mutex
	now time.Time
}

func (d *calendar) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *calendar) pass(t time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(t)
}
