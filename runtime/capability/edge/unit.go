package edge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/runtime/capability"
)

// A target is what a unit is to serve.
type target struct {
	kind     Kind
	provider capability.Provider
	link     capability.Link
}

// same reports whether a half for one serves the other as well.
func (t *target) same(other *target) bool {
	a, b := &t.provider, &other.provider
	return t.kind.Name == other.kind.Name && a.Name == b.Name && a.Address == b.Address && a.Contract == b.Contract &&
		maps.Equal(a.Config, b.Config) && maps.Equal(t.link.Values, other.link.Values)
}

// A unit is the life of one link, or of one provider: its halves, one after the other.
type unit struct {
	*Supervisor
	key    unitKey
	ctx    context.Context // ends with the unit
	cancel context.CancelFunc
	actor  atomic.Pointer[capability.Actor]
	target atomic.Pointer[target]
	aimed  chan struct{} // has an element when target has changed
	halves sync.WaitGroup

	// Of the goroutine of run.
	status   capability.Status
	reported capability.Status
	delay    time.Duration
	since    time.Time // when the half that works began to
}

func newUnit(s *Supervisor, ctx context.Context, key unitKey) *unit {
	u := &unit{Supervisor: s, key: key, aimed: make(chan struct{}, 1)}
	u.ctx, u.cancel = context.WithCancel(ctx)
	return u
}

// aim gives the unit a target, and reports whether it is another than it had.
func (u *unit) aim(t *target) bool {
	if before := u.target.Load(); before != nil && before.same(t) {
		return false
	}
	u.target.Store(t)
	select {
	case u.aimed <- struct{}{}:
	default:
	}
	return true
}

// An attempt is a half that runs. A nil one is none: its channels never have anything.
type attempt struct {
	cancel context.CancelFunc
	ready  chan string
	done   chan error
}

func (a *attempt) readied() <-chan string {
	if a == nil {
		return nil
	}
	return a.ready
}

func (a *attempt) ended() <-chan error {
	if a == nil {
		return nil
	}
	return a.done
}

func (a *attempt) stop() {
	if a != nil {
		a.cancel()
	}
}

// run returns when ctx has ended and the last half has returned.
func (u *unit) run(ctx context.Context) {
	defer u.halves.Wait()
	defer u.cancel()
	// The half that works, the one that shall take its place, and what wakes when it is time to try again.
	var works, comes *attempt
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return // the halves end with it
		case <-u.aimed:
			comes.stop()
			u.delay, again = 0, nil
			comes = u.start(ctx, works == nil)
		case <-again:
			again = nil
			comes = u.start(ctx, false)
		case detail := <-comes.readied():
			works.stop()
			works, comes = comes, nil
			u.healthy(detail)
		case err := <-comes.ended():
			if ctx.Err() != nil {
				return
			}
			// The link is not what the half that works serves: it must not go on.
			works.stop()
			works, comes = nil, nil
			again = u.failed(err)
		case err := <-works.ended():
			works = nil
			switch {
			case ctx.Err() != nil:
			case comes == nil:
				again = u.failed(err)
			default: // nothing works until that does
				u.change(capability.Starting, err.Error(), "")
			}
		}
	}
}

// start starts a half for the target. Fresh says that nothing is known of it so far.
func (u *unit) start(ctx context.Context, fresh bool) *attempt {
	t := u.target.Load()
	u.status.Provider, u.status.Actor, u.status.Link = t.provider.Name, t.link.Actor, t.link.Name
	u.status.Attempts++
	u.status.Next = time.Time{}
	if fresh {
		u.change(capability.Starting, "", "")
	} else {
		u.publish(u, u.status)
	}
	ctx, cancel := context.WithCancel(ctx)
	a := &attempt{cancel: cancel, ready: make(chan string, 1), done: make(chan error, 1)}
	at := At{Host: u.host, Provider: t.provider, Link: t.link, Actor: u.actor.Load, Logger: u.opts.Logger}
	u.halves.Add(1)
	go func() {
		defer u.halves.Done()
		defer cancel()
		if ctx.Err() != nil { // another came behind it before it had begun
			return
		}
		err := u.serve(ctx, t.kind, at, func(detail string) {
			select {
			case a.ready <- detail:
			default: // it was said before
			}
		})
		a.done <- err
	}()
	return a
}

// serve runs a half to its end. A panic is an error.
func (u *unit) serve(ctx context.Context, kind Kind, at At, ready func(string)) (err error) {
	defer func() {
		if v := recover(); v != nil {
			u.opts.Logger.Error("half of a provider panicked", "provider", at.Provider.Name, "actor", at.Link.Actor, "link", at.Link.Name,
				"err", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("it panicked: %v", v)
		}
	}()
	err = kind.New().Run(ctx, at, ready)
	if err == nil && ctx.Err() == nil {
		return errors.New("it ended by itself")
	}
	return err
}

func (u *unit) healthy(detail string) {
	u.since = u.opts.Clock()
	u.status.Attempts = 0
	u.change(capability.Healthy, "", detail)
}

// settled is how long a half has to have worked until its failure is like a first one.
const settled = 10 * time.Second

// failed notes a failure, and returns what wakes when the next attempt is due.
func (u *unit) failed(err error) <-chan time.Time {
	if u.status.State == capability.Healthy && u.opts.Clock().Sub(u.since) >= settled {
		u.delay = 0
	}
	u.delay = min(max(2*u.delay, u.opts.First), u.opts.Longest)
	wait := u.delay - rand.N(u.delay/4+1)
	u.status.Next = u.opts.Clock().Add(wait)
	u.change(capability.Failed, err.Error(), "")
	return time.After(wait)
}

// change makes a state known: to who asks for the status, and, if it is news, to the logger and the log of the host.
func (u *unit) change(to capability.State, reason, detail string) {
	s := &u.status
	if s.State != to {
		s.Since = u.opts.Clock()
	}
	s.State, s.Reason, s.Detail = to, reason, detail
	u.publish(u, *s)
	said := u.reported
	if to == capability.Starting || said.Provider == s.Provider && said.State == to && said.Reason == reason && said.Detail == detail {
		return
	}
	u.reported = *s
	who := []any{"provider", s.Provider, "actor", s.Actor, "link", s.Link}
	if to == capability.Failed {
		u.opts.Logger.Warn("provider failed", append(who, "err", reason)...)
	} else {
		u.opts.Logger.Info("provider works", append(who, "detail", detail)...)
	}
	u.reports.put(u, capability.ReportOrder{Provider: s.Provider, Actor: s.Actor, Link: s.Link, State: to, Reason: reason, Detail: detail})
}
