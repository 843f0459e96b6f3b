package world

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// Install makes WebAssembly the module of that name: see runtime.Host.Install. The code is part of the world: it is there
// when the world is reopened, and in snapshots and forks. Failures that are injected concern its actors like all others.
// Last is then the transaction, unless the same code was there already.
func (w *World) Install(ctx context.Context, name string, code []byte, opts *runtime.InstallOptions) (state.Module, error) {
	var o runtime.InstallOptions
	if opts != nil {
		o = *opts
	}
	if o.Trace == nil {
		o.Trace = new(dispatch.Trace)
	}
	var m state.Module
	err := w.Use(func(h *runtime.Host) (err error) {
		m, err = h.Install(ctx, name, code, &o)
		return errors.Join(err, w.keepInstall(h, &o))
	})
	return m, err
}

// keepInstall makes the installation the last transaction, if it was one.
func (w *World) keepInstall(h *runtime.Host, o *runtime.InstallOptions) error {
	if o.Trace.Root == nil {
		return nil
	}
	receipt, err := h.Reader().Receipt(o.Trace.Sequence)
	if err != nil {
		return fmt.Errorf("world: the receipt of the installation: %w", err)
	}
	last := &Transaction{Request: dispatch.Request{Sender: o.Sender}, Receipt: &receipt, Trace: o.Trace}
	if w.opts.NoTraces {
		last.Trace = nil
	}
	w.last.Store(last)
	return nil
}

// engine is what runs the WebAssembly of a world and of all its forks: what one has compiled the others need not.
type engine struct {
	*runtime.Engine
	mu    sync.Mutex
	users int
}

// use counts a world.
func (e *engine) use() *engine {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.users++
	return e
}

// release closes the engine behind the last world.
func (e *engine) release() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.users--; e.users > 0 {
		return nil
	}
	return e.Close()
}

// around is what runs in the place of an actor that is installed.
func (w *World) around(a actor.Actor) actor.Actor {
	if own := w.opts.Host.Around; own != nil {
		a = own(a)
	}
	return w.mishap.wrap(a)
}
