package node

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
)

// aboutWatch: who watches all actors is told of those that he may read.
func aboutWatch(q *api.WatchRequest) (need, error) {
	switch {
	case q.Limit < 0 || q.Wait < 0:
		return need{}, errorf(api.CodeBadRequest, "limit and wait_ms are 0 or more")
	case q.Now && q.From != 0:
		return need{}, errorf(api.CodeBadRequest, "now: a watch begins behind from, or now")
	case q.Actor == "":
		return need{role: claims.Reader}, nil
	}
	return reading("actor", q.Actor)
}

// Watch answers a call whose payload is an api.WatchRequest with a stream; its Limit and Wait do not count. It ends when
// the caller stops, when ctx ends, or with an error in place of a notice: when the node drains, when what allowed the
// watch is no more, when the token has expired, or when what it is to begin with is not kept. It goes on behind the last notice that
// was handled, if it is asked for again with its sequence as From. The stream is for one goroutine, and for once.
func (n *Node) Watch(ctx context.Context, c *Call) (iter.Seq2[api.Notice, *api.Error], *api.Error) {
	start := time.Now()
	rq := &request{now: n.opts.Clock()}
	stream, err := n.watch(ctx, c, rq)
	var failed *api.Error
	if err != nil {
		failed = n.failure(err, rq)
	}
	n.done(ctx, c, rq, failed, time.Since(start))
	return stream, failed
}

func (n *Node) watch(ctx context.Context, c *Call, rq *request) (stream iter.Seq2[api.Notice, *api.Error], err error) {
	defer func() {
		if v := recover(); v != nil {
			stream, err = nil, n.panicked(c.Op, v, rq)
		}
	}()
	if c.Op != opWatch {
		return nil, errorf(api.CodeBadRequest, "%.40q is no watch", c.Op)
	}
	rq.op = operations[opWatch]
	encoding, err := api.Encoding(c.Type)
	if err != nil {
		return nil, errorf(api.CodeBadRequest, "%s", err)
	}
	if len(c.Payload) > n.opts.MaxBody {
		return nil, errorf(api.CodeTooLarge, "the payload has %d bytes, and watch takes at most %d", len(c.Payload), n.opts.MaxBody)
	}
	if n.draining() {
		return nil, n.enter(&n.watchers)
	}
	if err := n.identify(c, rq); err != nil {
		return nil, err
	}
	body, err := rq.op.decode(encoding, c.Payload)
	if err != nil {
		return nil, err
	}
	what, err := rq.op.about(body)
	if err != nil {
		return nil, err
	}
	if err := n.allowed(rq, what); err != nil {
		return nil, err
	}
	if rq.admit != nil {
		if err := rq.admit(); err != nil {
			return nil, err
		}
	}
	cur, err := n.cursor(rq, what, body.(*api.WatchRequest))
	if err != nil {
		return nil, err
	}
	return func(yield func(api.Notice, *api.Error) bool) {
		if err := n.stream(ctx, cur, func(one api.Notice) bool { return yield(one, nil) }); err != nil {
			yield(api.Notice{}, n.failure(err, rq))
		}
	}, nil
}

// stream returns nil if yield wants no more.
func (n *Node) stream(ctx context.Context, cur *cursor, yield func(api.Notice) bool) error {
	if err := n.enter(&n.watchers); err != nil {
		return err
	}
	defer n.watchers.leave()
	defer cur.close()
	if t := cur.rq.who.Token; t != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, t.Expires.Sub(n.opts.Clock()), &claims.Refusal{Reason: claims.Stale,
			Text: "the token of the watch has expired: make a new one, and go on behind the last notice"})
		defer cancel()
	}
	for {
		list, err := cur.next(ctx)
		if err != nil {
			return err
		}
		for i := range list {
			if !yield(list[i]) {
				return nil
			}
		}
	}
}

// A cursor is how far a watch has come. It looks into the store until it is up to date, and is fed then. It belongs to
// one goroutine.
type cursor struct {
	node *Node
	rq   *request
	need need
	filter
	after  uint64 // everything up to this one has been looked at
	sub    *subscription
	behind uint64 // what sub is not told of: up to this one, the store is to be asked
}

func (n *Node) cursor(rq *request, what need, q *api.WatchRequest) (*cursor, error) {
	cur := &cursor{node: n, rq: rq, need: what, filter: filterOf(q), after: q.From}
	if q.Now {
		head, err := n.reader.Head()
		if err != nil {
			return nil, err
		}
		cur.after = head.Sequence
	}
	return cur, nil
}

func (cur *cursor) close() {
	if cur.sub != nil {
		cur.node.feed.detach(cur.sub)
		cur.sub = nil
	}
}

// errDraining ends watches.
var errDraining = errorf(api.CodeUnavailable, "the node is about to stop: watch again, behind the last notice, when it is back")

// next waits for notices, and returns those that are there: at least one, as long as there is no error.
func (cur *cursor) next(ctx context.Context) ([]api.Notice, error) {
	for {
		list, err := cur.look(ctx)
		if err == nil && len(list) > 0 {
			list, err = cur.permitted(list)
		}
		if err != nil || len(list) > 0 {
			return list, err
		}
	}
}

// look returns what is next, if it is there, and waits a little if it is not.
func (cur *cursor) look(ctx context.Context) ([]api.Notice, error) {
	n := cur.node
	switch {
	case n.draining():
		return nil, errDraining
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	if cur.sub == nil {
		var err error
		if cur.sub, cur.behind, err = n.feed.attach(cur.filter); err != nil {
			return nil, err
		}
	}
	if cur.after < cur.behind {
		return cur.past(ctx)
	}
	upto := n.feed.upto() // before take: whatever is up to this one was queued
	queued, lost, err := cur.sub.take()
	switch {
	case lost:
		cur.close()
		return nil, nil
	case err != nil:
		cur.close()
		if errors.Is(err, errRestart) {
			return nil, nil
		}
		return nil, err
	case len(queued) > 0:
		return cur.fed(queued), nil
	}
	cur.after = max(cur.after, upto)
	select {
	case <-cur.sub.wake:
	case <-ctx.Done():
	case <-n.quit:
	}
	return nil, nil
}

// past reads from the store. Few watches do so at the same time: many that are behind must not keep everybody else from
// work.
func (cur *cursor) past(ctx context.Context) ([]api.Notice, error) {
	n := cur.node
	select {
	case n.catching <- struct{}{}:
		defer func() { <-n.catching }()
	case <-n.quit:
		return nil, errDraining
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	found, upto, err := n.reader.Past(ctx, query.WatchOptions{Actor: cur.actor, Keys: cur.keys, Events: cur.events, Prefix: cur.prefix,
		EventTypes: cur.types, From: cur.after})
	if err != nil {
		return nil, err
	}
	list := make([]api.Notice, len(found))
	for i := range found {
		list[i] = noticeOf(&found[i])
	}
	cur.after = upto
	return list, nil
}

// fed cuts what was queued to what the watch is about, and leaves out what the store has told already.
func (cur *cursor) fed(queued []*live) []api.Notice {
	n := cur.node
	list := make([]api.Notice, 0, len(queued))
	now := n.opts.Clock()
	for _, one := range queued {
		if one.Sequence <= cur.after {
			continue
		}
		cur.after = one.Sequence
		list = append(list, cur.cut(&one.Notice))
		n.opts.Observer.WatchLag(max(0, now.Sub(one.Time)))
	}
	return list
}

// permitted asks again whether the caller may have this, and cuts it to what he may read: grants can be revoked, and end.
func (cur *cursor) permitted(list []api.Notice) ([]api.Notice, error) {
	rq := cur.rq
	rq.now = cur.node.opts.Clock()
	if err := cur.node.allowed(rq, cur.need); err != nil {
		return nil, err
	}
	if cur.actor != "" {
		return list, nil
	}
	covers, err := cur.node.covering(rq)
	if err != nil || covers == nil {
		return list, err
	}
	kept := list[:0]
	for _, one := range list {
		one.Changes = only(one.Changes, func(c *api.Change) bool { return covers(c.Actor) })
		one.Events = only(one.Events, func(e *actor.Event) bool { return covers(e.Actor) })
		if len(one.Changes) > 0 || len(one.Events) > 0 {
			kept = append(kept, one)
		}
	}
	return kept, nil
}

// Bounds of a watch that is asked for piece by piece.
const (
	defaultNotices = 100
	maxNotices     = 1000
	maxWait        = time.Minute
	defaultWait    = 25 * time.Second
)

// poll answers a watch with the next notices, and waits for the first. It has none if none came in time.
func poll(ctx context.Context, n *Node, rq *request, q *api.WatchRequest) (*api.Notices, error) {
	what, err := aboutWatch(q)
	if err != nil {
		return nil, err
	}
	cur, err := n.cursor(rq, what, q)
	if err != nil {
		return nil, err
	}
	defer cur.close()
	wait := min(time.Duration(q.Wait)*time.Millisecond, maxWait)
	if q.Wait == 0 {
		wait = defaultWait
	}
	limit := min(q.Limit, maxNotices)
	if limit == 0 {
		limit = defaultNotices
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	out := &api.Notices{Notices: []api.Notice{}}
	list, err := cur.next(waiting)
	switch {
	case err != nil && ctx.Err() == nil && waiting.Err() != nil:
		// In time there was nothing.
	case err != nil:
		return nil, err
	}
	out.Sequence = cur.after
	if len(list) > limit {
		list = list[:limit]
		out.Sequence = list[limit-1].Sequence
	}
	out.Notices = append(out.Notices, list...)
	return out, nil
}
