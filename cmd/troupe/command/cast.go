package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/capability"
)

// A cast is what a place knows of actors with claims, of providers and of links.
type cast struct {
	capability.Listing
	// served says that Status is how providers are now. In a directory that is open here nothing serves them.
	served bool
	// refused tells why actors may not run all the same, by their addresses.
	refused map[actor.Address]string
}

func (d directory) cast(context.Context) (*cast, error) {
	all, err := d.host.Capabilities()
	if err != nil {
		return nil, err
	}
	c := &cast{Listing: all, refused: map[actor.Address]string{}}
	table, now := d.host.Table(), time.Now()
	for i := range all.Actors {
		if _, refused := table.Admit(all.Actors[i].Address, now); refused != nil {
			c.refused[all.Actors[i].Address] = refused.Message
		}
	}
	return c, nil
}

func (d directory) start(ctx context.Context, name string, code []byte, o runtime.StartOptions) (*capability.Actor, error) {
	return d.host.Start(ctx, name, code, o)
}

func (d directory) order(ctx context.Context, o capability.Order) error {
	_, err := d.host.Order(ctx, o, "", "")
	return err
}

func (s *remote) cast(ctx context.Context) (*cast, error) {
	claimed, err := ask[api.Claims](ctx, s, "claims", &api.Empty{})
	if err != nil {
		return nil, err
	}
	providers, err := ask[api.Providers](ctx, s, "providers", &api.Empty{})
	if err != nil {
		return nil, err
	}
	links, err := ask[api.Links](ctx, s, "links", &api.LinksRequest{})
	if err != nil {
		return nil, err
	}
	c := &cast{served: true, refused: map[actor.Address]string{}}
	for i := range claimed.Actors {
		a := &claimed.Actors[i]
		c.Actors = append(c.Actors, claimedFrom(a))
		if a.Refused != "" {
			c.refused[a.Actor] = a.Refused
		}
	}
	for i := range providers.Providers {
		p := &providers.Providers[i]
		c.Providers = append(c.Providers, capability.Provider{Name: p.Name, Address: p.Address, Contract: p.Contract, Kind: p.Kind, Key: p.Key,
			Config: p.Config, Plain: p.Plain, Started: p.Started})
		for _, st := range p.Status {
			c.Status = append(c.Status, capability.Status{Provider: p.Name, Actor: st.Actor, Link: st.Link, State: capability.State(st.State),
				Reason: st.Reason, Detail: st.Detail, Since: st.Since, Attempts: st.Attempts, Next: st.Next})
		}
	}
	for _, l := range links.Links {
		c.Links = append(c.Links, capability.Link{Actor: l.Actor, Contract: l.Contract, Name: l.Name, Provider: l.Provider, Values: l.Values, Since: l.Since})
	}
	return c, nil
}

// ask asks a server for something of which a client has no method.
func ask[A any](ctx context.Context, s *remote, op string, req any) (*A, error) {
	answer := new(A)
	if err := s.Ask(ctx, op, "", req, answer); err != nil {
		return nil, localError(err)
	}
	return answer, nil
}

func claimedFrom(a *api.Claimed) capability.Actor {
	return capability.Actor{Address: a.Actor, Key: a.Key, Issuer: a.Issuer, Hash: a.Hash, Name: a.Name, Alias: a.Alias, Caps: a.Capabilities,
		Tags: a.Tags, Revision: int32(a.Revision), Version: a.Version, Issued: seconds(a.Issued), Expires: seconds(a.Expires),
		NotBefore: seconds(a.NotBefore), Instances: a.Instances, Started: a.Started}
}

// seconds is the inverse of what a server makes of a time: 0 is never.
func seconds(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

func (s *remote) start(ctx context.Context, name string, code []byte, o runtime.StartOptions) (*capability.Actor, error) {
	a, err := ask[api.Claimed](ctx, s, "start", &api.StartRequest{Name: name, Code: code, Instances: o.Instances, AnyRevision: o.AnyRevision,
		AnyCapabilities: o.AnyCaps})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	out := claimedFrom(a)
	return &out, nil
}

// order carries the parts of an order out one by one, as a server takes them.
func (s *remote) order(ctx context.Context, o capability.Order) error {
	do := func(op string, req any) error {
		_, err := ask[api.Done](ctx, s, op, req)
		return err
	}
	var err error
	then := func(op string, req any) {
		if err == nil {
			err = do(op, req)
		}
	}
	for _, a := range o.Stop {
		then("stop", &api.StopRequest{Actor: a})
	}
	for _, x := range o.Scale {
		then("scale", &api.ScaleRequest{Actor: x.Actor, Instances: x.Instances})
	}
	for _, p := range o.Provide {
		then("provide", &api.ProvideRequest{Name: p.Name, Kind: p.Kind, Address: p.Address, Contract: p.Contract, Key: p.Key, Config: p.Config, Plain: p.Plain})
	}
	for _, name := range o.Withdraw {
		then("withdraw", &api.WithdrawRequest{Name: name})
	}
	for _, l := range o.Link {
		then("link", &api.LinkRequest{Actor: l.Actor, Contract: l.Contract, Name: l.Name, Provider: l.Provider, Values: l.Values})
	}
	for _, l := range o.Unlink {
		then("unlink", &api.UnlinkRequest{Actor: l.Actor, Contract: l.Contract, Name: l.Name})
	}
	for _, t := range o.Trust {
		then("trust", &api.TrustRequest{Key: t.Key, Token: t.Token})
	}
	for _, key := range o.Distrust {
		then("distrust", &api.KeyRequest{Key: key})
	}
	for _, b := range o.Ban {
		then("ban", &api.Ban{Key: b.Key, Reason: b.Reason})
	}
	for _, key := range o.Unban {
		then("unban", &api.KeyRequest{Key: key})
	}
	if o.Policy != nil {
		req := &api.PolicyRequest{Actor: o.Policy.Actor}
		for _, a := range o.Policy.Actions {
			req.Actions = append(req.Actions, string(a))
		}
		then("policy", req)
	}
	return err
}

// actor returns the actor with claims of an address.
func (c *cast) actor(at actor.Address) *capability.Actor {
	for i := range c.Actors {
		if c.Actors[i].Address == at {
			return &c.Actors[i]
		}
	}
	return nil
}

// find returns the actor with claims that a person means: by its address, its key, its alias, its name, or the beginning of
// one of these if it is the only one that begins so.
func (c *cast) find(text string) (*capability.Actor, error) {
	names := func(a *capability.Actor) []string { return []string{string(a.Address), a.Key, a.Alias, a.Name} }
	for i := range 4 {
		if found := c.where(func(a *capability.Actor) bool { return text != "" && strings.EqualFold(names(a)[i], text) }); len(found) == 1 {
			return found[0], nil
		}
	}
	found := c.where(func(a *capability.Actor) bool {
		return slices.ContainsFunc(names(a), func(name string) bool { return strings.HasPrefix(strings.ToLower(name), strings.ToLower(text)) })
	})
	switch {
	case len(found) == 1 && text != "":
		return found[0], nil
	case len(found) > 1:
		return nil, notFoundf("%s may be %s: name one by its address or its whole key", quoted(text), list(found))
	case len(c.Actors) == 0:
		return nil, notFoundf("there is no actor %s: no actor with claims has been started", quoted(text))
	}
	return nil, notFoundf("there is no actor %s with claims; there are %s", quoted(text), list(c.where(func(*capability.Actor) bool { return true })))
}

func (c *cast) where(is func(*capability.Actor) bool) (found []*capability.Actor) {
	for i := range c.Actors {
		if is(&c.Actors[i]) {
			found = append(found, &c.Actors[i])
		}
	}
	return found
}

// list names actors.
func list(actors []*capability.Actor) string {
	var b strings.Builder
	for i, a := range actors {
		switch {
		case i == 5:
			fmt.Fprintf(&b, " and %d more", len(actors)-i)
			return b.String()
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s (%s)", a.Address, a.Key)
	}
	return b.String()
}

// provider returns the provider of a name or key, nil if there is none.
func (c *cast) provider(name string) *capability.Provider {
	for i := range c.Providers {
		if p := &c.Providers[i]; p.Name == name || p.Key == name && name != "" {
			return p
		}
	}
	return nil
}

// health returns the worst of what is known of a provider, or of one link if who is given.
func (c *cast) health(provider string, who actor.Address, link string) capability.Status {
	worst := capability.Status{Provider: provider}
	if !c.served {
		return worst
	}
	worst.State = capability.Healthy
	order := []capability.State{capability.Healthy, capability.Stopped, capability.Starting, capability.Failed}
	for _, s := range c.Status {
		if s.Provider != provider || who != "" && s.Actor != "" && (s.Actor != who || s.Link != link) {
			continue
		}
		if worst.Detail == "" && s.State == worst.State || slices.Index(order, s.State) > slices.Index(order, worst.State) {
			worst = s
		}
	}
	return worst
}

// orderError is the error of an order in the words of who gave it: which actor of the host refused it says nothing.
func orderError(err error) error {
	var refused *runtime.TxError
	if _, told := err.(*classified); told || !errors.As(err, &refused) {
		return err
	}
	return &classified{exitCode(err), reworded{refused.Err.Message, err}}
}
