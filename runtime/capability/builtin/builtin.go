// Package builtin has the two contracts that the host fulfils by itself, for which an actor needs a claim and no link: logging,
// and numbers. They have names and shapes of their own in actors of before 2021; both generations are served as they are.
//
// Whatever is random comes from the generator that the call has from its transaction, so that it is the same when the
// transaction is executed again.
package builtin

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// A Call is what an operation may use, for one call of an actor.
type Call struct {
	// Rand is that of the call: Env.Rand. It is nil in a query, and then there are no numbers.
	Rand *rand.Rand
	// State is that of the actor, where the sequence of wasmcloud:extras goes on. It is nil in a query.
	State actor.State
	// Say takes a line for people: level is trace, debug, info, warn, error or critical.
	Say func(level, text string)
}

// Serve performs an operation, and returns the payload of the answer. The payload that it is given is not kept. Errors are
// *actor.Error: read_only for numbers in a query.
func (c *Call) Serve(operation string, payload []byte) ([]byte, *actor.Error) {
	answer, err := c.serve(operation, payload)
	return answer, actor.AsError(err)
}

func (c *Call) serve(operation string, payload []byte) ([]byte, error) {
	switch operation {
	case messages.WriteLog:
		return c.writeLog(payload)
	case "WriteLog":
		return c.oldWriteLog(payload)
	case messages.GenerateGUID, messages.Random32, messages.RandomInRange, "RequestGuid", "RequestRandom", "RequestSequence":
		if c.Rand == nil || c.State == nil {
			return nil, actor.Errorf(actor.CodeReadOnly, "%s needs a transaction, and a query is none: send a message instead", operation)
		}
	}
	switch operation {
	case messages.GenerateGUID:
		return pack.Marshal(c.guid()), nil
	case messages.Random32:
		return pack.Marshal(c.Rand.Uint32()), nil
	case messages.RandomInRange:
		var in messages.RangeLimit
		if err := pack.Unmarshal(payload, &in); err != nil {
			return nil, err
		}
		n, err := c.between(in.Min, in.Max, 1)
		return pack.Marshal(n), err
	case "RequestGuid", "RequestRandom", "RequestSequence":
		return c.request(operation, payload)
	}
	return nil, actor.Errorf(actor.CodeUnknownMessage, "method not handled %.80q: the host logs and draws numbers, and has no other operation", operation)
}

func (c *Call) writeLog(payload []byte) ([]byte, error) {
	var in messages.LogEntry
	if err := pack.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	c.Say(level(in.Level), in.Text)
	return nil, nil
}

func (c *Call) oldWriteLog(payload []byte) ([]byte, error) {
	var in messages.OldLogEntry
	if err := pack.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	entry := in.New()
	c.Say(level(entry.Level), entry.Text)
	return nil, nil
}

// level returns one of the levels that Say takes. What is none is said all the same.
func level(name string) string {
	switch name = strings.ToLower(name); name {
	case "trace", "debug", "info", "warn", "error", "critical":
		return name
	case "warning":
		return "warn"
	}
	return "info"
}

// request is an operation of wasmcloud:extras. Actors of host 0.18 say in the argument what they want, and get a result with all
// three fields; later ones get the bare value.
func (c *Call) request(operation string, payload []byte) ([]byte, error) {
	var in messages.GeneratorRequest
	if err := pack.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	var value any
	var result messages.GeneratorResult
	switch operation {
	case "RequestGuid":
		guid := c.guid()
		value, result.GUID = guid, &guid
	case "RequestRandom":
		n, err := c.between(in.Min, in.Max, 0)
		if err != nil {
			return nil, err
		}
		value, result.RandomNumber = n, n
	case "RequestSequence":
		result.SequenceNumber = c.next()
		value = result.SequenceNumber
	}
	if in.GUID || in.Random || in.Sequence {
		return pack.Marshal(&result), nil
	}
	return pack.Marshal(value), nil
}

// between draws a number that is at least low and less than high, or if top is 1 at most high. With nothing between them it
// is low.
func (c *Call) between(low, high, top uint32) (uint32, error) {
	if low > high {
		return 0, actor.Errorf(actor.CodeMalformed, "there is no number from %d to %d", low, high)
	}
	n := uint64(high) - uint64(low) + uint64(top)
	return low + uint32(c.Rand.Uint64N(max(n, 1))), nil
}

// guid draws a UUID of version 4.
func (c *Call) guid() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], c.Rand.Uint64())
	binary.BigEndian.PutUint64(b[8:], c.Rand.Uint64())
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// sequenceKey is where the next number of the sequence stands, in the state of the actor.
var sequenceKey = []byte("sequence")

// next returns 0, 1, 2 and so on, without a gap: a number that was rolled back comes again.
func (c *Call) next() uint64 {
	var n uint64
	if b, ok := c.State.Get(sequenceKey); ok && len(b) == 8 {
		n = binary.BigEndian.Uint64(b)
	}
	c.State.Set(sequenceKey, binary.BigEndian.AppendUint64(nil, n+1))
	return n
}
