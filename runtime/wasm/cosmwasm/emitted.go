package cosmwasm

import (
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// Emitted returns the events of a transaction as a chain emits them, in their order (S47) and with their attributes sorted
// where those of a chain are (S18): below sub-messages to contracts and to the keeper. A transaction that failed has none.
func Emitted(state State, t *dispatch.Trace) []wire.Event {
	e := emitted{raw: rawOf(state), list: []wire.Event{}}
	if t.Err == nil && t.Root != nil {
		e.walk(t.Root, false)
	}
	return e.list
}

// emitted walks a tree of calls.
type emitted struct {
	raw  raw
	list []wire.Event
}

// walk takes the events of a call and of what is below it: funds are paid first, and sub-messages and replies come behind
// the call's own.
func (e *emitted) walk(s *dispatch.Span, sorted bool) {
	for _, c := range s.Children {
		if before(c) {
			e.walk(c, sorted)
		}
	}
	if s.Committed {
		for i := range s.Events {
			if ev, ok := chainEvent(e.raw, &s.Events[i]); ok {
				if sorted {
					sortAttributes(ev.Attributes)
				}
				e.list = append(e.list, ev)
			}
		}
	}
	for _, c := range s.Children {
		if !before(c) {
			// What the keeper passes on is the message that it got.
			e.walk(c, sorted || c.Sub != nil && s.To != KeeperAddress && c.To != BankAddress)
		}
	}
}

// before reports whether a call was made before the one that it belongs to: nobody asked for it by a sub-message.
func before(s *dispatch.Span) bool { return s.Sub == nil && s.Kind != actor.KindReply }
