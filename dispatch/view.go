package dispatch

import (
	"sync"
	"sync/atomic"

	"github.com/troupe-run/troupe/state"
)

// A View is a committed and durable state of a partition: that behind the transaction Head. It is for any number of
// goroutines and never changes. Release it after use.
type View struct {
	*state.Snapshot
	Head state.Head
	// Dispatcher is what answers queries on the view: with the configuration and the code as of this state, because those
	// of a later one may yet be lost, and may not understand it. It must not be modified.
	Dispatcher *Dispatcher
	refs       atomic.Int64
}

func newView(snap *state.Snapshot, head state.Head, d *Dispatcher) *View {
	v := &View{Snapshot: snap, Head: head, Dispatcher: d}
	v.refs.Store(1)
	return v
}

// Release gives the view back. It must be called once for each View that was handed out.
func (v *View) Release() {
	if v.refs.Add(-1) == 0 {
		v.Snapshot.Close()
	}
}

// retain reports false if the view has been closed.
func (v *View) retain() bool {
	for {
		n := v.refs.Load()
		if n == 0 {
			return false
		}
		if v.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// latest publishes views: one at a time is current.
type latest struct {
	view    atomic.Pointer[View]
	changed atomic.Pointer[chan struct{}]
	mu      sync.Mutex // held to change the above
	retired bool
}

// set makes v current. It takes over v's first reference.
func (l *latest) set(v *View) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.retired {
		v.Release()
		return
	}
	if before := l.view.Swap(v); before != nil {
		before.Release()
	}
	fresh := make(chan struct{})
	if c := l.changed.Swap(&fresh); c != nil {
		close(*c)
	}
}

// retire leaves no view current, now and for ever, and wakes who waits for one.
func (l *latest) retire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.retired {
		return
	}
	l.retired = true
	if v := l.view.Swap(nil); v != nil {
		v.Release()
	}
	close(*l.changed.Load())
}

// get returns the current view, nil if there is none any more.
func (l *latest) get() *View {
	for {
		v := l.view.Load()
		if v == nil || v.retain() {
			return v
		}
	}
}
