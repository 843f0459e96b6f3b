package actortest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/actortest/transcript"
	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/state"
)

// whole shows values in their full length.
var whole = show.Options{Width: -1}

// AssertState checks that an actor keeps these keys with these values, and no others. Want is a JSON object, as string
// or []byte, or a map[string]any, whose values may be anything that JSON can hold; bytes are strings in base64, as typed
// actors show them. What is no CBOR and no JSON in the state is a string.
func (h *Host) AssertState(addr actor.Address, want any) {
	h.t.Helper()
	expected, err := object(want)
	if err != nil {
		h.t.Fatalf("the expected state of %s: %v", addr, err)
	}
	pairs, err := h.world.State(addr)
	h.must(err)
	var have strings.Builder
	for i := range pairs {
		have.WriteString(world.Line(&pairs[i], &whole) + "\n")
	}
	h.compare("the state of "+string(addr), expected, have.String())
}

// object returns what world.Line would say of each member, sorted.
func object(want any) (string, error) {
	var text []byte
	switch want := want.(type) {
	case nil:
		text = []byte("{}")
	case string:
		text = []byte(want)
	case []byte:
		text = want
	default:
		var err error
		if text, err = json.Marshal(want); err != nil {
			return "", err
		}
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return "", fmt.Errorf("it is no JSON object: %w", err)
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(members)) {
		value, err := canonical(members[key])
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s: %s\n", show.Key([]byte(key)), value)
	}
	return b.String(), nil
}

// AssertReceipt checks what a transaction left: outcome, gas, data and events, in the form of show.Receipt. Lines that
// begin with "committed" or "rolled back" may leave out what stands behind their first comma.
func (h *Host) AssertReceipt(r *state.Receipt, want string) {
	h.t.Helper()
	h.compare("the receipt", trim(want), short(show.Receipt(r, "", &whole), want))
}

// short leaves out the gas if want does not tell it.
func short(have, want string) string {
	if strings.Contains(want, ", gas ") {
		return have
	}
	first, rest, _ := strings.Cut(have, "\n")
	if i := strings.LastIndex(first, ", gas "); i >= 0 {
		first = first[:i]
	}
	return first + "\n" + rest
}

// AssertEvents checks the events of a transaction in the form of show.Events, one in a line: "event actor type key=value".
func (h *Host) AssertEvents(r *state.Receipt, want string) {
	h.t.Helper()
	h.compare("the events", trim(want), show.Events(r.Events, &whole))
}

// AssertTrace checks the trace of the last transaction in the form of show.Trace. Gas that want does not mention is left
// out.
func (h *Host) AssertTrace(want string) {
	h.t.Helper()
	have := h.Trace()
	if !strings.Contains(want, "   gas ") {
		have = withoutGas(have)
	}
	h.compare("the trace", trim(want), have)
}

// withoutGas leaves out the gas of the root.
func withoutGas(trace string) string {
	first, rest, _ := strings.Cut(trace, "\n")
	before, behind, found := strings.Cut(first, "   gas ")
	if !found {
		return trace
	}
	_, behind, more := strings.Cut(behind, "   ")
	if more {
		before += "   " + behind
	}
	return before + "\n" + rest
}

// Trace returns the trace of the last transaction as text.
func (h *Host) Trace() string {
	h.t.Helper()
	last := h.world.Last()
	if last == nil {
		h.t.Fatal("there was no transaction")
	}
	return show.Trace(last.Trace, &whole)
}

// AssertSame checks that the actors of two hosts have the same state.
func (h *Host) AssertSame(other *Host) {
	h.t.Helper()
	diff, err := h.world.Diff(other.world)
	h.must(err)
	if diff != "" {
		h.t.Errorf("the worlds differ (- this one, + the other):\n%s", diff)
	}
}

func (h *Host) compare(what, want, have string) {
	h.t.Helper()
	if diff := transcript.Diff(want, have); diff != "" {
		h.t.Errorf("%s is not as expected (- expected, + found):\n%s", what, diff)
	}
}

// trim takes away what a raw string literal has around its lines: a line break before them, and tabs in front of all.
func trim(s string) string {
	lines := strings.Split(strings.Trim(s, "\n"), "\n")
	indent := -1
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			n := len(l) - len(strings.TrimLeft(l, "\t"))
			if indent < 0 || n < indent {
				indent = n
			}
		}
	}
	for i, l := range lines {
		lines[i] = l[min(max(indent, 0), len(l)):]
	}
	if text := strings.TrimRight(strings.Join(lines, "\n"), "\n\t "); text != "" {
		return text + "\n"
	}
	return ""
}

// canonical is how show.Value shows a value in the state that is the same as v.
func canonical(v json.RawMessage) (string, error) {
	b, err := typed.FromJSON(v)
	if err != nil {
		return "", err
	}
	text, err := typed.ToJSON(b)
	return string(text), err
}
