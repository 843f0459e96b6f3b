package envelope

import (
	"encoding/binary"
	"errors"
	"time"
	"unsafe"

	"github.com/troupe-run/troupe/runtime/actor"
)

// ErrMalformed says that bytes are no envelope of the kind that was asked for.
var ErrMalformed = errors.New("guest: the host has sent something that is no envelope of version 1 of its ABI")

// DecodeMessage decodes the input of an entry point for messages into env, apart from its State and Services, and msg,
// apart from its Kind.
func DecodeMessage(input []byte, env *actor.Env, msg *actor.Message) error {
	r := reader{rest: input}
	r.array(9)
	r.head(env)
	msg.To = env.Self
	msg.Body = r.bytesOrNull()
	msg.Module = actor.ModuleID(r.text())
	msg.Admin = actor.Address(r.text())
	return r.end()
}

// DecodeReply decodes the input of the entry point for replies into env, apart from its State and Services, and reply.
func DecodeReply(input []byte, env *actor.Env, reply *actor.Reply) error {
	r := reader{rest: input}
	r.array(13)
	r.head(env)
	reply.ID = r.uint()
	reply.Payload = r.bytesOrNull()
	reply.Callee = actor.Address(r.text())
	reply.GasUsed = r.uint()
	if !r.null() {
		r.array(2)
		reply.Err = &actor.Error{Code: r.text(), Message: r.text()}
	}
	reply.Data = r.bytesOrNull()
	reply.Events = r.events()
	return r.end()
}

// DecodeQuery decodes the input of the entry point for queries into view, apart from its State and Services. It returns
// the body.
func DecodeQuery(input []byte, view *actor.View) (body []byte, err error) {
	r := reader{rest: input}
	r.array(4)
	view.Self = actor.Address(r.text())
	view.Sequence = r.uint()
	view.Time = r.time()
	body = r.bytesOrNull()
	return body, r.end()
}

// DecodeAnswer decodes what the host says to a query that the guest made. The error is ErrMalformed or the *actor.Error
// of the actor that was asked.
func DecodeAnswer(b []byte) ([]byte, error) {
	r := reader{rest: b}
	n := r.length(majorArray)
	switch failed := r.uint(); {
	case failed == 0 && n == 2:
		data := r.bytesOrNull()
		return data, r.end()
	case failed == 1 && n == 3:
		e := &actor.Error{Code: r.text(), Message: r.text()}
		if err := r.end(); err != nil {
			return nil, err
		}
		return nil, e
	}
	return nil, ErrMalformed
}

// The major types of CBOR (RFC 8949, section 3.1) that envelopes have, and null.
const (
	majorUint byte = iota
	majorNegative
	majorBytes
	majorText
	majorArray

	null = 0xf6
)

// reader reads items from the front of rest. After the first fault all it reads is zero, and end reports the fault.
//
// Calls are dear in a guest that the Go compiler has made, so each item takes one: the short heads, which most items
// have, are read where the item is, and only the others by item.
type reader struct {
	rest  []byte
	wrong bool
}

func (r *reader) fail() { r.rest, r.wrong = nil, true }

func (r *reader) end() error {
	if r.wrong || len(r.rest) > 0 {
		return ErrMalformed
	}
	return nil
}

// item reads the head of an item: its major type and its argument. The simple values are none that it takes.
func (r *reader) item() (major byte, arg uint64) {
	if len(r.rest) == 0 {
		r.fail()
		return 0, 0
	}
	major, arg = r.rest[0]>>5, uint64(r.rest[0]&31)
	b := r.rest[1:]
	switch {
	case major > majorArray || arg > 27:
		r.fail()
		return 0, 0
	case arg < 24:
		r.rest = b
		return major, arg
	}
	n := 1 << (arg - 24)
	if len(b) < n {
		r.fail()
		return 0, 0
	}
	switch n {
	case 1:
		arg = uint64(b[0])
	case 2:
		arg = uint64(binary.BigEndian.Uint16(b))
	case 4:
		arg = uint64(binary.BigEndian.Uint32(b))
	default:
		arg = binary.BigEndian.Uint64(b)
	}
	r.rest = b[n:]
	return major, arg
}

func (r *reader) uint() uint64 {
	if len(r.rest) > 0 && r.rest[0] < 24 {
		n := r.rest[0]
		r.rest = r.rest[1:]
		return uint64(n)
	}
	major, arg := r.item()
	if major != majorUint {
		r.fail()
		return 0
	}
	return arg
}

// length reads the head of a string or an array. Each byte or element that it promises takes a byte at least, so more
// than are left are a fault, and nothing is ever allocated for them.
func (r *reader) length(of byte) int {
	major, arg := r.item()
	if major != of || arg > uint64(len(r.rest)) {
		r.fail()
		return 0
	}
	return int(arg)
}

func (r *reader) array(n int) {
	if r.length(majorArray) != n {
		r.fail()
	}
}

// content reads a string. It is not nil, be it empty.
func (r *reader) content(of byte) []byte {
	b := r.rest
	if len(b) > 0 {
		if n := int(b[0] ^ of<<5); n < 24 && n < len(b) {
			r.rest = b[1+n:]
			return b[1 : 1+n : 1+n]
		}
	}
	n := r.length(of)
	b = r.rest
	r.rest = b[n:]
	return b[:n:n]
}

func (r *reader) text() string {
	b := r.content(majorText)
	return unsafe.String(unsafe.SliceData(b), len(b)) // the input stays as it is
}

func (r *reader) null() bool {
	if len(r.rest) == 0 || r.rest[0] != null {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// bytesOrNull returns nil for null, and else what is not nil.
func (r *reader) bytesOrNull() []byte {
	if r.null() {
		return nil
	}
	return r.content(majorBytes)
}

// time reads nanoseconds since 1970, which can be before it.
func (r *reader) time() time.Time {
	major, arg := r.item()
	ns := int64(arg)
	if major == majorNegative {
		ns = ^ns
	}
	if major > majorNegative || arg > 1<<63-1 {
		r.fail()
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// head reads what the inputs of messages and replies begin with.
func (r *reader) head(env *actor.Env) {
	env.Self = actor.Address(r.text())
	env.Sender = actor.Address(r.text())
	env.Sequence = r.uint()
	env.Time = r.time()
	if seed := r.content(majorBytes); len(seed) == len(env.Seed) {
		env.Seed = [32]byte(seed)
	} else {
		r.fail()
	}
	env.Span = r.uint()
}

func (r *reader) events() []actor.Event {
	n := r.length(majorArray)
	if n == 0 {
		return nil
	}
	events := make([]actor.Event, 0, min(n, len(r.rest)/4+1))
	for range n {
		if r.array(3); r.wrong {
			return nil
		}
		e := actor.Event{Actor: actor.Address(r.text()), Type: r.text()}
		e.Attributes = r.attributes()
		events = append(events, e)
	}
	return events
}

func (r *reader) attributes() []actor.Attribute {
	n := r.length(majorArray)
	if n == 0 {
		return nil
	}
	attributes := make([]actor.Attribute, 0, min(n, len(r.rest)/3+1))
	for range n {
		if r.array(2); r.wrong {
			return nil
		}
		attributes = append(attributes, actor.Attribute{Key: r.text(), Value: r.text()})
	}
	return attributes
}
