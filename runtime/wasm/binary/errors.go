package binary

import "fmt"

// Error says why a module, or a part of it, is refused.
type Error struct {
	Offset  int    // in bytes from the start of the input, -1 if it is not known
	Section string // "header", or the name of a section: "type", "import", "code", ...
	Reason  string
}

// Error returns the refusal with its place.
func (e *Error) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("wasm: %s section: %s", e.Section, e.Reason)
	}
	return fmt.Sprintf("wasm: %s section at byte %d: %s", e.Section, e.Offset, e.Reason)
}

// refuse returns an error without an offset.
func refuse(section, format string, args ...any) *Error {
	return &Error{Offset: -1, Section: section, Reason: fmt.Sprintf(format, args...)}
}
