package node

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/capability"
)

// ordering is the about of requests that change who may reach whom.
func ordering[Q any](q *Q) (need, error) { return operating, nil }

// ordered runs what a request orders.
func ordered[Q any](of func(q *Q) capability.Order) func(context.Context, *Node, *request, *Q) (*api.Done, error) {
	return func(ctx context.Context, n *Node, rq *request, q *Q) (*api.Done, error) {
		id, err := rq.logID("")
		if err != nil {
			return nil, err
		}
		before, err := n.reader.Head()
		if err != nil {
			return nil, err
		}
		rq.tx = true
		r, err := n.host.Order(ctx, of(q), rq.who.Key, id)
		if r == nil {
			return nil, err
		}
		out, err := n.outcome(rq, before.Sequence, r, nil, err)
		if err != nil {
			return nil, err
		}
		return &api.Done{Sequence: out.Sequence}, nil
	}
}

func aboutStart(q *api.StartRequest) (need, error) {
	name := actor.Address(q.Name)
	switch {
	case !name.Valid() || name.Key() != "":
		return need{}, errorf(api.CodeBadRequest, "name: that of a module matches [a-z0-9][a-z0-9._-]*, and %.80q does not", q.Name)
	case access.Reserved(q.Name):
		return need{}, errorf(api.CodeBadRequest, "name: %s belongs to the host", q.Name)
	case len(q.Code) == 0:
		return need{}, errorf(api.CodeBadRequest, "code: there is none")
	}
	return operating, nil
}

func start(ctx context.Context, n *Node, rq *request, q *api.StartRequest) (*api.Claimed, error) {
	id, err := rq.logID("")
	if err != nil {
		return nil, err
	}
	rq.tx = true
	a, err := n.host.Start(ctx, q.Name, q.Code, runtime.StartOptions{Instances: q.Instances, AnyRevision: q.AnyRevision,
		AnyCaps: q.AnyCapabilities, ID: id, Signer: rq.who.Key})
	if err != nil {
		return nil, err
	}
	out := claimed(a)
	return &out, nil
}

func stopOrder(q *api.StopRequest) capability.Order {
	return capability.Order{Stop: []actor.Address{q.Actor}}
}

func scaleOrder(q *api.ScaleRequest) capability.Order {
	return capability.Order{Scale: []capability.ScaleOrder{{Actor: q.Actor, Instances: q.Instances}}}
}

func provideOrder(q *api.ProvideRequest) capability.Order {
	return capability.Order{Provide: []capability.ProviderOrder{{Name: q.Name, Kind: q.Kind, Address: q.Address, Contract: q.Contract, Key: q.Key,
		Config: q.Config, Plain: q.Plain}}}
}

func withdrawOrder(q *api.WithdrawRequest) capability.Order {
	return capability.Order{Withdraw: []string{q.Name}}
}

func linkOrder(q *api.LinkRequest) capability.Order {
	return capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: q.Actor, Contract: q.Contract, Name: q.Name},
		Provider: q.Provider, Values: q.Values}}}
}

func unlinkOrder(q *api.UnlinkRequest) capability.Order {
	return capability.Order{Unlink: []capability.LinkName{{Actor: q.Actor, Contract: q.Contract, Name: q.Name}}}
}

func trustOrder(q *api.TrustRequest) capability.Order {
	return capability.Order{Trust: []capability.TrustOrder{{Key: q.Key, Token: q.Token}}}
}

func distrustOrder(q *api.KeyRequest) capability.Order {
	return capability.Order{Distrust: []string{q.Key}}
}

func banOrder(q *api.Ban) capability.Order {
	return capability.Order{Ban: []capability.BanOrder{{Key: q.Key, Reason: q.Reason}}}
}

func unbanOrder(q *api.KeyRequest) capability.Order { return capability.Order{Unban: []string{q.Key}} }

func policyOrder(q *api.PolicyRequest) capability.Order {
	o := capability.PolicyOrder{Actor: q.Actor}
	for _, a := range q.Actions {
		o.Actions = append(o.Actions, capability.Action(a))
	}
	return capability.Order{Policy: &o}
}

func listClaims(_ context.Context, n *Node, rq *request, _ *api.Empty) (*api.Claims, error) {
	all, may, err := n.capabilities(rq)
	if err != nil {
		return nil, err
	}
	out := &api.Claims{Actors: []api.Claimed{}}
	table := n.host.Table()
	for i := range all.Actors {
		a := &all.Actors[i]
		if !may(a.Address) {
			continue
		}
		c := claimed(a)
		if _, refused := table.Admit(a.Address, rq.now); refused != nil {
			c.Refused = refused.Message
		}
		out.Actors = append(out.Actors, c)
	}
	return out, nil
}

// capabilities returns all that is kept, and which of it the caller may see.
func (n *Node) capabilities(rq *request) (capability.Listing, func(actor.Address) bool, error) {
	may, err := n.covering(rq)
	if err != nil {
		return capability.Listing{}, nil, err
	}
	if may == nil {
		may = func(actor.Address) bool { return true }
	}
	all, err := n.host.Capabilities()
	return all, may, err
}

func claimed(a *capability.Actor) api.Claimed {
	return api.Claimed{Actor: a.Address, Key: a.Key, Issuer: a.Issuer, Hash: a.Hash, Name: a.Name, Alias: a.Alias,
		Capabilities: append([]string{}, a.Caps...), Tags: a.Tags, Revision: int(a.Revision), Version: a.Version, Issued: seconds(a.Issued),
		Expires: seconds(a.Expires), NotBefore: seconds(a.NotBefore), Instances: a.Instances, Started: a.Started}
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func listProviders(_ context.Context, n *Node, rq *request, _ *api.Empty) (*api.Providers, error) {
	all, may, err := n.capabilities(rq)
	if err != nil {
		return nil, err
	}
	status := n.status(&all)
	out := &api.Providers{Providers: []api.Provider{}}
	for i := range all.Providers {
		p := &all.Providers[i]
		v := api.Provider{Name: p.Name, Address: p.Address, Contract: p.Contract, Kind: p.Kind, Key: p.Key, Config: shown(p.Config), Plain: p.Plain,
			Started: p.Started, State: string(capability.Healthy)}
		for j := range status {
			s := &status[j]
			if s.Provider != p.Name {
				continue
			}
			if worse(s.State, capability.State(v.State)) {
				v.State = string(s.State)
			}
			if s.Actor == "" || may(s.Actor) {
				v.Status = append(v.Status, api.ProviderStatus{Actor: s.Actor, Link: s.Link, State: string(s.State), Reason: s.Reason, Detail: s.Detail,
					Since: s.Since, Attempts: s.Attempts, Next: s.Next})
			}
		}
		out.Providers = append(out.Providers, v)
	}
	return out, nil
}

// status returns how the halves of providers are: now, or else as it was reported last.
func (n *Node) status(all *capability.Listing) []capability.Status {
	if n.opts.Providers != nil {
		return n.opts.Providers()
	}
	return all.Status
}

// worst lists states, the best first.
var worst = [...]capability.State{capability.Healthy, capability.Stopped, capability.Starting, capability.Failed}

func worse(a, b capability.State) bool {
	return slices.Index(worst[:], a) > slices.Index(worst[:], b)
}

func aboutLinks(q *api.LinksRequest) (need, error) {
	return need{role: claims.Reader, actor: string(q.Actor)}, nil
}

func listLinks(_ context.Context, n *Node, rq *request, q *api.LinksRequest) (*api.Links, error) {
	all, may, err := n.capabilities(rq)
	if err != nil {
		return nil, err
	}
	out := &api.Links{Links: []api.Link{}}
	for i := range all.Links {
		l := &all.Links[i]
		if q.Actor != "" && l.Actor != q.Actor || !may(l.Actor) {
			continue
		}
		out.Links = append(out.Links, api.Link{Actor: l.Actor, Contract: l.Contract, Name: l.Name, Provider: l.Provider, Values: shown(l.Values), Since: l.Since})
	}
	return out, nil
}

// hidden stands in the place of a secret.
const hidden = "(hidden)"

// shown returns values without what looks like a secret.
func shown(values map[string]string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	out := make(map[string]string, len(values))
	for name, value := range values {
		for _, word := range [...]string{"seed", "secret", "password", "passwd", "token", "jwt", "credential", "private"} {
			if strings.Contains(strings.ToLower(name), word) {
				value = hidden
			}
		}
		out[name] = value
	}
	return out
}

func listTrust(_ context.Context, n *Node, rq *request, _ *api.Empty) (*api.Trust, error) {
	all, _, err := n.capabilities(rq)
	if err != nil {
		return nil, err
	}
	out := &api.Trust{Anchors: []api.Anchor{}, Bans: []api.Ban{}}
	if p := all.Policy; p != nil {
		out.Policy = p.Actor
		for _, a := range p.Actions {
			out.PolicyActions = append(out.PolicyActions, string(a))
		}
	}
	for _, a := range all.Trust {
		out.Anchors = append(out.Anchors, api.Anchor{Key: a.Key, Issuer: a.Issuer, Name: a.Name, ValidSigners: a.ValidSigners})
	}
	for _, b := range all.Bans {
		out.Bans = append(out.Bans, api.Ban{Key: b.Key, Reason: b.Reason})
	}
	return out, nil
}
