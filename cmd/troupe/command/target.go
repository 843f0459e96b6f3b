package command

import (
	"context"
	"errors"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actortest/transcript"
	"github.com/troupe-run/troupe/state"
)

// A placeTarget is a place for transcripts.
type placeTarget struct{ place }

var _ transcript.Target = (*placeTarget)(nil)

func (t *placeTarget) Do(ctx context.Context, req *dispatch.Request) (*state.Receipt, error) {
	receipt, err := t.do(ctx, req)
	if req.Trace != nil {
		req.Trace.Signer = "" // it is always the user's key
	}
	return receipt, err
}

func (t *placeTarget) Query(ctx context.Context, to actor.Address, body []byte) ([]byte, error) {
	answer, err := t.ask(ctx, to, body)
	return answer.Data, err
}

func (t *placeTarget) Get(ctx context.Context, to actor.Address, key []byte) ([]byte, bool, error) {
	return t.get(ctx, to, key)
}

func (t *placeTarget) Scan(ctx context.Context, to actor.Address, rg query.Range) (query.Page, error) {
	return t.scan(ctx, to, rg)
}

// Actors leaves out the host's own, which a world does not have.
func (t *placeTarget) Actors(ctx context.Context, prefix string) (all []query.Info, err error) {
	for token := ""; ; {
		page, err := t.actors(ctx, prefix, query.MaxLimit, token)
		if err != nil {
			return nil, err
		}
		for i := range page.Actors {
			if a := page.Actors[i]; a.Address != access.Address {
				all = append(all, a)
			}
		}
		if token = page.Token; token == "" {
			return all, nil
		}
	}
}

func (t *placeTarget) Trace(ctx context.Context, seq uint64) (*dispatch.Trace, error) {
	trace, err := t.trace(ctx, seq)
	if err == nil {
		trace.Signer = ""
	}
	return trace, err
}

func (t *placeTarget) Receipt(ctx context.Context, seq uint64, id string) (*state.Receipt, actor.Address, error) {
	var receipt *state.Receipt
	var err error
	if seq == 0 {
		if receipt, err = t.receiptOf(ctx, id); err != nil {
			return nil, "", err
		}
		seq = receipt.Sequence
	}
	list, err := t.log(ctx, seq, 1)
	if err == nil && (len(list) == 0 || list[0].Command.Sequence != seq) {
		err = errors.New("not found")
	}
	if err != nil {
		return nil, "", err
	}
	if receipt == nil {
		receipt, err = t.receipt(ctx, seq)
	}
	return receipt, list[0].Command.Sender, err
}
