package txn

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/tidwall/btree"

	"github.com/troupe-run/troupe/state"
)

// The benchmarks below are the measurement behind the choice of structure (RATIONALE, "Why an undo journal?"): a chain
// of savepoints, each with four writes and eight reads, on the structure that is used, on an ordered tree that is copied
// on write at each savepoint, and on a chain of maps.

// nested is what the alternatives have in common.
type nested interface {
	get(key []byte) ([]byte, bool)
	set(key, value []byte)
	begin() nested
	commit()
	rollback()
}

func BenchmarkStructure(b *testing.B) {
	store, err := state.Open("", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	p := NewPartition(store, 64<<20)
	structures := []struct {
		name string
		root func() nested
	}{
		{"journal", func() nested { return &journaled{p.Begin()} }},
		{"cow-tree", func() nested { return &copied{tree: newIndex()} }},
		{"map-chain", func() nested { return &chained{written: map[string][]byte{}} }},
	}
	for _, depth := range []int{1, 8, 64} {
		for _, s := range structures {
			b.Run(fmt.Sprintf("%s/depth=%d", s.name, depth), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					root := s.root()
					descend(root, depth)
					root.rollback()
				}
			})
		}
	}
}

func descend(tx nested, depth int) {
	if depth == 0 {
		return
	}
	child := tx.begin()
	var key [10]byte
	for i := range 8 {
		binary.BigEndian.PutUint64(key[:], uint64(depth*8+i))
		child.get(key[:])
		if i < 4 {
			child.set(key[:], key[:])
		}
	}
	descend(child, depth-1)
	child.commit()
}

type journaled struct{ tx *Tx }

func (j *journaled) get(key []byte) ([]byte, bool) { return j.tx.Get(key) }
func (j *journaled) set(key, value []byte)         { j.tx.Set(key, value) }
func (j *journaled) begin() nested                 { return &journaled{j.tx.Begin()} }
func (j *journaled) commit()                       { j.tx.Commit() }
func (j *journaled) rollback()                     { j.tx.Rollback() }

type copied struct {
	parent *copied
	tree   *btree.BTreeG[indexed]
}

func (c *copied) get(key []byte) ([]byte, bool) {
	item, ok := c.tree.Get(indexed{key: string(key)})
	return item.value, ok
}
func (c *copied) set(key, value []byte) {
	c.tree.Set(indexed{string(key), append([]byte{}, value...)})
}
func (c *copied) begin() nested { return &copied{c, c.tree.Copy()} }
func (c *copied) commit()       { c.parent.tree = c.tree }
func (c *copied) rollback()     {}

type chained struct {
	parent  *chained
	written map[string][]byte
}

func (c *chained) get(key []byte) ([]byte, bool) {
	for at := c; at != nil; at = at.parent {
		if value, ok := at.written[string(key)]; ok {
			return value, true
		}
	}
	return nil, false
}
func (c *chained) set(key, value []byte) { c.written[string(key)] = append([]byte{}, value...) }
func (c *chained) begin() nested         { return &chained{c, map[string][]byte{}} }
func (c *chained) commit() {
	for key, value := range c.written {
		c.parent.written[key] = value
	}
}
func (c *chained) rollback() {}
