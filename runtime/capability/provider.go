package capability

import (
	"context"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// A Handler implements a contract in Go. One value serves all calls, several at once for queries: what it remembers is in the
// state of the actor.
type Handler interface {
	// Serve performs an operation and returns the payload of the answer. An error fails the call, and what it wrote is
	// rolled back; an *actor.Error chooses the code. An operation that it does not know is ErrNoOperation.
	Serve(ctx context.Context, req *Request) (payload []byte, err error)
}

// A Deliverer is a Handler with a half outside of the host, which brings in what others sent. Deliver gets what that half says,
// as a message of the operator of the host.
type Deliverer interface {
	Deliver(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error)
}

// A Replier is a Handler that returns sub-messages and wants to know how they ended.
type Replier interface {
	Reply(ctx context.Context, env *actor.Env, reply actor.Reply) (actor.Response, error)
}

// A Request is one operation for a provider.
type Request struct {
	// Env is nil in a query, and View is nil outside of one.
	Env  *actor.Env
	View *actor.View
	// From is linked to the provider by Link, so Link.Value finds what is configured. In a query all three are what the
	// asker says; they are unset if it does not say who it is.
	From     actor.Address
	Link     *Link
	Provider *Provider
	Invocation
	// Response takes the sub-messages, events and attributes that go with the answer. In a query it is ignored.
	Response actor.Response
}

// State returns what can be read in either case.
func (r *Request) State() actor.Reader {
	if r.Env != nil {
		return r.Env.State
	}
	return r.View.State
}

// NewProvider returns the actor that serves a contract with h. It answers invocations of actors that are linked to it and of
// nobody else: see Linked. A contract that is empty stands for all. It implements actor.Querier, and actor.Sudoer and
// actor.Replier for handlers that are a Deliverer and a Replier.
func NewProvider(contract string, h Handler) actor.Actor { return &provider{contract, h, &Memo{}} }

type provider struct {
	contract string
	handler  Handler
	memo     *Memo
}

var (
	_ actor.Querier = &provider{}
	_ actor.Sudoer  = &provider{}
	_ actor.Replier = &provider{}
)

// ErrNoOperation says that a provider has no such operation, in the words of wasmCloud's.
func ErrNoOperation(operation string) *actor.Error {
	return actor.Errorf(actor.CodeUnknownMessage, "method not handled %s", shown(operation))
}

// Execute implements actor.Actor.
func (p *provider) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	inv, err := p.invocation(msg.Body)
	if err != nil {
		return actor.Response{}, err
	}
	if inv.Origin != "" {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "an origin is for queries: a message has a sender")
	}
	link, self, refused := Linked(TableOf(env.Services, p.memo), env.Self, env.Sender, inv.Contract, inv.Link)
	if refused != nil {
		return actor.Response{}, refused
	}
	req := &Request{Env: env, From: env.Sender, Link: link, Provider: self, Invocation: inv}
	req.Response.Data, err = p.serve(ctx, req)
	return req.Response, err
}

// Query implements actor.Querier.
func (p *provider) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	inv, err := p.invocation(body)
	if err != nil {
		return nil, err
	}
	req := &Request{View: view, From: inv.Origin, Invocation: inv}
	if inv.Origin != "" {
		var refused *actor.Error
		req.Link, req.Provider, refused = Linked(TableOf(view.Services, p.memo), view.Self, inv.Origin, inv.Contract, inv.Link)
		if refused != nil {
			return nil, refused
		}
	}
	return p.serve(ctx, req)
}

// invocation reads a body. A person may leave the contract out.
func (p *provider) invocation(body []byte) (Invocation, error) {
	inv, err := DecodeInvocation(body)
	if err != nil {
		return inv, err
	}
	if inv.JSON && inv.Contract == "" {
		inv.Contract = p.contract
	}
	if p.contract != "" && inv.Contract != p.contract {
		return inv, actor.Errorf(CodeNotProvided, "this is a provider of %s, and not of %s", p.contract, shown(inv.Contract))
	}
	return inv, nil
}

func (p *provider) serve(ctx context.Context, req *Request) ([]byte, error) {
	payload, err := p.handler.Serve(ctx, req)
	if err != nil {
		return nil, err
	}
	if req.JSON {
		if payload, err = pack.ToJSON(payload); err != nil {
			return nil, actor.Errorf(actor.CodeFailed, "the answer to %s cannot be had in JSON", shown(req.Operation))
		}
	}
	if payload == nil {
		payload = []byte{}
	}
	return payload, nil
}

// Sudo implements actor.Sudoer.
func (p *provider) Sudo(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if d, ok := p.handler.(Deliverer); ok {
		return d.Deliver(ctx, env, msg)
	}
	return actor.Response{}, actor.Errorf(actor.CodeUnsupported, "nothing comes in through a provider of %s", p.contract)
}

// Reply implements actor.Replier.
func (p *provider) Reply(ctx context.Context, env *actor.Env, reply actor.Reply) (actor.Response, error) {
	if r, ok := p.handler.(Replier); ok {
		return r.Reply(ctx, env, reply)
	}
	return actor.Response{}, actor.Errorf(actor.CodeUnsupported, "a provider of %s sends nothing that it waits for", p.contract)
}
