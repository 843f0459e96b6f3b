package server

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// current is the node that answers now, for transports and metrics: another one takes its place when the host was opened
// again.
type current struct{ node atomic.Pointer[node.Node] }

// Handle implements the Node of the transports.
func (c *current) Handle(ctx context.Context, call *node.Call) node.Result {
	return c.node.Load().Handle(ctx, call)
}

// Watch implements the Node of the transports.
func (c *current) Watch(ctx context.Context, call *node.Call) (iter.Seq2[api.Notice, *api.Error], *api.Error) {
	return c.node.Load().Watch(ctx, call)
}

// Do implements the Node of the transports.
func (c *current) Do(ctx context.Context, who node.Caller, op string, req any) (any, *api.Error) {
	return c.node.Load().Do(ctx, who, op, req)
}

// Grants implements the Node of the transports.
func (c *current) Grants(key string) ([]claims.Grant, error) { return c.node.Load().Grants(key) }

// Info implements the Node of the transports.
func (c *current) Info() api.Info { return c.node.Load().Info() }

// Ready implements the Node of the transports and the Source of metrics.
func (c *current) Ready() (ok bool, reason string) { return c.node.Load().Ready() }

// Stats implements the Source of metrics.
func (c *current) Stats() api.Stats { return c.node.Load().Stats() }

// Drain lets the node end what is under way.
func (c *current) Drain(ctx context.Context) error { return c.node.Load().Drain(ctx) }
