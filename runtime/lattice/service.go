package lattice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// A Node answers what the service carries; see *node.Node for the meaning of its methods.
type Node interface {
	Handle(ctx context.Context, c *node.Call) node.Result
	Do(ctx context.Context, who node.Caller, op string, req any) (any, *api.Error)
	Info() api.Info
}

// Options configure a Service. Zero fields mean their defaults.
type Options struct {
	// Logger is told what goes wrong; nobody if nil.
	Logger *slog.Logger
	// Rejected, if not nil, is told why a request did not reach the node, in one of a few words. It must not block.
	Rejected func(reason string)
	// InFlight, Watches and Bodies bound the requests that are answered at the same time, watches not counted, the watches, and
	// the bytes of the payloads of all: 4,096, 4,096 and 256 MiB.
	InFlight, Watches, Bodies int
	// Wait lets Serve return although there is no server yet: the service is there when the server is.
	Wait bool
	// Inbox is what the subject that a request wants its answer at begins with, behind which is a dot or an underscore; others
	// get none. "_INBOX" if empty.
	Inbox string
	// Events publishes the events of all actors, and Changes the keys that transactions write, with their values. With one
	// of them, commits are published too.
	Events, Changes bool
}

// A Service is a node on a server of NATS. Its methods may be called from any goroutine.
type Service struct {
	node     Node
	subjects Subjects
	opts     Options
	log      *slog.Logger
	nc       *nats.Conn
	micro    micro.Service
	publish  *publisher // nil if nothing is published

	requests, watches room
	bodies            room
	workers           workers
	// ctx is that of all requests.
	ctx    context.Context
	cancel context.CancelFunc
	term   atomic.Pointer[term]
	closed chan struct{} // closed when the connection is

	counts counts
}

type counts struct {
	requests, refused, overloaded, unanswered, slow, reconnects atomic.Uint64
}

// Stats are what a service has done, and how it is. Counters only grow.
type Stats struct {
	// Connected says whether there is a server, and Reconnects how often one was found again.
	Connected  bool
	Reconnects uint64
	// Requests are all that came; Refused those of them that did not reach the node, and Overloaded those of these for which
	// there was no room.
	Requests, Refused, Overloaded uint64
	// Unanswered are answers that could not be sent, and Slow how often the server had to wait for us.
	Unanswered, Slow uint64
	// InFlight and Watches are the requests that are being answered.
	InFlight, Watches int
	// Published are the messages about transactions. The last one that all subscribers have been sent is Sequence; Lag is how long
	// after its transaction that was, and zero if nothing is published.
	Published, Sequence uint64
	Lag                 time.Duration
}

// A room counts what is inside of a bound.
type room struct {
	max    int64
	inside atomic.Int64
}

func (r *room) enter(n int) bool {
	if r.inside.Add(int64(n)) > r.max {
		r.inside.Add(int64(-n))
		return false
	}
	return true
}

func (r *room) leave(n int) { r.inside.Add(int64(-n)) }

// Serve answers the requests to a node that come over a server of NATS, until Stop. Ctx bounds the first connection.
func Serve(ctx context.Context, c Connection, n Node, o Options) (*Service, error) {
	info := n.Info()
	s := &Service{node: n, subjects: Subjects(info.Name), opts: o, log: o.Logger, closed: make(chan struct{})}
	if err := s.subjects.Check(); err != nil {
		return nil, err
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.requests.max, s.watches.max = int64(cmp.Or(o.InFlight, 4096)), int64(cmp.Or(o.Watches, 4096))
	s.bodies.max = int64(cmp.Or(o.Bodies, 256<<20))
	s.opts.Inbox = cmp.Or(o.Inbox, anyInbox)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.workers.jobs, s.workers.quit, s.workers.do = make(chan job), s.ctx.Done(), s.do
	nc, err := c.open(ctx, "troupe "+info.Name, o.Wait, s.hooks(c.Place()))
	if err != nil {
		s.cancel()
		return nil, err
	}
	s.nc = nc
	if err := s.start(ctx, info, c.Place()); err != nil {
		s.cancel()
		nc.Close()
		<-s.closed
		return nil, fmt.Errorf("lattice: %w", err)
	}
	return s, nil
}

func (s *Service) start(ctx context.Context, info api.Info, place string) error {
	var err error
	s.micro, err = micro.AddService(s.nc, micro.Config{Name: "troupe", Version: semantic(info.Version), QueueGroup: "troupe",
		Description: "the node " + info.Name + " of Troupe", Metadata: map[string]string{"node": info.Host, "name": info.Name, "version": info.Version}})
	if err != nil {
		return err
	}
	for _, op := range api.Ops() {
		err := s.micro.AddEndpoint(op.Name, micro.HandlerFunc(func(r micro.Request) { s.take(op, r) }), micro.WithEndpointSubject(s.subjects.Request(op.Name)),
			micro.WithEndpointMetadata(map[string]string{"doc": op.Doc, "role": op.Role}), micro.WithEndpointPendingLimits(pendingRequests, pendingBytes))
		if err != nil {
			return err
		}
	}
	if s.nc.IsConnected() {
		// The server knows all subjects when Serve returns.
		if err := flush(ctx, s.nc); err != nil {
			return err
		}
	} else {
		s.log.Warn("there is no server of NATS yet: it is waited for", "url", place)
	}
	if s.opts.Events || s.opts.Changes {
		s.publish, err = startPublisher(ctx, s)
	}
	return err
}

// Bounds of what waits for one operation to be looked at, which is short.
const (
	pendingRequests = 65536
	pendingBytes    = 64 << 20
)

var semanticVersion = regexp.MustCompile(`^v?((0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z-]+)?)$`)

// semantic returns a version as a micro service must have it, be it none.
func semantic(version string) string {
	if m := semanticVersion.FindStringSubmatch(version); m != nil {
		return m[1]
	}
	return "0.0.0"
}

func (s *Service) hooks(place string) hooks {
	return hooks{
		lost: func(err error) {
			if s.ctx.Err() == nil {
				s.log.Warn("the server of NATS is lost: it is tried again", "url", place, "err", err)
			}
		},
		back: func() {
			s.counts.reconnects.Add(1)
			s.log.Info("the server of NATS is there again", "url", place)
		},
		failed: func(sub *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrSlowConsumer) {
				s.counts.slow.Add(1)
			}
			if sub != nil {
				s.log.Warn("NATS: something is wrong with a subscription", "subject", sub.Subject, "err", err)
			} else {
				s.log.Debug("NATS: something is wrong", "url", place, "err", err)
			}
		},
		closed: func() { close(s.closed) },
	}
}

// take begins with a request. It is called by one goroutine for each operation and does not wait.
func (s *Service) take(op api.Op, r micro.Request) {
	s.counts.requests.Add(1)
	reply, payload := r.Reply(), r.Data()
	if !s.answerable(reply) {
		// Who cannot be told what came of it has nothing done.
		reason := "reply"
		if reply == "" {
			reason = "no_reply"
		}
		s.refuse(reason)
		s.log.Debug("a request wants no answer, or not at an inbox: it is dropped", "op", op.Name, "reply", fmt.Sprintf("%.80q", reply))
		return
	}
	call, timeout, failed := parse(op.Name, nats.Header(r.Headers()))
	if failed != nil {
		s.refuse("headers")
		s.fail(reply, call.Type, failed)
		return
	}
	inside := &s.requests
	if op.Name == "watch" {
		inside = &s.watches
	}
	if !inside.enter(1) {
		s.overloaded(reply, call.Type, "answers", inside.max, "requests at this moment")
		return
	}
	if !s.bodies.enter(len(payload)) {
		inside.leave(1)
		s.overloaded(reply, call.Type, "holds", s.bodies.max, "bytes of requests")
		return
	}
	call.Payload = payload
	s.workers.run(job{op, call, reply, timeout, inside})
}

// do answers a request and makes room for another.
func (s *Service) do(j job) {
	defer j.inside.leave(1)
	defer s.bodies.leave(len(j.call.Payload))
	s.answer(j.op, j.call, j.reply, j.timeout)
}

func (s *Service) answerable(reply string) bool {
	rest, ok := strings.CutPrefix(reply, s.opts.Inbox)
	return ok && len(rest) > 1 && (rest[0] == '.' || rest[0] == '_') && !strings.ContainsAny(rest, "*>")
}

// answer answers a request.
func (s *Service) answer(op api.Op, call *node.Call, reply string, timeout time.Duration) {
	ctx, cancel := s.bounded(timeout)
	defer cancel()
	res := s.node.Handle(ctx, call)
	var err error
	switch {
	case res.Err != nil:
		s.send(reply, res.Err, res.Payload)
		return
	case res.Replayed:
		err = s.nc.PublishMsg(&nats.Msg{Subject: reply, Data: res.Payload, Header: nats.Header{HeaderReplayed: {"true"}}})
	default:
		err = s.nc.Publish(reply, res.Payload)
	}
	if errors.Is(err, nats.ErrMaxPayload) {
		s.tooLarge(op, reply, res)
	} else if err != nil {
		s.counts.unanswered.Add(1)
	}
}

// A term is a context for all requests of a second that have no time of their own: a timer for each would cost more than
// a query is worth.
type term struct {
	context.Context
	cancel context.CancelFunc
	until  time.Time // for requests that begin before
}

// bounded returns the context of a request, which ends after timeout, or up to a second later.
func (s *Service) bounded(timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout != defaultTimeout {
		return context.WithTimeout(s.ctx, timeout)
	}
	now := time.Now()
	t := s.term.Load()
	if t == nil || now.After(t.until) {
		next := &term{until: now.Add(time.Second)}
		next.Context, next.cancel = context.WithTimeout(s.ctx, timeout+time.Second)
		if s.term.CompareAndSwap(t, next) {
			return next, func() {} // it ends by itself
		}
		next.cancel()
		t = s.term.Load()
	}
	return t, func() {}
}

// tooLarge tells that an answer does not fit, and what came of the request.
func (s *Service) tooLarge(op api.Op, reply string, res node.Result) {
	e := errorf(api.CodeTooLarge, "the answer has %d bytes, and the server of NATS takes at most %d: ask for less, or over HTTP", len(res.Payload), s.nc.MaxPayload())
	if op.Write {
		var receipt api.Receipt
		_ = api.DecodeAnswer(res.Type, res.Payload, &receipt) // without it there is no sequence
		e.Sequence = receipt.Sequence
		e.Message = fmt.Sprintf("the transaction is committed, but its answer has %d bytes, and the server of NATS takes at most %d: ask for its receipt over HTTP",
			len(res.Payload), s.nc.MaxPayload())
	}
	s.fail(reply, res.Type, e)
}

// fail sends an error in the encoding of a request.
func (s *Service) fail(reply, mediaType string, e *api.Error) {
	encoding, err := api.Encoding(mediaType)
	if err != nil {
		encoding = api.JSON
	}
	payload, _ := api.Encode(encoding, e) // an error has nothing in it that cannot be encoded
	s.send(reply, e, payload)
}

func (s *Service) send(reply string, e *api.Error, payload []byte) {
	err := s.nc.PublishMsg(&nats.Msg{Subject: reply, Data: payload,
		Header: nats.Header{HeaderError: {line(e.Error())}, HeaderErrorCode: {string(e.Code)}}})
	if err != nil {
		s.counts.unanswered.Add(1)
	}
}

func (s *Service) refuse(reason string) {
	s.counts.refused.Add(1)
	if s.opts.Rejected != nil {
		s.opts.Rejected(reason)
	}
}

func (s *Service) overloaded(reply, mediaType, does string, bound int64, what string) {
	s.refuse("overloaded")
	s.counts.overloaded.Add(1)
	s.fail(reply, mediaType, &api.Error{Code: api.CodeOverloaded, RetryAfter: 50,
		Message: fmt.Sprintf("the node %s %d %s and takes no more: try again", does, bound, what)})
}

// Connected reports whether there is a server.
func (s *Service) Connected() bool { return s.nc.IsConnected() }

// Stats returns what the service has done, and how it is.
func (s *Service) Stats() Stats {
	c := &s.counts
	out := Stats{Connected: s.nc.IsConnected(), Reconnects: c.reconnects.Load(), Requests: c.requests.Load(), Refused: c.refused.Load(),
		Overloaded: c.overloaded.Load(), Unanswered: c.unanswered.Load(), Slow: c.slow.Load(),
		InFlight: int(s.requests.inside.Load()), Watches: int(s.watches.inside.Load())}
	if p := s.publish; p != nil {
		out.Published, out.Sequence, out.Lag = p.published.Load(), p.sequence.Load(), time.Duration(p.lag.Load())
	}
	return out
}

// Stop takes no more requests, answers those that were taken, and closes the connection. Watches end when the node is
// drained, which should be before. When ctx ends before that, it cuts what is left and returns the error of ctx. It may be called
// more than once.
func (s *Service) Stop(ctx context.Context) error {
	defer func() {
		s.cancel()
		s.nc.Close()
		<-s.closed
	}()
	if s.publish != nil {
		s.publish.stop()
	}
	if !s.nc.IsConnected() {
		return nil // there is nobody to be answered
	}
	if err := s.micro.Stop(); err != nil {
		return fmt.Errorf("lattice: %w", err)
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	// What the server has sent before it heard of the end is taken, too.
	for s.nc.NumSubscriptions() > 0 || s.requests.inside.Load() > 0 || s.watches.inside.Load() > 0 {
		if !s.nc.IsConnected() {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.closed:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("lattice: %d requests and %d watches were under way: %w", s.requests.inside.Load(), s.watches.inside.Load(), context.Cause(ctx))
		}
	}
	if err := flush(ctx, s.nc); err != nil && s.nc.IsConnected() {
		return fmt.Errorf("lattice: %w", err)
	}
	return nil
}
