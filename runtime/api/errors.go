package api

import "strings"

// Code is the class of an Error that programs branch on.
type Code string

// The codes. Each Error has one of them; that of an actor has its own in Error.Actor beside CodeActor.
const (
	CodeActor           Code = "actor"           // the transaction or query was executed, and an actor failed it
	CodeBadRequest      Code = "bad_request"     // the request makes no sense as it is
	CodeUnauthenticated Code = "unauthenticated" // nobody has signed, or not so that it can be believed
	CodeForbidden       Code = "forbidden"       // who has signed may not do this
	CodeReplayed        Code = "replayed"        // this very signed request was seen before
	CodeStale           Code = "stale"           // the request was signed for another time: sign it again
	CodeNotFound        Code = "not_found"
	CodeConflict        Code = "conflict" // the request id was used for another request, or a name is taken
	CodeTooLarge        Code = "too_large"
	CodeOverloaded      Code = "overloaded"      // try again after RetryAfter
	CodeExpired         Code = "expired"         // its time was over before it was executed: it had no effect
	CodeUnavailable     Code = "unavailable"     // the node starts, stops, or cannot write now: see Message
	CodeTooOld          Code = "too_old"         // what was asked for is no longer kept
	CodeUnknown         Code = "unknown_outcome" // the node failed while it answered: ask again with the same request id
	CodeInternal        Code = "internal"
)

// Retry reports whether the same request may succeed later by itself. A write needs a request id to be safe to repeat.
func (c Code) Retry() bool {
	return c == CodeOverloaded || c == CodeUnavailable || c == CodeUnknown || c == CodeStale || c == CodeExpired
}

// An Error is why a request was not answered.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	// Actor is the code of the actor's failure, and Path leads to who failed, if Code is CodeActor.
	Actor string   `json:"actor,omitempty"`
	Path  []string `json:"path,omitempty"`
	// Sequence is that of the transaction that was rolled back, 0 if there was none.
	Sequence uint64 `json:"sequence,omitempty"`
	// RetryAfter is a hint in milliseconds, 0 if there is none.
	RetryAfter int64 `json:"retry_after_ms,omitempty"`
	// Receipt is what the transaction left that was rolled back.
	Receipt *Receipt `json:"receipt,omitempty"`
}

// Error returns the message, behind the path and the code of the actor that failed.
func (e *Error) Error() string {
	if e.Code != CodeActor {
		return e.Message
	}
	return strings.Join(e.Path, " → ") + ": " + e.Actor + ": " + e.Message
}
