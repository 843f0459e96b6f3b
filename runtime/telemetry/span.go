package telemetry

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/troupe-run/troupe/dispatch"
)

type (
	traceID [16]byte
	spanID  [8]byte
)

func (id traceID) String() string { return hex.EncodeToString(id[:]) }
func (id spanID) String() string  { return hex.EncodeToString(id[:]) }

func newTraceID() (id traceID) {
	binary.BigEndian.PutUint64(id[:], rand.Uint64())
	binary.BigEndian.PutUint64(id[8:], rand.Uint64()|1) // zero is no id
	return id
}

func newSpanID() (id spanID) {
	binary.BigEndian.PutUint64(id[:], rand.Uint64()|1)
	return id
}

// parseParent reads a header traceparent: version, trace, span and flags, in hexadecimal digits.
func parseParent(text string) (trace traceID, span spanID, ok bool) {
	parts := strings.Split(text, "-")
	if len(text) > 128 || len(parts) < 4 || len(parts[0]) != 2 || parts[0] == "ff" || parts[0] == "00" && len(parts) != 4 ||
		len(parts[1]) != 2*len(trace) || len(parts[2]) != 2*len(span) || len(parts[3]) != 2 || strings.ToLower(text) != text {
		return trace, span, false
	}
	for _, part := range []struct {
		to   []byte
		from string
	}{{make([]byte, 1), parts[0]}, {trace[:], parts[1]}, {span[:], parts[2]}, {make([]byte, 1), parts[3]}} {
		if _, err := hex.Decode(part.to, []byte(part.from)); err != nil {
			return traceID{}, spanID{}, false
		}
	}
	return trace, span, trace != traceID{} && span != spanID{}
}

// What follows is the JSON of OTLP, as far as it is used.

type span struct {
	TraceID    string      `json:"traceId"`
	SpanID     string      `json:"spanId"`
	ParentID   string      `json:"parentSpanId,omitempty"`
	Name       string      `json:"name"`
	Kind       int         `json:"kind"`
	Start      string      `json:"startTimeUnixNano"`
	End        string      `json:"endTimeUnixNano"`
	Attributes []attribute `json:"attributes,omitempty"`
	Status     status      `json:"status"`
}

const (
	kindInternal = 1
	kindServer   = 2
	statusError  = 2
)

type status struct {
	Code    int    `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

type attribute struct {
	Key   string `json:"key"`
	Value value  `json:"value"`
}

type value struct {
	String *string `json:"stringValue,omitempty"`
	Int    *string `json:"intValue,omitempty"` // digits, as 64 bits are in this JSON
	Bool   *bool   `json:"boolValue,omitempty"`
}

func text(key, s string) attribute { return attribute{key, value{String: &s}} }

func number(key string, n uint64) attribute {
	s := strconv.FormatUint(n, 10)
	return attribute{key, value{Int: &s}}
}

func yes(key string, b bool) attribute { return attribute{key, value{Bool: &b}} }

func resourceOf(o *Options) any {
	return map[string]any{"attributes": []attribute{text("service.name", "troupe"), text("service.version", o.Version),
		text("service.instance.id", o.Host), text("troupe.node", o.Name)}}
}

// document is what one request to the collector says.
func (e *Exporter) document(spans []span) any {
	scope := map[string]any{"scope": map[string]string{"name": "troupe"}, "spans": spans}
	return map[string]any{"resourceSpans": []any{map[string]any{"resource": e.resource, "scopeSpans": []any{scope}}}}
}

// maxSpans is how many spans a request has at most.
const maxSpans = 512

// appendSpans appends those of a request.
func (r *recording) appendSpans(spans []span) []span {
	own := newSpanID()
	root := span{TraceID: r.trace.String(), SpanID: own.String(), Name: "troupe " + r.Op, Kind: kindServer,
		Start: nanos(r.Start), End: nanos(r.Start.Add(r.Took)),
		Attributes: []attribute{text("troupe.op", r.Op), text("troupe.via", r.Via), text("troupe.code", r.Code)}}
	if r.parent != (spanID{}) {
		root.ParentID = r.parent.String()
	}
	if r.RequestID != "" {
		root.Attributes = append(root.Attributes, text("troupe.request_id", r.RequestID))
	}
	if r.Key != "" {
		root.Attributes = append(root.Attributes, text("troupe.key", r.Key))
	}
	if r.Code != "ok" {
		root.Status = status{statusError, r.Message}
	}
	at := len(spans)
	spans = append(spans, root)
	if r.Tree == nil || r.Tree.Root == nil {
		return spans
	}
	w := walk{trace: root.TraceID, spans: spans, room: maxSpans - 1}
	w.call(r.Tree.Root, root.SpanID, r.Start, r.Took)
	more := []attribute{number("troupe.sequence", r.Tree.Sequence), number("troupe.gas_used", r.Tree.GasUsed)}
	if w.left > 0 {
		more = append(more, number("troupe.calls_left_out", w.left))
	}
	w.spans[at].Attributes = append(w.spans[at].Attributes, more...)
	return w.spans
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// walk makes spans of a tree.
type walk struct {
	trace string
	spans []span
	room  int
	left  uint64 // calls for which there was no room
}

// call makes a span of a call, which begins at a time and takes so long, and of those below it.
func (w *walk) call(s *dispatch.Span, parent string, start time.Time, took time.Duration) {
	if w.room == 0 {
		w.left += uint64(1 + below(s))
		return
	}
	w.room--
	out := span{TraceID: w.trace, SpanID: newSpanID().String(), ParentID: parent, Name: s.Kind.String() + " " + string(s.Module), Kind: kindInternal,
		Start: nanos(start), End: nanos(start.Add(took)),
		Attributes: []attribute{text("troupe.actor", string(s.To)), text("troupe.module", string(s.Module)), text("troupe.kind", s.Kind.String()),
			text("troupe.from", string(s.From)), number("troupe.gas_used", s.GasUsed), yes("troupe.committed", s.Committed)}}
	if s.Err != nil {
		out.Status = status{statusError, s.Err.Message}
		out.Attributes = append(out.Attributes, text("troupe.code", s.Err.Code))
	}
	w.spans = append(w.spans, out)
	whole := s.GasUsed
	var sum uint64
	for _, child := range s.Children {
		sum += child.GasUsed
	}
	if whole = max(whole, sum); whole == 0 {
		whole = 1
	}
	// What a call does itself comes first: its children are messages that it has returned.
	at := start.Add(share(took, whole-sum, whole))
	for _, child := range s.Children {
		length := share(took, child.GasUsed, whole)
		w.call(child, out.SpanID, at, length)
		at = at.Add(length)
	}
}

func share(took time.Duration, part, whole uint64) time.Duration {
	return time.Duration(float64(took) * (float64(part) / float64(whole)))
}

// below counts the calls below one.
func below(s *dispatch.Span) (n int) {
	for _, child := range s.Children {
		n += 1 + below(child)
	}
	return n
}
