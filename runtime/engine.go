package runtime

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"sync"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
	"github.com/troupe-run/troupe/runtime/wasm/troupe"
	"github.com/troupe-run/troupe/runtime/wasm/wasmbus"
	"github.com/troupe-run/troupe/state"
)

// An Engine compiles and runs WebAssembly. A host has one of its own, unless Options.Engine names one that it shares with
// others: then what one host has compiled the others need not compile. It may be used by any number of goroutines.
type Engine struct {
	options wasm.Options
	// Dialects are values for the life of the engine: the same code in the same dialect is one module.
	guests    *wasm.Dialect
	contracts *wasm.Dialect
	classics  *wasm.Dialect

	mu     sync.Mutex
	wasm   *wasm.Engine // nil until the first Load
	closed bool
}

// NewEngine returns an engine. It takes up nothing before the first module. Close it behind all hosts that use it.
func NewEngine(o wasm.Options) *Engine {
	return &Engine{options: o, guests: troupe.Dialect(), contracts: vm.Dialect(), classics: wasmbus.Dialect()}
}

// Stats returns what the engine has done so far, and has now.
func (e *Engine) Stats() wasm.Stats {
	e.mu.Lock()
	inner := e.wasm
	e.mu.Unlock()
	if inner == nil {
		return wasm.Stats{}
	}
	return inner.Stats()
}

// Close frees all that the engine has, as soon as calls that are under way have ended. It may be called more than once.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	inner := e.wasm
	e.mu.Unlock()
	if inner == nil {
		return nil
	}
	return inner.Close()
}

// module loads code in the dialect that it was made for.
func (e *Engine) module(ctx context.Context, code []byte) (m *wasm.Module, kind string, err error) {
	inner, err := e.start()
	if err != nil {
		return nil, "", err
	}
	d := e.guests
	// What is no module is one in no dialect; Load says why.
	if plain, err := binary.Gunzip(code, dispatch.MaxCode); err == nil {
		if m, err := binary.Parse(plain); err == nil {
			d = e.dialect(m)
		}
	}
	m, err = inner.Load(ctx, code, d)
	var refused *wasm.Refusal
	if errors.As(err, &refused) {
		err = fmt.Errorf("%w: %w", ErrCode, err)
	}
	return m, d.Name, err
}

// dialect returns the dialect that a module was made for.
func (e *Engine) dialect(m *binary.Module) *wasm.Dialect {
	switch {
	case isContract(m):
		return e.contracts
	case wasmbus.Is(m):
		return e.classics
	}
	return e.guests
}

// start returns the engine below, which it makes the first time.
func (e *Engine) start() (*wasm.Engine, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, wasm.ErrClosed
	}
	var err error
	if e.wasm == nil {
		e.wasm, err = wasm.NewEngine(e.options)
	}
	return e.wasm, err
}

// hosted is the engine as one host has it.
type hosted struct {
	*Engine
	chain  *cosmwasm.Chain
	policy capability.Policy
	shared bool // it is not the host's to close
}

func (h *hosted) close() error {
	if h.shared {
		return nil
	}
	return h.Close()
}

// load implements loader.
func (h *hosted) load(ctx context.Context, code []byte) (program, error) {
	m, kind, err := h.module(ctx, code)
	if err != nil {
		return nil, err
	}
	g := &guest{module: m, kind: kind, chain: h.chain, policy: h.policy}
	if kind == wasmbus.Module {
		// Code without claims is a module all the same: no actor of it can be started.
		if claimed, _, err := claims.OpenModule(code); err == nil {
			g.claimed = claimed.Hash
		}
	}
	goruntime.AddCleanup(g, func(m *wasm.Module) { _ = m.Close() }, m)
	return g, nil
}

// guest is a program of an Engine. Its module is given back when nobody has the guest or an actor of it any more: a query
// on an earlier state may still be about to call what no module of the latest state has.
type guest struct {
	module *wasm.Module
	kind   string
	chain  *cosmwasm.Chain
	policy capability.Policy
	// claimed is the hash that the claims in a classic module name, empty if there are none that are right.
	claimed string
}

func (g *guest) dialect() string  { return g.kind }
func (g *guest) hash() state.Hash { return g.module.Hash() }

func (g *guest) actor(name actor.ModuleID) actor.Actor {
	switch g.kind {
	case cosmwasm.Kind:
		return &contractActor{cosmwasm.New(g.module, name, g.chain), g}
	case wasmbus.Module:
		return g.classic(name, nil)
	}
	return &guestActor{troupe.New(g.module, name), g}
}

// classic returns the actor of a classic module, which tells refused what it and its calls are refused for.
func (g *guest) classic(name actor.ModuleID, refused func(code string)) *classicActor {
	return &classicActor{wasmbus.New(g.module, name, wasmbus.Options{Policy: g.policy, Hash: g.claimed, Refused: refused}), g}
}

// guestActor is an actor that holds on to its program.
type guestActor struct {
	*troupe.Actor
	*guest
}

// contractActor is likewise.
type contractActor struct {
	*cosmwasm.Contract
	*guest
}

// classicActor is likewise.
type classicActor struct {
	*wasmbus.Actor
	*guest
}

// watchdog is how long a call may run before the log says so, unless Options.Wasm says something else.
const watchdog = 10 * time.Second

// engine returns what loads code for the host.
func (h *Host) engine(o *Options) loader {
	chain := o.Chain
	if chain == nil {
		chain = &cosmwasm.Chain{Names: true, NoKeeper: true}
	}
	if o.Engine != nil {
		return &hosted{o.Engine, chain, o.Policy, true}
	}
	w := o.Wasm
	if w.OnStall == nil {
		w.OnStall = func(s wasm.Stall) {
			h.log.Warn("guest runs for long", "dir", h.name(), "hash", state.Hash(s.Module), "running", s.Running)
		}
		if w.Watchdog == 0 {
			w.Watchdog = watchdog
		}
	}
	return &hosted{NewEngine(w), chain, o.Policy, false}
}
