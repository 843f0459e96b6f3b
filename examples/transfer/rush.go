package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/examples/transfer/bank"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/state"
)

const (
	customers = 100
	each      = 1_000 // what a customer owns in the morning
	transfers = 10_000
	workers   = 64
)

// rush lets all customers transfer money at the same time.
func (b *branch) rush(ctx context.Context) error {
	for i := range customers {
		if err := b.deposit(ctx, customer(i), each); err != nil {
			return err
		}
	}
	before, err := b.total(ctx)
	if err != nil {
		return err
	}
	var done tally
	if err := b.sendAll(ctx, requests(), &done); err != nil {
		return err
	}
	after, err := b.total(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%d accounts, %d goroutines\n", customers, workers)
	fmt.Fprintf(b.out, "transfers committed  %6d\n", done.committed)
	fmt.Fprintf(b.out, "transfers refused    %6d  insufficient_funds\n", done.refused)
	fmt.Fprintf(b.out, "requests repeated    %6d  each got the receipt of the first time\n", done.repeated)
	fmt.Fprintf(b.out, "total before         %6d\n", before)
	fmt.Fprintf(b.out, "total after          %6d\n", after)
	return nil
}

func customer(i int) actor.Address { return actor.Address(fmt.Sprintf("customer-%02d", i)) }

// requests returns the transfers of the day in the order in which they are sent. Every tenth is sent once more, as by
// somebody who has not got the answer; every fiftieth asks for more money than there is.
func requests() []dispatch.Request {
	rng := rand.New(rand.NewPCG(1, 2)) // the same transfers in every run
	var all []dispatch.Request
	for i := range transfers {
		from := rng.IntN(customers)
		to := (from + 1 + rng.IntN(customers-1)) % customers
		m := bank.Pay{To: bank.AccountOf(customer(to)), Amount: 1 + rng.Uint64N(5)}
		if i%50 == 0 {
			m.Amount = customers*each + 1
		}
		r := dispatch.Request{
			ID:      fmt.Sprintf("transfer-%d", i),
			Sender:  customer(from),
			Message: actor.Message{To: bank.AccountOf(customer(from)), Body: typed.Encode(m)},
		}
		all = append(all, r)
		if i%10 == 0 {
			all = append(all, r)
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// sendAll sends the requests from many goroutines. The host puts them in one order, one after the other; what they wait
// for is the disk, and they wait together.
func (b *branch) sendAll(ctx context.Context, all []dispatch.Request, done *tally) error {
	queue := make(chan dispatch.Request)
	failed := make(chan error, workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			var err error
			for req := range queue {
				receipt, sendErr := b.host.Do(ctx, req)
				err = errors.Join(err, done.add(receipt, sendErr))
			}
			failed <- err
		})
	}
	for _, req := range all {
		queue <- req
	}
	close(queue)
	wg.Wait()
	close(failed)
	var err error
	for e := range failed {
		err = errors.Join(err, e)
	}
	return err
}

// A tally counts what came of the requests. It may be used by many goroutines.
type tally struct {
	mu                           sync.Mutex
	committed, refused, repeated int
	seen                         map[string]uint64 // request id → sequence
}

// add returns an error if something happened that must not: a failure other than a lack of money, or one request with
// two effects.
func (t *tally) add(r *state.Receipt, err error) error {
	if err != nil && !errors.Is(err, &actor.Error{Code: "insufficient_funds"}) {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[string]uint64{}
	}
	if first, again := t.seen[r.RequestID]; again {
		t.repeated++
		if first != r.Sequence {
			return fmt.Errorf("%s was executed as %d and as %d", r.RequestID, first, r.Sequence)
		}
		return nil
	}
	t.seen[r.RequestID] = r.Sequence
	if err != nil {
		t.refused++
	} else {
		t.committed++
	}
	return nil
}
