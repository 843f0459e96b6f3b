package dispatch

import (
	"context"
	"slices"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Call delivers a message of KindExecute at once, in the middle of the call that asks for it, and returns the data of its
// call. It is for who runs code of an ABI that calls others while it runs; what has a choice returns sub-messages.
//
// The message is a subtransaction with its whole subtree. If it fails everything of it is rolled back, and the error, an
// *actor.Error, is the caller's to handle; running out of gas, or a fault, ends the caller, too. An actor that is running
// already is not entered again: the error has the code actor.CodeReentrant. A query cannot call: actor.CodeReadOnly.
func (s servicesOf) Call(ctx context.Context, to actor.Address, body []byte) ([]byte, error) {
	return s.f.callNow(ctx, to, body)
}

func (f *frame) callNow(ctx context.Context, to actor.Address, body []byte) ([]byte, error) {
	f.charge(0)
	r := f.run
	switch {
	case f.queries > 0:
		return nil, actor.Errorf(actor.CodeReadOnly, "a query cannot call %s, it can only query", to)
	case f.depth >= r.limits.Depth:
		return nil, actor.Errorf(actor.CodeDepthExceeded, "calls nest at most %d deep", r.limits.Depth)
	case r.messages >= uint64(r.limits.Messages):
		f.halt(&stop{err: actor.Errorf(actor.CodeTooManyMessages, "a transaction has at most %d sub-messages", r.limits.Messages)})
	}
	r.messages++
	r.running = append(r.running, f.self)
	child, mark, failed := f.tx.Begin(), len(r.events), r.failed
	msg := actor.Message{To: to, Body: body}
	out, err := r.deliver(ctx, delivery{tx: child, from: f.self, msg: &msg, meter: f.meter, depth: f.depth + 1,
		span: r.trace.child(f.span, f.self, &msg), system: f.code.System})
	r.running = r.running[:len(r.running)-1]
	if err == nil {
		child.Commit()
		return out.data, nil
	}
	child.Rollback()
	r.events = r.events[:mark]
	f.sound()
	if _, stopped := err.(*stop); stopped {
		f.halt(err)
	}
	r.failed = failed // what the caller makes of it begins with the caller
	return nil, err
}

// Peek returns the value of a key of any actor, as the transaction sees it now, and whether it is there. It costs nothing and
// does not show in a trace: it is for the host's own code, which looks up what it needs for itself. The value must not be
// modified; it is good until the entry point returns.
func (s servicesOf) Peek(of actor.Address, key []byte) ([]byte, bool) {
	value, ok := s.f.run.look(s.f.tx, of, key)
	s.f.sound()
	return value, ok
}

// Within reports whether a call or query of an actor is around this one, or is this one: whether what happens now happens in
// it, or below it. Sub-messages are below the call that has returned them.
func (s servicesOf) Within(at actor.Address) bool { return slices.Contains(s.f.run.stack, at) }
