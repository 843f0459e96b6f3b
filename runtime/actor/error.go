package actor

import (
	"errors"
	"fmt"
)

// An Error is the failure of an actor: a code for programs, a text for people, both deterministic. It is the only error
// that a Reply carries.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

// Error returns "code: message".
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code
	}
	return e.Code + ": " + e.Message
}

// Is reports whether target is an *Error of the same code that says nothing more, so that
// errors.Is(err, &actor.Error{Code: "insufficient_funds"}) tests the code alone.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Message == "" || t.Message == e.Message)
}

// Errorf returns an *Error with a formatted message. Codes are lower-case words joined by "_".
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// AsError returns err as an actor error: the first *Error in its chain, or its text with CodeFailed. It returns nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: CodeFailed, Message: err.Error()}
}

// The codes that the host itself gives. Actors may use them where they fit.
const (
	CodeFailed           = "failed"             // an error without a code of its own
	CodePanic            = "panic"              // an actor panicked
	CodeUnknownActor     = "unknown_actor"      // nobody at the address, and its kind is not bound
	CodeUnknownModule    = "unknown_module"     // no such code
	CodeUnknownMessage   = "unknown_message"    // the actor has no handler of that name
	CodeMalformed        = "malformed"          // the body cannot be decoded
	CodeUnsupported      = "unsupported"        // the actor lacks the entry point
	CodeInvalidAddress   = "invalid_address"    // outside the grammar
	CodeInvalidMessage   = "invalid_message"    // a message that makes no sense
	CodeInvalidEvent     = "invalid_event"      // rule S46
	CodeAlreadyExists    = "already_exists"     // somebody lives at the address
	CodeUnauthorized     = "unauthorized"       // not the admin, or refused by policy
	CodeOutOfGas         = "out_of_gas"         // rules S21 to S24
	CodeDepthExceeded    = "depth_exceeded"     // rule S25
	CodeQueryDepth       = "query_depth"        // rule S26
	CodeTooManyMessages  = "too_many_messages"  // sub-messages of a transaction
	CodeDataTooLarge     = "data_too_large"     // Response.Data or a query's answer
	CodeEventsTooLarge   = "events_too_large"   // events of a transaction
	CodePayloadTooLarge  = "payload_too_large"  // rule S16
	CodeBodyTooLarge     = "body_too_large"     // Message.Body
	CodeStateTooLarge    = "state_too_large"    // bytes that a transaction writes
	CodeKeyEmpty         = "key_empty"          // rule S57
	CodeKeyTooLarge      = "key_too_large"      // rule S57
	CodeValueTooLarge    = "value_too_large"    // rule S57
	CodeTooManyIterators = "too_many_iterators" // rule S60
	CodeInvalidIterator  = "invalid_iterator"   // a WebAssembly actor names a range that is not open
	CodeTrap             = "trap"               // a WebAssembly actor broke off
	CodeReentrant        = "reentrant"          // an actor called one that is in the middle of a call
	CodeReadOnly         = "read_only"          // a query asked for what only a transaction may
	CodeOutside          = "outside"            // the world outside did not answer, or not as it should
)
