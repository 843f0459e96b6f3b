package state

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Change is one row that a transaction wrote.
type Change struct {
	// Key begins with the space: the stored key without its partition. See Partition.AppendKey.
	Key string
	// Value is nil if the row was deleted.
	Value   []byte
	Deleted bool
}

// Receipt is what a transaction left.
type Receipt struct {
	Sequence  uint64
	RequestID string
	// Err is nil if the transaction committed. Path leads from the root of the tree to where it failed.
	Err  *actor.Error
	Path []actor.Address
	// Callee is who was called at the root: for an instantiation, the new actor.
	Callee actor.Address
	// Data is the result. Nil and empty differ.
	Data    []byte
	Events  []actor.Event
	GasUsed uint64
	// Messages is how many sub-messages ran.
	Messages uint64
	// Changes are the rows that the transaction wrote, in the order of keys. Code is not among them: the command has it,
	// and the hash that it goes by is in the row of its module.
	Changes []Change
	// Writes is the EffectsHash, and Root the root behind this transaction.
	Writes, Root Hash
}

// Append appends the encoding of r, with Writes and Root as they stand. They come last, so that everything before them
// can be hashed while it is encoded.
func (r *Receipt) Append(buf []byte) []byte {
	buf = r.appendEffects(r.appendHead(buf))
	buf = append(buf, r.Writes[:]...)
	return append(buf, r.Root[:]...)
}

// Seal sets Writes and Root and appends the encoding of r. It encodes once. Prev is the root before the transaction and
// command the hash of its command.
func (r *Receipt) Seal(buf []byte, prev, command Hash) []byte {
	buf = r.appendHead(buf)
	start := len(buf)
	buf = r.appendEffects(buf)
	r.Writes = sha256.Sum256(buf[start:])
	r.Root = Extend(prev, r.Sequence, command, r.Writes)
	buf = append(buf, r.Writes[:]...)
	return append(buf, r.Root[:]...)
}

// EffectsHash returns the sum over the result (error, path, callee, data, events, gas) and the changes: what any
// machine that executes the command must find again. It encodes; Seal gets it for nothing.
func (r *Receipt) EffectsHash() Hash {
	var scratch [1024]byte
	return sha256.Sum256(r.appendEffects(scratch[:0]))
}

func (r *Receipt) appendHead(buf []byte) []byte {
	buf = append(buf, recordVersion)
	buf = binary.AppendUvarint(buf, r.Sequence)
	buf = appendString(buf, r.RequestID)
	return binary.AppendUvarint(buf, r.Messages)
}

func (r *Receipt) appendEffects(buf []byte) []byte {
	if r.Err == nil {
		buf = append(buf, 0)
	} else {
		buf = append(buf, 1)
		buf = appendString(buf, r.Err.Code)
		buf = appendString(buf, r.Err.Message)
	}
	buf = binary.AppendUvarint(buf, uint64(len(r.Path)))
	for _, a := range r.Path {
		buf = appendString(buf, a)
	}
	buf = appendString(buf, r.Callee)
	buf = appendOptional(buf, r.Data)
	buf = appendEvents(buf, r.Events)
	buf = binary.AppendUvarint(buf, r.GasUsed)
	buf = binary.AppendUvarint(buf, uint64(len(r.Changes)))
	for i := range r.Changes {
		c := &r.Changes[i]
		if c.Deleted {
			buf = appendString(append(buf, 1), c.Key)
			continue
		}
		buf = appendString(append(buf, 0), c.Key)
		buf = appendBytes(buf, c.Value)
	}
	return buf
}

func appendEvents(buf []byte, events []actor.Event) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(events)))
	for i := range events {
		e := &events[i]
		buf = appendString(buf, e.Actor)
		buf = appendString(buf, e.Type)
		buf = binary.AppendUvarint(buf, uint64(len(e.Attributes)))
		for _, a := range e.Attributes {
			buf = appendString(buf, a.Key)
			buf = appendString(buf, a.Value)
		}
	}
	return buf
}

// DecodeReceipt is the inverse of Receipt.Append. Data and the values of the changes are parts of b. An empty
// list is decoded as nil.
func DecodeReceipt(b []byte) (Receipt, error) {
	d := newReader(b)
	r := Receipt{Sequence: d.uvarint(), RequestID: d.string(), Messages: d.uvarint()}
	if d.bool() {
		r.Err = &actor.Error{Code: d.string(), Message: d.string()}
	}
	if n := d.count(1); n > 0 {
		r.Path = make([]actor.Address, n)
		for i := range r.Path {
			r.Path[i] = actor.Address(d.string())
		}
	}
	r.Callee = actor.Address(d.string())
	r.Data = d.optional()
	r.Events = d.events()
	r.GasUsed = d.uvarint()
	if n := d.count(2); n > 0 {
		r.Changes = make([]Change, n)
		for i := range r.Changes {
			c := &r.Changes[i]
			c.Deleted, c.Key = d.bool(), d.string()
			if !c.Deleted {
				c.Value = d.bytes()
			}
		}
	}
	r.Writes, r.Root = d.hash(), d.hash()
	if err := d.end(); err != nil {
		return Receipt{}, decodeError("a receipt record", err)
	}
	return r, nil
}

func (r *reader) events() []actor.Event {
	n := r.count(3)
	if n == 0 {
		return nil
	}
	events := make([]actor.Event, n)
	for i := range events {
		e := &events[i]
		e.Actor, e.Type = actor.Address(r.string()), r.string()
		m := r.count(2)
		if m == 0 {
			continue
		}
		e.Attributes = make([]actor.Attribute, m)
		for j := range e.Attributes {
			e.Attributes[j] = actor.Attribute{Key: r.string(), Value: r.string()}
		}
	}
	return events
}
