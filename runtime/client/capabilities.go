package client

import (
	"context"

	"github.com/troupe-run/troupe/runtime/api"
)

// Claims lists the actors whose modules carry claims.
func (c *Client) Claims(ctx context.Context) (*api.Claims, error) {
	return ask[api.Claims](ctx, c, "claims", &api.Empty{})
}

// Start makes a module with claims an actor and lets it run, or puts a later revision in its place.
func (c *Client) Start(ctx context.Context, req *api.StartRequest) (*api.Claimed, error) {
	return ask[api.Claimed](ctx, c, "start", req)
}

// Stop takes the right to run from an actor, and its links.
func (c *Client) Stop(ctx context.Context, req *api.StopRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "stop", req)
}

// Scale says how many calls of an actor may run at once.
func (c *Client) Scale(ctx context.Context, req *api.ScaleRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "scale", req)
}

// Providers lists providers, and tells how they are.
func (c *Client) Providers(ctx context.Context) (*api.Providers, error) {
	return ask[api.Providers](ctx, c, "providers", &api.Empty{})
}

// Provide puts a provider, or changes it.
func (c *Client) Provide(ctx context.Context, req *api.ProvideRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "provide", req)
}

// Withdraw takes a provider away.
func (c *Client) Withdraw(ctx context.Context, req *api.WithdrawRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "withdraw", req)
}

// Links lists links between actors and providers.
func (c *Client) Links(ctx context.Context, req *api.LinksRequest) (*api.Links, error) {
	return ask[api.Links](ctx, c, "links", req)
}

// Link puts a link between an actor and a provider.
func (c *Client) Link(ctx context.Context, req *api.LinkRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "link", req)
}

// Unlink takes a link away.
func (c *Client) Unlink(ctx context.Context, req *api.UnlinkRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "unlink", req)
}

// Trusted tells whose modules may run.
func (c *Client) Trusted(ctx context.Context) (*api.Trust, error) {
	return ask[api.Trust](ctx, c, "trusted", &api.Empty{})
}

// Trust makes a key an anchor: from then on only modules run for whose issuer one vouches.
func (c *Client) Trust(ctx context.Context, req *api.TrustRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "trust", req)
}

// Distrust takes an anchor away.
func (c *Client) Distrust(ctx context.Context, req *api.KeyRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "distrust", req)
}

// Ban keeps a module, or all that an account has signed, from running, at once.
func (c *Client) Ban(ctx context.Context, req *api.Ban) (*api.Done, error) {
	return ask[api.Done](ctx, c, "ban", req)
}

// Unban ends a ban.
func (c *Client) Unban(ctx context.Context, req *api.KeyRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "unban", req)
}

// Policy names the actor that is asked before something starts or is called.
func (c *Client) Policy(ctx context.Context, req *api.PolicyRequest) (*api.Done, error) {
	return ask[api.Done](ctx, c, "policy", req)
}
