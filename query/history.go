package query

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/state"
)

// Receipt returns what a transaction left. ErrNotFound says that there is no such transaction yet, or that its receipt
// is no longer kept.
func (r *Router) Receipt(seq uint64) (state.Receipt, error) {
	v, err := r.view()
	if err != nil {
		return state.Receipt{}, err
	}
	defer v.Release()
	return r.receipt(v, seq)
}

func (r *Router) receipt(v *dispatch.View, seq uint64) (state.Receipt, error) {
	receipt, ok, err := r.partition.ReadReceipt(v, seq)
	if err == nil && !ok {
		err = notFound(v, "receipt", seq)
	}
	return receipt, hostError(err)
}

// ReceiptOf returns the receipt of the transaction that a request became. ErrNotFound says that no durable transaction
// has that request id: it may still be on its way.
func (r *Router) ReceiptOf(requestID string) (state.Receipt, error) {
	v, err := r.view()
	if err != nil {
		return state.Receipt{}, err
	}
	defer v.Release()
	q, ok, err := r.partition.ReadRequest(v, requestID)
	if err != nil {
		return state.Receipt{}, hostError(err)
	}
	if !ok {
		return state.Receipt{}, fmt.Errorf("query: request %q: %w", requestID, ErrNotFound)
	}
	return r.receipt(v, q.Sequence)
}

// Command returns what the log holds of a transaction: everything that determined it. ErrNotFound is as with Receipt.
func (r *Router) Command(seq uint64) (state.Command, error) {
	v, err := r.view()
	if err != nil {
		return state.Command{}, err
	}
	defer v.Release()
	cmd, ok, err := r.partition.ReadCommand(v, seq)
	if err == nil && !ok {
		err = notFound(v, "command", seq)
	}
	return cmd, hostError(err)
}

// Floor returns the last transaction whose command, receipt and trace are not kept any more. It is the zero Head if all are.
func (r *Router) Floor() (state.Head, error) {
	v, err := r.view()
	if err != nil {
		return state.Head{}, err
	}
	defer v.Release()
	floor, _, err := r.partition.ReadFloor(v)
	return floor, hostError(err)
}

func notFound(v *dispatch.View, what string, seq uint64) error {
	if seq > v.Head.Sequence {
		return fmt.Errorf("query: %s %d: %w: the last transaction is %d", what, seq, ErrNotFound, v.Head.Sequence)
	}
	return fmt.Errorf("query: %s %d: %w: it is not kept", what, seq, ErrNotFound)
}

// Trace returns the trace of a transaction. ErrNoTrace says that it was not kept, or that there is no such transaction.
func (r *Router) Trace(seq uint64) (*dispatch.Trace, error) {
	v, err := r.view()
	if err != nil {
		return nil, err
	}
	defer v.Release()
	row, ok, err := v.Get(r.partition.AppendTrace(nil, seq))
	if err != nil {
		return nil, hostError(err)
	}
	if !ok && seq > v.Head.Sequence {
		return nil, fmt.Errorf("query: transaction %d: %w: the last one is %d", seq, ErrNoTrace, v.Head.Sequence)
	}
	if !ok {
		return nil, fmt.Errorf("query: transaction %d: %w: it was not kept; open the host with traces turned on", seq, ErrNoTrace)
	}
	t := new(dispatch.Trace)
	if err := json.Unmarshal(row, t); err != nil {
		return nil, fmt.Errorf("query: the trace of transaction %d: %w: %w", seq, state.ErrCorrupt, err)
	}
	return t, nil
}

// An Entry is a command of the log and what came of it.
type Entry struct {
	Command state.Command
	// Receipt is nil if it is no longer kept.
	Receipt *state.Receipt
}

// Log lists the log in order, from the transaction from on, or the first that is kept: at most limit entries,
// DefaultLimit if zero and MaxLimit at most, and no more than MaxPageBytes but for the first. It goes on behind the last
// entry's sequence; at the end of the log there are none.
func (r *Router) Log(from uint64, limit int) ([]Entry, error) {
	v, err := r.view()
	if err != nil {
		return nil, err
	}
	defer v.Release()
	_, end := r.partition.Bounds(state.Log)
	it, err := v.Iter(r.partition.AppendLog(nil, from), end)
	if err != nil {
		return nil, hostError(err)
	}
	defer it.Close()
	var list []Entry
	size := 0
	for more := it.First(); more && len(list) < limited(limit); more = it.Next() {
		entry, n, err := r.entry(v, it.Key(), bytes.Clone(it.Value()))
		if size += n; err != nil {
			return nil, hostError(err)
		}
		if len(list) > 0 && size > MaxPageBytes {
			return list, nil
		}
		list = append(list, entry)
	}
	if err := it.Err(); err != nil {
		return nil, hostError(err)
	}
	return list, nil
}

// entry decodes a row of the log, which the entry takes over, and reads the receipt. It returns how many bytes both have.
func (r *Router) entry(v *dispatch.View, key, row []byte) (e Entry, size int, err error) {
	k, err := state.ParseKey(key)
	if err == nil {
		e.Command, size, err = r.partition.DecodeLog(v, k.Number, row)
	}
	if err != nil {
		return Entry{}, 0, fmt.Errorf("query: a row of the log: %w", err)
	}
	seq := k.Number
	b, ok, err := v.Get(r.partition.AppendReceipt(nil, seq))
	if err != nil || !ok {
		return e, size, err
	}
	receipt, err := state.DecodeReceipt(b)
	if err != nil {
		return Entry{}, 0, fmt.Errorf("query: receipt %d: %w", seq, err)
	}
	e.Receipt = &receipt
	return e, size + len(b), nil
}
