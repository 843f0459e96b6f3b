package messaging_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/lattice/messaging"
	"github.com/troupe-run/troupe/state"
)

func streams(t testing.TB, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	return must(jetstream.New(nc, jetstream.WithDefaultTimeout(30*time.Second)))
}

func addStream(t testing.TB, js jetstream.JetStream, name string, subjects ...string) jetstream.Stream {
	t.Helper()
	s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: name, Subjects: subjects, Storage: jetstream.MemoryStorage})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func unacknowledged(t testing.TB, s jetstream.Stream, durable string) int {
	t.Helper()
	c, err := s.Consumer(t.Context(), durable)
	if err != nil {
		t.Fatal(err)
	}
	info := must(c.Info(t.Context()))
	return info.NumAckPending + int(info.NumPending)
}

// TestStream: what is in a stream comes, also what came there before; it is acknowledged, and two nodes share it.
func TestStream(t *testing.T) {
	s, one, two := newServer(t), newRig(t), newRig(t)
	js := streams(t, s.client())
	stream := addStream(t, js, "JOBS", "jobs.>")
	const n = 100
	for i := range n / 2 {
		must(js.Publish(t.Context(), "jobs.a", fmt.Append(nil, i)))
	}
	must(js.Publish(t.Context(), "jobs.other", nil))
	one.link("echo", s.values("stream", "JOBS", "SUBSCRIPTION", "jobs.a|workers"))
	two.link("echo", s.values("stream", "JOBS", "SUBSCRIPTION", "jobs.a", "durable", "workers"))
	for i := range n / 2 {
		must(js.Publish(t.Context(), "jobs.a", fmt.Append(nil, i)))
	}
	one.eventually("all came", func() bool { return one.count("echo")+two.count("echo") == n })
	one.eventually("all is acknowledged", func() bool { return unacknowledged(t, stream, "workers") == 0 })
	if one.count("echo")+two.count("echo") != n {
		t.Errorf("%d and %d", one.count("echo"), two.count("echo"))
	}
}

// TestStreamFails: what an actor fails at comes again, as often as the link says and no more, and what comes behind it is not held
// up; what it does not fail at later has one effect.
func TestStreamFails(t *testing.T) {
	s, r := newServer(t), newRig(t)
	js := streams(t, s.client())
	stream := addStream(t, js, "JOBS", "jobs.>")
	r.link("echo", s.values("stream", "JOBS", "SUBSCRIPTION", "jobs.a", "durable", "d", "max_deliver", "3", "retry_ms", "20"))
	must(js.Publish(t.Context(), "jobs.a", []byte("fail")))
	must(js.Publish(t.Context(), "jobs.a", []byte("good")))
	r.eventually("the good one came", func() bool { return r.count("echo") == 1 })
	r.eventually("the other is given up", func() bool { return unacknowledged(t, stream, "d") == 0 })
	if n := failures(t, r); n != 3 {
		t.Errorf("it failed %d times", n)
	}
	// Once more, with an actor that becomes kind.
	r.link("echo", s.values("stream", "JOBS", "SUBSCRIPTION", "jobs.a", "durable", "d", "max_deliver", "100", "retry_ms", "20"))
	must(js.Publish(t.Context(), "jobs.a", []byte("fail again")))
	r.eventually("it fails", func() bool { return failures(t, r) >= 4 })
	if _, err := r.Send(t.Context(), "alice", actor.Message{To: "echo", Body: []byte("kind")}); err != nil {
		t.Fatal(err)
	}
	r.eventually("it came", func() bool { return r.count("echo") == 2 })
	r.eventually("it is acknowledged", func() bool { return unacknowledged(t, stream, "d") == 0 })
	if n := r.count("echo"); n != 2 {
		t.Errorf("it had %d effects", n)
	}
}

// failures counts the transactions of the provider that failed.
func failures(t testing.TB, r *rig) (n int) {
	t.Helper()
	head := must(r.Reader().Head())
	for seq := uint64(1); seq <= head.Sequence; seq++ {
		if receipt, err := r.Reader().Receipt(seq); err == nil && receipt.Err != nil && receipt.Err.Code == "told_to" {
			n++
		}
	}
	return n
}

// TestStreamAgain: what is not acknowledged in time comes again, and has one effect.
func TestStreamAgain(t *testing.T) {
	s, r := newServer(t), newRig(t)
	js := streams(t, s.client())
	stream := addStream(t, js, "JOBS", "jobs.>")
	// Somebody else of the same consumer takes it and says nothing; so does one who is killed.
	consumer, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "d", AckPolicy: jetstream.AckExplicitPolicy, AckWait: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	must(js.Publish(t.Context(), "jobs.a", []byte("x")))
	must(consumer.Next())
	r.link("echo", s.values("stream", "JOBS", "durable", "d", "ack_wait_ms", "100"))
	r.eventually("it came", func() bool { return r.count("echo") == 1 })
	r.eventually("it is acknowledged", func() bool { return unacknowledged(t, stream, "d") == 0 })

	// A consumer that begins anew brings everything again.
	r.order(capability.Order{Unlink: []capability.LinkName{{Actor: "echo", Contract: capability.Messaging}}})
	r.eventually("it has ended", func() bool { return r.status("echo").Actor == "" })
	if err := stream.DeleteConsumer(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	r.link("echo", s.values("stream", "JOBS", "durable", "d"))
	must(js.Publish(t.Context(), "jobs.a", []byte("y")))
	r.eventually("the next came", func() bool { return r.count("echo") >= 2 })
	r.eventually("all is acknowledged", func() bool { return unacknowledged(t, stream, "d") == 0 })
	if n := r.count("echo"); n != 2 {
		t.Errorf("two messages had %d effects", n)
	}
}

// forgetful is a host that is killed before it can say that messages have left.
type forgetful struct {
	edge.Host
	said chan struct{}
}

func (f forgetful) Do(context.Context, dispatch.Request) (*state.Receipt, error) {
	close(f.said)
	return nil, dispatch.ErrClosed
}

// TestSentTwice: who is killed between sending and saying so sends again under the same name; a stream keeps one, and a node that
// gets both does it once.
func TestSentTwice(t *testing.T) {
	s, r, other := newServer(t), newRig(t), newRig(t)
	nc := s.client()
	stream := addStream(t, streams(t, nc), "OUT", "out.>")
	other.link("echo", s.values("SUBSCRIPTION", "out.>"))
	other.link("echo2", s.values("stream", "OUT", "durable", "d"))
	heard := hear(t, nc, "out.>")
	r.stop()
	values := s.values()
	r.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "echo", Contract: capability.Messaging}, Provider: "nats", Values: values}}})
	if _, err := r.tell("echo", wish{Publish: []messages.Message{{Subject: "out.1", Body: []byte("once")}}}); err != nil {
		t.Fatal(err)
	}
	at := edge.At{Host: forgetful{r.Host, make(chan struct{})}, Provider: capability.Provider{Name: "nats", Address: provider, Contract: capability.Messaging, Kind: "messaging"},
		Link: capability.Link{Actor: "echo", Contract: capability.Messaging, Name: "default", Provider: "nats", Values: values}}
	if err := r.bus.Kind().New().Run(t.Context(), at, func(string) {}); !errors.Is(err, dispatch.ErrClosed) {
		t.Error(err)
	}
	if n := r.waiting(); n != 1 {
		t.Errorf("%d wait", n)
	}
	r.bus = messaging.New() // that of another process
	r.supervise()
	r.eventually("the outbox is empty", func() bool { return r.waiting() == 0 })
	first, second := must(heard.NextMsg(30*time.Second)), must(heard.NextMsg(30*time.Second))
	if a, b := first.Header.Get(nats.MsgIdHdr), second.Header.Get(nats.MsgIdHdr); a != b || a == "" || string(second.Data) != "once" {
		t.Errorf("the names are %q and %q", a, b)
	}
	if info := must(stream.Info(t.Context())); info.State.Msgs != 1 {
		t.Errorf("the stream has %d", info.State.Msgs)
	}
	other.eventually("both came", func() bool { return other.count("echo") > 0 && other.count("echo2") > 0 })
	other.stop() // when all has been handled
	if other.count("echo") != 1 || other.count("echo2") != 1 {
		t.Errorf("they had %d and %d effects", other.count("echo"), other.count("echo2"))
	}
}

// TestPublishAck: what a stream must take waits until there is one.
func TestPublishAck(t *testing.T) {
	s, r := newServer(t), newRig(t)
	js := streams(t, s.client())
	r.link("echo", s.values("publish_ack", "true"))
	if _, err := r.tell("echo", wish{Publish: []messages.Message{{Subject: "out.1", Body: []byte("1")}, {Subject: "out.2", Body: []byte("2")}}}); err != nil {
		t.Fatal(err)
	}
	r.eventually("it fails", func() bool { return r.status("echo").State == capability.Failed })
	if n := r.waiting(); n != 2 {
		t.Errorf("%d wait", n)
	}
	stream := addStream(t, js, "OUT", "out.>")
	r.eventually("the outbox is empty", func() bool { return r.waiting() == 0 })
	if info := must(stream.Info(t.Context())); info.State.Msgs != 2 {
		t.Errorf("the stream has %d", info.State.Msgs)
	}
}

// TestStreamTwice: what a node of ours sent again so late that the stream has it twice has one effect; what others send again under a
// name is for the stream to drop.
func TestStreamTwice(t *testing.T) {
	s, r := newServer(t), newRig(t)
	nc := s.client()
	js := streams(t, nc)
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"a"}, Storage: jetstream.MemoryStorage, Duplicates: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r.link("echo", s.values("stream", "S", "durable", "d"))
	for _, name := range []string{"troupe-00", "order-17", "troupe-00", "order-17"} {
		for must(js.Publish(t.Context(), "a", []byte("x"), jetstream.WithMsgID(name))).Duplicate {
			time.Sleep(20 * time.Millisecond) // until the window is over
		}
	}
	if n := must(stream.Info(t.Context())).State.Msgs; n != 4 {
		t.Fatalf("the stream has %d", n)
	}
	r.eventually("all is acknowledged", func() bool { return unacknowledged(t, stream, "d") == 0 })
	if n := r.count("echo"); n != 3 {
		t.Errorf("they had %d effects", n)
	}
}

// TestStreamWaits: what comes from a stream for an actor that is not there yet waits for it, and is not given up.
func TestStreamWaits(t *testing.T) {
	s, r := newServer(t), newRig(t)
	js := streams(t, s.client())
	stream := addStream(t, js, "JOBS", "jobs.>")
	r.link("late", s.values("stream", "JOBS", "durable", "d", "max_deliver", "1", "retry_ms", "20"))
	must(js.Publish(t.Context(), "jobs.a", []byte("x")))
	consumer := must(stream.Consumer(t.Context(), "d"))
	r.eventually("it was brought more than once", func() bool {
		return must(consumer.Info(t.Context())).Delivered.Consumer > 3 || unacknowledged(t, stream, "d") == 0
	})
	if err := r.Bind("late", echoer{}); err != nil {
		t.Fatal(err)
	}
	r.eventually("it is acknowledged", func() bool { return unacknowledged(t, stream, "d") == 0 })
	if n := r.count("late"); n != 1 {
		t.Errorf("it got %d messages", n)
	}
}

// TestNoStreamTakes: where others listen and no stream does the server refuses nothing; that is said, and what is published leaves
// when there is a stream.
func TestNoStreamTakes(t *testing.T) {
	s, r := newServer(t), newRig(t)
	r.bus.SetAckTime(200 * time.Millisecond)
	nc := s.client()
	hear(t, nc, "out.>")
	r.link("echo", s.values("publish_ack", "true"))
	if _, err := r.tell("echo", wish{Publish: []messages.Message{{Subject: "out.1", Body: []byte("1")}}}); err != nil {
		t.Fatal(err)
	}
	r.eventually("it fails", func() bool { return strings.Contains(r.logged.String(), "no stream at") })
	stream := addStream(t, streams(t, nc), "OUT", "out.>")
	r.eventually("the outbox is empty", func() bool { return r.waiting() == 0 })
	if info := must(stream.Info(t.Context())); info.State.Msgs != 1 {
		t.Errorf("the stream has %d", info.State.Msgs)
	}
}
