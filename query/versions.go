package query

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// A Version is a value that a transaction gave to a key.
type Version struct {
	Sequence uint64
	// Time is that of the transaction; it is zero if its command is no longer kept.
	Time time.Time
	// Value is nil if the key was deleted. It is a copy and belongs to the caller.
	Value   []byte
	Deleted bool
}

// versionSearch is how many receipts one call of Versions looks at.
const versionSearch = 100_000

// Versions lists the values that transactions before a sequence, or all if it is 0, gave to a key of an actor: the latest
// first, at most limit of them, DefaultLimit if zero and MaxLimit at most, and no more than MaxPageBytes but for the
// first. It looks through receipts, and at so many of them only: it goes on before the transaction that it returns, even
// if the list is empty; that is 0 if there is nothing older. ErrTooOld says that there may be something older, but that it is
// not kept. Nobody at the address is an error as in Get.
func (r *Router) Versions(ctx context.Context, to actor.Address, key []byte, before uint64, limit int) (list []Version, next uint64, err error) {
	if err := checkKey(key); err != nil {
		return nil, 0, err
	}
	v, err := r.view()
	if err != nil {
		return nil, 0, err
	}
	defer v.Release()
	number, known, err := r.find(v, to)
	if err != nil || !known {
		return nil, 0, err
	}
	lower, upper := r.partition.Bounds(state.Receipts)
	begins, err := r.begins(v, to)
	if err != nil {
		return nil, 0, err
	}
	if before != 0 {
		upper = r.partition.AppendReceipt(nil, before)
		if begins > 0 && before <= begins {
			return nil, 0, fmt.Errorf("query: the values of a key of %s: %w: those before transaction %d are not kept", to, ErrTooOld, begins)
		}
	}
	it, err := v.Iter(lower, upper)
	if err != nil {
		return nil, 0, hostError(err)
	}
	defer it.Close()
	wanted := r.partition.AppendState(nil, number, key)[len(r.partition.AppendKey(nil, "")):]
	looked, size := 0, 0
	for more := it.Last(); more; more = it.Prev() {
		if looked++; looked > versionSearch || len(list) == limited(limit) || size > MaxPageBytes {
			return list, before, nil
		}
		if looked%1024 == 0 && ctx.Err() != nil {
			return nil, 0, context.Cause(ctx)
		}
		k, err := state.ParseKey(it.Key())
		if err != nil {
			return nil, 0, fmt.Errorf("query: a row of the receipts: %w", err)
		}
		before = k.Number
		// Most receipts are about other keys, and need not be decoded to see it.
		if !bytes.Contains(it.Value(), wanted) {
			continue
		}
		version, ok, err := r.version(v, it.Value(), string(wanted))
		if err != nil {
			return nil, 0, err
		}
		if ok {
			size += len(version.Value)
			list = append(list, version)
		}
	}
	return list, begins, hostError(it.Err())
}

// begins returns the transaction before which something about an actor is not kept, 0 if everything is.
func (r *Router) begins(v *dispatch.View, to actor.Address) (uint64, error) {
	floor, pruned, err := r.partition.ReadFloor(v)
	if err != nil || !pruned {
		return 0, hostError(err)
	}
	record, ok, err := r.partition.ReadActor(v, to)
	if err != nil || ok && record.Created > floor.Sequence {
		return 0, hostError(err)
	}
	return floor.Sequence + 1, nil
}

// version returns what a transaction gave to a key, if anything.
func (r *Router) version(v *dispatch.View, row []byte, key string) (Version, bool, error) {
	receipt, err := state.DecodeReceipt(row)
	if err != nil {
		return Version{}, false, fmt.Errorf("query: a row of the receipts: %w", err)
	}
	for i := range receipt.Changes {
		c := &receipt.Changes[i]
		if c.Key != key {
			continue
		}
		out := Version{Sequence: receipt.Sequence, Deleted: c.Deleted}
		if !c.Deleted {
			out.Value = append(make([]byte, 0, len(c.Value)), c.Value...)
		}
		cmd, ok, err := r.partition.ReadCommand(v, receipt.Sequence)
		if ok {
			out.Time = time.Unix(0, cmd.Time).UTC()
		}
		return out, true, hostError(err)
	}
	return Version{}, false, nil
}
