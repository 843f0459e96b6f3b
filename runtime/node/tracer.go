package node

import (
	"time"

	"github.com/troupe-run/troupe/dispatch"
)

// A Tracer follows some of the calls. Its methods are called by any number of goroutines and must not block.
type Tracer interface {
	// Begin decides whether a call is followed, and returns nil if not. Parent is what the caller follows it by, in the form of
	// the header traceparent, and may be anything.
	Begin(parent string) Recording
}

// A Recording is a call that is followed.
type Recording interface {
	// ID is what the log calls it.
	ID() string
	// End is told what came of the call. What it is given belongs to it, and must not be changed.
	End(Recorded)
}

// Recorded is what is known of a call that has ended.
type Recorded struct {
	Op, Via string
	// Code is "ok" or a code of package api, and Message the text of the error.
	Code, Message string
	// RequestID is that of the caller, and Key his.
	RequestID, Key string
	Start          time.Time
	Took           time.Duration
	// Tree is that of the transaction, nil if there was none. It has no root if nothing was executed: the answer was that of
	// an earlier time.
	Tree *dispatch.Trace
}

// recorded tells the tracer of a call.
func (rq *request) recorded(c *Call, op, code, message string, took time.Duration) {
	if rq.recording == nil {
		return
	}
	rq.recording.End(Recorded{Op: op, Via: c.Via, Code: code, Message: message, RequestID: rq.id(), Key: rq.who.Key,
		Start: time.Now().Add(-took), Took: took, Tree: rq.tree})
}

// id returns the request id, wherever it was said.
func (rq *request) id() string {
	if rq.who.RequestID != "" {
		return rq.who.RequestID
	}
	return rq.bodyID
}
