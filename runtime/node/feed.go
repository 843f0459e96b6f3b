package node

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
)

// A filter says what a watch is about.
type filter struct {
	actor        actor.Address // empty for all
	keys, events bool
	prefix       []byte
	types        []string
}

func filterOf(q *api.WatchRequest) filter {
	f := filter{actor: q.Actor, keys: q.Keys, events: q.Events, prefix: q.Prefix, types: q.EventTypes}
	if !f.keys && !f.events {
		f.keys, f.events = true, true
	}
	return f
}

func (f *filter) change(c *api.Change) bool {
	return (f.actor == "" || c.Actor == f.actor) && bytes.HasPrefix(c.Key, f.prefix)
}

func (f *filter) event(e *actor.Event) bool {
	return (f.actor == "" || e.Actor == f.actor) && (len(f.types) == 0 || slices.Contains(f.types, e.Type))
}

// wants reports whether the watch is about any of a notice.
func (f *filter) wants(n *api.Notice) bool {
	if f.keys {
		for i := range n.Changes {
			if f.change(&n.Changes[i]) {
				return true
			}
		}
	}
	if f.events {
		for i := range n.Events {
			if f.event(&n.Events[i]) {
				return true
			}
		}
	}
	return false
}

// cut returns what of a notice the watch is about. The notice itself belongs to all watches.
func (f *filter) cut(n *api.Notice) api.Notice {
	out := api.Notice{Sequence: n.Sequence, Time: n.Time}
	if f.keys {
		out.Changes = only(n.Changes, f.change)
	}
	if f.events {
		out.Events = only(n.Events, f.event)
	}
	return out
}

// only returns the elements that are wanted: the list itself if they all are.
func only[T any](list []T, wanted func(*T) bool) []T {
	for i := range list {
		if wanted(&list[i]) {
			continue
		}
		var out []T
		out = append(out, list[:i]...)
		for j := i + 1; j < len(list); j++ {
			if wanted(&list[j]) {
				out = append(out, list[j])
			}
		}
		return out
	}
	return list
}

// A feed reads each transaction once for all watches that are up to date, and gives it to those that want it. It has a
// goroutine as long as there are any.
type feed struct {
	reader *query.Router

	mu      sync.Mutex
	byActor map[actor.Address]map[*subscription]bool // those about one actor
	all     map[*subscription]bool                   // the others
	count   int
	run     *feeding // nil if there is no goroutine
}

// feeding is one life of the goroutine.
type feeding struct {
	stop context.CancelFunc
	// upto is the last transaction that was given out. Guarded by feed.mu.
	upto uint64
}

func (f *feed) init(r *query.Router) {
	f.reader, f.byActor, f.all = r, map[actor.Address]map[*subscription]bool{}, map[*subscription]bool{}
}

// A subscription is a watch as its feed knows it: a bounded queue.
type subscription struct {
	filter
	wake chan struct{} // has an element when there may be something to take

	mu    sync.Mutex
	queue []*live
	bytes int
	lost  bool // more than the queue holds: it is empty, and the watch has to look into the store
	err   error
}

// live is a notice of a transaction that has just become durable. It belongs to all who watch.
type live struct {
	api.Notice
	bytes int
}

// Bounds of the queue of a subscription.
const (
	maxQueued      = 256
	maxQueuedBytes = 1 << 20
)

func (s *subscription) push(n *live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.lost:
		return
	case len(s.queue) >= maxQueued || len(s.queue) > 0 && s.bytes+n.bytes > maxQueuedBytes:
		s.lost, s.queue, s.bytes = true, nil, 0
	default:
		s.queue, s.bytes = append(s.queue, n), s.bytes+n.bytes
	}
	s.signal()
}

func (s *subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns what is queued.
func (s *subscription) take() (list []*live, lost bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, s.queue, s.bytes = s.queue, nil, 0
	return list, s.lost, s.err
}

// attach makes a subscription. It gets every transaction behind upto.
func (f *feed) attach(what filter) (s *subscription, upto uint64, err error) {
	s = &subscription{filter: what, wake: make(chan struct{}, 1)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.run == nil {
		head, err := f.reader.Head()
		if err != nil {
			return nil, 0, err
		}
		ctx, stop := context.WithCancel(context.Background())
		f.run = &feeding{stop: stop, upto: head.Sequence}
		go f.feed(ctx, f.run, head.Sequence)
	}
	set := f.all
	if what.actor != "" {
		if set = f.byActor[what.actor]; set == nil {
			set = map[*subscription]bool{}
			f.byActor[what.actor] = set
		}
	}
	set[s] = true
	f.count++
	return s, f.run.upto, nil
}

func (f *feed) detach(s *subscription) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.actor == "" {
		delete(f.all, s)
	} else if set := f.byActor[s.actor]; len(set) > 1 {
		delete(set, s)
	} else {
		delete(f.byActor, s.actor)
	}
	if f.count--; f.count == 0 && f.run != nil {
		f.run.stop()
		f.run = nil
	}
}

// upto returns the last transaction that was given out to all subscriptions that there are.
func (f *feed) upto() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.run == nil {
		return 0
	}
	return f.run.upto
}

// errRestart is for a run that another one has followed.
var errRestart = errors.New("node: the feed has ended")

// feed gives out what happens behind a transaction, until ctx ends.
func (f *feed) feed(ctx context.Context, run *feeding, from uint64) {
	defer run.stop()
	for n, err := range f.reader.Watch(ctx, query.WatchOptions{From: from}) {
		if err == nil {
			l := &live{Notice: noticeOf(&n)}
			l.bytes = sizeOf(&l.Notice)
			err = f.give(run, l)
		}
		if err != nil {
			f.fail(run, err)
			return
		}
	}
}

func (f *feed) give(run *feeding, n *live) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.run != run {
		return errRestart
	}
	run.upto = n.Sequence
	for s := range f.all {
		if s.wants(&n.Notice) {
			s.push(n)
		}
	}
	if len(f.byActor) == 0 {
		return nil
	}
	var seen []actor.Address // a transaction is about few actors
	about := func(who actor.Address) {
		if slices.Contains(seen, who) {
			return
		}
		seen = append(seen, who)
		for s := range f.byActor[who] {
			if s.wants(&n.Notice) {
				s.push(n)
			}
		}
	}
	for i := range n.Changes {
		if i == 0 || n.Changes[i].Actor != n.Changes[i-1].Actor {
			about(n.Changes[i].Actor)
		}
	}
	for i := range n.Events {
		about(n.Events[i].Actor)
	}
	return nil
}

// fail ends all subscriptions of a run.
func (f *feed) fail(run *feeding, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.run != run {
		return
	}
	f.run = nil
	end := func(set map[*subscription]bool) {
		for s := range set {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
			s.signal()
		}
	}
	end(f.all)
	for _, set := range f.byActor {
		end(set)
	}
}

// sizeOf is about how much memory a notice takes.
func sizeOf(n *api.Notice) int {
	size := 64
	for i := range n.Changes {
		c := &n.Changes[i]
		size += 96 + len(c.Actor) + len(c.Key) + len(c.Value)
	}
	for i := range n.Events {
		e := &n.Events[i]
		size += 64 + len(e.Type)
		for _, a := range e.Attributes {
			size += 32 + len(a.Key) + len(a.Value)
		}
	}
	return size
}
