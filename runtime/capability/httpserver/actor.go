package httpserver

import (
	"context"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// Actor returns the half of the provider inside of transactions. One value serves all providers of the kind.
func Actor() actor.Actor { return capability.NewProvider(capability.HTTPServer, &bringer{}) }

// bringer brings requests in.
type bringer struct{ memo capability.Memo }

var _ capability.Deliverer = &bringer{}

// Serve implements capability.Handler. There is nothing that an actor could ask the provider for. A query brings a request for
// who is named as its origin, of whom it is known by then that it is linked.
func (b *bringer) Serve(ctx context.Context, req *capability.Request) ([]byte, error) {
	if req.View == nil || req.From == "" || req.Operation != messages.HandleRequest {
		return nil, capability.ErrNoOperation(req.Operation)
	}
	inv := req.Invocation
	inv.Origin = ""
	data, err := req.View.Query(ctx, req.From, inv.Encode())
	if err != nil {
		return nil, err
	}
	return data, check(req.From, data)
}

// Deliver implements capability.Deliverer.
func (b *bringer) Deliver(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	inv, err := capability.DecodeInvocation(msg.Body)
	if err != nil {
		return actor.Response{}, err
	}
	to := inv.Origin
	if to == "" || inv.Operation != messages.HandleRequest || inv.Contract != capability.HTTPServer {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "what comes in is an invocation of %s, whose origin is who shall answer", messages.HandleRequest)
	}
	if _, _, refused := capability.Linked(capability.TableOf(env.Services, &b.memo), env.Self, to, inv.Contract, inv.Link); refused != nil {
		return actor.Response{}, refused
	}
	caller, ok := env.Services.(capability.Caller)
	if !ok {
		return actor.Response{}, actor.Errorf(actor.CodeUnsupported, "who runs the transaction cannot call %s", to)
	}
	inv.Origin = ""
	data, err := caller.Call(ctx, to, inv.Encode())
	if err == nil {
		err = check(to, data)
	}
	if err != nil {
		return actor.Response{}, err
	}
	return actor.Response{Data: data}, nil
}

// check judges the answer of an actor inside of the transaction, so that one which cannot be sent has no effect.
func check(who actor.Address, data []byte) error {
	var m messages.HTTPResponse
	if err := pack.Unmarshal(data, &m); err != nil {
		return actor.Errorf(actor.CodeMalformed, "%s answered %s with what is no response: %s", who, messages.HandleRequest, actor.AsError(err).Message)
	}
	if code := m.StatusCode; code != 0 && (code < 200 || code > 999) {
		return actor.Errorf(actor.CodeMalformed, "%s answered %s with the status %d: a status is from 200 to 999", who, messages.HandleRequest, code)
	}
	return nil
}
