package server

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/blobstore"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/httpclient"
	"github.com/troupe-run/troupe/runtime/capability/httpserver"
	"github.com/troupe-run/troupe/runtime/lattice/messaging"
)

// Edges are the halves of providers outside of a host. Outside belongs to the options of the host, which is opened later.
type Edges struct {
	kinds      []edge.Kind
	askers     map[actor.Address]asker
	client     *httpclient.Client
	supervisor atomic.Pointer[edge.Supervisor]
}

// Close gives up connections that wait to be used again. It is called when the host is closed.
func (e *Edges) Close() { e.client.Close() }

// An asker answers the questions of the providers of a kind.
type asker func(context.Context, dispatch.Ask) ([]byte, error)

// NewEdges returns edges that nobody has started yet.
func NewEdges() *Edges {
	bus, client := messaging.New(), httpclient.New()
	return &Edges{
		kinds:  []edge.Kind{httpserver.Kind(), blobstore.Kind(), bus.Kind()},
		askers: map[actor.Address]asker{capability.MessagingKind: bus.Ask, capability.HTTPClientKind: client.Perform},
		client: client,
	}
}

// Outside answers what transactions ask: see dispatch.Options.
func (e *Edges) Outside(ctx context.Context, ask dispatch.Ask) ([]byte, error) {
	to, ok := e.askers[actor.Address(ask.From.Kind())]
	if !ok {
		return nil, fmt.Errorf("nobody answers what %s asks", ask.From)
	}
	return to(ctx, ask)
}

// Status tells how the halves are.
func (e *Edges) Status() []capability.Status {
	if s := e.supervisor.Load(); s != nil {
		return s.Status()
	}
	return nil
}

// start runs the halves that a host wants until stop is called, which returns when they have ended, or ctx: then they are left to
// themselves, and it returns an error.
func (e *Edges) start(h *runtime.Host, log *slog.Logger) (stop func(ctx context.Context) error) {
	s := edge.New(h, e.kinds, &edge.Options{Logger: log})
	e.supervisor.Store(s)
	running, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.Run(running); err != nil {
			log.Error("providers have stopped", "err", err)
		}
	}()
	return func(ctx context.Context) error {
		cancel()
		select {
		case <-ended:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("the halves of providers have not ended: %w", context.Cause(ctx))
		}
	}
}
