package messaging

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/troupe-run/troupe/runtime/capability/edge"
)

// grace is how long what has begun may take when a half is to end.
const grace = 15 * time.Second

// A half serves one link. It implements edge.Half.
type half struct {
	bus    *Bus
	at     edge.At
	key    linkKey
	log    *complainer
	values *Values
	nc     *nats.Conn
	// streams is JetStream, whether or not the server has it.
	streams jetstream.JetStream

	// work ends some time after the half was told to, for what has begun.
	work context.Context
	// slots has an element for each message on its way, and deliveries waits for them.
	slots      chan struct{}
	deliveries sync.WaitGroup
}

// Run implements edge.Half.
func (h *half) Run(ctx context.Context, at edge.At, ready func(detail string)) (err error) {
	h.at, h.key = at, keyOf(&at)
	log := at.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h.log = &complainer{log: log.With("provider", at.Provider.Name, "actor", at.Link.Actor, "link", at.Link.Name)}
	if h.values, err = ParseValues(at.Link.Values, at.Provider.Config); err != nil {
		return err
	}
	h.slots = make(chan struct{}, h.values.InFlight)
	var broken ended
	if h.nc, broken, err = h.values.connect(ctx, "troupe "+at.Name(), h.log); err != nil {
		return err
	}
	defer h.close(broken)
	if h.streams, err = jetstream.New(h.nc, jetstream.WithPublishAsyncTimeout(h.bus.ackTime)); err != nil {
		return h.streamError(err)
	}
	var stop context.CancelFunc
	h.work, stop = context.WithCancel(context.WithoutCancel(ctx))
	defer stop()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer h.deliveries.Wait()
	end, err := h.receive(ctx, cancel)
	if err != nil {
		return err
	}
	defer end()
	defer h.bus.open(h.key, &line{h.nc, h.values})()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if err := h.pump(ctx); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	}()
	defer func() { <-sent }()
	ready(h.detail())
	select {
	case <-ctx.Done():
	case err := <-broken:
		broken <- err // for close
		cancel(err)
	}
	time.AfterFunc(grace, stop)
	return context.Cause(ctx)
}

// receive begins to take what comes in, and returns what ends that when all of it has been taken.
func (h *half) receive(ctx context.Context, fail context.CancelCauseFunc) (end func(), err error) {
	if h.values.Stream != "" {
		return h.consume(ctx, fail)
	}
	return h.subscribe(ctx)
}

// close returns when the connection has ended.
func (h *half) close(broken ended) {
	h.nc.Close()
	select {
	case <-broken:
	case <-time.After(grace):
	}
}

// detail says for people what the half does.
func (h *half) detail() string {
	var b strings.Builder
	fmt.Fprintf(&b, "connected to %s", h.values.place())
	if h.values.Stream != "" {
		fmt.Fprintf(&b, ", consumes stream %s", h.values.Stream)
	}
	for i, s := range h.values.Subscriptions {
		switch {
		case h.values.Stream != "" && i == 0:
			b.WriteString(": ")
		case i == 0:
			b.WriteString(", subscribed to ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(s.Subject)
		if s.Queue != "" {
			fmt.Fprintf(&b, " as %s", s.Queue)
		}
	}
	if len(h.values.Unknown) > 0 {
		fmt.Fprintf(&b, "; values that mean nothing here: %s", strings.Join(h.values.Unknown, ", "))
	}
	return b.String()
}
