package wasm

import (
	"fmt"
	goruntime "runtime"
	"sync"
	"time"
)

// Options say how an Engine works. The zero value is a good choice. None of them changes what a guest computes.
type Options struct {
	CacheDir   string // folder for compiled modules, which processes may share; empty: they are compiled each time
	CacheBytes int64  // bounds the folder; 1 GiB if 0

	Interpreter bool // modules are interpreted, 20 to 100 times slower; so they are on machines without a compiler

	Idle    int   // how many idle instances a module keeps; 8 for each processor if 0, none if below 0
	Reset   Reset // how instances are put back
	Workers int   // goroutines that compile one module; 1 if 0. A failure of the compiler is contained with 1 only

	// Calls that run longer than Watchdog are reported to OnStall, once each, at the latest after half as long again.
	// OnStall is called from a goroutine of the engine's and must not block. There is no watchdog if one of them is zero.
	Watchdog time.Duration
	OnStall  func(Stall)
}

// Reset is how an instance is put back after a call.
type Reset int

// The ways of putting an instance back.
const (
	ResetAuto  Reset = iota // ResetPages where that works, ResetCopy elsewhere
	ResetPages              // the system tells which pages were written to: Linux
	ResetCopy               // memory is compared with the image
	ResetFresh              // it is not, each call gets a new instance
)

// String returns the name of the way.
func (r Reset) String() string {
	if r < 0 || int(r) >= len(resetNames) {
		return "unknown"
	}
	return resetNames[r]
}

var resetNames = [...]string{ResetAuto: "auto", ResetPages: "pages", ResetCopy: "copy", ResetFresh: "fresh"}

// Stall is a call that runs for long.
type Stall struct {
	Module  [32]byte // Module.Hash
	Dialect string
	Running time.Duration // for at least so long
}

// Stats are counts since the engine was made, but for the first three, which are as of now.
type Stats struct {
	Modules   int // loaded
	Instances int // that there are, idle or not
	Idle      int

	Calls   uint64 // begun, with those that initialize modules
	Created uint64 // instances
	Dropped uint64 // instances that were not fit for another call
	Stalls  uint64 // calls reported to Options.OnStall

	CacheHits, CacheMisses uint64 // of the folder for compiled modules
	CacheDamaged           uint64 // files in it that were not right, and were removed
}

// Engine loads modules and runs them. It is safe for concurrent use.
type Engine struct {
	options Options
	backing backing
	cache   *diskCache // nil if there is none

	mu      sync.Mutex
	closed  bool
	modules map[loadKey]*Module
	loads   map[loadKey]*load // in progress
	users   int               // modules, loads and the engine itself: the last one frees the backing
	past    Stats             // of modules that are no more

	beat beat
}

// defaultIdle is how many instances are kept for each processor.
const defaultIdle = 8

// NewEngine returns an engine. Its errors are that the folder for compiled modules cannot be used, or that
// Options.Reset cannot be had here.
func NewEngine(o Options) (*Engine, error) {
	e := &Engine{options: o, modules: map[loadKey]*Module{}, loads: map[loadKey]*load{}, users: 1}
	if o.Idle == 0 {
		e.options.Idle = defaultIdle * goruntime.GOMAXPROCS(0)
	}
	var err error
	if e.backing, err = newBacking(o.Reset); err != nil {
		return nil, err
	}
	if o.CacheDir != "" && !o.Interpreter {
		if e.cache, err = openCache(o.CacheDir, o.CacheBytes); err != nil {
			e.backing.Free()
			return nil, err
		}
	}
	e.beat.start(e)
	return e, nil
}

func newBacking(r Reset) (backing, error) {
	switch r {
	case ResetCopy:
		return copying{}, nil
	case ResetPages:
		return newPaging()
	case ResetAuto, ResetFresh:
		if p, err := newPaging(); err == nil {
			return p, nil
		}
		return copying{}, nil
	}
	return nil, fmt.Errorf("wasm: Options.Reset is %d, which is none of the ways of resetting an instance", int(r))
}

// Close closes all modules. What they take up is freed as soon as the calls in flight have ended; Close does not wait for
// them, nor for a Load in progress, which then fails.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	modules := e.list()
	clear(e.modules)
	for _, l := range e.loads {
		l.cancel()
	}
	e.mu.Unlock()
	e.beat.stop()
	for _, m := range modules {
		m.shut()
	}
	e.release()
	return nil
}

// list returns the modules. The caller holds e.mu.
func (e *Engine) list() []*Module {
	list := make([]*Module, 0, len(e.modules))
	for _, m := range e.modules {
		list = append(list, m)
	}
	return list
}

// release ends one use of the backing.
func (e *Engine) release() {
	e.mu.Lock()
	e.users--
	last := e.users == 0
	e.mu.Unlock()
	if last {
		e.backing.Free()
	}
}

// bury keeps the counts of a module that is no more, and ends its use of the backing.
func (e *Engine) bury(m *Module) {
	var s Stats
	m.count(&s)
	e.mu.Lock()
	e.past.Calls += s.Calls
	e.past.Created += s.Created
	e.past.Dropped += s.Dropped
	e.mu.Unlock()
	e.release()
}

// forget counts one Load as closed, and reports whether it was the last one of the module.
func (e *Engine) forget(m *Module) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if m.refs == 0 {
		return false
	}
	if m.refs--; m.refs > 0 {
		return false
	}
	if e.modules[m.key] == m {
		delete(e.modules, m.key)
	}
	return true
}

// Stats returns counts.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	s, modules := e.past, e.list()
	e.mu.Unlock()
	s.Modules = len(modules)
	for _, m := range modules {
		m.count(&s)
	}
	if e.cache != nil {
		s.CacheHits, s.CacheMisses = e.cache.hits.Load(), e.cache.misses.Load()
		s.CacheDamaged = e.cache.damaged.Load()
	}
	s.Stalls = e.beat.stalls.Load()
	return s
}

// count adds what the module has to the counts.
func (m *Module) count(s *Stats) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.Instances += len(m.instances)
	s.Calls += m.retired
	s.Created += m.created
	s.Dropped += m.dropped
	for inst := range m.instances {
		s.Calls += inst.calls()
	}
	if m.pool != nil {
		s.Idle += m.pool.len()
	}
}
