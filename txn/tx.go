package txn

// Tx is a transaction or, after Begin, a savepoint in it. It belongs to the goroutine of its partition.
//
// Slices that a Tx returns must not be modified; they stay valid as long as the caller keeps them.
type Tx struct {
	o      *overlay
	parent *Tx
	child  *Tx
	check  model
	mark   int // length of the journal at Begin
	ended  bool
}

// Begin opens a savepoint. The receiver must not be used until it has ended.
func (tx *Tx) Begin() *Tx {
	tx.use()
	tx.child = &Tx{o: tx.o, parent: tx, mark: len(tx.o.journal)}
	tx.child.check.save(tx.o)
	return tx.child
}

// Commit keeps what the Tx wrote: in its parent or, at the root, in the partition, where the next transaction sees it.
// A root with a fault must not commit.
func (tx *Tx) Commit() {
	tx.use()
	if tx.parent == nil {
		if tx.o.fault != nil {
			panic("txn: commit of a transaction that met a fault: " + tx.o.fault.Error())
		}
		tx.o.base.publish(tx.o.writes())
	}
	tx.end()
}

// Rollback takes back everything written since Begin, by the Tx and by savepoints in it that are still open. After
// Commit or Rollback it does nothing, so that "defer tx.Rollback()" is always right.
func (tx *Tx) Rollback() {
	if tx.ended {
		return
	}
	if tx.child != nil {
		tx.child.Rollback()
	}
	tx.o.undoTo(tx.mark)
	tx.check.compare(tx.o)
	tx.end()
}

func (tx *Tx) end() {
	tx.ended = true
	if tx.parent != nil {
		tx.parent.child = nil
		return
	}
	for _, it := range tx.o.iters {
		it.Close()
	}
	tx.o.iters = tx.o.iters[:0]
	tx.o.ended++
	tx.o.base.end()
}

func (tx *Tx) use() {
	if tx.child != nil {
		panic("txn: a Tx was used while its child is open; the writes would vanish with the child")
	}
	if tx.ended {
		panic("txn: a Tx was used after its end")
	}
}

// Get returns the value of key as the Tx sees it, and whether it is there.
func (tx *Tx) Get(key []byte) (value []byte, ok bool) {
	tx.use()
	return tx.o.get(key)
}

// Peek is Get for the eyes of a tracer: it leaves no mark in the read set.
func (tx *Tx) Peek(key []byte) (value []byte, ok bool) {
	tx.use()
	if e, ok := tx.o.entries[string(key)]; ok {
		return e.value, e.value != nil
	}
	hit, err := tx.o.base.get(key)
	if err != nil {
		tx.Fail(err)
	}
	return hit.value, hit.value != nil
}

// Set writes a copy of value under a copy of key.
func (tx *Tx) Set(key, value []byte) {
	tx.use()
	tx.o.put(key, append(make([]byte, 0, len(value)), value...))
}

// Delete removes key; it need not be there.
func (tx *Tx) Delete(key []byte) {
	tx.use()
	tx.o.put(key, nil)
}

// Range returns an iterator over the keys with lower <= key < upper, as they are now: later writes do not show in it.
// A nil upper bound is the end of the partition. It takes ownership of the bounds.
func (tx *Tx) Range(lower, upper []byte, reverse bool) *Iterator {
	tx.use()
	o := tx.o
	o.ranges = append(o.ranges, Span{string(lower), string(upper)})
	it := &Iterator{o: o, lower: lower, upper: upper, reverse: reverse, ended: o.ended}
	if len(o.journal) > 0 {
		it.written = o.ordered()
	}
	return it
}

// Fail puts a fault of the host on the transaction: nothing in it can be trusted, nothing of it may commit. The first
// fault stays.
func (tx *Tx) Fail(err error) {
	if tx.o.fault == nil {
		tx.o.fault = err
	}
}

// Err returns the fault of the transaction, nil if there is none. It may be called whatever is open.
func (tx *Tx) Err() error { return tx.o.fault }

// Writes returns the write set of the whole transaction as of now, in the order of keys.
func (tx *Tx) Writes() []Write {
	tx.use()
	return tx.o.writes()
}

// Reads returns the read set of the whole transaction as of now: the keys that were read from committed state, in order,
// and the ranges in the order they were asked for.
func (tx *Tx) Reads() (keys []string, ranges []Span) {
	return tx.o.reads(), tx.o.ranges
}
