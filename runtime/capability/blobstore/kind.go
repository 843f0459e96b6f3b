package blobstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// Name is the kind of the provider.
const Name = "blobstore"

// Kind returns the halves outside of the transactions: each lets the downloads of a provider go on.
func Kind() edge.Kind { return edge.Kind{Name: Name, New: func() edge.Half { return half{} }} }

type half struct{}

// Run implements edge.Half.
func (half) Run(ctx context.Context, at edge.At, ready func(detail string)) error {
	ready("sends what is downloaded")
	for {
		head, err := at.Host.Reader().Head()
		if err != nil {
			return hostError(err)
		}
		if err := proceed(ctx, at); err != nil {
			return err
		}
		watch := query.WatchOptions{Actor: at.Provider.Address, Keys: true, Prefix: []byte{downloadPrefix}, From: head.Sequence}
		for _, err = range at.Host.Reader().Watch(ctx, watch) {
			if err != nil {
				break
			}
			if err := proceed(ctx, at); err != nil {
				return err
			}
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case !errors.Is(err, query.ErrTooOld): // then all that waits is looked at anew
			return hostError(err)
		}
	}
}

func hostError(err error) error { return fmt.Errorf("the downloads cannot be read: %w", err) }

// proceed sends chunks, one of each download in turn, until there are no downloads.
func proceed(ctx context.Context, at edge.At) error {
	for ctx.Err() == nil {
		page, err := at.Host.Reader().Scan(at.Provider.Address, query.Range{Prefix: []byte{downloadPrefix}})
		if err != nil {
			return hostError(err)
		}
		if len(page.Pairs) == 0 {
			return nil
		}
		for _, pair := range page.Pairs {
			number := numberOf(pair.Key)
			failed, err := tell(ctx, at, OpNext, number)
			if failed != nil {
				failed, err = tell(ctx, at, OpEnd, &End{number, failed.Error()})
			}
			if err = errors.Join(failed, err); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("a chunk cannot be sent: %w", err)
			}
		}
	}
	return nil
}

// tell has the half inside do something, and waits until the host has room for it. Failed says why there was a transaction and no
// effect; err says that there was none.
func tell(ctx context.Context, at edge.At, op string, argument any) (failed, err error) {
	inv := capability.Invocation{Operation: op, Contract: capability.Blobstore, Payload: pack.Marshal(argument)}
	msg := actor.Message{Kind: actor.KindSudo, To: at.Provider.Address, Body: inv.Encode()}
	for {
		receipt, err := at.Host.Do(ctx, dispatch.Request{Message: msg})
		var busy *dispatch.OverloadedError
		switch {
		case receipt != nil:
			return err, nil
		case !errors.As(err, &busy):
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(min(max(busy.RetryAfter, 10*time.Millisecond), time.Second)):
		}
	}
}
