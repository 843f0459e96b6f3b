package messaging

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/messaging"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// messageID is the header that names a message, so that who gets it twice can tell.
const messageID = nats.MsgIdHdr

// Ask performs a question of an actor of capability.MessagingKind: for dispatch.Options.Outside. It goes over the connection
// of the link, for which it waits as long as for the answer. The answer is a messages.Message; the error is for the actor to read.
func (b *Bus) Ask(ctx context.Context, ask dispatch.Ask) ([]byte, error) {
	inv, err := capability.DecodeInvocation(ask.Request)
	if err != nil {
		return nil, err
	}
	var q messages.RequestArgs
	if err := pack.Unmarshal(inv.Payload, &q); err != nil {
		return nil, err
	}
	if inv.Operation != messages.Request {
		return nil, fmt.Errorf("%.80q is no question", inv.Operation)
	}
	wait := min(time.Duration(q.TimeoutMs)*time.Millisecond, messaging.MaxTimeout*time.Millisecond)
	within, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	l := b.line(within, linkKey{ask.From, inv.Origin, inv.Link})
	if l == nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("the link %s of %s has no connection to NATS: troupe get links says why", inv.Link, inv.Origin)
	}
	m := nats.NewMsg(q.Subject)
	m.Data = q.Body
	m.Header.Set(messageID, ask.ID)
	reply, err := l.nc.RequestMsgWithContext(within, m)
	switch {
	case err == nil:
		return pack.Marshal(&messages.Message{Subject: reply.Subject, ReplyTo: reply.Reply, Body: reply.Data}), nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("nobody listens on %s", q.Subject)
	case within.Err() != nil:
		return nil, fmt.Errorf("nobody answered on %s within %s", q.Subject, wait)
	}
	return nil, fmt.Errorf("the question on %s failed: %s", q.Subject, l.values.hide(err.Error()))
}
