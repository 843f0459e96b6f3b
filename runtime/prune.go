package runtime

import (
	"context"
	"fmt"

	"github.com/troupe-run/troupe/dispatch"
)

// PruneOptions say what of the past is not to be kept.
type PruneOptions = dispatch.Pruning

// Pruned is what Prune has done.
type Pruned = dispatch.Pruned

// KnownIDs is how long a request id is known at least, unless PruneOptions say otherwise.
const KnownIDs = dispatch.KnownIDs

// Prune deletes the oldest part of the log with its receipts and traces, while the host runs on. The state stays, and so
// does code. Request ids are known for KnownIDs at least: until then a request that is sent again has no second effect,
// although its receipt may not be there any more. What was deleted cannot be watched, traced or verified; see Check and
// VerifyFrom. The disk gets its space back little by little; Reclaim waits for all of it.
func (h *Host) Prune(ctx context.Context, o PruneOptions) (Pruned, error) {
	if h.readOnly {
		return Pruned{}, fmt.Errorf("runtime: prune %s: %w", h.name(), ErrReadOnly)
	}
	p, err := h.executor.Prune(ctx, o)
	if err == nil && p.Transactions > 0 {
		err = h.store.Flush(ctx)
	}
	if err != nil {
		return p, fmt.Errorf("runtime: prune %s: %w", h.name(), err)
	}
	if p.Transactions > 0 || p.RequestIDs > 0 {
		h.log.Info("log pruned", "transactions", p.Transactions, "request_ids", p.RequestIDs, "floor", p.Floor.Sequence)
	}
	return p, nil
}

// Reclaim returns when the space of what was pruned has been given back. It is for a host that does nothing else.
func (h *Host) Reclaim(ctx context.Context) error {
	floor, err := h.reader.Floor()
	if err == nil && floor.Sequence > 0 {
		err = h.store.ReclaimPast(ctx, partition, floor.Sequence+1)
	}
	if err != nil {
		return fmt.Errorf("runtime: reclaim what %s does not keep: %w", h.name(), err)
	}
	return nil
}
