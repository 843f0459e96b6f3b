package vm

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/wasm"
)

// Error is the failure of a contract. The caller of the contract gets no result and its writes do not count.
//
// wasmvm's Go side says "Error calling the VM: " and then Text, or "Out of gas" if it is out of gas outside of an import.
type Error struct {
	Kind ErrorKind
	Text string // as the reference VM has it
}

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// ErrorKind is what an Error comes from. It is the cause, even if the text names where the cause came to light.
type ErrorKind int

// The kinds of errors.
const (
	OutOfGas           ErrorKind = iota // the limit is used up
	Aborted                             // the contract gave up and said why
	RuntimeError                        // a trap
	CommunicationErr                    // a Region, an order or a section that is none
	RegionLengthTooBig                  // a Region that is longer than what it is for (RegionLengthTooBig)
	BackendErr                          // the world refused, such as an unknown iterator
	GenericErr                          // a key or value that is too long to be written
	WriteAccessDenied                   // a write in a query
	MissingExport                       // no such entry point
	ArityMismatch                       // an export with another number of parameters
	ResultMismatch                      // an export with another number of results
	CallDepth                           // an import called by allocate, which was called by an import
	NilArgument                         // an argument that is missing, not empty
	StaticValidation                    // the module is not one that can be stored
)

var kindNames = [...]string{
	OutOfGas: "out of gas", Aborted: "aborted", RuntimeError: "runtime error", CommunicationErr: "communication error",
	RegionLengthTooBig: "region length too big", BackendErr: "backend error", GenericErr: "generic error",
	WriteAccessDenied: "write access denied", MissingExport: "missing export", ArityMismatch: "arity mismatch",
	ResultMismatch: "result mismatch", CallDepth: "call depth", NilArgument: "nil argument",
	StaticValidation: "static validation",
}

// String returns the kind in words.
func (k ErrorKind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "unknown"
	}
	return kindNames[k]
}

func fail(kind ErrorKind, format string, args ...any) *Error {
	return &Error{kind, fmt.Sprintf(format, args...)}
}

func errOutOfGas() *Error { return &Error{OutOfGas, "Ran out of gas during contract execution"} }

func communication(format string, args ...any) *Error {
	return fail(CommunicationErr, "Error in guest/host communication: "+format, args...)
}

func badRegion(format string, args ...any) *Error {
	return communication("Got an invalid region: "+format, args...)
}

func backend(format string, args ...any) *Error {
	return fail(BackendErr, "Error calling into the VM's backend: "+format, args...)
}

// hostPanic is what the reference VM says when the store panics.
func hostPanic() *Error { return backend("Panic in FFI call") }

func invalid(format string, args ...any) *Error {
	return fail(StaticValidation, "Error during static Wasm validation: "+format, args...)
}

// atRuntime is an error as it appears when it has ended the guest.
func atRuntime(kind ErrorKind, text string) *Error {
	return &Error{kind, "Error executing Wasm: Wasmer runtime error: RuntimeError: " + text}
}

// trapTexts are what the reference VM's engine says where it differs. It tells an empty place of a table from one that is
// not there.
var trapTexts = map[wasm.TrapKind]string{
	wasm.TableBounds: "undefined element: out of bounds table access",
	wasm.Depth:       "call stack exhausted",
}

// ofTrap is a trap as an error.
func ofTrap(t *wasm.Trap) *Error {
	text, ok := trapTexts[t.Kind]
	if !ok {
		text = t.Kind.String()
	}
	return atRuntime(RuntimeError, text)
}
