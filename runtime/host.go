package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/state"
)

// partition is the one partition that a host has.
const partition state.Partition = 0

// A Host runs actors on a directory. Its methods may be called from any goroutine.
type Host struct {
	dir      string
	readOnly bool
	chain    *cosmwasm.Chain
	log      *slog.Logger
	store    *state.Store
	modules  *registry
	executor *dispatch.Executor
	reader   *query.Router
	memo     capability.Memo
	close    sync.Once
	closed   error
}

// Open opens the directory, and creates it if it is not there. An empty dir keeps everything in memory. A directory is
// open in one host at a time: a second one gets an error that is state.ErrLocked. Close the host after use.
func Open(dir string, opts *Options) (*Host, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	h := &Host{dir: dir, readOnly: o.ReadOnly, chain: o.Chain, log: o.Logger}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if err := h.open(o); err != nil {
		return nil, fmt.Errorf("runtime: open %s: %w", h.name(), err)
	}
	h.log.Info("host opened", "dir", h.name(), "seq", h.executor.Head().Sequence)
	return h, nil
}

// Chain returns what contracts take the host for, nil if it has none. It is not to be changed.
func (h *Host) Chain() *cosmwasm.Chain { return h.chain }

func (h *Host) open(o Options) (err error) {
	// Storage can fail while nobody writes; the executor shall know. The channel holds the failure back until there is one.
	opened := make(chan struct{})
	defer close(opened)
	o.Store.ReadOnly = o.ReadOnly
	o.Store.OnFault = func(cause error) {
		<-opened
		if h.executor != nil {
			h.executor.Stop(cause)
		}
	}
	if h.store, err = state.Open(h.dir, &o.Store); err != nil {
		return err
	}
	o.Executor.OnFault = h.faulted
	engine := o.loader
	if engine == nil {
		engine = h.engine(&o)
	}
	h.modules = newRegistry(engine, h.fetch, o.Around)
	h.modules.bind(actor.ModuleID(access.Address), access.Actor{})
	for name, a := range h.providers(o.Policy) {
		h.modules.bind(actor.ModuleID(name), a)
	}
	o.Executor.OnSaid = h.said(o.Executor.OnSaid)
	d := dispatch.Dispatcher{Partition: partition, Resolver: h.modules, Limits: o.Limits, Gas: o.Gas,
		Authorize: access.Authorize(guarded(o.Authorize)), Reserved: h.reserves, OnPanic: h.panicked}
	if o.Chain != nil {
		d.Bank = o.Chain.Pay
	}
	if h.executor, err = dispatch.NewExecutor(h.store, d, o.Executor); err != nil {
		return errors.Join(err, h.modules.close(), h.store.Close())
	}
	h.reader = query.New(h.executor, partition)
	if !o.ReadOnly {
		err = h.configure(o)
	}
	if err == nil && o.Chain != nil {
		err = h.settle(o.Chain)
	}
	if err != nil {
		return errors.Join(err, h.Close())
	}
	if !o.Lazy {
		h.warm()
	}
	return nil
}

// configure writes the configuration to the log, unless the log has one and the options say nothing.
func (h *Host) configure(o Options) error {
	if h.executor.Configured() && o.Limits == (dispatch.Limits{}) && o.Gas == nil {
		return nil
	}
	config := dispatch.Config{Limits: o.Limits, Gas: *dispatch.DefaultGas()}
	if o.Gas != nil {
		config.Gas = *o.Gas
	}
	return h.executor.Configure(context.Background(), config, "")
}

// Close finishes what was admitted, makes it durable and frees the directory. Sends that come later fail. It may be
// called more than once.
func (h *Host) Close() error {
	h.close.Do(func() {
		err := errors.Join(h.executor.Close(), h.modules.close(), h.store.Close())
		if err != nil {
			h.closed = fmt.Errorf("runtime: close %s: %w", h.name(), err)
		}
		h.log.Info("host closed", "dir", h.name())
	})
	return h.closed
}

// Err returns why the host has stopped by itself, nil if it has not. A host stops when its storage fails: it cannot know
// what is on disk until the directory is opened again.
func (h *Host) Err() error { return h.executor.Err() }

// Reader returns the host's reads beyond Query and Get: scans, actors, receipts, the log, traces, watches.
func (h *Host) Reader() *query.Router { return h.reader }

// Query asks an actor on the latest durable state. The body is what its module understands. A failure of the actor is
// an error with an *actor.Error in its chain.
func (h *Host) Query(ctx context.Context, to actor.Address, body []byte) ([]byte, error) {
	answer, err := h.reader.Smart(ctx, to, body)
	return answer.Data, h.explain(err)
}

// Get returns the value of one key of an actor in the latest durable state, and whether it is there.
func (h *Host) Get(to actor.Address, key []byte) (value []byte, ok bool, err error) {
	return h.reader.Get(to, key)
}

// gone says why there is nothing to read.
func (h *Host) gone() error {
	return fmt.Errorf("runtime: %s is %w", h.name(), cmp.Or(h.Err(), dispatch.ErrClosed))
}

func (h *Host) name() string {
	if h.dir == "" {
		return "memory"
	}
	return h.dir
}

func (h *Host) faulted(err error) {
	h.log.Error("host stopped: open the directory again to see what is durable", "dir", h.name(), "err", err)
}

func (h *Host) panicked(who actor.Address, value any, stack []byte) {
	h.log.Error("actor panicked", "actor", who, "err", value, "stack", string(stack))
}
