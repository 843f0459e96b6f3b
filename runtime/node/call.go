package node

import (
	"context"
	"iter"

	"github.com/troupe-run/troupe/runtime/api"
)

// A Call is a request as a transport has received it.
type Call struct {
	Op string
	// Type is that of the payload and of the answer: JSON, which is the default, or CBOR.
	Type string
	// Signature is a sealed envelope in base64url, and Bearer a token: one of them, or neither.
	Signature, Bearer string
	// RequestID is that of the header. It counts before the one in the payload.
	RequestID string
	Payload   []byte
	// Via is "nats", "http" or "local", and Remote where the call comes from, for the log.
	Via, Remote string
}

// The types of payloads.
const (
	JSON = "application/json"
	CBOR = "application/cbor"
)

// A Result is the answer to a Call.
type Result struct {
	Type    string
	Payload []byte
	// Err is why there is no answer; then Payload is its encoding.
	Err *api.Error
	// Replayed says that the request id had been used, and that the answer is that of the first time.
	Replayed bool
}

// A Caller is who asks, as far as that was checked.
type Caller struct {
	// Key is the public key that has signed. Empty is the program itself, which is trusted.
	Key string
	// Via is as in Call.
	Via string
}

// Handle answers a call. It returns no sooner than the outcome is definite, and does not panic.
func (n *Node) Handle(ctx context.Context, c *Call) Result {
	err := &api.Error{Code: api.CodeUnavailable, Message: "not built yet"}
	return Result{Type: JSON, Payload: []byte(`{}`), Err: err}
}

// Watch answers a call whose payload is an api.WatchRequest with a stream. It ends when the caller stops, when ctx ends,
// or with an error in place of a notice.
func (n *Node) Watch(ctx context.Context, c *Call) (iter.Seq2[api.Notice, *api.Error], *api.Error) {
	return nil, &api.Error{Code: api.CodeUnavailable, Message: "not built yet"}
}

// Do answers a request that is decoded already, from somebody whose identity was checked. Req is of the type that the
// operation has in package api, and so is the answer.
func (n *Node) Do(ctx context.Context, who Caller, op string, req any) (any, *api.Error) {
	return nil, &api.Error{Code: api.CodeUnavailable, Message: "not built yet"}
}
