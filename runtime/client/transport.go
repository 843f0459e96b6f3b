package client

import (
	"context"
	"iter"

	"github.com/troupe-run/troupe/runtime/api"
)

// A Transport carries requests to one node. It neither signs nor repeats them. Its methods may be called from any
// goroutine.
type Transport interface {
	// Call asks an operation. Payload is its request, and the answer that of the node, both in the encoding that
	// HeaderType in the header says. The error is an *api.Error, be it the node's or one that says what happened on the
	// way: CodeUnavailable if the node cannot have seen the request, CodeUnknown if it may have. When ctx ends it is the cause
	// of that. Header is not kept and not changed.
	Call(ctx context.Context, op string, header map[string]string, payload []byte) (answer []byte, err error)
	// Close frees what the transport holds. Calls on their way end with an error.
	Close() error
}

// A Streamer is a Transport that can carry a watch as a stream. Over others a watch is asked for piece by piece.
type Streamer interface {
	// Stream asks for a watch; payload is an api.WatchRequest. A notice without a sequence says that the node has taken it, and
	// one without changes and events that there is nothing up to there. It ends with an error, as Call does, when the node ends it, or
	// the way to it breaks, or ctx; and without one when its user stops.
	Stream(ctx context.Context, header map[string]string, payload []byte) iter.Seq2[api.Notice, error]
}

// The header of a request. A transport sends them under the names that its protocol has for them.
const (
	HeaderType      = "Content-Type"      // api.CBOR or api.JSON, of the payload and of the answer
	HeaderSignature = "Troupe-Signature"  // a sealed envelope in base64url
	HeaderBearer    = "Authorization"     // "Bearer " and a token
	HeaderRequestID = "Troupe-Request-Id" // of a request with a token; who signs has signed it
)
