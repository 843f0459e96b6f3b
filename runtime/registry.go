package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// A loader makes code runnable, which may take a while. It is called by any number of goroutines at once.
type loader interface {
	// load returns the program that the code is. Code that is no program, or not one for this host, is an error that
	// is ErrCode. A program is kept as long as anybody holds on to it or to its actors.
	load(ctx context.Context, code []byte) (program, error)
	// close frees all programs of the host.
	close() error
}

// A program is code that can run.
type program interface {
	// dialect is the kind of the module.
	dialect() string
	// hash is the sum of the code.
	hash() state.Hash
	// actor returns the actors of the module with a name. It stands in what they say.
	actor(name actor.ModuleID) actor.Actor
}

// registry holds the code that this process has: Go values by their names, and programs by the hashes of their code.
// Programs are loaded once, whoever needs one first, and nobody waits for another than his own.
type registry struct {
	loader loader
	// fetch reads code from the store.
	fetch func(state.Hash) ([]byte, error)
	// around is Options.Around, nil for none.
	around func(actor.Actor) actor.Actor

	// life ends when the registry is closed: what is being loaded then is given up.
	life  context.Context
	end   context.CancelFunc
	loads sync.WaitGroup

	mu     sync.RWMutex
	closed bool
	bound  map[actor.ModuleID]runnable
	code   map[moduleKey]runnable // of modules that are installed: what can run at once
	slots  map[state.Hash]*slot
	calls  map[actor.ModuleID]*atomic.Uint64
	tally  map[actor.ModuleID]*tally // of modules with claims
}

// runnable is code with the counter of its module.
type runnable struct {
	dispatch.Code
	calls *atomic.Uint64
	// live is the actor as it is called for the first time: it is counted. Nil if it is that of Code.
	live actor.Actor
}

// moduleKey is a module that is installed. Its name counts, because it stands in what its actors say.
type moduleKey struct {
	name actor.ModuleID
	hash state.Hash
}

// A slot is a program that is loaded, is being loaded, or will be.
type slot struct {
	hash state.Hash
	// source is where the code is, nil for the store.
	source []byte
	pins   int // of those who need it although no module may have it; guarded by registry.mu

	once    sync.Once
	loaded  chan struct{} // closed when program or err is set
	program program
	err     error
}

func newRegistry(l loader, fetch func(state.Hash) ([]byte, error), around func(actor.Actor) actor.Actor) *registry {
	r := &registry{loader: l, fetch: fetch, around: around,
		bound: map[actor.ModuleID]runnable{}, code: map[moduleKey]runnable{}, slots: map[state.Hash]*slot{},
		calls: map[actor.ModuleID]*atomic.Uint64{}, tally: map[actor.ModuleID]*tally{}}
	r.life, r.end = context.WithCancel(context.Background())
	return r
}

// Resolve implements dispatch.Resolver. It waits until the program is loaded, and loads it if nobody has begun.
func (r *registry) Resolve(name actor.ModuleID, hash state.Hash) (dispatch.Code, bool) {
	run, ok := r.find(name, hash)
	if !ok {
		s := r.pin(hash, nil)
		defer r.unpin(s)
		if run, ok = r.resolve(s, name); !ok {
			return dispatch.Code{}, false
		}
	}
	run.calls.Add(1)
	if run.live != nil {
		run.Actor = run.live
	}
	return run.Code, true
}

// find returns code that can run at once. A name without code is found as one that is bound, or not at all.
func (r *registry) find(name actor.ModuleID, hash state.Hash) (run runnable, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if hash == (state.Hash{}) {
		run, ok = r.bound[name]
	} else {
		run, ok = r.code[moduleKey{name, hash}]
	}
	return run, ok
}

// resolve returns the code of a module whose slot is pinned.
func (r *registry) resolve(s *slot, name actor.ModuleID) (runnable, bool) {
	if run, ok := r.find(name, s.hash); ok {
		return run, true
	}
	if r.load(s) != nil {
		return runnable{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	key := moduleKey{name, s.hash}
	run, ok := r.code[key]
	if !ok {
		code := dispatch.CodeOf(s.program.actor(name))
		if r.around != nil {
			code.Actor = r.around(code.Actor)
		}
		run = runnable{Code: code, calls: r.counter(name)}
		if c, ok := code.Actor.(*classicActor); ok {
			if r.tally[name] == nil {
				r.tally[name] = new(tally)
			}
			run.live = &tallied{c.classic(name, r.tally[name].refuse), r.tally[name]}
		}
		r.code[key] = run
	}
	return run, true
}

// counter returns the counter of a module, whatever code it has. The caller holds the lock.
func (r *registry) counter(name actor.ModuleID) *atomic.Uint64 {
	if r.calls[name] == nil {
		r.calls[name] = new(atomic.Uint64)
	}
	return r.calls[name]
}

// counts returns how often actors of each module were called.
func (r *registry) counts() map[actor.ModuleID]uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	counts := make(map[actor.ModuleID]uint64, len(r.calls))
	for name, n := range r.calls {
		counts[name] = n.Load()
	}
	return counts
}

// tallies returns what was counted of each module with claims.
func (r *registry) tallies() map[actor.ModuleID]Tally {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make(map[actor.ModuleID]Tally, len(r.tally))
	for name, t := range r.tally {
		out[name] = t.read()
	}
	return out
}

// pin returns the slot for a hash and keeps it until unpin. Source is the code, nil if it is in the store.
func (r *registry) pin(hash state.Hash, source []byte) *slot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.slots[hash]
	if !ok || source != nil && s.failed() {
		s = &slot{hash: hash, source: source, loaded: make(chan struct{})}
		r.slots[hash] = s
	}
	s.pins++
	return s
}

func (r *registry) unpin(s *slot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.pins--
}

// failed reports whether it is known that the program cannot be loaded.
func (s *slot) failed() bool {
	select {
	case <-s.loaded:
		return s.err != nil
	default:
		return false
	}
}

// load returns when the program can run, or cannot.
func (r *registry) load(s *slot) error {
	s.once.Do(func() {
		defer close(s.loaded)
		if !r.enter() {
			s.err = fmt.Errorf("runtime: the host is %w", dispatch.ErrClosed)
			return
		}
		defer r.loads.Done()
		code := s.source
		if s.source = nil; code == nil {
			if code, s.err = r.fetch(s.hash); s.err != nil {
				return
			}
		}
		p, err := r.loader.load(r.life, code)
		switch {
		case err != nil:
			s.err = err
		case p.hash() != s.hash:
			s.err = fmt.Errorf("runtime: the code %s was loaded as %s", s.hash, p.hash())
		default:
			s.program = p
		}
	})
	return s.err
}

// enter counts a load, unless the registry is closed.
func (r *registry) enter() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.closed {
		r.loads.Add(1)
	}
	return !r.closed
}

// prepare loads the program that code is, and returns its slot, pinned. If ctx ends before, loading goes on without.
func (r *registry) prepare(ctx context.Context, hash state.Hash, code []byte) (*slot, error) {
	s := r.pin(hash, code)
	go r.load(s)
	select {
	case <-s.loaded:
	case <-ctx.Done():
		r.unpin(s)
		return nil, context.Cause(ctx)
	}
	if s.err != nil {
		r.unpin(s)
		return nil, s.err
	}
	return s, nil
}

// sweep forgets the programs that nobody has pinned and that are not current, which lists the hashes of the modules of
// the latest durable state. Should a query on an earlier state need one again, it is loaded again.
func (r *registry) sweep(current func() map[state.Hash]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	keep := current() // under the lock: whoever has unpinned a slot before has made its module visible there
	for hash, s := range r.slots {
		if s.pins == 0 && !keep[hash] {
			delete(r.slots, hash)
		}
	}
	for key := range r.code {
		if _, ok := r.slots[key.hash]; !ok {
			delete(r.code, key)
		}
	}
}

// reason returns why a program cannot run, nil if that is not known.
func (r *registry) reason(hash state.Hash) error {
	r.mu.RLock()
	s := r.slots[hash]
	r.mu.RUnlock()
	if s != nil && s.failed() {
		return s.err
	}
	return nil
}

// close gives up what is being loaded and frees everything. No program may run any more.
func (r *registry) close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.end()
	r.loads.Wait()
	return r.loader.close()
}

// bind adds a Go value. It reports false if the name is taken.
func (r *registry) bind(name actor.ModuleID, a actor.Actor) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.bound[name]; taken {
		return false
	}
	r.bound[name] = runnable{Code: dispatch.CodeOf(a), calls: r.counter(name)}
	return true
}

func (r *registry) unbind(name actor.ModuleID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.bound, name)
}

// ErrCode is in the chain of an error about code that is broken, or that is not made for this host.
var ErrCode = errors.New("the code cannot be run")
