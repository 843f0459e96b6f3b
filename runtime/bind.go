package runtime

import (
	"context"
	"fmt"
	"sync"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// Bind makes a Go value the module of that name. Messages to the address name, and to every address name/key, reach
// actors of this module; they come into being with the first message. Create makes others.
//
// The first time, the binding is written to the log. Later, opening the directory is not enough: code is not stored, so
// the same names must be bound again before their actors are used.
func (h *Host) Bind(name string, a actor.Actor) error {
	if a == nil {
		return fmt.Errorf("runtime: bind %s: the actor is nil", name)
	}
	if err := actor.Address(name).Validate(); err != nil || actor.Address(name).Key() != "" {
		return fmt.Errorf("runtime: bind %q: the name of a module matches [a-z0-9][a-z0-9._-]*", name)
	}
	id := actor.ModuleID(name)
	if !h.modules.add(id, dispatch.Code{Actor: a}) {
		return fmt.Errorf("runtime: bind %s: the name is bound already", name)
	}
	if h.readOnly {
		return nil
	}
	if err := h.executor.Bind(context.Background(), id, "native"); err != nil {
		h.modules.remove(id)
		return fmt.Errorf("runtime: bind %s: %w", name, err)
	}
	return nil
}

// registry holds the code that this process has.
type registry struct {
	mu   sync.RWMutex
	code map[actor.ModuleID]dispatch.Code
}

// Resolve implements dispatch.Resolver.
func (r *registry) Resolve(id actor.ModuleID, _ state.Hash) (dispatch.Code, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	code, ok := r.code[id]
	return code, ok
}

func (r *registry) add(id actor.ModuleID, code dispatch.Code) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.code[id]; taken {
		return false
	}
	if r.code == nil {
		r.code = map[actor.ModuleID]dispatch.Code{}
	}
	r.code[id] = code
	return true
}

func (r *registry) remove(id actor.ModuleID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.code, id)
}
