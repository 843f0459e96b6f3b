package typed

import (
	"iter"
	"math"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Value is a part of the state of an actor: one value of type V, stored under the name itself. It is used as a Map is.
type Value[V any] struct {
	name   string
	schema *schema
}

// NewValue returns the value of a name. It panics where NewMap does.
func NewValue[V any](name string) Value[V] {
	return Value[V]{checkedName(name), storable[V]()}
}

// Get returns the value and whether there is one; if not, it is zero.
func (x Value[V]) Get(r actor.Reader) (v V, ok bool) { return load[V](r, []byte(x.name), x.schema) }

// Or returns the value, or fallback if there is none.
func (x Value[V]) Or(r actor.Reader, fallback V) V {
	if v, ok := x.Get(r); ok {
		return v
	}
	return fallback
}

// Set makes v the value.
func (x Value[V]) Set(s actor.State, v V) { store(s, []byte(x.name), v) }

// Delete removes the value; it may be missing.
func (x Value[V]) Delete(s actor.State) { s.Delete([]byte(x.name)) }

// Update lets change modify the value, zero if there is none, and writes it if change returns nil. It returns what
// change returns.
func (x Value[V]) Update(s actor.State, change func(v *V) error) error {
	v, _ := x.Get(s)
	if err := change(&v); err != nil {
		return err
	}
	x.Set(s, v)
	return nil
}

// Counter is a part of the state of an actor: a number that only grows, from 0, stored under the name itself. It is used
// as a Map is.
type Counter struct{ value Value[uint64] }

// NewCounter returns the counter of a name. It panics if the name is not one, see NewMap.
func NewCounter(name string) Counter { return Counter{NewValue[uint64](name)} }

// Get returns what the counter stands at.
func (x Counter) Get(r actor.Reader) uint64 { return x.value.Or(r, 0) }

// Next adds 1 and returns the sum: the first number is 1.
func (x Counter) Next(s actor.State) uint64 { return x.Add(s, 1) }

// Add adds n and returns the sum. If that would pass 2^64-1, the handler fails with CodeOverflow.
func (x Counter) Add(s actor.State, n uint64) uint64 {
	v := x.Get(s)
	if v > math.MaxUint64-n {
		fail(CodeOverflow, "the counter %s stands at %d and cannot take %d more", x.value.name, v, n)
	}
	x.value.Set(s, v+n)
	return v + n
}

// Set is a part of the state of an actor: a set of keys of type K, in their order. It is stored and used as a Map of K
// to true.
type Set[K any] struct{ m Map[K, bool] }

// NewSet returns the set of a name. It panics if the name is not one, or K cannot be a key, see NewMap.
func NewSet[K any](name string) Set[K] { return Set[K]{NewMap[K, bool](name)} }

// UnderSet returns the part of a set whose keys begin with first: a set of the second parts. It is Under for sets.
func UnderSet[A, B any](x Set[Pair[A, B]], first A) Set[B] { return Set[B]{Under(x.m, first)} }

// Has reports whether k is in the set.
func (x Set[K]) Has(r actor.Reader, k K) bool { return x.m.Has(r, k) }

// Add puts k into the set and reports whether it was not there.
func (x Set[K]) Add(s actor.State, k K) bool {
	key := x.m.key(k)
	if _, ok := s.Get(key); ok {
		return false
	}
	store(s, key, true)
	return true
}

// Delete removes k; it may be missing.
func (x Set[K]) Delete(s actor.State, k K) { x.m.Delete(s, k) }

// Clear removes all keys.
func (x Set[K]) Clear(s actor.State) { x.m.Clear(s) }

// All yields all keys, ascending.
func (x Set[K]) All(r actor.Reader) iter.Seq[K] { return x.Range(r, nil, nil, actor.Ascending) }

// Range yields the keys with *from <= key < *to in the order asked for. A nil bound is open.
func (x Set[K]) Range(r actor.Reader, from, to *K, order actor.Order) iter.Seq[K] {
	return x.m.Keys(r, from, to, order)
}
