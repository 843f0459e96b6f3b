package client

import (
	"context"
	"iter"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
)

// Bounds of asking for a watch piece by piece.
const (
	pieceLimit = 256
	pieceWait  = 20 * time.Second
)

// Watch returns the transactions that concern what is watched, as they come. It goes on behind the last notice when the
// way to the node breaks or the node is started again, and ends when its user stops, or with the error in place of a
// notice that patience does not help against. Limit and Wait of the request do not count. The sequence is for one
// goroutine, and begins anew each time that it is ranged over.
func (c *Client) Watch(ctx context.Context, req *api.WatchRequest) iter.Seq2[api.Notice, error] {
	return func(yield func(api.Notice, error) bool) {
		q := *req
		q.Limit, q.Wait = 0, 0
		if q.Now {
			// What happens while a connection breaks before its first notice would be missed.
			info, err := c.Info(ctx)
			if err != nil {
				yield(api.Notice{}, err)
				return
			}
			q.Now, q.From = false, info.Sequence
		}
		op, _ := api.Find("watch")
		b := c.patient()
		for {
			var failed error
			for notice, err := range c.pass(ctx, op, &q) {
				if err != nil {
					failed = err
					break
				}
				b.since = time.Now()
				if notice.Sequence <= q.From {
					continue
				}
				q.From = notice.Sequence
				if len(notice.Changes)+len(notice.Events) == 0 {
					continue
				}
				b.reset()
				if !yield(notice, nil) {
					return
				}
			}
			if failed == nil {
				failed = ended
			}
			if err := b.wait(ctx, op, failed); err != nil {
				yield(api.Notice{}, err)
				return
			}
		}
	}
}

// pass watches until something breaks.
func (c *Client) pass(ctx context.Context, op api.Op, q *api.WatchRequest) iter.Seq2[api.Notice, error] {
	streamer, ok := c.transport.(Streamer)
	if !ok {
		return c.pieces(ctx, op, *q)
	}
	r, err := newRequest(op, "", q)
	var header map[string]string
	if err == nil {
		header, err = c.header(ctx, r)
	}
	if err != nil {
		return func(yield func(api.Notice, error) bool) { yield(api.Notice{}, err) }
	}
	return streamer.Stream(ctx, header, r.payload)
}

// pieces asks for the next notices again and again. What it was told that nothing is in it hands on as a notice of nothing,
// so that the watch knows how far it is.
func (c *Client) pieces(ctx context.Context, op api.Op, q api.WatchRequest) iter.Seq2[api.Notice, error] {
	return func(yield func(api.Notice, error) bool) {
		q.Limit, q.Wait = pieceLimit, pieceWait.Milliseconds()
		for {
			var next api.Notices
			r, err := newRequest(op, "", &q)
			if err == nil {
				var payload []byte
				if payload, err = c.attempt(ctx, r); err == nil {
					err = decode(op, payload, &next)
				}
			}
			if err != nil {
				yield(api.Notice{}, err)
				return
			}
			for i := range next.Notices {
				if !yield(next.Notices[i], nil) {
					return
				}
			}
			q.From = max(q.From, next.Sequence)
			if !yield(api.Notice{Sequence: q.From}, nil) {
				return
			}
		}
	}
}
