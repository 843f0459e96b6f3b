// Package state is the durable state of one node: a Store over Pebble, the layout of its keys, and the records that
// stand in them. It is the only package that names Pebble.
//
//	st, err := state.Open("data", nil)
//	b := st.NewBatch()
//	b.Set(state.Partition(0).AppendState(nil, 7, []byte("balance")), []byte("12"))
//	pending, err := st.Apply(b) // visible to Get, Iter and Snapshot from here on
//	err = pending.Wait()        // durable from here on
//
// # Guarantees
//
// A batch is atomic: after a crash all of it is there or nothing of it, and what remains is always a prefix of the
// batches in the order of Apply. A batch whose Wait returned nil is never lost. A Store that could not write, sync or
// read back what it must stops for good: it never tries again, because after a failed fsync nobody knows what the disk
// holds. No method panics, and nothing is written to standard error.
//
// Code that runs on a node is stored beside the state, under its hash, and what is read under a hash has it: see
// Partition.ReadCode. It is kept in pieces, and so are commands in the log that are as large: to read rows never means to
// read a module beside them.
//
// A Store belongs to one process and one handle at a time. Its directory carries a format version; an unknown one is
// refused and left untouched.
//
// # What it is not
//
// It knows no transactions, no actors and no order of commits: packages txn and dispatch bring those. Applied and durable
// differ on purpose: who shows a Snapshot to others decides when to take it.
package state
