package node

import (
	"context"
	"errors"
	"time"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/api"
)

// Bounds of executing the log again to find a trace that was not kept.
const (
	maxReplay  = 50_000 // transactions
	maxReplays = 16     // requests that do it or wait for their turn
	replayTime = 10 * time.Second
)

// turns lets one request at a time do what takes long, and a bounded number wait for it.
type turns struct{ all, one chan struct{} }

func newTurns(most int) turns {
	return turns{all: make(chan struct{}, most), one: make(chan struct{}, 1)}
}

// take waits for a turn and returns what ends it. Without a turn it returns false: too many wait already, or ctx has ended.
func (t turns) take(ctx context.Context) (done func(), ok bool) {
	select {
	case t.all <- struct{}{}:
	default:
		return nil, false
	}
	select {
	case t.one <- struct{}{}:
		return func() { <-t.one; <-t.all }, true
	case <-ctx.Done():
		<-t.all
		return nil, false
	}
}

// trace returns the tree of a transaction as it was kept. Without, the log is executed again up to it, one request at a
// time, if it is short.
func trace(ctx context.Context, n *Node, _ *request, q *api.TraceRequest) (*api.Trace, error) {
	head, err := n.reader.Head()
	if err != nil {
		return nil, err
	}
	if q.Sequence == 0 || q.Sequence > head.Sequence {
		return nil, errorf(api.CodeNotFound, "there is no transaction %d: the last one is %d", q.Sequence, head.Sequence)
	}
	t, err := n.reader.Trace(q.Sequence)
	if err == nil || !errors.Is(err, query.ErrNoTrace) {
		return traceOrNone(q.Sequence, traceOf(t), err)
	}
	if q.Sequence > maxReplay {
		return nil, n.missing(q.Sequence, err)
	}
	// Who reads from one transaction to the next asks while what was asked before, and given up, is still ending.
	waiting, cancel := context.WithTimeout(ctx, replayTime)
	defer cancel()
	done, ok := n.replaying.take(waiting)
	switch {
	case !ok && ctx.Err() != nil:
		return nil, ctx.Err()
	case !ok:
		return nil, &api.Error{Code: api.CodeOverloaded, RetryAfter: 1000,
			Message: "the trace was not kept, and the node executes the log again for other ones: try again"}
	}
	defer done()
	ctx, cancel = context.WithTimeout(ctx, replayTime)
	defer cancel()
	t, err = n.host.Trace(ctx, q.Sequence)
	if err != nil && ctx.Err() != nil {
		return nil, errorf(api.CodeTooOld, "the trace of transaction %d was not kept, and to execute the log again takes too long: keep traces", q.Sequence)
	}
	return traceOrNone(q.Sequence, traceOf(t), err)
}

func traceOrNone(seq uint64, t *api.Trace, err error) (*api.Trace, error) {
	if err == nil && t == nil {
		err = errorf(api.CodeNotFound, "transaction %d is the host's own: it has no tree", seq)
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}
