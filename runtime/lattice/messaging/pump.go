package messaging

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messaging"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// ownPrefix begins the names of our messages.
const ownPrefix = "troupe-"

// pageRows is how many rows of an outbox are read, and their messages sent, until they are taken out.
const pageRows = 512

// pump sends what waits in the outbox of the link, and what comes to be there, until ctx ends or sending fails.
func (h *half) pump(ctx context.Context) error {
	end, err := h.bus.turn(ctx, h.key)
	if err != nil {
		return nil // the half that had its turn goes on
	}
	defer end()
	box := messaging.Outbox{Actor: h.at.Link.Actor, Link: h.at.Link.Name}
	for {
		head, err := h.at.Host.Reader().Head()
		if err != nil {
			return hostError(err)
		}
		if err := h.empty(ctx, box); err != nil {
			return err
		}
		watch := query.WatchOptions{Actor: h.at.Provider.Address, Keys: true, Prefix: box.QueueKey(), From: head.Sequence}
		for _, err = range h.at.Host.Reader().Watch(ctx, watch) {
			if err != nil {
				break
			}
			if err := h.empty(ctx, box); err != nil {
				return err
			}
		}
		if !errors.Is(err, query.ErrTooOld) { // then what waits is looked at anew
			return hostError(err)
		}
	}
}

func hostError(err error) error { return fmt.Errorf("the outbox cannot be read: %w", err) }

// empty sends what is in the outbox now.
func (h *half) empty(ctx context.Context, box messaging.Outbox) error {
	for {
		rows, err := h.waiting(box)
		if err != nil {
			return hostError(err)
		}
		if len(rows) == 0 {
			h.bus.setStuck(h.key, false)
			return nil
		}
		dropped, err := h.publish(ctx, rows)
		if err != nil {
			h.bus.setStuck(h.key, !h.nc.IsClosed() && ctx.Err() == nil)
			return err
		}
		if err := h.remove(box, messaging.Sent{Through: rows[len(rows)-1].Number, Dropped: dropped}); err != nil {
			return err
		}
	}
}

// waiting returns the next messages of an outbox: those of a page, and one at least, for a page may have less than a message.
func (h *half) waiting(box messaging.Outbox) ([]*messaging.Row, error) {
	reader, who := h.at.Host.Reader(), h.at.Provider.Address
	value, _, err := reader.Get(who, box.QueueKey())
	if err != nil {
		return nil, err
	}
	queue, err := messaging.DecodeQueue(value)
	if err != nil || queue.First == queue.Next {
		return nil, err
	}
	list := query.Range{Prefix: box.RowsPrefix(), Start: box.RowKey(queue.First), Limit: pageRows}
	var rows []*messaging.Row
	parts := messaging.NewReader(box)
	for {
		page, err := reader.Scan(who, list)
		if err != nil {
			return nil, err
		}
		for _, pair := range page.Pairs {
			row, err := parts.Take(pair.Key, pair.Value)
			if err != nil {
				return nil, err
			}
			if row != nil {
				rows = append(rows, row)
			}
			if row != nil && h.bus.isStuck(h.key) {
				break
			}
		}
		if list.Token = page.Token; len(rows) > 0 || list.Token == "" {
			return rows, nil
		}
	}
}

// publish sends messages, and returns when a server has them all. What it would never take is dropped.
func (h *half) publish(ctx context.Context, rows []*messaging.Row) (dropped []messaging.Dropped, err error) {
	var acks []jetstream.PubAckFuture
	before := h.nc.LastError()
	for _, row := range rows {
		m := nats.NewMsg(row.Subject)
		m.Reply, m.Data = row.ReplyTo, row.Body
		m.Header.Set(messageID, ownPrefix+row.ID)
		if bound := h.nc.MaxPayload(); bound > 0 && int64(len(row.Body)+headerBytes) > bound {
			h.log.warn("a message is dropped: it is too large for the server", "subject", row.Subject, "bytes", len(row.Body), "bound", bound)
			dropped = append(dropped, messaging.Dropped{Number: row.Number, Subject: row.Subject, Reason: fmt.Sprintf("the server of NATS takes %d bytes, with headers", bound)})
			continue
		}
		if h.values.PublishAck {
			m.Reply = "" // the acknowledgement goes there
			ack, err := h.streams.PublishMsgAsync(m)
			if err != nil {
				return nil, h.publishError(err)
			}
			acks = append(acks, ack)
			continue
		}
		if err := h.nc.PublishMsg(m); err != nil {
			return nil, h.publishError(err)
		}
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			return nil, h.publishError(err)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return dropped, h.values.flush(ctx, h.nc, before)
}

// headerBytes is what the header of our messages has.
const headerBytes = 80

func (h *half) publishError(err error) error {
	if errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrAsyncPublishTimeout) {
		return fmt.Errorf("no stream at %s takes what is published: make one with the subject, or leave the value publish_ack out", h.values.place())
	}
	return fmt.Errorf("what is published does not leave for %s: %s", h.values.place(), h.values.hide(err.Error()))
}

// remove takes messages that have left out of an outbox. It is done although the half ends meanwhile.
func (h *half) remove(box messaging.Outbox, s messaging.Sent) error {
	inv := capability.Invocation{Operation: messaging.OpSent, Contract: capability.Messaging, Link: box.Link, Payload: pack.Marshal(&s), Origin: box.Actor}
	ctx, cancel := context.WithTimeout(h.work, removeTimeout)
	defer cancel()
	_, err := h.do(ctx, dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: h.at.Provider.Address, Body: inv.Encode()}})
	if err != nil {
		return fmt.Errorf("what has left is not taken out of the outbox, and will be sent again: %w", err)
	}
	return nil
}

const removeTimeout = 30 * time.Second
