package txn

import (
	"slices"
	"strings"

	"github.com/tidwall/btree"
)

// overlay is what one root transaction knows: every key that it read or wrote, with an undo journal. A savepoint is a
// length of the journal; see RATIONALE, "Why an undo journal?", for the alternatives that were measured.
type overlay struct {
	base    base
	entries map[string]entry
	journal []undo
	// index orders the written keys. It is built by the first iterator, because most transactions never iterate.
	index  *btree.BTreeG[indexed]
	ranges []Span
	fault  error
	iters  []*Iterator
	// ended counts the roots that are over, so that an iterator of one does not begin in the next.
	ended uint64
	// set is the write set, once somebody has asked for it, as long as nothing else is written.
	set []Write
}

// base is what a transaction starts from.
type base interface {
	// get returns the committed value of key, nil if there is none, and a copy of the key that may be kept.
	get(key []byte) (cached, error)
	// sources returns what holds the pairs of a range, the newest first.
	sources(lower, upper []byte, reverse bool) ([]source, error)
	// publish makes a write set committed.
	publish([]Write)
	// end says that the root has ended.
	end()
}

type entry struct {
	key string
	// value is nil if the key is absent or deleted; an empty value is not nil.
	value []byte
	dirty bool // written by this transaction
	read  bool // read from the base: the outcome may depend on it
}

type undo struct {
	entry
	known bool // entries had the key before
}

type indexed struct {
	key   string
	value []byte
}

// Span is a range of keys, lower <= key < upper.
type Span struct{ Lower, Upper string }

// Write is one key of a write set. Value belongs to the transaction and must not be modified.
type Write struct {
	Key     string
	Value   []byte
	Deleted bool
}

// keepEntries bounds the map that is kept for the next transaction: clearing a map costs its capacity, and most
// transactions touch few keys.
const keepEntries = 64

func (o *overlay) reset() {
	if o.entries == nil || len(o.entries) > keepEntries {
		o.entries = make(map[string]entry)
	} else {
		clear(o.entries)
	}
	if cap(o.journal) > keepEntries {
		o.journal = nil
	}
	clear(o.journal)
	o.journal, o.index, o.ranges, o.fault, o.set = o.journal[:0], nil, nil, nil, nil
}

func (o *overlay) get(key []byte) ([]byte, bool) {
	if e, ok := o.entries[string(key)]; ok {
		return e.value, e.value != nil
	}
	if o.fault != nil {
		return nil, false
	}
	hit, err := o.base.get(key)
	if err != nil {
		o.fault = err
		return nil, false
	}
	o.entries[hit.key] = entry{key: hit.key, value: hit.value, read: true}
	return hit.value, hit.value != nil
}

// put writes a value, or deletes if value is nil. It takes ownership of value.
func (o *overlay) put(key, value []byte) {
	if o.fault != nil {
		return
	}
	o.set = nil
	prev, known := o.entries[string(key)]
	if !known {
		prev.key = string(key)
	}
	o.journal = append(o.journal, undo{prev, known})
	o.entries[prev.key] = entry{key: prev.key, value: value, dirty: true, read: prev.read}
	if o.index != nil {
		o.index.Set(indexed{prev.key, value})
	}
}

// undoTo takes back all writes since the journal had length mark, the last one first. What was read stays in the read
// set: a subtree that failed because of what it read is a dependency too.
func (o *overlay) undoTo(mark int) {
	for i := len(o.journal) - 1; i >= mark; i-- {
		u := &o.journal[i]
		if u.known {
			o.entries[u.key] = u.entry
		} else {
			delete(o.entries, u.key)
		}
		if o.index != nil {
			if u.dirty {
				o.index.Set(indexed{u.key, u.value})
			} else {
				o.index.Delete(indexed{key: u.key})
			}
		}
	}
	clear(o.journal[mark:])
	o.journal, o.set = o.journal[:mark], nil
}

// ordered returns a copy of the written keys in order; to copy costs nothing until the next write.
func (o *overlay) ordered() *btree.BTreeG[indexed] {
	if o.index == nil {
		o.index = newIndex()
		for i := range o.journal {
			key := o.journal[i].key
			o.index.Set(indexed{key, o.entries[key].value})
		}
	}
	return o.index.Copy()
}

func newIndex() *btree.BTreeG[indexed] {
	return btree.NewBTreeGOptions(func(a, b indexed) bool { return a.key < b.key },
		btree.Options{NoLocks: true, Degree: 16})
}

// writes returns the write set in the order of keys. The journal finds it: a key's first undo is the one whose entry
// was clean.
func (o *overlay) writes() []Write {
	if len(o.journal) == 0 || o.set != nil {
		return o.set
	}
	set := make([]Write, 0, len(o.journal))
	for i := range o.journal {
		if u := &o.journal[i]; !u.dirty {
			value := o.entries[u.key].value
			set = append(set, Write{Key: u.key, Value: value, Deleted: value == nil})
		}
	}
	slices.SortFunc(set, func(a, b Write) int { return strings.Compare(a.Key, b.Key) })
	o.set = set
	return set
}

func (o *overlay) reads() []string {
	var keys []string
	for key, e := range o.entries {
		if e.read {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
