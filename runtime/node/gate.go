package node

import (
	"context"
	"sync"
)

// A gate counts who is inside.
type gate struct {
	mu     sync.Mutex
	bound  int
	inside int
	closed bool
	empty  chan struct{} // closed when the gate is closed and nobody is inside
}

func newGate(bound int) gate { return gate{bound: bound, empty: make(chan struct{})} }

// enter lets one in who leaves later, unless there is no room or the gate is closed.
func (g *gate) enter() (ok, closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.inside >= g.bound {
		return false, g.closed
	}
	g.inside++
	return true, false
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.inside == 0 && g.closed {
		close(g.empty)
	}
}

// close lets nobody in any more, and reports whether it was open.
func (g *gate) close() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	if g.closed = true; g.inside == 0 {
		close(g.empty)
	}
	return true
}

// wait returns when nobody is inside a closed gate, or with the error of ctx.
func (g *gate) wait(ctx context.Context) error {
	select {
	case <-g.empty:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// count returns how many are inside.
func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside
}
