package crash

import (
	"context"
	"flag"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/bench/history"
	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/examples/transfer/bank"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/api"
)

var (
	rounds = flag.Int("crash.rounds", 3, "how often the process is killed under load")
	seed   = flag.Uint64("crash.seed", 0, "when it is killed, and what is asked; 0 is another each time")
	built  = flag.String("crash.binary", "", "the `file` of the command troupe; it is built if that is empty")
)

// TestKill is what the package is for.
func TestKill(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64N(1 << 32)
	}
	t.Logf("-crash.rounds %d -crash.seed %d", *rounds, *seed)
	b := newBinary(t)
	rng := rand.New(rand.NewPCG(*seed, 0))
	for range 2 { // killed while it makes the directory
		b.abort(t, rng, 300*time.Millisecond)
	}
	p := b.serve(t)
	keys := b.found(t, p)
	c := &crowd{road: new(road), start: time.Now()}
	c.asking, c.stop = context.WithCancel(context.Background())
	defer c.stop()
	lead := func() {
		var ways []*way
		for i, key := range keys {
			if i%2 == 0 {
				ways = append(ways, dial(t, p, key))
			} else {
				ways = append(ways, dialNATS(t, p, key))
			}
		}
		c.road.lead(ways)
	}
	lead()
	var clients sync.WaitGroup
	for i := range payers {
		clients.Go(func() { c.pay(i, rand.New(rand.NewPCG(*seed, uint64(1+i)))) })
	}
	for i := range lookers {
		clients.Go(func() { c.look(payers+i, rand.New(rand.NewPCG(*seed, uint64(1000+i)))) })
	}
	var slowest time.Duration
	for range *rounds {
		time.Sleep(20*time.Millisecond + time.Duration(rng.Int64N(int64(180*time.Millisecond))))
		p.kill()
		for rng.IntN(4) == 0 {
			b.abort(t, rng, 150*time.Millisecond)
		}
		p = b.serve(t)
		slowest = max(slowest, time.Since(p.began))
		lead()
		if c.failed.Load() != nil {
			break
		}
	}
	time.Sleep(20 * time.Millisecond)
	c.stop()
	clients.Wait()
	if err := c.failed.Load(); err != nil {
		t.Fatal(*err)
	}
	h := c.history(t, keys)
	p.stop(t)
	again := 0
	for i := range h.Asks {
		again += len(h.Asks[i].Answers)
	}
	t.Logf("%d payments with %d answers, %d attempts without one, %d looks, %d kills, slowest start %s",
		len(h.Asks), again, c.open, len(h.Looks), *rounds, slowest.Round(time.Millisecond))
	for i, f := range h.Check() {
		if i == 20 {
			t.Error("and more")
			break
		}
		t.Error(f)
	}
	if out := b.run(t, "verify"); !strings.HasPrefix(out, "verified") {
		t.Errorf("verify says %q", out)
	}
}

// abort starts the process and kills it soon, wherever it is.
func (b *binary) abort(t *testing.T, rng *rand.Rand, within time.Duration) {
	t.Helper()
	p, _ := b.begin(t)
	time.Sleep(time.Duration(rng.Int64N(int64(within))))
	select {
	case <-p.exited:
		t.Errorf("it does not start: %v", p.failed)
	default:
		p.kill()
	}
}

// found opens the accounts, and returns the keys of clients that may act for all owners.
func (b *binary) found(t *testing.T, p *process) (keys []claims.Key) {
	t.Helper()
	operator := dial(t, p, b.operator).client
	defer operator.Close()
	for range 4 {
		key, err := claims.NewKey(claims.UserKey)
		if err == nil {
			_, err = operator.Grant(t.Context(), &api.Grant{Subject: key.Public(), Role: string(claims.Caller), As: []string{"owner-*"}})
		}
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	for i := range accounts {
		if _, err := operator.Send(t.Context(), &api.SendRequest{To: accountOf(i), Kind: "sudo", Body: typed.Encode(bank.Deposit{Amount: opening})}); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// history asks for everything once more, and for what is there at the end.
func (c *crowd) history(t *testing.T, keys []claims.Key) *history.History {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var again sync.WaitGroup
	for i := range payers {
		again.Go(func() {
			for n := i; n < len(c.asks) && c.failed.Load() == nil; n += payers {
				c.settle(c.asks[n], c.asks[n].Client)
			}
		})
	}
	again.Wait()
	if err := c.failed.Load(); err != nil {
		t.Fatal(*err)
	}
	w, _ := c.road.of(0)
	h := &history.History{Opening: map[string]uint64{}, Final: w.balances(ctx, t), Looks: c.looks}
	for _, a := range c.asks {
		h.Asks = append(h.Asks, *a)
	}
	for i := range accounts {
		h.Opening[string(ownerOf(i))] = opening
	}
	h.Log, h.Head = w.log(ctx, t)
	return h
}

// balances returns what is on all accounts.
func (w *way) balances(ctx context.Context, t *testing.T) map[string]uint64 {
	t.Helper()
	balances := map[string]uint64{}
	for i := range accounts {
		a, err := w.client.Query(ctx, &api.QueryRequest{To: accountOf(i), Body: typed.Encode(bank.Balance{})})
		if err != nil {
			t.Fatal(err)
		}
		if balances[string(ownerOf(i))], err = typed.Decode[uint64](a.Data); err != nil {
			t.Fatal(err)
		}
	}
	return balances
}

func sum(balances map[string]uint64) (n uint64) {
	for _, b := range balances {
		n += b
	}
	return n
}

// log returns the requests with ids of the log.
func (w *way) log(ctx context.Context, t *testing.T) (list []history.Entry, head uint64) {
	t.Helper()
	for from := uint64(1); ; {
		l, err := w.client.Log(ctx, &api.LogRequest{From: from, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range l.Entries {
			// The opening has ids, too: of the operator.
			if e.Kind == "execute" && strings.HasPrefix(string(e.To), bank.AccountModule) {
				_, id, _ := strings.Cut(e.RequestID, "/")
				if id == "" {
					id = e.RequestID
				}
				list = append(list, history.Entry{Sequence: e.Sequence, ID: id})
			}
		}
		if len(l.Entries) == 0 {
			return list, l.Head
		}
		from = l.Entries[len(l.Entries)-1].Sequence + 1
	}
}
