package dispatch

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// A journal turns executed commands into rows: the log, the receipts with the chain of roots, the request ids, and what
// the transactions wrote. It belongs to one goroutine, which sees the commands in order.
type journal struct {
	partition state.Partition
	head      state.Head
	key, row  []byte // scratch
	hashes    []state.Hash
	rows      []row
}

// row is one write of a group, with its place in it.
type row struct {
	*txn.Write
	at int
}

// add appends the rows of a group to a batch and returns its receipts. Rows of a kind go together, and what was written
// goes in the order of keys, each key once with its last value: nobody sees a state inside of a group, and the store
// takes sorted keys faster.
func (j *journal) add(batch *state.Batch, done []executed) []*state.Receipt {
	j.hashes, j.rows = j.hashes[:0], j.rows[:0]
	for i := range done {
		cmd := done[i].cmd
		j.row = cmd.Append(j.row[:0])
		hash := sha256.Sum256(j.row)
		j.hashes = append(j.hashes, hash)
		j.key = j.partition.AppendLog(j.key[:0], cmd.Sequence)
		batch.SetCommand(j.key, j.row, hash)
	}
	receipts := make([]*state.Receipt, len(done))
	for i := range done {
		receipts[i] = j.receipt(batch, &done[i], j.hashes[i])
	}
	for i := range done {
		j.request(batch, done[i].cmd)
		if p := done[i].program; p != nil {
			j.key = j.partition.AppendCode(j.key[:0], p.hash)
			batch.SetCode(j.key, p.code, p.hash)
		}
		for k := range done[i].writes {
			j.rows = append(j.rows, row{&done[i].writes[k], len(j.rows)})
		}
	}
	j.write(batch)
	return receipts
}

func (j *journal) receipt(batch *state.Batch, e *executed, command state.Hash) *state.Receipt {
	receipt := e.receipt()
	j.row = receipt.Seal(j.row[:0], j.head.Root, command)
	j.key = j.partition.AppendReceipt(j.key[:0], receipt.Sequence)
	batch.Set(j.key, j.row)
	j.head = state.Head{Sequence: receipt.Sequence, Root: receipt.Root, Time: e.cmd.Time}
	return receipt
}

func (j *journal) request(batch *state.Batch, cmd *state.Command) {
	if cmd.RequestID == "" {
		return
	}
	q := state.Request{Sequence: cmd.Sequence, Envelope: cmd.EnvelopeHash()}
	j.row = q.Append(j.row[:0])
	j.key = j.partition.AppendRequest(j.key[:0], cmd.RequestID)
	batch.Set(j.key, j.row)
}

func (j *journal) write(batch *state.Batch) {
	slices.SortFunc(j.rows, func(a, b row) int {
		if order := strings.Compare(a.Key, b.Key); order != 0 {
			return order
		}
		return cmp.Compare(a.at, b.at)
	})
	for i, r := range j.rows {
		if i+1 < len(j.rows) && j.rows[i+1].Key == r.Key {
			continue
		}
		j.key = append(j.key[:0], r.Key...)
		if r.Deleted {
			batch.Delete(j.key)
		} else {
			batch.Set(j.key, r.Value)
		}
	}
	clear(j.rows)
	if cap(j.row) > maxScratch {
		j.row = nil
	}
}

// maxScratch is how much memory is kept for the next row: a command with code in it needs much more than others.
const maxScratch = 1 << 20

// close appends the row that says how far the batch goes.
func (j *journal) close(batch *state.Batch) {
	j.row = j.head.Append(j.row[:0])
	j.key = j.partition.AppendMeta(j.key[:0], state.HeadName)
	batch.Set(j.key, j.row)
}
