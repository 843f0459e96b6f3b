package wasmbus

import (
	"slices"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// reach performs what a guest asks of somebody else, and returns the payload of the answer. It decides in the order of the
// classic host: who is meant, whether the claims allow it, whether the policy does. The payload is a part of the guest's
// memory. The error is what the guest is told; what it cannot be told ends the call.
func (c *call) reach(link, namespace, operation string, payload []byte) ([]byte, *actor.Error) {
	if isBuiltin(namespace) {
		if refused := capability.Outbound(c.row, namespace); refused != nil {
			return nil, bare(c.refused(refused))
		}
		return c.translated(namespace, operation, payload, func(operation string, payload []byte) ([]byte, error) {
			return c.serveBuiltin(namespace, operation, payload)
		})
	}
	target, refused := c.table.Find(c.self, link, namespace)
	if refused != nil {
		return nil, bare(c.refused(refused))
	}
	contract := ""
	if target.Provider != nil {
		contract, link = namespace, target.Link.Name
		if refused := capability.Outbound(c.row, contract); refused != nil {
			return nil, bare(c.refused(refused))
		}
	} else {
		link = ""
	}
	if refused := c.authorizeOut(&target, contract, link); refused != nil {
		return nil, bare(c.refused(refused))
	}
	return c.translated(contract, operation, payload, func(operation string, payload []byte) ([]byte, error) {
		return c.send(&request{target, capability.Invocation{Operation: operation, Contract: contract, Link: link, Payload: payload}})
	})
}

// translated performs an operation of a contract, which is empty for that of another actor, in the words that providers know.
func (c *call) translated(contract, operation string, payload []byte, do func(string, []byte) ([]byte, error)) ([]byte, *actor.Error) {
	op := messages.Call{Operation: operation, Payload: payload}
	var err error
	if c.actor.old {
		if op, err = messages.New(contract, operation, payload); err != nil {
			return nil, actor.AsError(err)
		}
	}
	data, err := do(op.Operation, op.Payload)
	if err == nil && op.Answer != nil {
		data, err = op.Answer(data)
	}
	return data, actor.AsError(err)
}

// bare is a refusal of the host as a guest is told it: the text alone, which people look for.
func bare(refused *actor.Error) *actor.Error {
	return &actor.Error{Code: actor.CodeFailed, Message: refused.Message}
}

// request is an invocation on its way.
type request struct {
	target capability.Target
	inv    capability.Invocation
}

// invoked reports whether the callee takes invocations. If not it takes JSON.
func (r *request) invoked() bool {
	if r.target.Provider != nil {
		return !r.target.Provider.Plain
	}
	return r.target.Guest
}

// send delivers a request, and returns the payload of the answer.
func (c *call) send(r *request) ([]byte, error) {
	if c.env == nil && !r.reads() {
		c.needsTransaction(r.inv.Operation, r.target.To)
	}
	if r.invoked() {
		if c.env == nil {
			r.inv.Origin = c.self
		}
		return c.deliver(r, r.inv.Encode())
	}
	body, err := pack.Message(r.inv.Operation, r.inv.Payload)
	if err != nil {
		return nil, err
	}
	data, err := c.deliver(r, body)
	if err != nil {
		return nil, err
	}
	return pack.Answer(data)
}

// readOperations are those of the contract keyvalue that change nothing.
var readOperations = []string{messages.Get, messages.Contains, messages.ListRange, messages.SetQuery, messages.SetUnion,
	messages.SetIntersection}

// reads reports whether a query may send the request. Whether another actor can answer it without writing, that one knows.
func (r *request) reads() bool {
	return r.target.Provider == nil || r.inv.Contract == capability.KeyValue && slices.Contains(readOperations, r.inv.Operation)
}

// deliver sends a body as a message at once or, in a query, as a query.
func (c *call) deliver(r *request, body []byte) ([]byte, error) {
	if c.env != nil {
		host, ok := c.Services.(capability.Caller)
		if !ok {
			return nil, actor.Errorf(actor.CodeUnsupported, "%s cannot be called here: these services deliver nothing at once", r.target.To)
		}
		return host.Call(c.ctx, r.target.To, body)
	}
	if r.target.To == c.self { // as in a transaction, in the same words
		return nil, actor.Errorf(actor.CodeReentrant, "%s is running already in this transaction, and nobody enters it in the middle of a call", c.self)
	}
	data, err := c.Query(c.ctx, r.target.To, body)
	if err != nil {
		switch actor.AsError(err).Code {
		case capability.CodeNeedsTransaction, actor.CodeReadOnly, actor.CodeUnsupported, actor.CodeUnknownMessage, actor.CodeQueryDepth:
			c.needsTransaction(r.inv.Operation, r.target.To) // the guest must not take another way than it would outside of a query
		}
	}
	return data, err
}

// needsTransaction ends the call of a query. It does not return.
func (c *call) needsTransaction(operation string, to actor.Address) {
	c.fail(capability.CodeNeedsTransaction, "%s of %s may write, and a query cannot: send a message instead", shown(operation), to)
}
