package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/bench/history"
	"github.com/troupe-run/troupe/examples/transfer/bank"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/api"
)

const (
	payers   = 24 // clients that pay
	lookers  = 4  // and those that look at balances
	accounts = 12
	// opening is little, so that some payments are refused.
	opening    = 300
	mostAtOnce = 100
)

func ownerOf(i int) actor.Address { return actor.Address(fmt.Sprint("owner-", i)) }

// accountOf is the account of an owner.
func accountOf(i int) actor.Address { return bank.AccountOf(ownerOf(i)) }

// A crowd is the clients, and what they asked and were told.
type crowd struct {
	road  *road
	start time.Time // of the clock of the history
	// asking ends when no client begins anything new.
	asking context.Context
	failed atomic.Pointer[error]
	stop   context.CancelFunc

	mu    sync.Mutex
	asks  []*history.Ask
	looks []history.Look
	// open counts the attempts that left open what became of the request.
	open int
}

func (c *crowd) now() time.Duration { return time.Since(c.start) }

// fail ends everything.
func (c *crowd) fail(err error) {
	c.failed.CompareAndSwap(nil, &err)
	c.stop()
}

// pay is a client that pays, one payment after the other.
func (c *crowd) pay(id int, rng *rand.Rand) {
	var mine []*history.Ask
	for n := 0; c.asking.Err() == nil; n++ {
		from := rng.IntN(accounts)
		to := (from + 1 + rng.IntN(accounts-1)) % accounts
		ask := &history.Ask{ID: fmt.Sprintf("c%d-%d", id, n), Client: id, From: string(ownerOf(from)), To: string(ownerOf(to)),
			Amount: 1 + rng.Uint64N(mostAtOnce), Invoked: c.now()}
		c.mu.Lock()
		c.asks = append(c.asks, ask)
		c.mu.Unlock()
		mine = append(mine, ask)
		switch rng.IntN(20) {
		case 0: // it hangs up, and comes back
			c.attempt(ask, id, time.Duration(rng.Int64N(int64(3*time.Millisecond))))
		case 1: // it asks twice at once
			var both sync.WaitGroup
			both.Go(func() { c.attempt(ask, id, patience) })
			c.settle(ask, id)
			both.Wait()
		case 2: // it asks what it was told already
			c.settle(mine[rng.IntN(len(mine))], id)
		}
		c.settle(ask, id)
	}
}

// settle asks until there is a definite answer.
func (c *crowd) settle(ask *history.Ask, id int) {
	for c.failed.Load() == nil {
		_, changed := c.road.of(id)
		if c.attempt(ask, id, patience) {
			return
		}
		select {
		case <-changed:
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// attempt asks once, and reports whether there was a definite answer.
func (c *crowd) attempt(ask *history.Ask, id int, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	w, _ := c.road.of(id)
	answer, err := w.pay(ctx, ask)
	switch {
	case err == nil:
	case undecided(err):
		c.mu.Lock()
		c.open++
		c.mu.Unlock()
		return false
	default:
		c.fail(fmt.Errorf("%s was answered by: %w", ask.ID, err))
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	answer.At = c.now()
	ask.Answers = append(ask.Answers, answer)
	return true
}

// pay asks for a payment. The answer has no time yet.
func (w *way) pay(ctx context.Context, ask *history.Ask) (history.Answer, error) {
	r, err := w.client.Send(ctx, &api.SendRequest{To: bank.AccountOf(actor.Address(ask.From)), As: actor.Address(ask.From), ID: ask.ID,
		Body: typed.Encode(bank.Pay{To: bank.AccountOf(actor.Address(ask.To)), Amount: ask.Amount})})
	var failed *api.Error
	if errors.As(err, &failed) && failed.Code == api.CodeActor && failed.Actor == "insufficient_funds" && failed.Receipt != nil {
		return history.Answer{Sequence: failed.Sequence, Refused: true}, check(ask, failed.Receipt, false)
	}
	if err != nil {
		return history.Answer{}, err
	}
	left, err := typed.Decode[uint64](r.Data)
	return history.Answer{Sequence: r.Sequence, Left: left}, errors.Join(err, check(ask, r, true))
}

// check checks what a receipt says beside the answer.
func check(ask *history.Ask, r *api.Receipt, committed bool) error {
	if r.RequestID != ask.ID || r.Committed != committed || r.Sequence == 0 {
		return fmt.Errorf("the receipt is that of %q, %d, committed: %t", r.RequestID, r.Sequence, r.Committed)
	}
	return nil
}

// look is a client that looks at balances.
func (c *crowd) look(id int, rng *rand.Rand) {
	for c.asking.Err() == nil {
		who := rng.IntN(accounts)
		l := history.Look{Client: id, Account: string(ownerOf(who)), Invoked: c.now()}
		w, changed := c.road.of(id)
		ctx, cancel := context.WithTimeout(c.asking, patience)
		a, err := w.client.Query(ctx, &api.QueryRequest{To: accountOf(who), Body: typed.Encode(bank.Balance{})})
		cancel()
		l.Completed = c.now()
		switch {
		case err == nil:
			l.Sequence = a.Sequence
			if l.Balance, err = typed.Decode[uint64](a.Data); err != nil {
				c.fail(err)
				return
			}
			c.mu.Lock()
			c.looks = append(c.looks, l)
			c.mu.Unlock()
		case undecided(err):
			select {
			case <-changed:
			case <-time.After(5 * time.Millisecond):
			}
		default:
			c.fail(fmt.Errorf("a look was answered by: %w", err))
			return
		}
		time.Sleep(time.Duration(rng.Int64N(int64(2 * time.Millisecond))))
	}
}
