package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
)

// Bounds of the time between two attempts.
const (
	shortestWait = 25 * time.Millisecond
	longestWait  = 2 * time.Second
	// maxSignings is how often a request is signed again that the node has not believed for its time or its nonce. A clock
	// that is wrong stays wrong.
	maxSignings = 3
)

// A backoff says when a request is asked again.
type backoff struct {
	patience time.Duration
	since    time.Time
	next     time.Duration
	signings int
}

func (c *Client) patient() *backoff {
	patience := c.Patience
	if patience == 0 {
		patience = DefaultPatience
	}
	b := &backoff{patience: patience}
	b.reset()
	return b
}

// reset is for when there was an answer.
func (b *backoff) reset() {
	b.since, b.next, b.signings = time.Now(), shortestWait, 0
}

// wait returns nil when the request is to be asked again, and else why not: err, or the cause of the end of ctx.
func (b *backoff) wait(ctx context.Context, op api.Op, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var failed *api.Error
	if !errors.As(err, &failed) || !b.again(op, failed.Code) {
		return err
	}
	pause := b.next/2 + rand.N(b.next/2)
	pause = max(pause, time.Duration(failed.RetryAfter)*time.Millisecond)
	b.next = min(2*b.next, longestWait)
	if time.Since(b.since)+pause > b.patience {
		return err
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// again reports whether another attempt may succeed, and cannot do harm.
func (b *backoff) again(op api.Op, code api.Code) bool {
	switch code {
	case api.CodeOverloaded, api.CodeUnavailable, api.CodeExpired:
		return true
	case api.CodeUnknown:
		return op.Write || op.Safe() // a write has an id
	case api.CodeStale, api.CodeReplayed:
		b.signings++
		return b.signings < maxSignings
	}
	return false
}
