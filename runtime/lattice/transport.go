package lattice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
)

// Dial connects to a server of NATS and returns what carries requests to the node of that name, or to the nodes that share
// it. Ctx bounds the connection. When the server is lost it is tried again until Close; calls meanwhile fail at once, with
// CodeUnavailable. The error is an *api.Error: CodeForbidden if the server denies us, CodeUnavailable if it is not there.
func Dial(ctx context.Context, c Connection, name string) (client.Transport, error) {
	t := &transport{subjects: Subjects(name), place: c.Place(), pending: map[string]*pending{}, closed: make(chan struct{})}
	if err := t.subjects.Check(); err != nil {
		return nil, errorf(api.CodeBadRequest, "%s", err)
	}
	nc, err := c.open(ctx, "troupe client of "+name, false, hooks{lost: t.lost, back: t.back, failed: t.failed, closed: func() { close(t.closed) }})
	if err == nil {
		t.nc, t.inbox = nc, nc.NewRespInbox()
		t.inbox = t.inbox[:strings.LastIndexByte(t.inbox, '.')+1]
		if _, err = nc.Subscribe(t.inbox+"*", t.answered); err == nil {
			err = flush(ctx, nc)
		}
		if err != nil {
			nc.Close()
			<-t.closed
		}
	}
	var denied *DeniedError
	switch {
	case errors.As(err, &denied):
		return nil, errorf(api.CodeForbidden, "%s", err)
	case err != nil:
		return nil, errorf(api.CodeUnavailable, "%s", err)
	}
	return t, nil
}

// flush returns when the server has had everything.
func flush(ctx context.Context, nc *nats.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return nc.FlushWithContext(ctx)
}

// A transport is a client.Transport. It waits for answers itself, so that all who wait are told when the server is lost.
type transport struct {
	subjects Subjects
	place    string
	nc       *nats.Conn
	inbox    string // with the dot
	closed   chan struct{}

	mu      sync.Mutex
	next    uint64
	pending map[string]*pending // by the last word of the subject of the answer
	denied  error               // why the server does not let us in, nil if it does
}

// pending is a call that waits.
type pending struct {
	subject string
	result  chan result // has room for one
}

type result struct {
	answer *nats.Msg
	err    *api.Error
}

// Call implements client.Transport.
func (t *transport) Call(ctx context.Context, op string, header map[string]string, payload []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !t.nc.IsConnected() {
		return nil, t.away()
	}
	m := &nats.Msg{Subject: t.subjects.Request(op), Header: make(nats.Header, len(header)+1), Data: payload}
	for k, v := range header {
		m.Header[k] = []string{v}
	}
	if deadline, ok := ctx.Deadline(); ok {
		m.Header[HeaderTimeout] = []string{strconv.FormatInt(max(1, time.Until(deadline).Milliseconds()), 10)}
	}
	p, token := t.wait(m.Subject)
	defer t.forget(token)
	m.Reply = t.inbox + token
	if err := t.nc.PublishMsg(m); err != nil {
		if errors.Is(err, nats.ErrMaxPayload) {
			return nil, errorf(api.CodeTooLarge, "the request has %d bytes, and the server of NATS at %s takes at most %d", len(payload), t.place, t.nc.MaxPayload())
		}
		return nil, t.away()
	}
	select {
	case r := <-p.result:
		if r.err != nil {
			return nil, r.err
		}
		return t.open(r.answer, header[client.HeaderType])
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Close implements client.Transport.
func (t *transport) Close() error {
	t.nc.Close()
	<-t.closed
	t.fail(func(*pending) *api.Error {
		return errorf(api.CodeUnknown, "the connection was closed before the answer came")
	})
	return nil
}

func (t *transport) wait(subject string) (*pending, string) {
	p := &pending{subject: subject, result: make(chan result, 1)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next++
	token := strconv.FormatUint(t.next, 36)
	t.pending[token] = p
	return p, token
}

func (t *transport) forget(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.pending, token)
}

// answered is called with what comes to the inbox.
func (t *transport) answered(m *nats.Msg) {
	t.mu.Lock()
	p := t.pending[m.Subject[min(len(m.Subject), len(t.inbox)):]]
	t.mu.Unlock()
	if p != nil {
		select {
		case p.result <- result{answer: m}:
		default: // an answer that nobody has asked for twice
		}
	}
}

// fail tells those who wait why they wait in vain, if why says something.
func (t *transport) fail(why func(*pending) *api.Error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pending {
		if err := why(p); err != nil {
			select {
			case p.result <- result{err: err}:
			default:
			}
		}
	}
}

// lost ends the calls that are on their way: what the server has had of them nobody knows.
func (t *transport) lost(error) {
	t.fail(func(*pending) *api.Error {
		return errorf(api.CodeUnknown, "the server of NATS at %s was lost before the answer came: ask again with the same request id", t.place)
	})
}

func (t *transport) back() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.denied = nil
}

// failed is told of what is wrong with the connection.
func (t *transport) failed(_ *nats.Subscription, err error) {
	switch {
	case errors.Is(err, nats.ErrPermissionViolation):
		t.fail(func(p *pending) *api.Error {
			if !strings.Contains(err.Error(), strconv.Quote(p.subject)) {
				return nil
			}
			return errorf(api.CodeForbidden, "the server of NATS at %s does not let us ask at %s: the node may have another name", t.place, p.subject)
		})
	case errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) || errors.Is(err, nats.ErrAuthRevoked):
		t.mu.Lock()
		t.denied = err
		t.mu.Unlock()
	}
}

// away is why nothing can be sent now.
func (t *transport) away() *api.Error {
	t.mu.Lock()
	denied := t.denied
	t.mu.Unlock()
	switch {
	case t.nc.IsClosed():
		return errorf(api.CodeUnavailable, "the connection to the server of NATS at %s is closed", t.place)
	case denied != nil:
		return errorf(api.CodeForbidden, "%s", &DeniedError{Key: t.nc.Opts.Nkey, URL: t.place, err: denied})
	}
	return &api.Error{Code: api.CodeUnavailable, RetryAfter: 100, Message: fmt.Sprintf("the server of NATS at %s is not there: it is tried again", t.place)}
}

// open returns the payload of an answer, or the error that it is.
func (t *transport) open(m *nats.Msg, mediaType string) ([]byte, error) {
	const noResponders = "503"
	switch {
	case m.Header == nil:
		return m.Data, nil
	case len(m.Data) == 0 && m.Header.Get("Status") == noResponders:
		return nil, &api.Error{Code: api.CodeUnavailable, RetryAfter: 200,
			Message: fmt.Sprintf("no node %s answers at the server of NATS at %s: is it running, and is this its name?", string(t.subjects), t.place)}
	case m.Header.Get(HeaderErrorCode) == "":
		return m.Data, nil
	}
	encoding, err := api.Encoding(mediaType)
	e := &api.Error{}
	if err != nil || bytes.HasPrefix(m.Data, []byte("{")) {
		encoding = api.JSON // the node could not know better
	}
	if api.DecodeAnswer(encoding, m.Data, e) != nil || e.Code == "" {
		e = &api.Error{Code: api.Code(m.Header.Get(HeaderErrorCode)), Message: m.Header.Get(HeaderError)}
	}
	return nil, e
}
