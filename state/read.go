package state

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Getter reads one key. A Store and a Snapshot are Getters.
type Getter interface {
	Get(key []byte) (value []byte, ok bool, err error)
}

// ReadHead reads the last transaction of the partition. It is not there before the first.
func (p Partition) ReadHead(g Getter) (h Head, ok bool, err error) {
	return read(g, p.AppendMeta(nil, HeadName), DecodeHead)
}

// ReadFloor reads the transaction behind which the history of the partition begins: that one, and all before it, are not
// kept any more. It is not there if everything is kept.
func (p Partition) ReadFloor(g Getter) (h Head, ok bool, err error) {
	return read(g, p.AppendMeta(nil, FloorName), DecodeHead)
}

// ReadActor reads the row of an actor.
func (p Partition) ReadActor(g Getter, addr actor.Address) (a Actor, ok bool, err error) {
	return read(g, p.AppendActor(nil, addr), DecodeActor)
}

// ReadModule reads the row of a module.
func (p Partition) ReadModule(g Getter, id actor.ModuleID) (m Module, ok bool, err error) {
	return read(g, p.AppendModule(nil, id), DecodeModule)
}

// ReadCode reads the code with a hash: of a module that is installed, or was. Code with another hash is corrupt.
func (p Partition) ReadCode(g Getter, hash Hash) (code []byte, ok bool, err error) {
	key := p.AppendCode(nil, hash)
	row, ok, err := g.Get(key)
	if err != nil || !ok {
		return nil, false, err
	}
	code, sum, err := joinPieces(g, key, row)
	if err == nil && sum != hash {
		err = fmt.Errorf("%w: what stands there is the code %s; %s", ErrCorrupt, sum, adviseRestore)
	}
	if err != nil {
		return nil, false, rowError(key, err)
	}
	return code, true, nil
}

// ReadCommand reads a command from the log. One that stands under another sequence than its own is corrupt.
func (p Partition) ReadCommand(g Getter, seq uint64) (c Command, ok bool, err error) {
	row, ok, err := g.Get(p.AppendLog(nil, seq))
	if err != nil || !ok {
		return Command{}, false, err
	}
	if c, _, err = p.DecodeLog(g, seq, row); err != nil {
		return Command{}, false, err
	}
	return c, true, nil
}

// DecodeLog is ReadCommand for a row of the log that the caller has read already: what of the command is not in it is read
// from g. Size is how many bytes the encoding of the command has. The body of its message may be part of row.
func (p Partition) DecodeLog(g Getter, seq uint64, row []byte) (c Command, size int, err error) {
	key := p.AppendLog(nil, seq)
	if inPieces(row) {
		row, _, err = joinPieces(g, key, row)
	}
	if err == nil {
		c, err = DecodeCommand(row)
	}
	if err == nil && c.Sequence != seq {
		err = misplaced(c.Sequence)
	}
	if err != nil {
		return Command{}, 0, rowError(key, err)
	}
	return c, len(row), nil
}

// ReadReceipt reads the receipt of a transaction. One that stands under another sequence than its own is corrupt.
func (p Partition) ReadReceipt(g Getter, seq uint64) (r Receipt, ok bool, err error) {
	key := p.AppendReceipt(nil, seq)
	r, ok, err = read(g, key, DecodeReceipt)
	if ok && r.Sequence != seq {
		return Receipt{}, false, rowError(key, misplaced(r.Sequence))
	}
	return r, ok, err
}

// ReadRequest reads what became of a request id.
func (p Partition) ReadRequest(g Getter, id string) (q Request, ok bool, err error) {
	return read(g, p.AppendRequest(nil, id), DecodeRequest)
}

func read[T any](g Getter, key []byte, decode func([]byte) (T, error)) (v T, ok bool, err error) {
	b, ok, err := g.Get(key)
	if err != nil || !ok {
		return v, false, err
	}
	if v, err = decode(b); err != nil {
		return v, false, rowError(key, err)
	}
	return v, true, nil
}

func misplaced(seq uint64) error {
	return fmt.Errorf("%w: the record says sequence %d", ErrCorrupt, seq)
}

// rowError names the row of a broken record, by its space and what it is called there.
func rowError(key []byte, err error) error {
	k, parseErr := ParseKey(key)
	if parseErr != nil {
		return fmt.Errorf("state: key %x: %w", truncate(key), err)
	}
	if k.Space.sequenced() {
		return fmt.Errorf("state: partition %d, %s %d: %w", k.Partition, k.Space, k.Number, err)
	}
	if k.Space == Code {
		return fmt.Errorf("state: partition %d, %s %x: %w", k.Partition, k.Space, k.Rest, err)
	}
	return fmt.Errorf("state: partition %d, %s %q: %w", k.Partition, k.Space, truncate(k.Rest), err)
}
