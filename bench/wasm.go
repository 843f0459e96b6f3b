package bench

import (
	"context"
	_ "embed"
	"errors"
	"path/filepath"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/troupe"
)

// accountModule is guest/account.c: what account does, as a guest.
//
//go:embed guest/account.wasm
var accountModule []byte

// Guests is what it costs that actors are WebAssembly and not Go values.
type Guests struct {
	// Calls is one transaction of a payment that arrives, with two reads and two writes, in the core without executor and
	// disk.
	Calls GuestCalls `json:"calls"`
	// Scaling is how much more calls two goroutines make than one, each in a core of its own, of the same module.
	Scaling float64 `json:"scaling_2"`
	// Start is what it takes until a module can be called.
	Start GuestStart `json:"start"`
	// IdleBytes is the memory of the machine that an idle instance keeps, and IdleInstances how many there were.
	IdleBytes     float64 `json:"idle_bytes_each"`
	IdleInstances int     `json:"idle_instances"`
}

// GuestCalls are the medians of rounds that take turns, in microseconds.
type GuestCalls struct {
	Native float64 `json:"native_us"`
	Pooled float64 `json:"pooled_us"` // an instance that is put back behind each call
	Fresh  float64 `json:"fresh_us"`  // a new instance for each call
	Over   float64 `json:"over_us"`   // Pooled without Native
}

// GuestStart is the time to load a module, in milliseconds.
type GuestStart struct {
	Bytes int     `json:"module_bytes"`
	Cold  float64 `json:"cold_ms"`  // judged, rewritten and compiled
	Cache float64 `json:"cache_ms"` // from the folder of compiled modules
}

// runWasm is the workload wasm.
func runWasm(ctx context.Context, c Config, p *progress) (Result, error) {
	guests, err := measureGuests(ctx, c, p)
	if err != nil {
		return Result{}, err
	}
	result, err := guestTransfers(ctx, c, p)
	result.Guests = guests
	return result, err
}

func measureGuests(ctx context.Context, c Config, p *progress) (g *Guests, err error) {
	each := c.Duration / 3
	g = new(Guests)
	p.show("wasm: calls")
	if g.Calls, err = guestCalls(ctx, each); err != nil {
		return nil, err
	}
	p.show("wasm: two goroutines")
	if g.Scaling, err = guestScaling(ctx, each); err != nil {
		return nil, err
	}
	p.show("wasm: loading")
	if g.Start, err = guestStart(ctx); err != nil {
		return nil, err
	}
	p.show("wasm: idle instances")
	g.IdleInstances = idleInstances
	g.IdleBytes, err = guestIdle(ctx)
	return g, err
}

// guestTransfers is the workload transfer on hosts with native accounts and with guests, in turns.
func guestTransfers(ctx context.Context, c Config, p *progress) (result Result, err error) {
	in := func(name string) Config {
		own := c
		if c.Dir != "" {
			own.Dir = filepath.Join(c.Dir, name)
		}
		own.guests = name == "guests"
		return own
	}
	return onBed(ctx, in("guests"), p, prepareTransfer, func(gb *bed, gj job) (Result, error) {
		return onBed(ctx, in("native"), p, prepareTransfer, func(nb *bed, nj job) (Result, error) {
			guests, native := newMeasurement(gb, gj), newMeasurement(nb, nj)
			if err := errors.Join(guests.warm(ctx, c.Warmup), native.warm(ctx, c.Warmup)); err != nil {
				return Result{}, err
			}
			for i := range c.Runs {
				if err := guests.slice(ctx, c.slice()); err != nil {
					return Result{}, err
				}
				if err := native.slice(ctx, c.slice()); err != nil {
					return Result{}, err
				}
				last := guests.last()
				last.Baseline = native.last().TxPerS
				p.show("wasm: transfers, %d of %d, %.0f/s, native %.0f/s", i+1, c.Runs, last.TxPerS, last.Baseline)
			}
			result := guests.result("the same transfers between native accounts")
			result.Baseline.ProcessorPerTx = native.spent.processorPer(native.tx)
			return result, gj.audit()
		})
	})
}

// receive is a payment that arrives.
func receive(i int) actor.Message {
	return actor.Message{To: accountAddress(i), Body: amountBody(msgReceive, 1, "")}
}

// loadAccount returns the account as a guest of an engine.
func loadAccount(ctx context.Context, o wasm.Options) (a actor.Actor, closing func() error, err error) {
	engine, err := wasm.NewEngine(o)
	if err != nil {
		return nil, nil, err
	}
	module, err := engine.Load(ctx, accountModule, troupe.Dialect())
	if err != nil {
		return nil, nil, errors.Join(err, engine.Close())
	}
	return troupe.New(module, "account"), func() error { return errors.Join(module.Close(), engine.Close()) }, nil
}

// hands is how many accounts the calls are made to.
const hands = 64

// round sends n payments and returns how long one took, in microseconds.
func (c *core) round(ctx context.Context, n int) (float64, error) { return c.rounds(ctx, n, receive) }

// rounds sends n messages, of which there are as many as hands, and returns how long one took, in microseconds.
func (c *core) rounds(ctx context.Context, n int, message func(int) actor.Message) (float64, error) {
	begun := time.Now()
	for i := range n {
		if err := c.send(ctx, "bench", message(i%hands)); err != nil {
			return 0, err
		}
	}
	took := time.Since(begun)
	c.applied()
	return float64(took) / float64(n) / 1e3, nil
}

// inRound is how many calls are timed together.
const inRound = 500

func guestCalls(ctx context.Context, d time.Duration) (g GuestCalls, err error) {
	pooled, closePooled, err := loadAccount(ctx, wasm.Options{})
	if err != nil {
		return g, err
	}
	defer func() { err = errors.Join(err, closePooled()) }()
	fresh, closeFresh, err := loadAccount(ctx, wasm.Options{Reset: wasm.ResetFresh})
	if err != nil {
		return g, err
	}
	defer func() { err = errors.Join(err, closeFresh()) }()
	kinds := []struct {
		actor  actor.Actor
		median *float64
		core   *core
		rounds []float64
	}{{actor: account{}, median: &g.Native}, {actor: pooled, median: &g.Pooled}, {actor: fresh, median: &g.Fresh}}
	for i := range kinds {
		k := &kinds[i]
		if k.core, err = newCore(codes{"account": k.actor}); err != nil {
			return g, err
		}
		defer func() { err = errors.Join(err, k.core.store.Close()) }()
		if _, err := k.core.round(ctx, hands); err != nil { // they come into being
			return g, err
		}
	}
	for begun := time.Now(); time.Since(begun) < d; {
		for i := range kinds {
			k := &kinds[i]
			us, err := k.core.round(ctx, inRound)
			if err != nil {
				return g, err
			}
			k.rounds = append(k.rounds, us)
		}
	}
	for i := range kinds {
		*kinds[i].median = median(kinds[i].rounds)
	}
	g.Over = g.Pooled - g.Native
	return g, nil
}
