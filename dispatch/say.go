package dispatch

import "github.com/troupe-run/troupe/runtime/actor"

// A Line is what an actor has said for people to read. It has no effect on the transaction.
type Line struct {
	Actor actor.Address `json:"actor"`
	// Level is "trace", "debug", "info", "warn", "error" or "critical"; others are the actor's own.
	Level string `json:"level"`
	Text  string `json:"text"`
}

// Bounds of what the actors of a transaction say. What goes beyond is dropped.
const (
	MaxLines = 1000
	MaxLine  = 8192 // bytes of a text
)

// Said is what the actors of one transaction have said, in order.
type Said struct {
	Sequence uint64
	// Committed is false if the transaction was rolled back.
	Committed bool
	Lines     []Line
}

// Say adds a line to the trace and, when the transaction has ended, to what Options.OnSaid is told. In a query the trace
// alone has it.
func (s servicesOf) Say(level, text string) {
	f := s.f
	text = text[:min(len(text), MaxLine)]
	f.span.logf("%s: %s", level, text)
	if f.queries == 0 && len(f.run.said) < MaxLines {
		f.run.said = append(f.run.said, Line{f.self, level, text})
	}
}
