package messaging

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// An outcome is what became of a message.
type outcome uint8

const (
	unknown   outcome = iota // the half or the host ends
	committed                // once, now or before
	failed                   // the actor, now
	spent                    // the actor, as often as it may
	refused                  // the host will never take it
	moved                    // the provider: the link led elsewhere in its turn, and the actor was not called
)

// begin takes a slot for a message, for which it waits, and starts what handles it. It returns false if the half ends first.
func (h *half) begin(handle func()) bool {
	select {
	case h.slots <- struct{}{}:
	case <-h.work.Done():
		return false
	}
	h.deliveries.Add(1)
	go func() {
		defer h.deliveries.Done()
		defer func() { <-h.slots }()
		handle()
	}()
	return true
}

// deliver brings a message to the actor, over the provider to. Name is what names it, and nothing else; it is empty if nobody will
// bring it again. It returns how often the actor has failed at it in all.
//
// A request has one outcome however often it is sent; so each attempt is a request of its own, with a number in its id. Those that
// have failed are found in the log, whoever made them, and are not made again: what counts is how often the actor was
// called, not how often the message came.
func (h *half) deliver(to actor.Address, name string, m *messages.Message, attempts int) (o outcome, failures int) {
	inv := capability.Invocation{Operation: messages.HandleMessage, Contract: capability.Messaging, Link: h.at.Link.Name,
		Payload: pack.Marshal(m), Origin: h.at.Link.Actor}
	req := dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: to, Body: inv.Encode()}}
	base := "nats-" + digest(string(to), string(h.key.actor), h.key.link, m.Subject, name)
	for tries := 0; failures < attempts; tries++ {
		switch {
		case name == "":
		case tries == 0:
			req.ID = base
		default:
			req.ID = base + "-" + strconv.Itoa(tries)
		}
		before, err := h.at.Host.Reader().Head()
		if err != nil {
			return unknown, failures
		}
		sequence, err := h.do(h.work, req)
		switch {
		case err == nil:
			return committed, failures
		case errors.Is(err, errRefused):
			h.log.warn("a message is refused, for another one had the same name", "subject", m.Subject, "err", err)
			return refused, failures
		case sequence == 0:
			return unknown, failures
		case h.unlinked(to, err):
			if sequence > before.Sequence {
				return moved, failures
			}
			continue
		}
		failures++
		if sequence > before.Sequence {
			h.log.warn("an actor failed at a message", "subject", m.Subject, "seq", sequence, "attempt", failures, "err", err)
			if failures < attempts {
				return failed, failures
			}
		}
	}
	return spent, failures
}

// unlinked reports whether an error is that of a provider which found that the link does not lead to it.
func (h *half) unlinked(by actor.Address, err error) bool {
	nothing := &capability.Table{Read: func(actor.Address, []byte) ([]byte, bool) { return nil, false }}
	_, _, refused := capability.Linked(nothing, by, h.at.Link.Actor, capability.Messaging, h.at.Link.Name)
	return errors.Is(err, refused)
}

// leads returns the provider that the link leads to by now, if it is one of the kind.
func (h *half) leads() (to actor.Address, ok bool) {
	reader := h.at.Host.Reader()
	t := capability.Table{Read: func(of actor.Address, key []byte) ([]byte, bool) {
		value, ok, err := reader.Get(of, key)
		return value, ok && err == nil
	}}
	link, ok := t.Link(h.at.Link.Actor, capability.Messaging, h.at.Link.Name)
	if !ok {
		return "", false
	}
	p, ok := t.Provider(link.Provider)
	if !ok || p.Kind != h.at.Provider.Kind {
		return "", false
	}
	return p.Address, true
}

// absent reports whether there is nobody who could be given a message now: the actor is scaled to 0, or has not been started.
func (h *half) absent() bool {
	if a := h.at.Actor(); a != nil {
		return a.Instances == 0
	}
	_, _, err := h.at.Host.Reader().Get(h.at.Link.Actor, nil)
	var nobody *actor.Error
	return errors.As(err, &nobody)
}

// errRefused says that a request can never be executed.
var errRefused = errors.New("refused")

// do has a request executed, however long it takes for the host to have room. With an error is the transaction that failed,
// 0 if there is none. What the host has forgotten counts as committed.
func (h *half) do(ctx context.Context, req dispatch.Request) (sequence uint64, err error) {
	for wait := shortest; ; wait = min(2*wait, longest) {
		receipt, err := h.at.Host.Do(ctx, req)
		var busy *dispatch.OverloadedError
		switch {
		case receipt != nil:
			return receipt.Sequence, err
		case errors.Is(err, dispatch.ErrNotKept):
			return 0, nil
		case errors.Is(err, dispatch.ErrRequestReused):
			return 0, errors.Join(errRefused, err)
		case ctx.Err() != nil || errors.Is(err, dispatch.ErrClosed) || errors.Is(err, dispatch.ErrStopped):
			return 0, err
		case errors.As(err, &busy):
			wait = max(wait, min(busy.RetryAfter, longest))
		default:
			h.log.warn("the host cannot take a message: it is tried again", "err", err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// The bounds of how long it takes until the host is asked again.
const (
	shortest = 20 * time.Millisecond
	longest  = 2 * time.Second
)
