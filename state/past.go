package state

import (
	"context"
	"encoding/binary"
	"fmt"
)

// The history of a partition is what its transactions left beside the state: commands, receipts and traces. It may be
// deleted from its beginning, and then begins behind a transaction that the meta row FloorName names.

// histories are the spaces of the history. Pieces has rows of it as well.
var histories = [...]Space{Log, Receipts, Traces}

// DeletePast deletes the history of the transactions with from <= sequence < to, by few range deletions.
func (b *Batch) DeletePast(p Partition, from, to uint64) {
	for _, r := range p.pastRanges(from, to) {
		b.DeleteRange(r[0], r[1])
	}
}

// pastRanges returns where the history of the transactions with from <= sequence < to is.
func (p Partition) pastRanges(from, to uint64) (list [][2][]byte) {
	bound := func(s Space, seq uint64) []byte { return binary.BigEndian.AppendUint64(p.AppendSpace(nil, s), seq) }
	for _, s := range histories {
		list = append(list, [2][]byte{bound(s, from), bound(s, to)})
	}
	piece := func(seq uint64) []byte {
		return binary.BigEndian.AppendUint64(append(p.AppendSpace(nil, Pieces), byte(Log)), seq)
	}
	return append(list, [2][]byte{piece(from), piece(to)})
}

// PastSize returns about how many bytes on disk the history of the transactions with from <= sequence < to takes. What is
// in memory and in the log of the store, and not in its tables yet, does not count.
func (s *Store) PastSize(p Partition, from, to uint64) (size uint64, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return 0, err
	}
	defer s.catch("usage", &err)
	for _, r := range p.pastRanges(from, to) {
		n, err := s.db.EstimateDiskUsage(r[0], r[1])
		if err != nil {
			return 0, s.readError("usage", err)
		}
		size += n
	}
	return size, s.Err()
}

// Flush writes what is in memory to tables. Of history that has been deleted, tables that hold nothing else then go at once,
// and the others little by little, as tables are merged. It does not hold up readers or Apply. Views that were taken before
// the deletion hold on to the space.
func (s *Store) Flush(ctx context.Context) error {
	return s.background(ctx, "flush", func(ctx context.Context) error {
		flushed, err := s.db.AsyncFlush()
		if err != nil {
			return err
		}
		select {
		case <-flushed:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// ReclaimPast is Flush, and returns when all space of the history of transactions before a sequence has been given back. It
// merges the tables that have any of it, however many there are: it is for a store that has nothing else to do.
func (s *Store) ReclaimPast(ctx context.Context, p Partition, before uint64) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	for _, r := range p.pastRanges(0, before) {
		if err := s.background(ctx, "compact", func(ctx context.Context) error { return s.db.Compact(ctx, r[0], r[1], false) }); err != nil {
			return err
		}
	}
	return nil
}

// background runs what waits for Pebble's own work. It holds no lock meanwhile: a compaction takes its time, and if the
// store has failed it ends no sooner than Close.
func (s *Store) background(ctx context.Context, what string, run func(context.Context) error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.RLock()
	if err := s.usable(); err != nil {
		s.mu.RUnlock()
		return err
	}
	s.waiting.Add(1)
	defer s.waiting.Done()
	defer context.AfterFunc(s.quit, cancel)()
	s.mu.RUnlock()
	defer s.catch(what, &err)
	err = run(ctx)
	if failed := s.Err(); failed != nil {
		return failed
	}
	switch {
	case err == nil:
		return nil
	case s.quit.Err() != nil:
		return s.closedError()
	}
	return fmt.Errorf("state: %s %s: %w", what, s.name(), err)
}

// ReceiptOf returns the request id that a receipt's record has, without decoding the rest and without allocating: it is
// part of b, and empty for a transaction without one. It reports false if b does not begin like a receipt of transaction
// seq.
func ReceiptOf(b []byte, seq uint64) (requestID []byte, ok bool) {
	if len(b) == 0 || b[0] != recordVersion {
		return nil, false
	}
	r := reader{rest: b[1:]}
	got := r.uvarint()
	requestID = r.bytes()
	return requestID, r.err == nil && got == seq
}

// KnownID is a row of Known.
type KnownID struct {
	// Time is no earlier than that of the transaction, in Unix nanoseconds.
	Time int64
	// RequestID is what the transaction was asked for with.
	RequestID string
}

// Append appends the encoding of k.
func (k *KnownID) Append(buf []byte) []byte {
	buf = binary.BigEndian.AppendUint64(append(buf, recordVersion), uint64(k.Time))
	return appendString(buf, k.RequestID)
}

// DecodeKnownID is the inverse of KnownID.Append.
func DecodeKnownID(b []byte) (KnownID, error) {
	r := newReader(b)
	k := KnownID{Time: int64(r.uint64()), RequestID: r.string()}
	if err := r.end(); err != nil {
		return KnownID{}, decodeError("the record of a request id", err)
	}
	return k, nil
}
