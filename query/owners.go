package query

import (
	"context"
	"fmt"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// owners finds the addresses that go with the numbers of actors.
type owners struct {
	*Router
	view *dispatch.View
	// known has the numbers that are asked for, with an empty address until it is found; missing counts those.
	known   map[uint64]actor.Address
	missing int
}

// owners returns the addresses of the actors with the numbers, which the receipt shows to have been written to.
//
// The store has no rows from numbers to addresses, and needs none: an actor writes its own keys only, while it runs, and
// a call that commits leaves an event of the host that says who ran. So the receipt itself names everybody whose number
// is in it. Only system code runs without such an event; then the records of all actors are searched.
func (r *Router) owners(ctx context.Context, v *dispatch.View, receipt *state.Receipt, numbers []uint64) (map[uint64]actor.Address, error) {
	o := owners{Router: r, view: v, known: make(map[uint64]actor.Address, len(numbers))}
	for _, n := range numbers {
		o.known[n] = ""
	}
	o.missing = len(o.known)
	if err := o.askReceipt(receipt); err != nil {
		return nil, err
	}
	if err := o.askRecords(ctx); err != nil {
		return nil, err
	}
	return o.known, nil
}

func (o *owners) found(number uint64, addr actor.Address) {
	if known, wanted := o.known[number]; wanted && known == "" {
		o.known[number] = addr
		o.missing--
		o.names.put(addr, number)
	}
}

// askReceipt looks up whom the receipt names.
func (o *owners) askReceipt(receipt *state.Receipt) error {
	if err := o.askFor(receipt.Callee); err != nil {
		return err
	}
	for i := range receipt.Events {
		if i > 0 && receipt.Events[i].Actor == receipt.Events[i-1].Actor {
			continue
		}
		if err := o.askFor(receipt.Events[i].Actor); err != nil {
			return err
		}
	}
	return nil
}

func (o *owners) askFor(addr actor.Address) error {
	if o.missing == 0 || addr.Validate() != nil {
		return nil
	}
	number, ok := o.names.number(addr)
	if !ok {
		var err error
		if number, ok, err = o.lookup(o.view, addr); err != nil || !ok {
			return err
		}
	}
	o.found(number, addr)
	return nil
}

// searchStride is how many records are read between two looks at the context.
const searchStride = 1024

// askRecords searches the records of all actors until nobody is missing.
func (o *owners) askRecords(ctx context.Context) error {
	if o.missing == 0 {
		return nil
	}
	lower, upper := o.partition.Bounds(state.Actors)
	it, err := o.view.Iter(lower, upper)
	if err != nil {
		return err
	}
	defer it.Close()
	i := 0
	for more := it.First(); more; more = it.Next() {
		if i++; i%searchStride == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		addr := it.Key()[len(lower):]
		number, _, ok := state.ActorHead(it.Value())
		if !ok {
			return fmt.Errorf("query: the record of actor %s: %w", addr, state.ErrCorrupt)
		}
		if _, wanted := o.known[number]; !wanted {
			continue
		}
		if o.found(number, actor.Address(addr)); o.missing == 0 {
			return nil
		}
	}
	if err := it.Err(); err != nil {
		return err
	}
	return fmt.Errorf("query: a receipt shows the state of an actor that has no record: %w", state.ErrCorrupt)
}
