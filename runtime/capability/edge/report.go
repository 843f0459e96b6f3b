package edge

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// maxReports is how many reports go into one transaction.
const maxReports = 64

// A reporter writes the states of units to the log of the host. What is told of a unit before it was written is not
// written: the last word counts.
type reporter struct {
	host Host
	log  *slog.Logger
	wake chan struct{} // has an element when something waits

	mu      sync.Mutex
	order   []*unit
	waiting map[*unit]capability.ReportOrder
}

func newReporter(host Host, log *slog.Logger) *reporter {
	return &reporter{host: host, log: log, wake: make(chan struct{}, 1), waiting: map[*unit]capability.ReportOrder{}}
}

func (r *reporter) put(u *unit, report capability.ReportOrder) {
	r.mu.Lock()
	if _, ok := r.waiting[u]; !ok {
		r.order = append(r.order, u)
	}
	r.waiting[u] = report
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// take returns what is to be written next. Units that have ended are passed over: their rows are gone.
func (r *reporter) take() (list []capability.ReportOrder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.order) > 0 && len(list) < maxReports {
		u := r.order[0]
		r.order = r.order[1:]
		if u.ctx.Err() == nil {
			list = append(list, r.waiting[u])
		}
		delete(r.waiting, u)
	}
	return list
}

func (r *reporter) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		}
		for list := r.take(); len(list) > 0 && ctx.Err() == nil; list = r.take() {
			if r.write(ctx, list) == nil || len(list) == 1 {
				continue
			}
			for _, one := range list { // one that is refused must not keep the others back
				_ = r.write(ctx, []capability.ReportOrder{one})
			}
		}
	}
}

// crowded is how long a report waits when the host has no room for it.
const crowded = 100 * time.Millisecond

// write writes reports in one transaction. An error says that they were refused, or that the host is gone.
func (r *reporter) write(ctx context.Context, list []capability.ReportOrder) error {
	body, err := json.Marshal(capability.Order{Report: list})
	if err != nil {
		return err
	}
	for {
		_, err := r.host.Do(ctx, dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: capability.Address, Body: body}})
		if !errors.Is(err, dispatch.ErrOverloaded) {
			if err != nil && ctx.Err() == nil {
				r.log.Debug("report of providers was not taken", "err", err)
			}
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(crowded):
		}
	}
}
