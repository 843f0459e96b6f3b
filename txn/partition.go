package txn

import (
	"github.com/tidwall/btree"
	"github.com/troupe-run/troupe/state"
)

// Partition is the unit of serial order: its committed state as the next transaction sees it. Reads go through the
// cache to the store. It belongs to one goroutine.
type Partition struct {
	store *state.Store
	cache cache
	// layers hold the writes that the store may not have applied yet, the oldest group first; the last one is filling.
	layers  []*layer
	applied uint64
	overlay overlay
	open    bool
}

// layer is the write sets of one group, ordered as far as an iterator has needed it.
type layer struct {
	group   uint64
	sets    [][]Write
	ordered int // so many of sets are in the index
	index   *btree.BTreeG[indexed]
}

// NewPartition returns the partition of a store with a cache of at most cacheBytes of committed keys and values.
func NewPartition(store *state.Store, cacheBytes int) *Partition {
	p := &Partition{store: store, layers: []*layer{{group: 1}}}
	p.cache.limit = cacheBytes
	return p
}

// Begin opens the next transaction. The one before must have ended.
func (p *Partition) Begin() *Tx {
	if p.open {
		panic("txn: a partition runs one transaction at a time")
	}
	p.open = true
	p.overlay.base = p
	p.overlay.reset()
	return &Tx{o: &p.overlay}
}

// Group returns the number of the group that transactions commit to, from 1.
func (p *Partition) Group() uint64 { return p.filling().group }

// Seal ends that group. Transactions that commit later belong to the next.
func (p *Partition) Seal() { p.layers = append(p.layers, &layer{group: p.Group() + 1}) }

// Applied says that the store has applied every group up to and including group, so that reads may go there.
func (p *Partition) Applied(group uint64) {
	p.applied = max(p.applied, group)
	n := 0
	for n < len(p.layers)-1 && p.layers[n].group <= p.applied {
		n++
	}
	clear(p.layers[:n])
	p.layers = p.layers[n:]
}

func (p *Partition) end() { p.open = false }

func (p *Partition) filling() *layer { return p.layers[len(p.layers)-1] }

func (p *Partition) publish(set []Write) {
	if len(set) == 0 {
		return
	}
	l := p.filling()
	l.sets = append(l.sets, set)
	for _, w := range set {
		p.cache.put(w.Key, w.Value, l.group, p.applied)
	}
}

// get implements base.
func (p *Partition) get(key []byte) (cached, error) {
	if hit, ok := p.cache.get(key, p.applied); ok {
		return hit, nil
	}
	value, ok, err := p.store.Get(key)
	if err != nil {
		return cached{}, err
	}
	found := cached{string(key), present(value, ok)}
	p.cache.put(found.key, found.value, 0, p.applied)
	return found, nil
}

// present makes absent and empty values differ: nil is absent.
func present(value []byte, ok bool) []byte {
	switch {
	case !ok:
		return nil
	case value == nil:
		return []byte{}
	}
	return value
}

// sources returns the layers that may not be in the store, the newest first, and the store itself. The layers are taken
// first: a group that is applied in between shows twice, with the same values, and not never.
func (p *Partition) sources(lower, upper []byte, reverse bool) ([]source, error) {
	var list []source
	for i := len(p.layers) - 1; i >= 0; i-- {
		if l := p.layers[i]; len(l.sets) > 0 {
			list = append(list, newTreeSource(l.tree(), lower, upper, reverse))
		}
	}
	it, err := p.store.Iter(lower, upper)
	if err != nil {
		return list, err
	}
	return append(list, &storeSource{iter: it, reverse: reverse}), nil
}

func (l *layer) tree() *btree.BTreeG[indexed] {
	if l.index == nil {
		l.index = newIndex()
	}
	for ; l.ordered < len(l.sets); l.ordered++ {
		for _, w := range l.sets[l.ordered] {
			l.index.Set(indexed{w.Key, w.Value})
		}
	}
	return l.index
}

// storeSource walks over the store.
type storeSource struct {
	iter    *state.Iter
	reverse bool
	started bool
}

func (s *storeSource) next() bool {
	switch {
	case s.started && s.reverse:
		return s.iter.Prev()
	case s.started:
		return s.iter.Next()
	case s.reverse:
		s.started = true
		return s.iter.Last()
	default:
		s.started = true
		return s.iter.First()
	}
}

func (s *storeSource) key() []byte { return s.iter.Key() }

func (s *storeSource) value() []byte { return present(s.iter.Value(), true) }

func (s *storeSource) close() error { return s.iter.Close() }
