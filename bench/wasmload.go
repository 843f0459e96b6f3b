package bench

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/troupe"
)

// guestScaling compares one goroutine with two, in turns.
func guestScaling(ctx context.Context, d time.Duration) (factor float64, err error) {
	guest, closing, err := loadAccount(ctx, wasm.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	var cores [2]*core
	for i := range cores {
		if cores[i], err = newCore(codes{"account": guest}); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, cores[i].store.Close()) }()
		if _, err := cores[i].round(ctx, hands); err != nil {
			return 0, err
		}
	}
	var factors []float64
	for begun := time.Now(); time.Since(begun) < d; {
		alone, err := inParallel(ctx, cores[:1])
		if err != nil {
			return 0, err
		}
		both, err := inParallel(ctx, cores[:])
		if err != nil {
			return 0, err
		}
		factors = append(factors, 2*ratio(float64(alone), float64(both)))
	}
	return median(factors), nil
}

// inParallel lets each core make as many calls, and returns how long it took until all had.
func inParallel(ctx context.Context, cores []*core) (time.Duration, error) {
	const rounds = 20
	var wg sync.WaitGroup
	failed := make([]error, len(cores))
	begun := time.Now()
	for i, c := range cores {
		wg.Go(func() {
			for n := 0; n < rounds && failed[i] == nil; n++ {
				_, failed[i] = c.round(ctx, inRound)
			}
		})
	}
	wg.Wait()
	return time.Since(begun), errors.Join(failed...)
}

// startBytes is the size of the module that is loaded, at least.
const startBytes = 300_000

// startTimes is how often it is loaded from the cache.
const startTimes = 11

func guestStart(ctx context.Context) (g GuestStart, err error) {
	code, err := grown(accountModule, startBytes)
	if err != nil {
		return g, err
	}
	return startOf(ctx, code, troupe.Dialect())
}

// startOf loads a module from nothing, and then from the folder of compiled modules.
func startOf(ctx context.Context, code []byte, dialect *wasm.Dialect) (g GuestStart, err error) {
	dir, err := os.MkdirTemp("", "troupe-bench-")
	if err != nil {
		return g, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	g.Bytes = len(code)
	load := func() (ms float64, err error) {
		engine, err := wasm.NewEngine(wasm.Options{CacheDir: dir})
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, engine.Close()) }()
		begun := time.Now()
		module, err := engine.Load(ctx, code, dialect)
		if err != nil {
			return 0, err
		}
		return float64(time.Since(begun)) / 1e6, module.Close()
	}
	if g.Cold, err = load(); err != nil {
		return g, err
	}
	var cached []float64
	for range startTimes {
		ms, err := load()
		if err != nil {
			return g, err
		}
		cached = append(cached, ms)
	}
	g.Cache = median(cached)
	return g, nil
}

// grown returns a module with its functions again and again, until it has so many bytes. Nobody calls the copies.
func grown(code []byte, size int) ([]byte, error) {
	m, err := binary.Parse(code)
	if err != nil {
		return nil, err
	}
	for n, bytes := len(m.Codes), len(code); bytes < size; {
		for i := range n {
			m.Functions, m.Codes = append(m.Functions, m.Functions[i]), append(m.Codes, m.Codes[i])
			bytes += len(m.Codes[i].Body)
		}
	}
	return m.Encode(), nil
}

// idleInstances is how many instances are made idle, to see what they keep.
const idleInstances = 500

// guestIdle returns how much memory an idle instance has that has been called.
func guestIdle(ctx context.Context) (bytes float64, err error) {
	return idleOf(ctx, accountModule, troupe.Dialect(), "troupe_alloc", 64)
}

// idleOf returns how much memory an idle instance of a module has, of which an entry has been called.
func idleOf(ctx context.Context, code []byte, dialect *wasm.Dialect, name string, args ...uint64) (bytes float64, err error) {
	engine, err := wasm.NewEngine(wasm.Options{Idle: idleInstances})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	entry := slices.Index(dialect.Entry, name)
	module, err := engine.Load(ctx, code, dialect)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, module.Close()) }()
	// The calls wait for each other, so that each has an instance of its own.
	before, all := residentBytes(), sync.WaitGroup{}
	var calls sync.WaitGroup
	failed := make([]error, idleInstances)
	all.Add(idleInstances)
	for i := range failed {
		calls.Go(func() {
			ready := sync.OnceFunc(all.Done)
			defer ready()
			failed[i] = module.Call(1<<40, nil, func(c *wasm.Call) error {
				_, err := c.Invoke(entry, args...)
				ready()
				all.Wait()
				return err
			})
		})
	}
	calls.Wait()
	if err := errors.Join(failed...); err != nil {
		return 0, err
	}
	after := residentBytes()
	return max(0, float64(after)-float64(before)) / idleInstances, nil
}
