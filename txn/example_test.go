package txn_test

import (
	"fmt"

	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

func Example() {
	store, err := state.Open("", nil) // in memory
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	partition := txn.NewPartition(store, 1<<20)

	tx := partition.Begin()
	tx.Set([]byte("alice"), []byte("10"))
	child := tx.Begin() // a savepoint
	child.Set([]byte("alice"), []byte("0"))
	child.Set([]byte("bob"), []byte("10"))
	child.Rollback()
	tx.Commit()

	// The next transaction sees it, though no store has it yet.
	tx = partition.Begin()
	defer tx.Rollback()
	it := tx.Range([]byte("a"), []byte("z"), false)
	tx.Set([]byte("carol"), []byte("1")) // does not show in the iterator: it is a snapshot
	for it.Next() {
		fmt.Printf("%s=%s\n", it.Key(), it.Value())
	}
	if err := tx.Err(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// alice=10
}
