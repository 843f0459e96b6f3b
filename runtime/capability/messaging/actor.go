package messaging

import (
	"context"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// The operations beside those of the contract.
const (
	OpSent    = "Outbox.Sent"    // by sudo: Sent → nothing
	OpWaiting = "Outbox.Waiting" // by query: nothing → a list of Waiting
)

// Bounds of what an actor says.
const (
	// MaxBody is what a server of NATS takes unless it is told otherwise, with room for headers.
	MaxBody = 1<<20 - 1<<10
	// MaxTimeout bounds the time for an answer, in milliseconds; DefaultTimeout holds where the actor says 0.
	MaxTimeout     = 10_000
	DefaultTimeout = 2_000
)

// The codes of refusals, beside those of package capability.
const (
	CodeSubject    = "invalid_subject" // no subject that could be published on
	CodeOutboxFull = "outbox_full"     // more waits than an outbox holds
)

// Actor returns the half of the provider inside of transactions. One value serves all providers of the kind.
func Actor() actor.Actor { return capability.NewProvider(capability.Messaging, &broker{}) }

type broker struct{ memo capability.Memo }

var _ capability.Deliverer = &broker{}

// Serve implements capability.Handler.
func (b *broker) Serve(ctx context.Context, req *capability.Request) ([]byte, error) {
	switch {
	case req.View != nil && req.Operation == OpWaiting:
		return pack.Marshal(waiting(req.View.State)), nil
	case req.View != nil && (req.Operation == messages.Publish || req.Operation == messages.Request):
		return nil, actor.Errorf(actor.CodeReadOnly, "%s needs a transaction", req.Operation)
	case req.View == nil && req.Operation == messages.Publish:
		return nil, publish(req)
	case req.View == nil && req.Operation == messages.Request:
		return ask(ctx, req)
	}
	return nil, capability.ErrNoOperation(req.Operation)
}

func publish(req *capability.Request) error {
	var m messages.Message
	if err := pack.Unmarshal(req.Payload, &m); err != nil {
		return err
	}
	if m.Subject == capability.PolicySubject {
		req.Env.State.Set([]byte(capability.PolicySubject), m.Body)
		return nil
	}
	if err := checkSubject(m.Subject); err != nil {
		return err
	}
	if m.ReplyTo != "" {
		if err := checkSubject(m.ReplyTo); err != nil {
			return err
		}
	}
	on := m.Subject
	if allowed(req, ValuePublish, ">", on) && strings.HasPrefix(m.ReplyTo, "$") {
		on = m.ReplyTo // who answers may be let in to subjects of servers; where else an answer goes is free
	}
	if !allowed(req, ValuePublish, ">", on) {
		return actor.Errorf(capability.CodeDenied, "%s may not publish on %s: the value %s of its link %s says on which subjects it may",
			req.From, on, ValuePublish, req.Link.Name)
	}
	if len(m.Body) > MaxBody {
		return errBody(len(m.Body))
	}
	return put(req.Env, Outbox{req.From, req.Link.Name}, &m)
}

func errBody(n int) error {
	return actor.Errorf(actor.CodeBodyTooLarge, "a message has at most %d bytes, this one has %d", MaxBody, n)
}

// ask has the question asked as an Invocation whose Origin is the actor that asks.
func ask(ctx context.Context, req *capability.Request) ([]byte, error) {
	var q messages.RequestArgs
	if err := pack.Unmarshal(req.Payload, &q); err != nil {
		return nil, err
	}
	if err := checkSubject(q.Subject); err != nil {
		return nil, err
	}
	if !allowed(req, ValueRequest, "", q.Subject) {
		return nil, actor.Errorf(capability.CodeDenied, "%s may not ask on %s: a question reaches out before there is a commit, so its link %s must allow it by the value %s=%s",
			req.From, q.Subject, req.Link.Name, ValueRequest, q.Subject)
	}
	if len(q.Body) > MaxBody {
		return nil, errBody(len(q.Body))
	}
	if q.TimeoutMs == 0 {
		q.TimeoutMs = DefaultTimeout
	}
	q.TimeoutMs = min(q.TimeoutMs, MaxTimeout)
	outside, ok := req.Env.Services.(capability.Asker)
	if !ok {
		return nil, actor.Errorf(actor.CodeUnsupported, "who runs the transaction cannot ask the world outside")
	}
	inv := capability.Invocation{Operation: messages.Request, Contract: capability.Messaging, Link: req.Link.Name, Payload: pack.Marshal(&q), Origin: req.From}
	answer, err := outside.Outside(ctx, inv.Encode())
	if err != nil {
		return nil, err
	}
	var m messages.Message
	if pack.Unmarshal(answer, &m) != nil {
		return nil, actor.Errorf(actor.CodeOutside, "the answer on %s is no message", q.Subject)
	}
	return answer, nil
}

// Deliver implements capability.Deliverer. What comes in goes to the actor when this call has ended, so that the actor can publish
// over the same provider.
func (b *broker) Deliver(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	inv, err := capability.DecodeInvocation(msg.Body)
	if err != nil {
		return actor.Response{}, err
	}
	if inv.Origin == "" || inv.Contract != capability.Messaging {
		return actor.Response{}, errDelivery()
	}
	switch inv.Operation {
	case OpSent:
		return sent(env, Outbox{inv.Origin, inv.Link}, inv.Payload)
	case messages.HandleMessage:
	default:
		return actor.Response{}, errDelivery()
	}
	link, _, refused := capability.Linked(capability.TableOf(env.Services, &b.memo), env.Self, inv.Origin, inv.Contract, inv.Link)
	if refused != nil {
		return actor.Response{}, refused
	}
	to := inv.Origin
	inv.Origin, inv.Link = "", link.Name
	return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: to, Body: inv.Encode()}}}}, nil
}

func errDelivery() error {
	return actor.Errorf(actor.CodeMalformed, "what comes in is an invocation of %s or %s, whose origin is the actor that it is about", messages.HandleMessage, OpSent)
}
