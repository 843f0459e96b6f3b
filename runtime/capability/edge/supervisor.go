package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// Options configure a Supervisor. The zero value, and nil, mean the defaults. New copies it.
type Options struct {
	// Logger is told when the state of a half changes; nobody if nil.
	Logger *slog.Logger
	// Clock is what the times of a Status come from; time.Now if nil.
	Clock func() time.Time
	// First is how long it takes until a half that failed is started again, and Longest what the delay doubles to: 200 ms
	// and 30 s if zero. A quarter of it is left to chance, so that halves which failed together do not return together.
	First, Longest time.Duration
}

// A Supervisor runs halves. Its methods may be called from any goroutine; Run is called once.
type Supervisor struct {
	host  Host
	kinds map[string]Kind
	opts  Options
	rows  rows
	// units are those that run, and ending waits for all that ever did. Both are of the goroutine of Run.
	units   map[unitKey]*unit
	ending  sync.WaitGroup
	reports *reporter

	mu      sync.Mutex
	status  map[unitKey]capability.Status
	changed chan struct{}
}

// New returns a supervisor of the halves of some kinds.
func New(host Host, kinds []Kind, opts *Options) *Supervisor {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.First, o.Longest = cmp.Or(o.First, 200*time.Millisecond), cmp.Or(o.Longest, 30*time.Second)
	s := &Supervisor{host: host, kinds: map[string]Kind{}, opts: o, units: map[unitKey]*unit{}, reports: newReporter(host, o.Logger),
		status: map[unitKey]capability.Status{}, changed: make(chan struct{})}
	for _, kind := range kinds {
		s.kinds[kind.Name] = kind
	}
	return s
}

// Run runs halves until ctx ends or the host closes, and returns nil when the last of them has. The host should be closed
// after that, so that what the halves had begun is finished. An error is a fault of the host; halves have ended then, too.
func (s *Supervisor) Run(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		s.reports.run(ctx)
	}()
	defer func() {
		end()
		s.ending.Wait()
		<-reported
		s.stopped()
	}()
	for {
		err := s.follow(ctx)
		switch {
		case ctx.Err() != nil || errors.Is(err, dispatch.ErrClosed):
			return nil
		case errors.Is(err, query.ErrTooOld): // what happened in between is not kept any more: begin anew
		default:
			return fmt.Errorf("edge: follow %s: %w", capability.Address, err)
		}
	}
}

// follow reads all rows and then what becomes of them, until there is an error.
func (s *Supervisor) follow(ctx context.Context) error {
	unreadable := func(err error) { s.opts.Logger.Error("row of links cannot be read, and counts as deleted", "err", err) }
	from, found, err := readRows(s.host.Reader(), unreadable)
	if err != nil {
		return err
	}
	s.rows = found
	s.refresh(ctx, s.all())
	watch := query.WatchOptions{Actor: capability.Address, Keys: true, From: from}
	for notice, err := range s.host.Reader().Watch(ctx, watch) {
		if err != nil {
			return err
		}
		dirty := map[unitKey]bool{}
		for _, change := range notice.Changes {
			if err := s.rows.take(change.Key, change.Value, dirty); err != nil {
				unreadable(err)
			}
		}
		s.refresh(ctx, dirty)
	}
	return nil
}

// all returns the keys of all units that are or should be.
func (s *Supervisor) all() map[unitKey]bool {
	dirty := map[unitKey]bool{}
	for key := range s.units {
		dirty[key] = true
	}
	for key := range s.rows.links {
		dirty[key] = true
	}
	for name := range s.rows.providers {
		dirty[unitKey{provider: name}] = true
	}
	return dirty
}

// refresh makes units what the rows say. Those that have to end come first: what they leave, such as an address, another may
// be waiting for.
func (s *Supervisor) refresh(ctx context.Context, dirty map[unitKey]bool) {
	wanted := map[unitKey]*target{}
	for key := range dirty {
		if t := s.wanted(key); t != nil {
			wanted[key] = t
		} else if u, ok := s.units[key]; ok {
			delete(s.units, key)
			u.cancel()
			s.forget(key)
		}
	}
	for key, t := range wanted {
		u, ok := s.units[key]
		if !ok {
			u = newUnit(s, ctx, key)
			s.units[key] = u
		}
		u.actor.Store(s.rows.actors[key.actor])
		if u.aim(t) && !ok {
			s.ending.Add(1)
			go func() {
				defer s.ending.Done()
				u.run(u.ctx)
			}()
		}
	}
}

// wanted returns what a unit should be, nil if it should not be.
func (s *Supervisor) wanted(key unitKey) *target {
	link := &capability.Link{}
	name := key.provider
	if name == "" {
		if link = s.rows.links[key]; link == nil {
			return nil
		}
		name = link.Provider
	}
	provider := s.rows.provider(name)
	if provider == nil {
		return nil
	}
	kind, ok := s.kinds[provider.Kind]
	if !ok || kind.PerLink != (key.provider == "") || kind.PerLink && link.Contract != provider.Contract {
		return nil
	}
	return &target{kind: kind, provider: *provider, link: *link}
}

// Status returns how the halves are, in the order of providers, actors and links. The slice is the caller's.
func (s *Supervisor) Status() []capability.Status {
	s.mu.Lock()
	list := make([]capability.Status, 0, len(s.status))
	for _, status := range s.status {
		list = append(list, status)
	}
	s.mu.Unlock()
	slices.SortFunc(list, func(a, b capability.Status) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Actor, b.Actor), cmp.Compare(a.Link, b.Link))
	})
	return list
}

// Changed returns a channel that is closed when Status has something else to say.
func (s *Supervisor) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// publish makes known how a unit is, unless the unit is none of the supervisor's any more.
func (s *Supervisor) publish(u *unit, status capability.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.ctx.Err() == nil {
		s.status[u.key] = status
		s.tell()
	}
}

// stopped notes that nothing runs any more.
func (s *Supervisor) stopped() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, status := range s.status {
		s.status[key] = capability.Status{Provider: status.Provider, Actor: status.Actor, Link: status.Link,
			State: capability.Stopped, Since: s.opts.Clock()}
	}
	s.tell()
}

func (s *Supervisor) forget(key unitKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.status, key)
	s.tell()
}

// tell is called with mu held.
func (s *Supervisor) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// unitKey names a unit: a link, or a provider of a kind whose halves are not for links.
type unitKey struct {
	provider string
	actor    actor.Address
	contract string
	link     string
}
