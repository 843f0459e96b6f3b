package typed

import "github.com/troupe-run/troupe/runtime/actor"

// The codes that this package gives, beside those of package actor.
const (
	CodeCorruptState = "corrupt_state" // a stored key or value does not decode as the helper's type
	CodeOverflow     = "overflow"      // a Counter would pass 2^64-1
)

// abort carries an actor error out of a handler by panic. Only this package throws it, and only rescue catches it, so
// the panics of actors and those by which a host ends a call pass through untouched.
type abort struct{ err *actor.Error }

func (a abort) Error() string { return a.err.Error() }
func (a abort) Unwrap() error { return a.err }

// fail ends the running handler with an actor error.
//
// State helpers fail this way, and not by a result, because what they report is no outcome that a handler could treat:
// the state does not hold what the actor wrote into it, or a value cannot be encoded at all. In exchange Get and Set read
// like those of a Go map.
func fail(code, format string, args ...any) {
	panic(abort{actor.Errorf(code, format, args...)})
}

// rescue is deferred around each handler, and is the only place that recovers. A panic that is not an abort goes on, with
// the stack of its origin still below it.
func rescue(err *error) {
	switch r := recover().(type) {
	case nil:
	case abort:
		*err = r.err
	default:
		panic(r)
	}
}

// fault is what is wrong with foreign bytes, in our own words: the text of a library may change between its versions,
// but the text of an actor error is part of the result of a transaction.
type fault string

func (f fault) Error() string { return string(f) }
