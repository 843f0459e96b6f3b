package messaging

import (
	"context"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/runtime/capability/messages"
)

// subscribe takes what comes by subjects alone. It comes into a backlog, so that neither the client's library nor the end of the
// connection loses what has come.
func (h *half) subscribe(ctx context.Context) (end func(), err error) {
	kept := newBacklog()
	handled := make(chan struct{})
	go func() {
		defer close(handled)
		for list := kept.take(); list != nil; list = kept.take() {
			for _, msg := range list {
				if !h.begin(func() { h.take(msg) }) {
					h.log.warn(lost, "subject", msg.Subject)
				}
			}
		}
	}()
	var subs []*nats.Subscription
	var closed []chan struct{}
	end = func() {
		for _, s := range subs {
			_ = s.Drain() // if the connection has broken it is closed
		}
		for _, c := range closed {
			<-c
		}
		kept.close()
		<-handled
	}
	for _, want := range h.values.Subscriptions {
		sub, err := h.nc.QueueSubscribe(want.Subject, h.queue(want), func(msg *nats.Msg) {
			if kept.put(msg) {
				h.log.warn("messages are lost: more come than the actor takes", "subject", msg.Subject)
			}
		})
		if err != nil {
			end()
			return nil, fmt.Errorf("subscribe to %s: %s", want.Subject, h.values.hide(err.Error()))
		}
		gone := make(chan struct{})
		once := sync.OnceFunc(func() { close(gone) })
		if sub.SetClosedHandler(func(string) { once() }); !sub.IsValid() {
			once() // before anybody could be told
		}
		subs, closed = append(subs, sub), append(closed, gone)
	}
	if err := h.values.flush(ctx, h.nc, nil); err != nil {
		h.nc.Close() // who is not let in gets no answer to a drain
		end()
		return nil, err
	}
	return end, nil
}

// queue returns who shares a subscription: without a queue the halves of one link, of which there are two while it changes.
func (h *half) queue(s Subscription) string {
	if s.Queue != "" {
		return s.Queue
	}
	return "troupe-" + digest(h.bus.name, string(h.key.actor), h.key.link)
}

const lost = "a message is lost, for the node ends"

// take handles a message.
func (h *half) take(msg *nats.Msg) {
	name := msg.Header.Get(messageID)
	if name != "" {
		name += " " + msg.Reply // a question that is asked again has another place for the answer
	}
	m := &messages.Message{Subject: msg.Subject, ReplyTo: msg.Reply, Body: msg.Data}
	o, to, linked := moved, h.key.provider, true
	for try := 0; o == moved && linked && try < 5; try++ {
		if try > 0 {
			to, linked = h.leads() // the server does not bring it again, to whoever the link has now
		}
		if linked {
			o, _ = h.deliver(to, name, m, 1)
		}
	}
	switch o {
	case unknown:
		h.log.warn(lost, "subject", msg.Subject)
	case moved:
		h.log.warn("a message is lost, for the actor is not linked any more", "subject", msg.Subject)
	}
}
