package node

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/api"
)

// A Call is a request as a transport has received it.
type Call struct {
	Op string
	// Type is that of the payload and of the answer: JSON, which is the default, or CBOR.
	Type string
	// Signature is a sealed envelope in base64url, and Bearer a token: one of them, or neither.
	Signature, Bearer string
	// RequestID is that of the header; the payload may have one in its place, or the same.
	RequestID string
	Payload   []byte
	// Via is "nats", "http" or "local", and Remote where the call comes from, for the log.
	Via, Remote string
	// Parent is what the caller follows the request by, in the form of the header traceparent; empty if not at all.
	Parent string
}

// The types of payloads.
const (
	JSON = api.JSON
	CBOR = api.CBOR
)

// A Result is the answer to a Call.
type Result struct {
	Type    string
	Payload []byte
	// Err is why there is no answer; then Payload is its encoding.
	Err *api.Error
	// Replayed says that the request id had been used, and that the answer is that of the first time, which was durable
	// when the call came.
	Replayed bool
}

// A Caller is who asks, as far as that was checked.
type Caller struct {
	// Key is the public key that has signed. Empty is the program itself, which is trusted.
	Key string
	// Token is what the key has signed, if it was not the request itself. It may allow less than the key may do.
	Token *claims.Token
	// RequestID makes a write safe to repeat, where the request has no id of its own.
	RequestID string
	// Via is as in Call.
	Via string
}

// A request is a call on its way.
type request struct {
	who Caller
	op  *operation
	now time.Time
	// admit remembers a signed request, so that it is not taken again. It is asked when all else is decided.
	admit func() error
	// tx says that a transaction may have been asked for.
	tx bool
	// repeated is for Result.Replayed.
	repeated bool
	// bodyID is the request id that the payload has.
	bodyID string
	// recording is nil for a call that nobody follows, and tree what came of its transaction.
	recording Recording
	tree      *dispatch.Trace
}

// logID returns the request id for the log: behind the key of the caller, so that no caller meets another's. Without one
// a write is not repeatable.
func (rq *request) logID(id string) (string, error) {
	rq.bodyID = id
	switch {
	case id == "":
		id = rq.who.RequestID
	case rq.who.RequestID != "" && rq.who.RequestID != id:
		return "", errorf(api.CodeBadRequest, "id: it is %.80q here and %.80q in the header or the signature: give it once", id, rq.who.RequestID)
	}
	bound := dispatch.MaxRequestID
	if rq.who.Key != "" {
		bound = claims.MaxRequestID
	}
	switch {
	case len(id) > bound:
		return "", errorf(api.CodeBadRequest, "id: a request id has at most %d bytes, this one has %d", bound, len(id))
	case id == "" || rq.who.Key == "":
		return id, nil
	}
	return rq.who.Key + "/" + id, nil
}

// Handle answers a call. It returns no sooner than the outcome is definite, and does not panic.
func (n *Node) Handle(ctx context.Context, c *Call) Result {
	start := time.Now()
	encoding, err := api.Encoding(c.Type)
	if err != nil {
		encoding = api.JSON
		err = errorf(api.CodeBadRequest, "%s", err)
	}
	result := Result{Type: encoding}
	rq := &request{op: operations[c.Op], now: n.opts.Clock(), recording: n.opts.Tracer.Begin(c.Parent)}
	var answer any
	if err == nil {
		answer, err = n.guarded(ctx, c, encoding, rq)
	}
	if err == nil {
		result.Payload, err = api.Encode(encoding, answer)
	}
	if err != nil {
		result.Err = n.failure(err, rq)
		// An error has nothing in it that cannot be encoded.
		result.Payload, _ = api.Encode(encoding, result.Err)
	}
	result.Replayed = rq.repeated
	n.done(ctx, c, rq, result.Err, time.Since(start))
	return result
}

// guarded answers a call, whatever happens while it does.
func (n *Node) guarded(ctx context.Context, c *Call, encoding string, rq *request) (answer any, err error) {
	defer func() {
		if v := recover(); v != nil {
			answer, err = nil, n.panicked(c.Op, v, rq)
		}
	}()
	op := rq.op
	if op == nil {
		return nil, errorf(api.CodeNotFound, "there is no operation %.40q", c.Op)
	}
	gate := &n.requests
	if c.Op == opWatch {
		gate = &n.watchers
	}
	if err := n.enter(gate); err != nil {
		return nil, err
	}
	defer gate.leave()
	if bound := n.maxPayload(op, encoding); len(c.Payload) > bound {
		return nil, errorf(api.CodeTooLarge, "the payload has %d bytes, and %s takes at most %d", len(c.Payload), c.Op, bound)
	}
	if op.Public && c.Signature == "" && c.Bearer == "" {
		info := n.Info()
		return &info, nil
	}
	if err := n.identify(c, rq); err != nil {
		return nil, err
	}
	body, err := op.decode(encoding, c.Payload)
	if err != nil {
		return nil, err
	}
	return n.execute(ctx, rq, body)
}

func (n *Node) panicked(op string, value any, rq *request) error {
	n.opts.Logger.Error("request panicked", "op", op, "err", value, "stack", string(debug.Stack()))
	if rq.tx {
		return errorf(api.CodeUnknown, "the node failed while it ran the request: ask again with the same request id")
	}
	return errorf(api.CodeInternal, "the node failed: its log says more")
}

// enter lets a call in.
func (n *Node) enter(g *gate) error {
	ok, closed := g.enter()
	switch {
	case closed:
		return errorf(api.CodeUnavailable, "the node takes no more requests: it is about to stop")
	case !ok:
		return &api.Error{Code: api.CodeOverloaded, RetryAfter: overloadedFor,
			Message: fmt.Sprintf("the node answers %d requests at this moment and takes no more: try again", g.bound)}
	}
	return nil
}

// overloadedFor is the hint to a call that was not let in, in milliseconds.
const overloadedFor = 50

// maxPayload bounds the payload of an operation. Code in JSON is base64.
func (n *Node) maxPayload(op *operation, encoding string) int {
	switch {
	case !op.TakesCode():
		return n.opts.MaxBody
	case encoding == api.JSON:
		return max(n.opts.MaxBody, (dispatch.MaxCode/3+1)*4+n.opts.MaxBody)
	}
	return dispatch.MaxCode + n.opts.MaxBody
}

// Do answers a request that is decoded already, from somebody whose identity was checked: what the caller says is
// believed. Req is a value of the type that the operation has in package api, or a pointer to one; the answer is a
// pointer to the type of its answer.
func (n *Node) Do(ctx context.Context, who Caller, op string, req any) (answer any, failed *api.Error) {
	start := time.Now()
	rq := &request{who: who, op: operations[op], now: n.opts.Clock(), recording: n.opts.Tracer.Begin("")}
	answer, err := n.doGuarded(ctx, op, req, rq)
	if err != nil {
		answer, failed = nil, n.failure(err, rq)
	}
	n.done(ctx, &Call{Op: op, Via: who.Via}, rq, failed, time.Since(start))
	return answer, failed
}

func (n *Node) doGuarded(ctx context.Context, name string, req any, rq *request) (answer any, err error) {
	defer func() {
		if v := recover(); v != nil {
			answer, err = nil, n.panicked(name, v, rq)
		}
	}()
	op := rq.op
	if op == nil {
		return nil, errorf(api.CodeNotFound, "there is no operation %.40q", name)
	}
	gate := &n.requests
	if name == opWatch {
		gate = &n.watchers
	}
	if err := n.enter(gate); err != nil {
		return nil, err
	}
	defer gate.leave()
	body, ok := op.take(req)
	if !ok {
		return nil, errorf(api.CodeBadRequest, "the request of %s is a %T, not a %T", name, op.Request, req)
	}
	return n.execute(ctx, rq, body)
}

// execute decides whether a request is allowed, and runs it.
func (n *Node) execute(ctx context.Context, rq *request, body any) (any, error) {
	if err := n.writable(rq.op); err != nil {
		return nil, err
	}
	what, err := rq.op.about(body)
	if err != nil {
		return nil, err
	}
	if err := n.allowed(rq, what); err != nil {
		return nil, err
	}
	if rq.admit != nil {
		if err := rq.admit(); err != nil {
			return nil, err
		}
	}
	return rq.op.run(ctx, n, rq, body)
}

// failure is the error of a request for its caller.
func (n *Node) failure(err error, rq *request) *api.Error {
	var refusal *claims.Refusal
	if errors.As(err, &refusal) {
		n.counts.reject(string(refusal.Reason))
		n.opts.Observer.Rejected(string(refusal.Reason))
	}
	e := errorOf(err, rq.tx)
	if e.Code == api.CodeInternal {
		n.opts.Logger.Error("request failed", "err", err)
	}
	return e
}
