// Package throughput measures contracts on a whole host: requests of many clients, each answered when its transaction is
// on disk.
package throughput

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// Options say what is measured. The zero value has defaults.
type Options struct {
	Dir      string        // of the host; must be empty or not there
	Clients  int           // how many have a request in flight; 1,024 if zero
	Holders  int           // accounts with tokens; 1,000 if zero
	Warmup   time.Duration // 2 s if zero
	Slice    time.Duration // 3 s if zero
	Slices   int           // 5 if zero
	Contract []byte        // cw20-base
}

// Result is what came out.
type Result struct {
	TxPerS   float64   `json:"tx_per_s"` // median of the slices
	Slices   []float64 `json:"slices"`
	P50, P99 time.Duration
	Clients  int `json:"clients"`
	Holders  int `json:"holders"`
}

func (o *Options) fill() {
	set := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	set(&o.Clients, 1024)
	set(&o.Holders, 1000)
	set(&o.Slices, 5)
	if o.Warmup == 0 {
		o.Warmup = 2 * time.Second
	}
	if o.Slice == 0 {
		o.Slice = 3 * time.Second
	}
}

// Transfers lets clients send cw20 transfers between holders chosen at random, and checks at the end that no token came
// into being or vanished.
func Transfers(ctx context.Context, o Options) (r Result, err error) {
	o.fill()
	chain := &cosmwasm.Chain{}
	h, err := runtime.Open(o.Dir, &runtime.Options{Chain: chain, Gas: cosmwasm.Gas()})
	if err != nil {
		return r, err
	}
	defer h.Close()
	holders, bodies := make([]actor.Address, o.Holders), make([][]byte, o.Holders) // bodies: of a transfer to each
	for i := range holders {
		holders[i] = chain.Account("holder " + strconv.Itoa(i))
		bodies[i] = fmt.Appendf(nil, `{"transfer":{"recipient":%q,"amount":"1"}}`, string(holders[i]))
	}
	token, err := makeToken(ctx, h, o.Contract, holders)
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var done atomic.Uint64
	var clients sync.WaitGroup
	var failed atomic.Pointer[error]
	times := make([][]time.Duration, o.Clients)
	for c := range o.Clients {
		clients.Go(func() {
			random := rand.New(rand.NewPCG(uint64(c), 1))
			for ctx.Err() == nil {
				from, body := holders[random.IntN(len(holders))], bodies[random.IntN(len(holders))]
				begun := time.Now()
				if _, err := h.Send(ctx, from, actor.Message{To: token, Body: body}); err != nil {
					if ctx.Err() == nil {
						failed.CompareAndSwap(nil, &err)
						cancel()
					}
					return
				}
				if len(times[c]) < 10_000 {
					times[c] = append(times[c], time.Since(begun))
				}
				done.Add(1)
			}
		})
	}
	sleep(ctx, o.Warmup)
	for range o.Slices {
		before, begun := done.Load(), time.Now()
		sleep(ctx, o.Slice)
		r.Slices = append(r.Slices, float64(done.Load()-before)/time.Since(begun).Seconds())
	}
	cancel()
	clients.Wait()
	if e := failed.Load(); e != nil {
		return r, *e
	}
	sorted := slices.Sorted(slices.Values(r.Slices))
	r.TxPerS, r.Clients, r.Holders = sorted[len(sorted)/2], o.Clients, o.Holders
	all := slices.Concat(times...)
	slices.Sort(all)
	if len(all) > 0 {
		r.P50, r.P99 = all[len(all)/2], all[len(all)*99/100]
	}
	return r, audit(context.WithoutCancel(ctx), h, token, holders)
}

const share = 1_000_000_000

func makeToken(ctx context.Context, h *runtime.Host, code []byte, holders []actor.Address) (actor.Address, error) {
	id, err := h.StoreCode(ctx, holders[0], "cw20", code)
	if err != nil {
		return "", err
	}
	type balance struct {
		Address actor.Address `json:"address"`
		Amount  string        `json:"amount"`
	}
	held := make([]balance, len(holders))
	for i, a := range holders {
		held[i] = balance{a, strconv.Itoa(share)}
	}
	msg, err := json.Marshal(map[string]any{"name": "Token", "symbol": "TOK", "decimals": 6, "initial_balances": held})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(&cosmwasm.KeeperMsg{Instantiate: &wire.InstantiateMsg{CodeID: id, Msg: msg, Label: "token"}})
	if err != nil {
		return "", err
	}
	receipt, err := h.Send(ctx, holders[0], actor.Message{To: cosmwasm.KeeperAddress, Body: body})
	if err != nil {
		return "", err
	}
	var kept cosmwasm.Kept
	err = json.Unmarshal(receipt.Data, &kept)
	return kept.Address, err
}

// audit adds up what the holders have.
func audit(ctx context.Context, h *runtime.Host, token actor.Address, holders []actor.Address) error {
	sum := 0
	for _, a := range holders {
		answer, err := h.Query(ctx, token, fmt.Appendf(nil, `{"balance":{"address":%q}}`, string(a)))
		if err != nil {
			return err
		}
		var b struct {
			Balance int `json:"balance,string"`
		}
		if err := json.Unmarshal(answer, &b); err != nil {
			return err
		}
		sum += b.Balance
	}
	if want := share * len(holders); sum != want {
		return fmt.Errorf("throughput: the holders have %d tokens, and there were %d", sum, want)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
