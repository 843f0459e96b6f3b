package troupe

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// The first element of an output. Each is the CBOR of itself.
const (
	outputOK      = 0
	outputFailed  = 1
	outputNoEntry = 2
)

// errNoEntry is the failure of a guest that lacks the entry point. It never leaves the package.
var errNoEntry = &actor.Error{Code: actor.CodeUnsupported}

// decodeResponse reads the output of every entry but query. The response shares no memory with in. The error is that of
// the guest, or says with CodeMalformed what is wrong with the output, or which limit it exceeds; items is the number of
// messages, events and attributes that were read in either case.
func decodeResponse(in []byte) (resp actor.Response, items int, err *actor.Error) {
	r := reader{in: in}
	r.response(&resp)
	items = r.items
	if r.err != nil || r.failure != nil {
		return actor.Response{}, items, r.outcome()
	}
	r.rebuild()
	r.response(&resp)
	return resp, items, nil
}

// decodeAnswer reads the output of query, like decodeResponse.
func decodeAnswer(in []byte) ([]byte, *actor.Error) {
	r := reader{in: in}
	r.answer()
	if r.err != nil || r.failure != nil {
		return nil, r.outcome()
	}
	r.rebuild()
	return r.answer(), nil
}

// reader goes over an output twice with the same methods. The first pass checks everything and counts what the second
// one, which builds, has to allocate; so an output that claims more than it holds costs nothing. After the first thing
// that is wrong a pass only returns zero values.
//
// The form is fixed, so nothing nests deeper than the methods call each other.
type reader struct {
	in    []byte
	pos   int
	at    place
	err   *actor.Error // what is wrong, or nil
	items int

	// failure is what the guest says, if it says that it failed.
	failure *actor.Error

	building   bool
	textLen    int
	bytesLen   int
	attributes int

	// What the second pass takes from. None of them grows, so what was cut from them stays where it is.
	texts strings.Builder
	bytes []byte
	pairs []actor.Attribute
}

// place is where in the output the reader is. Indices are -1 outside of a list.
type place struct {
	list       string
	index      int
	attributes bool
	attribute  int
	field      string
}

func (p place) String() string {
	var b strings.Builder
	b.WriteString(p.list)
	if p.index >= 0 {
		fmt.Fprintf(&b, "[%d]", p.index)
	}
	if p.attributes {
		b.WriteString(".attributes")
	}
	if p.attribute >= 0 {
		fmt.Fprintf(&b, "[%d]", p.attribute)
	}
	if p.field != "" {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(p.field)
	}
	return b.String()
}

// field names a single value at the top.
func field(name string) place { return place{index: -1, attribute: -1, field: name} }

func (r *reader) outcome() *actor.Error {
	if r.err != nil {
		return r.err
	}
	return r.failure
}

// rebuild starts the second pass.
func (r *reader) rebuild() {
	r.pos, r.items, r.building = 0, 0, true
	r.texts.Grow(r.textLen)
	r.bytes = make([]byte, 0, r.bytesLen)
	if r.attributes > 0 {
		r.pairs = make([]actor.Attribute, 0, r.attributes)
	}
}

func (r *reader) malformed(format string, args ...any) {
	if r.err != nil {
		return
	}
	what := r.at.String()
	if what != "" {
		what += ": "
	}
	r.err = actor.Errorf(actor.CodeMalformed, "the output of the guest at byte %d: %s%s", r.pos, what, fmt.Sprintf(format, args...))
}

// response reads an output of an entry that may write.
func (r *reader) response(resp *actor.Response) {
	if !r.begin(5) {
		return
	}
	r.at = field("data")
	resp.Data = r.nullable()
	r.messages(resp)
	r.at = place{list: "attributes", index: -1, attribute: -1}
	resp.Attributes = r.attributeList()
	r.events(resp)
	r.end()
}

// answer reads an output of query.
func (r *reader) answer() []byte {
	if !r.begin(2) {
		return nil
	}
	r.at = field("data")
	data := r.nullable()
	r.end()
	return data
}

// begin reads up to the first element, which says how it went, and all of a failure. It reports whether the guest
// succeeded; then size elements make up the output.
func (r *reader) begin(size uint64) bool {
	r.at = field("")
	if len(r.in) == 0 {
		r.malformed("it is empty")
		return false
	}
	n := r.head(majorArray)
	r.at = field("status")
	status := r.uint(outputNoEntry)
	if r.err != nil {
		return false
	}
	switch status {
	case outputFailed:
		size = 3
	case outputNoEntry:
		size = 1
	}
	r.at = field("")
	if n != size {
		r.malformed("an array of length %d is wanted, this has length %d", size, n)
		return false
	}
	switch status {
	case outputFailed:
		r.failed()
	case outputNoEntry:
		if r.end(); r.err == nil {
			r.failure = errNoEntry
		}
	}
	return status == outputOK
}

func (r *reader) failed() {
	r.at = field("code")
	start := r.pos
	code := r.raw(majorText)
	if len(code) > MaxErrorCode {
		r.pos = start
		r.malformed("a code has at most %d bytes, this has %d", MaxErrorCode, len(code))
	}
	r.at = field("message")
	message := r.raw(majorText)
	r.end()
	if r.err == nil {
		r.failure = &actor.Error{Code: string(code), Message: string(cut(message, MaxErrorMessage))}
	}
}

// cut returns the first n bytes of text, or fewer to end between characters.
func cut(text []byte, n int) []byte {
	if len(text) <= n {
		return text
	}
	for end := n; end > n-4; end-- {
		if text[end]&0xc0 != 0x80 {
			return text[:end]
		}
	}
	return text[:n]
}

func (r *reader) end() {
	r.at = field("")
	if r.err == nil && r.pos < len(r.in) {
		r.malformed("the output should end here")
	}
}

func (r *reader) messages(resp *actor.Response) {
	r.at = place{list: "messages", index: -1, attribute: -1}
	n := r.list(actor.CodeTooManyMessages)
	if r.building && n > 0 {
		resp.Messages = make([]actor.SubMsg, n)
	}
	var checked actor.SubMsg
	for i := 0; i < n && r.err == nil; i++ {
		r.at.index = i
		sub := &checked
		if r.building {
			sub = &resp.Messages[i]
		}
		r.message(sub)
	}
}

func (r *reader) message(sub *actor.SubMsg) {
	r.at.field = ""
	r.tuple(5)
	r.at.field = "id"
	sub.ID = r.uint(1<<64 - 1)
	r.at.field = "reply_on"
	sub.ReplyOn = actor.ReplyOn(r.uint(1<<8 - 1))
	r.at.field = "gas_limit"
	sub.GasLimit = r.uint(1<<64 - 1)
	r.at.field = "payload"
	sub.Payload = r.nullable()
	r.at.field = "message"
	r.tuple(5)
	r.at.field = "kind"
	sub.Msg.Kind = actor.Kind(r.uint(1<<8 - 1))
	r.at.field = "to"
	sub.Msg.To = actor.Address(r.text())
	r.at.field = "body"
	sub.Msg.Body = r.nullable()
	r.at.field = "module"
	sub.Msg.Module = actor.ModuleID(r.text())
	r.at.field = "admin"
	sub.Msg.Admin = actor.Address(r.text())
}

func (r *reader) events(resp *actor.Response) {
	r.at = place{list: "events", index: -1, attribute: -1}
	n := r.list(actor.CodeEventsTooLarge)
	if r.building && n > 0 {
		resp.Events = make([]actor.Event, n)
	}
	for i := 0; i < n && r.err == nil; i++ {
		r.at = place{list: "events", index: i, attribute: -1}
		r.tuple(2)
		r.at.field = "type"
		kind := r.text()
		r.at.field, r.at.attributes = "", true
		attributes := r.attributeList()
		if r.building {
			resp.Events[i] = actor.Event{Type: kind, Attributes: attributes}
		}
	}
}

// attributeList returns nil for an empty list.
func (r *reader) attributeList() []actor.Attribute {
	n := r.list(actor.CodeEventsTooLarge)
	start := len(r.pairs)
	for i := 0; i < n && r.err == nil; i++ {
		if r.at.attributes {
			r.at.attribute = i
		} else {
			r.at.index = i
		}
		r.at.field = ""
		r.tuple(2)
		r.at.field = "key"
		key := r.text()
		r.at.field = "value"
		value := r.text()
		if r.building {
			r.pairs = append(r.pairs, actor.Attribute{Key: key, Value: value})
		}
	}
	r.attributes += n
	if !r.building || n == 0 {
		return nil
	}
	return r.pairs[start:len(r.pairs):len(r.pairs)]
}

// tuple reads the head of an array that has size elements.
func (r *reader) tuple(size uint64) {
	start := r.pos
	if n := r.head(majorArray); r.err == nil && n != size {
		r.pos = start
		r.malformed("an array of length %d is wanted, this has length %d", size, n)
	}
}

// list reads the head of an array of messages, events or attributes. Too many of them are an error with the code.
func (r *reader) list(code string) int {
	start := r.pos
	n := r.head(majorArray)
	if r.err != nil {
		return 0
	}
	if n > uint64(len(r.in)-r.pos) {
		r.pos = start
		r.malformed("an array of length %d does not fit into the rest", n)
		return 0
	}
	if n > uint64(MaxItems-r.items) {
		r.err = actor.Errorf(code, "a response has at most %d messages, events and attributes", MaxItems)
		return 0
	}
	r.items += int(n)
	return int(n)
}

func (r *reader) uint(limit uint64) uint64 {
	start := r.pos
	n := r.head(majorUint)
	if n > limit {
		r.pos = start
		r.malformed("%d is more than %d", n, limit)
		return 0
	}
	return n
}

// text returns a text string. Whether it must be UTF-8 is for those to judge who judge the texts of native actors.
func (r *reader) text() string {
	b := r.raw(majorText)
	if !r.building {
		r.textLen += len(b)
		return ""
	}
	start := r.texts.Len()
	r.texts.Write(b)
	return r.texts.String()[start:]
}

// nullable returns a byte string, or nil for null.
func (r *reader) nullable() []byte {
	if r.err == nil && r.pos < len(r.in) && r.in[r.pos] == null {
		r.pos++
		return nil
	}
	b := r.raw(majorBytes)
	if !r.building {
		r.bytesLen += len(b)
		return nil
	}
	start := len(r.bytes)
	r.bytes = append(r.bytes, b...)
	return r.bytes[start:len(r.bytes):len(r.bytes)]
}

// raw returns the content of a string as it lies in the input.
func (r *reader) raw(m major) []byte {
	start := r.pos
	n := r.head(m)
	if r.err != nil {
		return nil
	}
	if n > uint64(len(r.in)-r.pos) {
		r.pos = start
		r.malformed("%s of length %d does not fit into the rest", m, n)
		return nil
	}
	b := r.in[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b
}

// head reads the head of an item, which must be of type m, and returns its number.
func (r *reader) head(m major) uint64 {
	if r.err != nil {
		return 0
	}
	rest := r.in[r.pos:]
	if len(rest) == 0 {
		r.malformed("%s is wanted, the output ends here", m)
		return 0
	}
	if have := major(rest[0] & 0xe0); have != m {
		r.malformed("%s is wanted, this is %s", m, have)
		return 0
	}
	info := rest[0] & 0x1f
	if info < 24 {
		r.pos++
		return uint64(info)
	}
	if info == 31 {
		r.malformed("lengths must be definite")
		return 0
	}
	if info > 27 {
		r.malformed("%#02x begins no item", rest[0])
		return 0
	}
	size := 1 << (info - 24)
	if len(rest) <= size {
		r.malformed("the output ends within a number")
		return 0
	}
	r.pos += 1 + size
	var wide [8]byte
	copy(wide[8-size:], rest[1:])
	return binary.BigEndian.Uint64(wide[:])
}
