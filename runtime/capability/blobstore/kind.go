package blobstore

import (
	"context"
	"errors"
	"fmt"

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
			inv := capability.Invocation{Operation: OpNext, Contract: capability.Blobstore, Payload: pack.Marshal(numberOf(pair.Key))}
			msg := actor.Message{Kind: actor.KindSudo, To: at.Provider.Address, Body: inv.Encode()}
			if _, err := at.Host.Do(ctx, dispatch.Request{Message: msg}); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("a chunk cannot be sent: %w", err)
			}
		}
	}
	return nil
}
