package state

import (
	"encoding/binary"
	"errors"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Actor is the row of an actor, by its address.
type Actor struct {
	// Number stands for the actor in the keys of its state. It is given once and never used again.
	Number uint64
	Module actor.ModuleID
	// Creator sent the message that instantiated the actor; Admin may migrate it, nobody if empty.
	Creator, Admin actor.Address
	// Created is the sequence of the transaction that instantiated it.
	Created uint64
}

// Append appends the encoding of a.
func (a *Actor) Append(buf []byte) []byte {
	buf = append(buf, recordVersion)
	// Number and module come first: they are all that a dispatch needs, see ActorHead.
	buf = binary.AppendUvarint(buf, a.Number)
	buf = appendString(buf, a.Module)
	buf = appendString(buf, a.Creator)
	buf = appendString(buf, a.Admin)
	return binary.AppendUvarint(buf, a.Created)
}

// DecodeActor is the inverse of Actor.Append.
func DecodeActor(b []byte) (Actor, error) {
	r := newReader(b)
	a := Actor{
		Number:  r.uvarint(),
		Module:  actor.ModuleID(r.string()),
		Creator: actor.Address(r.string()),
		Admin:   actor.Address(r.string()),
		Created: r.uvarint(),
	}
	if err := r.end(); err != nil {
		return Actor{}, decodeError("an actor record", err)
	}
	return a, nil
}

// ActorHead reads the number and the module of an actor record without decoding the rest and without allocating. The
// module is part of b. It reports false if b does not begin like an actor record.
func ActorHead(b []byte) (number uint64, module []byte, ok bool) {
	if len(b) == 0 || b[0] != recordVersion {
		return 0, nil, false
	}
	r := reader{rest: b[1:]}
	number, module = r.uvarint(), r.bytes()
	return number, module, r.err == nil
}

// Module is the row of a module, by its id.
type Module struct {
	ID actor.ModuleID
	// Kind is the dialect of the code, "native" for a Go value.
	Kind string
	// Bound is the sequence of the transaction that bound or installed the module; for one that was replaced, the last.
	Bound uint64
	// Hash is the sum of the code, under which ReadCode finds it, and Size its length in bytes. Both are zero for a Go
	// value, which is in the binary.
	Hash Hash
	Size uint64
}

// Installed reports whether the code of the module is in the store.
func (m *Module) Installed() bool { return m.Hash != Hash{} }

// Append appends the encoding of m. That of a Go value is what it was before there was any other code.
func (m *Module) Append(buf []byte) []byte {
	version := byte(recordVersion)
	if m.Installed() {
		version = codedVersion
	}
	buf = append(buf, version)
	buf = appendString(buf, m.ID)
	buf = appendString(buf, m.Kind)
	buf = binary.AppendUvarint(buf, m.Bound)
	if m.Installed() {
		buf = append(buf, m.Hash[:]...)
		buf = binary.AppendUvarint(buf, m.Size)
	}
	return buf
}

// DecodeModule is the inverse of Module.Append.
func DecodeModule(b []byte) (Module, error) {
	r, version := newVersionReader(b, codedVersion)
	m := Module{ID: actor.ModuleID(r.string()), Kind: r.string(), Bound: r.uvarint()}
	if version == codedVersion {
		m.Hash, m.Size = r.hash(), r.uvarint()
		if r.err == nil && !m.Installed() {
			r.fail(errors.New("a hash is zero"))
		}
	}
	if err := r.end(); err != nil {
		return Module{}, decodeError("a module record", err)
	}
	return m, nil
}

// Request is the row of a request id: which transaction it became, and for what envelope, so that the same id with
// another content is found out.
type Request struct {
	Sequence uint64
	Envelope Hash
}

// Append appends the encoding of q.
func (q *Request) Append(buf []byte) []byte {
	buf = append(buf, recordVersion)
	buf = binary.AppendUvarint(buf, q.Sequence)
	return append(buf, q.Envelope[:]...)
}

// DecodeRequest is the inverse of Request.Append.
func DecodeRequest(b []byte) (Request, error) {
	r := newReader(b)
	q := Request{Sequence: r.uvarint(), Envelope: r.hash()}
	if err := r.end(); err != nil {
		return Request{}, decodeError("a request record", err)
	}
	return q, nil
}

// HeadName is the name of the meta row that holds the Head.
const HeadName = "head"

// FloorName is the name of the meta row that holds the Head of the history that is not kept any more.
const FloorName = "floor"

// Head is the end of a partition's history: its last transaction.
type Head struct {
	Sequence uint64
	Root     Hash
	// Time is that of the last transaction, in Unix nanoseconds. The next one is never earlier.
	Time int64
}

// Append appends the encoding of h.
func (h *Head) Append(buf []byte) []byte {
	buf = append(buf, recordVersion)
	buf = binary.AppendUvarint(buf, h.Sequence)
	buf = append(buf, h.Root[:]...)
	return binary.BigEndian.AppendUint64(buf, uint64(h.Time))
}

// DecodeHead is the inverse of Head.Append.
func DecodeHead(b []byte) (Head, error) {
	r := newReader(b)
	h := Head{Sequence: r.uvarint(), Root: r.hash(), Time: int64(r.uint64())}
	if err := r.end(); err != nil {
		return Head{}, decodeError("a head record", err)
	}
	return h, nil
}
