package world

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/state/simdisk"
)

// Errors that callers branch on.
var (
	// ErrCrashed: the disk has crashed, and what a host says since then does not count. Reopen goes on with what is left.
	ErrCrashed = errors.New("the disk has crashed")
	// ErrClosed: the world has been closed.
	ErrClosed = errors.New("the world is closed")
)

// A World is a host in memory with its surroundings. Its methods may be called from any goroutine; those that exchange
// the host (Reopen, Restore, Snapshot, Fork, Close) wait for those that use it.
type World struct {
	opts   Options
	clock  Clock
	seeds  seeds
	mishap mishaps
	last   atomic.Pointer[Transaction]
	dirs   *atomic.Uint64 // names directories; all forks share it, as they share files
	engine *engine        // shared with all forks; nil if the options have one

	mu     sync.RWMutex // held for reading while the host is used
	host   *runtime.Host
	disk   *simdisk.Disk
	dir    string
	bound  []binding
	closed bool
}

// binding is a module as the user gave it.
type binding struct {
	name string
	code actor.Actor
}

// A Transaction is one that a world has executed.
type Transaction struct {
	Request dispatch.Request
	Receipt *state.Receipt
	// Trace has no Root if the request was a repetition, or if traces are off.
	Trace *dispatch.Trace
}

// Open returns a world whose host is open: an empty one, unless Options.Disk holds one. Close it after use.
func Open(opts *Options) (*World, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	o = o.withDefaults()
	w := newWorld(o, o.Disk, new(atomic.Uint64))
	if o.Host.Engine == nil {
		w.engine = (&engine{Engine: runtime.NewEngine(o.Host.Wasm)}).use()
	}
	w.clock.Set(w.opts.Start)
	w.dir = w.newDir()
	if err := w.open(); err != nil {
		return nil, errors.Join(err, w.releaseEngine())
	}
	return w, nil
}

func newWorld(o Options, disk *simdisk.Disk, dirs *atomic.Uint64) *World {
	w := &World{opts: o, disk: disk, dirs: dirs}
	w.seeds.seed = o.Seed
	w.mishap.seeds = &w.seeds
	return w
}

func (w *World) newDir() string { return fmt.Sprintf("/world-%d", w.dirs.Add(1)) }

// open opens the host on disk and dir and binds what was bound.
func (w *World) open() error {
	o := w.opts.Host
	o.Executor.Clock, o.Executor.Seed, o.Store.FS, o.Around = w.clock.Now, w.seeds.next, w.disk, w.around
	if w.engine != nil {
		o.Engine = w.engine.Engine
	}
	host, err := runtime.Open(w.dir, &o)
	if err != nil {
		return err
	}
	for _, b := range w.bound {
		if err := host.Bind(b.name, w.mishap.wrap(b.code)); err != nil {
			return errors.Join(err, host.Close())
		}
	}
	w.host = host
	return nil
}

// Close closes the host. If the disk has crashed or failed that is no error. It may be called more than once.
func (w *World) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	return errors.Join(w.shut(), w.releaseEngine())
}

func (w *World) releaseEngine() error {
	if w.engine == nil {
		return nil
	}
	return w.engine.release()
}

// shut closes the host, if there is one. What a host says whose disk has crashed or failed is known already.
func (w *World) shut() error {
	if w.host == nil {
		return nil
	}
	_, crashed := w.disk.Crashed()
	failed := w.host.Err() != nil
	err := w.host.Close()
	w.host = nil
	if crashed || failed {
		return nil
	}
	return err
}

// Bind makes a Go value the module of that name, as runtime.Host.Bind does, now and whenever the world is reopened.
func (w *World) Bind(name string, a actor.Actor) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return err
	}
	wrapped := a
	if a != nil {
		wrapped = w.mishap.wrap(a)
	}
	if err := w.host.Bind(name, wrapped); err != nil {
		return err
	}
	w.bound = append(slices.Clip(w.bound), binding{name, a})
	return nil
}

// usable returns why the host cannot be used. The caller holds mu.
func (w *World) usable() error {
	if w.closed {
		return fmt.Errorf("world: %w", ErrClosed)
	}
	if _, crashed := w.disk.Crashed(); crashed {
		return fmt.Errorf("world: %w: reopen it", ErrCrashed)
	}
	if w.host == nil {
		return errors.New("world: it could not be reopened")
	}
	return nil
}

// Host returns the host as it is now: Reopen and Restore put another one in its place. What it says after a crash of the
// disk does not count; the methods of World know.
func (w *World) Host() *runtime.Host {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.host
}

// Clock returns the clock that the host goes by.
func (w *World) Clock() *Clock { return &w.clock }

// Chain returns what contracts take the world for, nil if it has none.
func (w *World) Chain() *cosmwasm.Chain { return w.opts.Host.Chain }

// Last returns the transaction that ended last, nil if there was none.
func (w *World) Last() *Transaction { return w.last.Load() }

// Send runs one transaction: see runtime.Host.Send.
func (w *World) Send(ctx context.Context, from actor.Address, msg actor.Message) (*state.Receipt, error) {
	return w.Do(ctx, dispatch.Request{Sender: from, Message: msg})
}

// Do runs one transaction: see runtime.Host.Do. With ErrCrashed it is unknown whether the transaction is durable.
func (w *World) Do(ctx context.Context, req dispatch.Request) (*state.Receipt, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if err := w.usable(); err != nil {
		return nil, err
	}
	if req.Trace == nil && !w.opts.NoTraces {
		req.Trace = new(dispatch.Trace)
	}
	receipt, err := w.host.Do(ctx, req)
	if crashed := w.usable(); crashed != nil {
		return nil, crashed
	}
	if receipt != nil {
		w.last.Store(&Transaction{Request: req, Receipt: receipt, Trace: req.Trace})
	}
	return receipt, err
}

// Query asks an actor on the latest durable state: see runtime.Host.Query.
func (w *World) Query(ctx context.Context, to actor.Address, body []byte) (data []byte, err error) {
	err = w.Use(func(h *runtime.Host) error {
		data, err = h.Query(ctx, to, body)
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Use calls fn with the host, which stays the same meanwhile. The error is that of fn, or ErrCrashed if the disk has
// crashed before fn returned: then what fn has seen does not count.
func (w *World) Use(fn func(*runtime.Host) error) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if err := w.usable(); err != nil {
		return err
	}
	err := fn(w.host)
	if crashed := w.usable(); crashed != nil {
		return crashed
	}
	return err
}
