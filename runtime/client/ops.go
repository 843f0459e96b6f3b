package client

import (
	"context"

	"github.com/troupe-run/troupe/runtime/api"
)

// ask is Ask with an answer of its own.
func ask[A any](ctx context.Context, c *Client, op string, req any) (*A, error) {
	answer := new(A)
	if err := c.Ask(ctx, op, "", req, answer); err != nil {
		return nil, err
	}
	return answer, nil
}

// Info tells who the node is, how it is, and who asks.
func (c *Client) Info(ctx context.Context) (*api.Info, error) {
	return ask[api.Info](ctx, c, "info", &api.Empty{})
}

// Stats tells what the node has done since it started, and what it has now.
func (c *Client) Stats(ctx context.Context) (*api.Stats, error) {
	return ask[api.Stats](ctx, c, "stats", &api.Empty{})
}

// Send runs one transaction, and returns when it is durable. If it was rolled back, the error has CodeActor and the receipt.
func (c *Client) Send(ctx context.Context, req *api.SendRequest) (*api.Receipt, error) {
	return ask[api.Receipt](ctx, c, "send", req)
}

// Query asks the code of an actor about its state.
func (c *Client) Query(ctx context.Context, req *api.QueryRequest) (*api.Answer, error) {
	return ask[api.Answer](ctx, c, "query", req)
}

// Get reads the value of one key of an actor.
func (c *Client) Get(ctx context.Context, req *api.GetRequest) (*api.Value, error) {
	return ask[api.Value](ctx, c, "get", req)
}

// Scan lists keys of an actor in order, a page.
func (c *Client) Scan(ctx context.Context, req *api.ScanRequest) (*api.Page, error) {
	return ask[api.Page](ctx, c, "scan", req)
}

// History lists the values that transactions gave to a key.
func (c *Client) History(ctx context.Context, req *api.HistoryRequest) (*api.History, error) {
	return ask[api.History](ctx, c, "history", req)
}

// Actors lists actors by address, a page.
func (c *Client) Actors(ctx context.Context, req *api.ActorsRequest) (*api.Actors, error) {
	return ask[api.Actors](ctx, c, "actors", req)
}

// Actor tells what is known about one actor.
func (c *Client) Actor(ctx context.Context, req *api.ActorRequest) (*api.Actor, error) {
	return ask[api.Actor](ctx, c, "actor", req)
}

// Receipt returns what a transaction left.
func (c *Client) Receipt(ctx context.Context, req *api.ReceiptRequest) (*api.Receipt, error) {
	return ask[api.Receipt](ctx, c, "receipt", req)
}

// Log lists transactions in order.
func (c *Client) Log(ctx context.Context, req *api.LogRequest) (*api.Log, error) {
	return ask[api.Log](ctx, c, "log", req)
}

// Trace returns the tree of a transaction.
func (c *Client) Trace(ctx context.Context, req *api.TraceRequest) (*api.Trace, error) {
	return ask[api.Trace](ctx, c, "trace", req)
}

// Modules lists modules.
func (c *Client) Modules(ctx context.Context) (*api.Modules, error) {
	return ask[api.Modules](ctx, c, "modules", &api.Empty{})
}

// Module tells what is known about one module.
func (c *Client) Module(ctx context.Context, req *api.ModuleRequest) (*api.Module, error) {
	return ask[api.Module](ctx, c, "module", req)
}

// Install makes WebAssembly a module.
func (c *Client) Install(ctx context.Context, req *api.InstallRequest) (*api.Module, error) {
	return ask[api.Module](ctx, c, "install", req)
}

// Grants lists who may do what.
func (c *Client) Grants(ctx context.Context) (*api.Grants, error) {
	return ask[api.Grants](ctx, c, "grants", &api.Empty{})
}

// Grant allows the holder of a key something.
func (c *Client) Grant(ctx context.Context, req *api.Grant) (*api.Done, error) {
	return ask[api.Done](ctx, c, "grant", req)
}

// Revoke takes all grants of a key away, at once.
func (c *Client) Revoke(ctx context.Context, req *api.RevokeRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "revoke", req)
}

// Pause lets an actor take no more messages.
func (c *Client) Pause(ctx context.Context, req *api.PauseRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "pause", req)
}

// Resume lets a paused actor take messages again.
func (c *Client) Resume(ctx context.Context, req *api.ResumeRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "resume", req)
}

// Backup copies everything that is durable, while the node runs on. Whether there is one when it fails on the way is to be
// looked up: it is not repeated then.
func (c *Client) Backup(ctx context.Context, req *api.BackupRequest) (*api.Backup, error) {
	return ask[api.Backup](ctx, c, "backup", req)
}
