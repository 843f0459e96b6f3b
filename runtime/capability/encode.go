package capability

import (
	"encoding/binary"
	"encoding/json"
	"unicode/utf8"

	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// MaxWord is the greatest length of an operation, a contract and the name of a link in an Invocation, in bytes.
const MaxWord = 512

// The heads of CBOR that an Invocation has.
const (
	cborBytes = 0x40
	cborText  = 0x60
	cborArray = 0x80
)

// Encode returns the body of a message or, if Origin is set, of a query: an array of four, with an Origin of five, in
// deterministic CBOR.
func (i *Invocation) Encode() []byte {
	b := make([]byte, 0, 1+4*9+9+len(i.Operation)+len(i.Contract)+len(i.Link)+len(i.Payload)+len(i.Origin))
	if i.Origin == "" {
		b = append(b, cborArray|4)
	} else {
		b = append(b, cborArray|5)
	}
	b = append(appendHead(b, cborText, len(i.Operation)), i.Operation...)
	b = append(appendHead(b, cborText, len(i.Contract)), i.Contract...)
	b = append(appendHead(b, cborText, len(i.Link)), i.Link...)
	b = append(appendHead(b, cborBytes, len(i.Payload)), i.Payload...)
	if i.Origin != "" {
		b = append(appendHead(b, cborText, len(i.Origin)), i.Origin...)
	}
	return b
}

// DecodeInvocation is the inverse of Encode. A body that begins with "{" is JSON for people: "op", which must be there,
// "contract", "link", and "data", any value. The payload is a part of the body, and must not be modified. The error is an
// *actor.Error with actor.CodeMalformed.
func DecodeInvocation(body []byte) (Invocation, error) {
	if len(body) > 0 && body[0] == '{' {
		return readJSON(body)
	}
	d := heads{rest: body}
	size := d.byte()
	inv := Invocation{Operation: d.word(), Contract: d.word(), Link: d.word(), Payload: d.take(cborBytes)}
	if size == cborArray|5 {
		inv.Origin = actor.Address(d.word())
		d.bad = d.bad || inv.Origin.Validate() != nil
	}
	if d.bad || len(d.rest) > 0 || size != cborArray|4 && size != cborArray|5 || inv.Operation == "" {
		return Invocation{}, errInvocation()
	}
	if len(inv.Payload) == 0 {
		inv.Payload = nil
	}
	return inv, nil
}

func errInvocation() error {
	return actor.Errorf(actor.CodeMalformed, `an invocation is a CBOR array of operation, contract, link and payload, or JSON such as {"op":"KeyValue.Get","data":"key"}`)
}

func appendHead(b []byte, major byte, n int) []byte {
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), uint64(n))
}

// heads reads what appendHead wrote, in its one form. Behind something else it is bad and yields nothing.
type heads struct {
	rest []byte
	bad  bool
}

func (d *heads) byte() byte {
	if len(d.rest) == 0 {
		d.bad = true
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

// length reads a head of that kind.
func (d *heads) length(major byte) uint64 {
	head := d.byte()
	if head&0xe0 != major || d.bad {
		d.bad = true
		return 0
	}
	short := head & 0x1f
	if short < 24 {
		return uint64(short)
	}
	if short > 27 {
		d.bad = true
		return 0
	}
	size := 1 << (short - 24)
	var n uint64
	for range size {
		n = n<<8 | uint64(d.byte())
	}
	// A shorter head would have done.
	if size == 1 && n < 24 || size > 1 && n>>(size*4) == 0 {
		d.bad = true
	}
	return n
}

func (d *heads) take(major byte) []byte {
	n := d.length(major)
	if d.bad || n > uint64(len(d.rest)) {
		d.bad = true
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *heads) word() string {
	b := d.take(cborText)
	if len(b) > MaxWord || !utf8.Valid(b) {
		d.bad = true
		return ""
	}
	return string(b)
}

func readJSON(body []byte) (Invocation, error) {
	var o struct {
		Op       string          `json:"op"`
		Contract string          `json:"contract"`
		Link     string          `json:"link"`
		Data     json.RawMessage `json:"data"`
	}
	if decode(body, &o) != nil || o.Op == "" || max(len(o.Op), len(o.Contract), len(o.Link)) > MaxWord {
		return Invocation{}, errInvocation()
	}
	inv := Invocation{Operation: o.Op, Contract: o.Contract, Link: o.Link, JSON: true}
	if o.Data != nil {
		payload, err := pack.FromJSON(o.Data)
		if err != nil {
			return Invocation{}, actor.Errorf(actor.CodeMalformed, "the data of %s cannot be had in MessagePack", shown(o.Op))
		}
		inv.Payload = payload
	}
	return inv, nil
}

// decode reads an order, a question or an invocation in JSON: see access.Decode.
func decode(body []byte, v any) error { return access.Decode(body, v, "values", "config", "data") }
