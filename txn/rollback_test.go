package txn

import (
	"fmt"
	"testing"
)

// subtree is three writes in a savepoint that is rolled back.
func subtree(tx *Tx) {
	child := tx.Begin()
	child.Set([]byte("k000001"), []byte("new"))
	child.Set([]byte("fresh"), []byte("new"))
	child.Delete([]byte("k000002"))
	child.Rollback()
}

// wrote returns a root that has written n keys, with the index of an iterator if ordered.
func wrote(p *Partition, n int, ordered bool) *Tx {
	tx := p.Begin()
	for i := range n {
		tx.Set(fmt.Appendf(nil, "k%06d", i), []byte("value"))
	}
	if ordered {
		it := tx.Range([]byte("k"), []byte("l"), false)
		it.Next()
		it.Close()
	}
	return tx
}

// A rollback undoes what the subtree wrote, operation by operation, and touches nothing else: the journal says how many
// operations that are, and nothing is allocated for the rest.
func TestRollbackCostsTheSubtree(t *testing.T) {
	p := openPartition(t)
	allocs := map[int]float64{}
	for _, n := range []int{10, 10_000} {
		tx := wrote(p, n, false)
		child := tx.Begin()
		child.Set([]byte("k000001"), nil)
		child.Begin().Set([]byte("fresh"), nil)
		if undone := len(tx.o.journal) - child.mark; undone != 2 {
			t.Errorf("%d undo records for 2 writes over %d", undone, n)
		}
		child.Rollback()
		if len(tx.o.journal) != n {
			t.Errorf("the journal has %d records after the rollback, want %d", len(tx.o.journal), n)
		}
		allocs[n] = testing.AllocsPerRun(100, func() { subtree(tx) })
		tx.Rollback()
	}
	if modelChecked {
		return // the check copies the whole write set at every savepoint
	}
	if allocs[10] != allocs[10_000] {
		t.Errorf("a rolled back subtree allocates %v times over 10 writes, %v times over 10,000", allocs[10], allocs[10_000])
	}
}

// BenchmarkRollback takes about the same time whatever the rest of the transaction has written. Once something has
// iterated there is an ordered index to undo, too, whose height grows with the logarithm.
func BenchmarkRollback(b *testing.B) {
	for _, ordered := range []bool{false, true} {
		for _, n := range []int{0, 100, 10_000, 100_000} {
			b.Run(fmt.Sprintf("ordered=%t/written=%d", ordered, n), func(b *testing.B) {
				p := openPartition(b)
				tx := wrote(p, n, ordered)
				defer tx.Rollback()
				b.ReportAllocs()
				for b.Loop() {
					subtree(tx)
				}
			})
		}
	}
}
