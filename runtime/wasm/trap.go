package wasm

import "errors"

// Trap is the end of a guest by itself or by a limit. It is the same on every machine.
type Trap struct {
	Kind TrapKind
	// Where is the export that was invoked, or the host function that refused something. It is for operators: what
	// an actor sees is Error, which does not tell it.
	Where string
}

// Error returns the text of the kind.
func (t *Trap) Error() string { return t.Kind.String() }

// TrapKind is the reason of a Trap.
type TrapKind int

// The kinds of traps.
const (
	Unreachable       TrapKind = iota // an unreachable instruction: what a panic of the guest comes to in most languages
	DivideByZero                      // an integer divided by zero
	IntegerOverflow                   // a quotient, or a float turned into an integer, that is too large
	InvalidConversion                 // a float that is no number turned into an integer
	MemoryBounds                      // an access outside of memory
	TableBounds                       // a call through a table at an index that is not there, or empty
	IndirectType                      // a call through a table to a function of another type
	OutOfFuel                         // no fuel is left
	Depth                             // too many calls within one another
)

var trapTexts = [...]string{
	Unreachable:       "unreachable",
	DivideByZero:      "integer divide by zero",
	IntegerOverflow:   "integer overflow",
	InvalidConversion: "invalid conversion to integer",
	MemoryBounds:      "out of bounds memory access",
	TableBounds:       "invalid table access",
	IndirectType:      "indirect call type mismatch",
	OutOfFuel:         "out of fuel",
	Depth:             "call depth exceeded",
}

// String returns the text of the kind, which never changes.
func (k TrapKind) String() string {
	if k < 0 || int(k) >= len(trapTexts) {
		return "unknown trap"
	}
	return trapTexts[k]
}

// engineTraps are the texts of wazero's errors, whose type is internal to it. A stack overflow of the engine cannot be
// met, because the rewriter bounds how much stack a module needs; should it be, it is a matter of depth.
var engineTraps = map[string]TrapKind{
	"unreachable":                   Unreachable,
	"integer divide by zero":        DivideByZero,
	"integer overflow":              IntegerOverflow,
	"invalid conversion to integer": InvalidConversion,
	"out of bounds memory access":   MemoryBounds,
	"invalid table access":          TableBounds,
	"indirect call type mismatch":   IndirectType,
	"stack overflow":                Depth,
}

// engineTrap returns the kind of an error of wazero, or false if it is no trap but a failure of wazero.
func engineTrap(err error) (TrapKind, bool) {
	for inner := err; inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	kind, ok := engineTraps[err.Error()]
	return kind, ok
}
