package bench

import (
	"sync"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// partition is the one that a host writes.
const partition state.Partition = 0

// A sampler keeps some of the transactions of a slice, so that the bare store can be given the same rows.
type sampler struct {
	mu   sync.Mutex
	kept []sample
}

// sampleEvery is how rarely a client keeps what it got, and maxSamples how many are kept in all.
const (
	sampleEvery = 5
	maxSamples  = 8192
)

type sample struct {
	command state.Command
	receipt *state.Receipt
}

func (s *sampler) add(from actor.Address, msg actor.Message, r *state.Receipt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) < maxSamples {
		s.kept = append(s.kept, sample{state.Command{Op: state.OpMessage, Sequence: r.Sequence, Sender: from, Message: msg}, r})
	}
}

// take returns the rows of the kept transactions, and keeps others from then on.
func (s *sampler) take() []txRows {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := make([]txRows, len(s.kept))
	for i := range s.kept {
		rows[i] = s.kept[i].rows()
	}
	clear(s.kept)
	s.kept = s.kept[:0]
	return rows
}

// txRows is what one transaction wrote: a row of the log, a receipt, and rows of state with their whole keys.
type txRows struct {
	command, receipt []byte
	state            []stateRow
}

type stateRow struct {
	key, value []byte
	deleted    bool
}

// rows encodes the transaction as the host does. Time and seed, which the host chose, have a fixed length.
func (s *sample) rows() txRows {
	rows := txRows{command: s.command.Append(nil), receipt: s.receipt.Append(nil), state: make([]stateRow, len(s.receipt.Changes))}
	for i, c := range s.receipt.Changes {
		rows.state[i] = stateRow{partition.AppendKey(nil, c.Key), c.Value, c.Deleted}
	}
	return rows
}

// footprint is what transactions write on average.
type footprint struct{ rows, bytes float64 }

func footprintOf(list []txRows) (f footprint) {
	if len(list) == 0 {
		return f
	}
	sequenced := len(partition.AppendLog(nil, 0))
	for i := range list {
		tx := &list[i]
		f.rows += 2 + float64(len(tx.state))
		f.bytes += float64(2*sequenced + len(tx.command) + len(tx.receipt))
		for _, c := range tx.state {
			f.bytes += float64(len(c.key) + len(c.value))
		}
	}
	return footprint{f.rows / float64(len(list)), f.bytes / float64(len(list))}
}
