// Package txn holds what a transaction has read and written before it commits: nested savepoints over the committed
// state of a partition.
//
//	tx := partition.Begin()
//	child := tx.Begin()    // a savepoint: tx must not be used until child has ended
//	child.Set(key, value)
//	child.Rollback()       // costs what child wrote, whatever tx wrote before
//	tx.Commit()            // the next transaction sees it; durability is the business of the executor
//
// A Partition is the unit of serial order: it has one transaction open at a time and belongs to one goroutine. Between
// the transaction and the store it keeps two things in memory: the writes of groups that the store has not applied yet,
// and a cache of committed values.
//
// # Guarantees
//
// A Tx sees what its ancestors wrote before it began, and its own writes; a rollback leaves its parent exactly as it was
// at Begin. Iterators are snapshots of the moment they were asked for (rule S59). A fault of the store sticks to the
// transaction: from then on every read finds nothing, every write is dropped, and Err tells why. To use a Tx while its
// child is open is a bug that panics in every build, because the writes would belong to nobody.
package txn
