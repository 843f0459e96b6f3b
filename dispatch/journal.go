package dispatch

import (
	"crypto/sha256"

	"github.com/troupe-run/troupe/state"
)

// A journal turns executed commands into rows: the chain of roots, the log, receipts, request ids and what the
// transaction wrote. It belongs to one goroutine, which sees the commands in order.
type journal struct {
	partition state.Partition
	head      state.Head
	key, row  []byte // scratch
}

// add appends the rows of one command to a batch and returns its receipt.
func (j *journal) add(batch *state.Batch, e *executed) *state.Receipt {
	p := j.partition
	cmd, receipt := e.cmd, e.receipt()

	j.row = cmd.Append(j.row[:0])
	j.key = p.AppendLog(j.key[:0], cmd.Sequence)
	batch.Set(j.key, j.row)
	hash := state.Hash(sha256.Sum256(j.row))

	j.row = receipt.Seal(j.row[:0], j.head.Root, hash)
	j.key = p.AppendReceipt(j.key[:0], cmd.Sequence)
	batch.Set(j.key, j.row)

	if cmd.RequestID != "" {
		q := state.Request{Sequence: cmd.Sequence, Envelope: cmd.EnvelopeHash()}
		j.row = q.Append(j.row[:0])
		j.key = p.AppendRequest(j.key[:0], cmd.RequestID)
		batch.Set(j.key, j.row)
	}
	for i := range e.writes {
		w := &e.writes[i]
		j.key = append(j.key[:0], w.Key...)
		if w.Deleted {
			batch.Delete(j.key)
		} else {
			batch.Set(j.key, w.Value)
		}
	}
	j.head = state.Head{Sequence: cmd.Sequence, Root: receipt.Root, Time: cmd.Time}
	return receipt
}

// close appends the row that says how far the batch goes.
func (j *journal) close(batch *state.Batch) {
	j.row = j.head.Append(j.row[:0])
	j.key = j.partition.AppendMeta(j.key[:0], state.HeadName)
	batch.Set(j.key, j.row)
}
