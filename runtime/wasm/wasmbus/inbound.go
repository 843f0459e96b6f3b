package wasmbus

import (
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// handle answers the message or query that body is. Whether the actor may run, and may be reached by who sends, is judged
// before the guest is entered.
func (c *call) handle(sender actor.Address, now time.Time, body []byte) ([]byte, error) {
	inv, err := capability.DecodeInvocation(body)
	if err != nil {
		return nil, err
	}
	if inv.Origin != "" && c.env != nil {
		return nil, actor.Errorf(actor.CodeMalformed, "an origin is for queries: a message has a sender")
	}
	c.now, c.table = now, *capability.TableOf(c.Services, &c.actor.memo)
	if refused := c.admit(sender, &inv); refused != nil {
		return nil, c.refused(refused)
	}
	data, err := c.ask(inv.Operation, inv.Payload)
	if err != nil {
		return nil, err
	}
	if inv.JSON {
		if data, err = pack.ToJSON(data); err != nil {
			return nil, actor.Errorf(actor.CodeFailed, "the answer to %s cannot be had in JSON", shown(inv.Operation))
		}
	}
	return data, nil
}

// ask has the guest do an operation in its own words, and returns its answer in those of all others.
func (c *call) ask(operation string, payload []byte) ([]byte, error) {
	if !c.actor.old {
		if len(payload) == 0 && operation == messages.HealthRequest {
			payload = emptyStruct
		}
		return c.guestCall(operation, payload)
	}
	op, err := messages.Old(operation, payload)
	if err != nil {
		return nil, err
	}
	data, err := c.guestCall(op.Operation, op.Payload)
	if err != nil {
		return nil, err
	}
	return op.Answer(data)
}

// emptyStruct is a struct without fields in MessagePack.
var emptyStruct = []byte{0x80}

// admit returns nil if the actor may run, and the sender may have the operation done. Who names a contract says that it is the provider to which
// the actor is linked for it, and must be; who names none is like another actor, and anybody may be that whom the host lets
// send. A query has no sender that could be judged. The host's own messages come from Address.
func (c *call) admit(sender actor.Address, inv *capability.Invocation) *actor.Error {
	var refused *actor.Error
	if c.row, refused = c.table.Admit(c.self, c.now); refused != nil {
		return refused
	}
	if c.row.Hash != c.actor.options.Hash {
		return actor.Errorf(capability.CodeNotStarted, "%s has other code than it was started with, for which nobody has signed its claims: "+
			"troupe start actor FILE --name %s", c.self, c.self)
	}
	if inv.Contract != "" {
		if refused := capability.Inbound(c.row, inv.Contract); refused != nil {
			return refused
		}
		if c.env != nil && sender != capability.Address {
			if _, _, refused := capability.Linked(&c.table, sender, c.self, inv.Contract, inv.Link); refused != nil {
				return refused
			}
		}
	}
	return c.authorizeIn(sender, inv)
}

// refused counts a refusal, and returns it. That a query cannot tell is none.
func (c *call) refused(e *actor.Error) *actor.Error {
	count := c.actor.options.Refused
	if count == nil || e.Code == capability.CodeNeedsTransaction {
		return e
	}
	switch e.Code {
	case capability.CodeNotStarted, capability.CodeStopped, capability.CodeExpired, capability.CodeNotYet, capability.CodeBanned,
		capability.CodeUntrusted, capability.CodeMissingLink, capability.CodeMissingClaim, capability.CodeUnlinked, capability.CodeNotProvided:
		count(e.Code)
	default: // a policy says what it likes
		count(capability.CodeDenied)
	}
	return e
}
