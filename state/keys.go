package state

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Partition is the unit of serial order. It is the first part of every key, so that a partition is one range of the
// store. Its methods build keys by appending to a buffer of the caller and allocate nothing else.
type Partition uint16

// Space is the second part of a key: what kind of row it is.
type Space byte

// The spaces. Their numbers are part of the format.
const (
	Meta     Space = 1  // by name: facts about the partition
	Modules  Space = 2  // by module id
	Actors   Space = 3  // by address
	State    Space = 4  // by actor number, then the actor's own key
	Log      Space = 5  // by sequence: commands
	Receipts Space = 6  // by sequence
	Requests Space = 7  // by request id
	Timers   Space = 8  // in an order that its writer defines
	Outbox   Space = 9  // in an order that its writer defines
	History  Space = 10 // in an order that its writer defines
	Traces   Space = 11 // by sequence
	Code     Space = 12 // by the hash of the code: see ReadCode
	Pieces   Space = 13 // by the key of a row of Log or Code, and then by number: what is too large for that row
	Known    Space = 14 // by sequence: request ids that are known for longer than their receipts are kept
)

var spaceNames = [...]string{
	Meta: "meta", Modules: "modules", Actors: "actors", State: "state", Log: "log", Receipts: "receipts",
	Requests: "requests", Timers: "timers", Outbox: "outbox", History: "history", Traces: "traces",
	Code: "code", Pieces: "pieces", Known: "known",
}

// String returns the name of the space.
func (s Space) String() string {
	if s.valid() {
		return spaceNames[s]
	}
	return fmt.Sprintf("space(%d)", byte(s))
}

func (s Space) valid() bool { return s >= Meta && int(s) < len(spaceNames) }

// sequenced reports whether the rows of the space are numbered by sequence.
func (s Space) sequenced() bool { return s == Log || s == Receipts || s == Traces || s == Known }

// owner reports whether rows of the space may be in pieces, and how long their keys are behind the space. It is one length,
// so that no piece of a row can be taken for one of another.
func (s Space) owner() (length int, ok bool) {
	switch s {
	case Log:
		return 8, true
	case Code:
		return len(Hash{}), true
	}
	return 0, false
}

// partitionLen is the length of the partition in a key. What follows is Change.Key.
const partitionLen = 2

// AppendKey appends the partition to buf, and then rest, which begins with the space: the form of Change.Key.
func (p Partition) AppendKey(buf []byte, rest string) []byte {
	return append(binary.BigEndian.AppendUint16(buf, uint16(p)), rest...)
}

// AppendSpace appends the prefix of all keys of a space, for rows whose further encoding their writer defines.
func (p Partition) AppendSpace(buf []byte, s Space) []byte {
	return append(buf, byte(p>>8), byte(p), byte(s))
}

// AppendMeta appends the key of a fact about the partition.
func (p Partition) AppendMeta(buf []byte, name string) []byte {
	return append(p.AppendSpace(buf, Meta), name...)
}

// AppendModule appends the key of a module.
func (p Partition) AppendModule(buf []byte, id actor.ModuleID) []byte {
	return append(p.AppendSpace(buf, Modules), id...)
}

// AppendActor appends the key of an actor. Addresses sort as text.
func (p Partition) AppendActor(buf []byte, addr actor.Address) []byte {
	return append(p.AppendSpace(buf, Actors), addr...)
}

// AppendState appends the key under which userKey of an actor is stored.
func (p Partition) AppendState(buf []byte, number uint64, userKey []byte) []byte {
	return append(p.AppendStatePrefix(buf, number), userKey...)
}

// AppendStatePrefix appends what all keys of an actor's state begin with. No prefix is the prefix of another, so that
// [prefix of n, prefix of n+1) is the state of actor n. An actor numbered MaxUint64 would end with the space: see Bounds.
func (p Partition) AppendStatePrefix(buf []byte, number uint64) []byte {
	return appendNumber(p.AppendSpace(buf, State), number)
}

// AppendLog appends the key of a command. Commands are written by Batch.SetCommand.
func (p Partition) AppendLog(buf []byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(p.AppendSpace(buf, Log), seq)
}

// AppendReceipt appends the key of a receipt.
func (p Partition) AppendReceipt(buf []byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(p.AppendSpace(buf, Receipts), seq)
}

// AppendTrace appends the key of a trace.
func (p Partition) AppendTrace(buf []byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(p.AppendSpace(buf, Traces), seq)
}

// AppendRequest appends the key under which a request id is remembered.
func (p Partition) AppendRequest(buf []byte, id string) []byte {
	return append(p.AppendSpace(buf, Requests), id...)
}

// AppendKnown appends the key under which the request id of a transaction is kept whose receipt is not.
func (p Partition) AppendKnown(buf []byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(p.AppendSpace(buf, Known), seq)
}

// AppendCode appends the key of the code with a hash. Code is written by Batch.SetCode.
func (p Partition) AppendCode(buf []byte, hash Hash) []byte {
	return append(p.AppendSpace(buf, Code), hash[:]...)
}

// Bounds returns the range of the keys of a space: lo <= key < hi.
func (p Partition) Bounds(s Space) (lo, hi []byte) {
	return p.AppendSpace(nil, s), p.AppendSpace(nil, s+1)
}

// Key is a key taken apart.
type Key struct {
	Partition Partition
	Space     Space
	// Number is the actor's number in State and the sequence in Log, Receipts, Traces and Known, else 0.
	Number uint64
	// Rest is what follows: the actor's own key, a name, an address, an id, a hash. It is part of the key that was parsed.
	Rest []byte
}

// Append appends the key that k was parsed from.
func (k Key) Append(buf []byte) []byte {
	buf = k.Partition.AppendSpace(buf, k.Space)
	switch {
	case k.Space == State:
		buf = appendNumber(buf, k.Number)
	case k.Space.sequenced():
		buf = binary.BigEndian.AppendUint64(buf, k.Number)
	}
	return append(buf, k.Rest...)
}

// ParseKey takes a key apart. Its error wraps ErrCorrupt: no method of Partition builds such a key.
func ParseKey(key []byte) (Key, error) {
	if len(key) <= partitionLen {
		return Key{}, keyError(key, errors.New("it ends before the space"))
	}
	k := Key{Partition: Partition(binary.BigEndian.Uint16(key)), Space: Space(key[partitionLen])}
	rest := key[partitionLen+1:]
	switch {
	case !k.Space.valid():
		return Key{}, keyError(key, errors.New("the space is unknown"))
	case k.Space == State:
		number, n, err := readNumber(rest)
		if err != nil {
			return Key{}, keyError(key, err)
		}
		k.Number, k.Rest = number, rest[n:]
	case k.Space.sequenced():
		if len(rest) != 8 {
			return Key{}, keyError(key, fmt.Errorf("a sequence has 8 bytes, this one has %d", len(rest)))
		}
		k.Number = binary.BigEndian.Uint64(rest)
	case k.Space == Code && len(rest) != len(Hash{}):
		return Key{}, keyError(key, fmt.Errorf("a hash has %d bytes, this one has %d", len(Hash{}), len(rest)))
	case k.Space == Pieces:
		if err := checkPiece(rest); err != nil {
			return Key{}, keyError(key, err)
		}
		k.Rest = rest
	default:
		k.Rest = rest
	}
	return k, nil
}

// checkPiece judges what follows the space in the key of a piece.
func checkPiece(rest []byte) error {
	if len(rest) == 0 {
		return errors.New("the piece is of no row")
	}
	length, ok := Space(rest[0]).owner()
	if !ok {
		return fmt.Errorf("rows of space %s are never in pieces", Space(rest[0]))
	}
	if want := 1 + length + 4; len(rest) != want {
		return fmt.Errorf("a piece of a row of space %s is named by %d bytes, this one by %d", Space(rest[0]), want, len(rest))
	}
	return nil
}

func keyError(key []byte, err error) error {
	return fmt.Errorf("state: key %x: %w: %w", truncate(key), ErrCorrupt, err)
}

// truncate keeps messages about foreign bytes short.
func truncate(b []byte) []byte { return b[:min(len(b), 64)] }
