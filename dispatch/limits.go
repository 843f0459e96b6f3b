package dispatch

import "github.com/troupe-run/troupe/runtime/actor"

// Limits bound what one transaction or query may do. A zero field means its default. Limits are part of the log: a
// replay runs under the limits that held.
type Limits struct {
	// Depth bounds the nesting of calls, replies included; 100 if zero (rule S25). Going beyond fails the call.
	Depth int `json:"depth,omitempty"`
	// QueryDepth bounds the nesting of queries; 10 if zero (rule S26). Going beyond fails the query.
	QueryDepth int `json:"query_depth,omitempty"`
	// Messages bounds the sub-messages of a transaction; 100,000 if zero. Going beyond ends the transaction.
	Messages int `json:"messages,omitempty"`
	// Gas bounds the work of a transaction or query; 1,000,000,000 if zero (rules S21 to S24).
	Gas uint64 `json:"gas,omitempty"`
	// Body bounds a message or query, in bytes; 3 MiB if zero. Going beyond fails the message.
	Body int `json:"body,omitempty"`
	// Data bounds the data of a response and the answer to a query, in bytes; 3 MiB if zero. Going beyond fails the call.
	Data int `json:"data,omitempty"`
	// Events bounds the bytes of all events of a transaction, kept or not; 4 MiB if zero. Going beyond ends the
	// transaction.
	Events int `json:"events,omitempty"`
	// State bounds the bytes of keys and values that a transaction writes, kept or not; 64 MiB if zero. Going beyond
	// ends the transaction.
	State int `json:"state,omitempty"`
}

// Bounds that are the same everywhere.
const (
	MaxStateKey   = 65536  // bytes of a key (rule S57)
	MaxStateValue = 131072 // bytes of a value (rule S57)
	MaxIterators  = 32768  // ranges that one call may open (rule S60)
)

func (l Limits) withDefaults() Limits {
	fill(&l.Depth, 100)
	fill(&l.QueryDepth, 10)
	fill(&l.Messages, 100_000)
	fill(&l.Gas, 1_000_000_000)
	fill(&l.Body, 3<<20)
	fill(&l.Data, 3<<20)
	fill(&l.Events, 4<<20)
	fill(&l.State, 64<<20)
	return l
}

// Gas is the price list of what the host does for an actor; the code itself is charged by who runs it, if that can be
// measured. A nil
// *Gas means DefaultGas. Like limits it is part of the log.
type Gas struct {
	Call  uint64 `json:"call"`  // an entry point
	Query uint64 `json:"query"` // a query of another actor
	// Again, if not zero, takes the place of Call and Query for code that the transaction has called before, for the host's
	// own code, and for every reply (rule S27). What was rolled back counts as called (rule S10).
	Again     uint64 `json:"again,omitempty"`
	Read      uint64 `json:"read"`       // a Get
	ReadByte  uint64 `json:"read_byte"`  // a byte of its key and value
	Write     uint64 `json:"write"`      // a Set
	WriteByte uint64 `json:"write_byte"` // a byte of its key and value
	Delete    uint64 `json:"delete"`     // a Delete
	Range     uint64 `json:"range"`      // opening a range, and each pair
	EventByte uint64 `json:"event_byte"` // a byte of type, key or value of an event
	// Fuel is how many instructions of WebAssembly one unit of gas pays for; DefaultFuel if zero.
	Fuel uint64 `json:"fuel,omitempty"`
}

// DefaultFuel is the Fuel of a price list that does not say. It holds for every log whose configuration is silent, and
// can never change.
const DefaultFuel = 4

// DefaultGas returns the prices that hold unless others are chosen. One unit is about a nanosecond of a small machine.
func DefaultGas() *Gas {
	return &Gas{Call: 500, Query: 500, Read: 200, ReadByte: 1, Write: 400, WriteByte: 4, Delete: 300, Range: 200, EventByte: 2}
}

func fill[T int | uint64](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// meter counts the gas of a transaction or of a subtree with a limit of its own.
type meter struct{ limit, used uint64 }

func (m *meter) left() uint64 { return m.limit - min(m.used, m.limit) }

// use charges n and reports whether there was enough. If not, nothing is left.
func (m *meter) use(n uint64) bool {
	if n > m.left() {
		m.used = m.limit
		return false
	}
	m.used += n
	return true
}

// A stop ends more than the call that met it: no reply catches it below the frame that owns the meter that ran dry, or
// below the root if meter is nil. It is deterministic, unlike a fault of the host.
type stop struct {
	err   *actor.Error
	meter *meter
}

func (s *stop) Error() string { return s.err.Error() }
