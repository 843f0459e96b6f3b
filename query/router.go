package query

import (
	"cmp"
	"errors"
	"fmt"
	"sync"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// A Source is where durable views come from. A *dispatch.Executor is one.
type Source interface {
	// View returns the latest view, nil if the source is closed. The Router releases it.
	View() *dispatch.View
	// Changed returns a channel that is closed when there is a later view, or none any more.
	Changed() <-chan struct{}
	// Err says why there are no views any more, if not because the source was closed.
	Err() error
}

// Errors that callers branch on. Beside them there are dispatch.ErrClosed, when the source is closed, dispatch.ErrStopped,
// when it has failed, and *actor.Error, when the fault lies in what was asked.
var (
	// ErrNotFound: there is no such receipt, command, request or module, or it is no longer kept.
	ErrNotFound = errors.New("not found")
	// ErrNoTrace: the trace of the transaction was not kept.
	ErrNoTrace = errors.New("no trace")
	// ErrToken: a paging token is damaged, or belongs to another request.
	ErrToken = errors.New("bad token")
	// ErrTooOld: a watch or a history is to go back to where receipts are no longer kept.
	ErrTooOld = errors.New("too old")
)

// A Router answers reads of one partition. It may be used by any number of goroutines.
type Router struct {
	source    Source
	partition state.Partition
	names     names
	keys      sync.Pool // of *[]byte
}

// New returns a Router over the views of a partition. It holds nothing that must be closed.
func New(source Source, partition state.Partition) *Router {
	r := &Router{source: source, partition: partition}
	r.names.init()
	r.keys.New = func() any { return new([]byte) }
	return r
}

// view returns the latest view. The caller releases it.
func (r *Router) view() (*dispatch.View, error) {
	if v := r.source.View(); v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("query: the host is %w", cmp.Or(r.source.Err(), dispatch.ErrClosed))
}

// hostError gives a fault its class: a store that is closed under a read means that the host is being closed.
func hostError(err error) error {
	if errors.Is(err, state.ErrClosed) && !errors.Is(err, dispatch.ErrClosed) {
		return fmt.Errorf("query: the host is %w: %w", dispatch.ErrClosed, err)
	}
	return err
}

// Head returns the last durable transaction; it is the zero Head before the first.
func (r *Router) Head() (state.Head, error) {
	v, err := r.view()
	if err != nil {
		return state.Head{}, err
	}
	defer v.Release()
	return v.Head, nil
}

// maxPooledKey is the longest key buffer that is kept for the next call.
const maxPooledKey = 4096

// Get returns the value under an actor's key, and whether it is there. Nobody at the address is an *actor.Error with
// CodeUnknownActor, unless the address is that of a virtual actor that was never sent a message: that has no keys.
func (r *Router) Get(to actor.Address, key []byte) (value []byte, ok bool, err error) {
	if err := checkKey(key); err != nil {
		return nil, false, err
	}
	// The cache is asked before the view is taken: then the view is at least as late as the one that showed the actor.
	number, known := r.names.number(to)
	v, err := r.view()
	if err != nil {
		return nil, false, err
	}
	defer v.Release()
	if !known {
		if number, known, err = r.find(v, to); err != nil || !known {
			return nil, false, err
		}
	}
	buf := r.keys.Get().(*[]byte)
	*buf = r.partition.AppendState((*buf)[:0], number, key)
	value, ok, err = v.Get(*buf)
	if cap(*buf) <= maxPooledKey {
		r.keys.Put(buf)
	}
	if err != nil {
		return nil, false, hostError(err)
	}
	return value, ok, nil
}

func checkKey(key []byte) error {
	if len(key) > dispatch.MaxStateKey {
		return actor.Errorf(actor.CodeKeyTooLarge, "a key has at most %d bytes, this one has %d", dispatch.MaxStateKey, len(key))
	}
	return nil
}

// find looks up the number of an actor in v. It reports false without an error for a virtual actor that has not been
// instantiated; for one that cannot be there is an *actor.Error.
func (r *Router) find(v *dispatch.View, addr actor.Address) (number uint64, ok bool, err error) {
	if number, ok, err = r.lookup(v, addr); err != nil || ok {
		return number, ok, err
	}
	_, bound, err := v.Get(r.partition.AppendModule(nil, actor.ModuleID(addr.Kind())))
	if err != nil {
		return 0, false, hostError(err)
	}
	if !bound {
		err = actor.Errorf(actor.CodeUnknownActor, "there is no actor %s, and no module is bound as %q", addr, addr.Kind())
	}
	return 0, false, err
}

// lookup reads the number of an actor in v and remembers it.
func (r *Router) lookup(v *dispatch.View, addr actor.Address) (number uint64, ok bool, err error) {
	if err := addr.Validate(); err != nil {
		return 0, false, err
	}
	row, ok, err := v.Get(r.partition.AppendActor(nil, addr))
	if err != nil || !ok {
		return 0, false, hostError(err)
	}
	if number, _, ok = state.ActorHead(row); !ok {
		return 0, false, fmt.Errorf("query: the record of actor %s: %w", addr, state.ErrCorrupt)
	}
	r.names.put(addr, number)
	return number, true, nil
}
