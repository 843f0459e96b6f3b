package lattice

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// A Commit is published where the last durable transaction is told: one for all that have become durable since the last.
type Commit struct {
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time"`
}

// A publisher tells the server what transactions do, in order. It reads the log piece by piece: what it is behind with
// waits there, and not in memory.
type publisher struct {
	*Service
	cancel context.CancelFunc
	done   chan struct{}

	published, sequence atomic.Uint64
	lag                 atomic.Int64
}

// piece bounds the transactions that are published before the server is asked whether it has them.
const piece = 1000

func startPublisher(ctx context.Context, s *Service) (*publisher, error) {
	p := &publisher{Service: s, done: make(chan struct{})}
	answer, failed := s.node.Do(ctx, node.Caller{Via: "nats"}, "info", &api.Empty{})
	if failed != nil {
		return nil, failed
	}
	p.sequence.Store(answer.(*api.Info).Sequence)
	var run context.Context
	run, p.cancel = context.WithCancel(s.ctx)
	go p.run(run)
	return p, nil
}

func (p *publisher) stop() {
	p.cancel()
	<-p.done
}

func (p *publisher) run(ctx context.Context) {
	defer close(p.done)
	for ctx.Err() == nil {
		if err := p.next(ctx); err != nil && ctx.Err() == nil {
			p.log.Debug("what transactions did is not published yet: it is tried again", "behind", p.sequence.Load(), "err", err)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}

// next waits for transactions and publishes them.
func (p *publisher) next(ctx context.Context) error {
	if !p.nc.IsConnected() {
		return errors.New("there is no server")
	}
	from := p.sequence.Load()
	answer, failed := p.node.Do(ctx, node.Caller{Via: "nats"}, "watch",
		&api.WatchRequest{From: from, Limit: piece, Wait: 60_000, Keys: p.opts.Changes, Events: p.opts.Events})
	if failed != nil {
		if failed.Code == api.CodeTooOld {
			return p.skip(ctx, from)
		}
		return failed
	}
	notices := answer.(*api.Notices)
	if notices.Sequence == from {
		return nil
	}
	for i := range notices.Notices {
		if err := p.tell(&notices.Notices[i]); err != nil {
			return err
		}
	}
	last := Commit{Sequence: notices.Sequence, Time: time.Now().UTC()}
	if n := len(notices.Notices); n > 0 {
		last.Time = notices.Notices[n-1].Time
	}
	if err := p.put(p.subjects.Committed(), last); err != nil {
		return err
	}
	if err := flush(ctx, p.nc); err != nil {
		return err
	}
	p.sequence.Store(notices.Sequence)
	p.lag.Store(int64(max(0, time.Since(last.Time))))
	return nil
}

// skip goes on behind what is no longer kept.
func (p *publisher) skip(ctx context.Context, from uint64) error {
	answer, failed := p.node.Do(ctx, node.Caller{Via: "nats"}, "info", &api.Empty{})
	if failed != nil {
		return failed
	}
	now := answer.(*api.Info).Sequence
	p.log.Warn("transactions are not published: they are no longer kept", "from", from+1, "to", now)
	p.sequence.Store(now)
	return nil
}

// tell publishes what a transaction did: a message for each actor with all of its changes, and one for each type of event
// of an actor with all of these.
func (p *publisher) tell(n *api.Notice) error {
	for rest := n.Changes; p.opts.Changes && len(rest) > 0; {
		who, k := rest[0].Actor, 1
		for k < len(rest) && rest[k].Actor == who {
			k++
		}
		if err := p.put(p.subjects.Changes(who), api.Notice{Sequence: n.Sequence, Time: n.Time, Changes: rest[:k]}); err != nil {
			return err
		}
		rest = rest[k:]
	}
	if !p.opts.Events {
		return nil
	}
	type about struct {
		actor actor.Address
		kind  string
	}
	var order []about // a transaction has few
	groups := map[about][]actor.Event{}
	for _, e := range n.Events {
		a := about{e.Actor, e.Type}
		if groups[a] == nil {
			order = append(order, a)
		}
		groups[a] = append(groups[a], e)
	}
	for _, a := range order {
		if err := p.put(p.subjects.Event(a.actor, a.kind), api.Notice{Sequence: n.Sequence, Time: n.Time, Events: groups[a]}); err != nil {
			return err
		}
	}
	return nil
}

// put publishes a value in JSON. One that is too large for the server is left out: who watches is told of it.
func (p *publisher) put(subject string, v any) error {
	payload, err := api.Encode(api.JSON, v)
	if err != nil {
		return err
	}
	if bound := p.nc.MaxPayload(); bound > 0 && int64(len(payload)) > bound {
		p.log.Warn("a message is too large to be published", "subject", fmt.Sprintf("%.200s", subject), "bytes", len(payload))
		return nil
	}
	if err := p.nc.Publish(subject, payload); err != nil {
		return err
	}
	p.published.Add(1)
	return nil
}
