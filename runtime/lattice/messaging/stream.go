package messaging

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/troupe-run/troupe/runtime/capability/messages"
)

// consume takes what comes from a stream.
func (h *half) consume(ctx context.Context, fail context.CancelCauseFunc) (end func(), err error) {
	consumer, err := h.consumer(ctx)
	if err != nil {
		return nil, h.streamError(err)
	}
	consuming, err := consumer.Consume(h.takeStored, jetstream.PullMaxMessages(h.values.InFlight),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrBadRequest) {
				fail(h.streamError(err))
			}
		}))
	if err != nil {
		return nil, h.streamError(err)
	}
	return func() {
		if h.nc.IsClosed() {
			consuming.Stop()
		} else {
			consuming.Drain()
		}
		<-consuming.Closed()
	}, nil
}

// consumer returns the durable consumer of the link, and makes it if it is not there. One that is there is given what the link says.
func (h *half) consumer(ctx context.Context) (jetstream.Consumer, error) {
	config := jetstream.ConsumerConfig{Durable: h.values.Durable, Description: "Troupe: " + h.at.Name(),
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: h.values.AckWait, MaxAckPending: max(1000, h.values.InFlight), MaxDeliver: -1}
	for _, s := range h.values.Subscriptions {
		config.FilterSubjects = append(config.FilterSubjects, s.Subject)
		if config.Durable == "" {
			config.Durable = s.Queue
		}
	}
	if config.Durable == "" {
		config.Durable = "troupe-" + digest(string(h.key.provider), string(h.key.actor), h.key.link)
	}
	if h.values.InFlight == 1 {
		config.MaxAckPending = 1 // else what comes behind a message that failed would overtake it
	}
	return h.streams.CreateOrUpdateConsumer(ctx, h.values.Stream, config)
}

func (h *half) streamError(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("the server of NATS at %s has no stream %s: make it there, with subjects that hold those of the link", h.values.place(), h.values.Stream)
	case errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("the server of NATS at %s has no JetStream for the link: enable it there, or leave the values stream and publish_ack out", h.values.place())
	}
	return fmt.Errorf("the stream %s at %s: %s", h.values.Stream, h.values.place(), h.values.hide(err.Error()))
}

// takeStored begins to handle a message of a stream.
func (h *half) takeStored(msg jetstream.Msg) {
	h.begin(func() {
		meta, err := msg.Metadata()
		if err != nil {
			h.log.warn("a message is not of a stream, and is left", "subject", msg.Subject())
			return
		}
		if h.absent() {
			_ = msg.NakWithDelay(h.values.Retry) // it waits until the actor is there
			return
		}
		alive := h.keepAlive(msg)
		defer alive()
		m := &messages.Message{Subject: msg.Subject(), Body: msg.Data()}
		o, failures := h.deliver(h.key.provider, stored(msg, meta), m, h.values.MaxDeliver)
		switch o {
		case committed:
			err = msg.Ack()
		case moved:
			err = msg.NakWithDelay(h.values.Retry)
		case failed:
			err = msg.NakWithDelay(h.values.Retry << min(failures-1, 10))
		case spent:
			h.log.warn("a message is given up: the actor fails at it", "subject", msg.Subject(), "stream", meta.Stream, "sequence", meta.Sequence.Stream, "attempts", failures)
			err = msg.TermWithReason("the actor failed " + strconv.Itoa(failures) + " times")
		case refused:
			err = msg.TermWithReason("another message had the same name")
		}
		if err != nil {
			h.log.warn("a message was not acknowledged, and will come again", "subject", msg.Subject(), "err", h.values.hide(err.Error()))
		}
	})
}

// keepAlive tells the server that a message is being worked on, until it is told to stop.
func (h *half) keepAlive(msg jetstream.Msg) (stop func()) {
	ctx, cancel := context.WithCancel(h.work)
	var beat func()
	beat = func() {
		if ctx.Err() == nil && msg.InProgress() == nil {
			time.AfterFunc(h.values.AckWait/2, beat)
		}
	}
	first := time.AfterFunc(h.values.AckWait/2, beat)
	return func() { cancel(); first.Stop() }
}

// stored names a message of a stream. Those that we have published are named by ourselves: a stream has one twice if it was sent
// again behind the window in which the server looks for that. Others may use a name again when the window is over. The time
// tells a stream from an earlier one of its name.
func stored(msg jetstream.Msg, meta *jetstream.MsgMetadata) string {
	if name := msg.Headers().Get(messageID); strings.HasPrefix(name, ownPrefix) {
		return name
	}
	return fmt.Sprintf("stream %s %d %d", meta.Stream, meta.Sequence.Stream, meta.Timestamp.UnixNano())
}
