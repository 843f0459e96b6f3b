package typed

import (
	"iter"
	"reflect"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Map is a part of the state of an actor: values of type V under keys of type K, in the order of the keys. It holds no
// data itself; declare it as a package variable and pass the state of the call:
//
//	var balances = typed.NewMap[actor.Address, uint64]("balances")
//
//	balances.Set(c.State, m.To, 100) // writes the key "balances/alice"
//
// A key is stored as the name, a "/" and the key itself: text as it is, 42 as b42 (see doc.go). A stored key or value
// that is none of K or V ends the handler with CodeCorruptState. A Map is immutable and serves any number of goroutines.
type Map[K, V any] struct {
	prefix string
	keys   codec[K]
	values *schema
}

// NewMap returns the map of a name. K is a string, a []byte, an integer, a type made of one of these, or a Pair; V is
// anything that can be encoded. It panics if the name does not match [a-zA-Z0-9][a-zA-Z0-9._-]*, or K or V is none of that.
//
// Within an actor each helper needs a name of its own. Two with different names never share a key.
func NewMap[K, V any](name string) Map[K, V] {
	return Map[K, V]{prefix: checkedName(name) + "/", keys: codecOf[K](), values: storable[V]()}
}

// Under returns the part of a map whose keys begin with first: a map of the second parts. What is written in it is
// written in m.
//
//	for spender, amount := range typed.Under(allowances, owner).All(c.State) { … }
func Under[A, B, V any](m Map[Pair[A, B], V], first A) Map[B, V] {
	prefix := codecOf[A]().append([]byte(m.prefix), first, false)
	return Map[B, V]{prefix: string(prefix), keys: codecOf[B](), values: m.values}
}

// Get returns the value of k and whether there is one; if not, it is zero.
func (m Map[K, V]) Get(r actor.Reader, k K) (v V, ok bool) {
	return load[V](r, m.key(k), m.values)
}

// Has reports whether there is a value of k, without decoding it.
func (m Map[K, V]) Has(r actor.Reader, k K) bool {
	_, ok := r.Get(m.key(k))
	return ok
}

// Set makes v the value of k.
func (m Map[K, V]) Set(s actor.State, k K, v V) { store(s, m.key(k), v) }

// Delete removes k; it may be missing.
func (m Map[K, V]) Delete(s actor.State, k K) { s.Delete(m.key(k)) }

// Update lets change modify the value of k, zero if there is none, and writes it if change returns nil. It returns what
// change returns.
func (m Map[K, V]) Update(s actor.State, k K, change func(v *V) error) error {
	key := m.key(k)
	v, _ := load[V](s, key, m.values)
	if err := change(&v); err != nil {
		return err
	}
	store(s, key, v)
	return nil
}

// All yields all pairs, ascending.
func (m Map[K, V]) All(r actor.Reader) iter.Seq2[K, V] {
	return m.Range(r, nil, nil, actor.Ascending)
}

// Range yields the pairs with *from <= key < *to in the order asked for. A nil bound is open. What is written while it
// runs does not show in it.
func (m Map[K, V]) Range(r actor.Reader, from, to *K, order actor.Order) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for key, value := range m.scan(r, from, to, order) {
			v, err := decodeValue[V](value, m.values)
			if err != nil {
				corrupt("value", key)
			}
			if !yield(m.cut(key), v) {
				return
			}
		}
	}
}

// Keys yields the keys with *from <= key < *to in the order asked for, without decoding the values.
func (m Map[K, V]) Keys(r actor.Reader, from, to *K, order actor.Order) iter.Seq[K] {
	return func(yield func(K) bool) {
		for key := range m.scan(r, from, to, order) {
			if !yield(m.cut(key)) {
				return
			}
		}
	}
}

// Clear removes all pairs.
func (m Map[K, V]) Clear(s actor.State) {
	for key := range m.scan(s, nil, nil, actor.Ascending) {
		s.Delete(key)
	}
}

func (m Map[K, V]) scan(r actor.Reader, from, to *K, order actor.Order) iter.Seq2[[]byte, []byte] {
	start := []byte(m.prefix)
	end := actor.PrefixEnd(start)
	if from != nil {
		start = m.key(*from)
	}
	if to != nil {
		end = m.key(*to)
	}
	return r.Range(start, end, order)
}

// key returns the stored key of k, in a slice of its own: a host may keep the keys that were read.
func (m Map[K, V]) key(k K) []byte {
	key := append(make([]byte, 0, 64), m.prefix...)
	return m.keys.append(key, k, true)
}

// cut is the inverse of key.
func (m Map[K, V]) cut(key []byte) K {
	k, rest, ok := m.keys.cut(key[len(m.prefix):], true)
	if !ok || len(rest) > 0 {
		corrupt("key", key)
	}
	return k
}

// load reads and decodes the value of a stored key.
func load[V any](r actor.Reader, key []byte, s *schema) (v V, ok bool) {
	data, ok := r.Get(key)
	if !ok {
		return v, false
	}
	v, err := decodeValue[V](data, s)
	if err != nil {
		corrupt("value", key)
	}
	return v, true
}

// store encodes v into the room behind key, which mostly saves an allocation.
func store[V any](s actor.State, key []byte, v V) {
	s.Set(key, appendValue(key[len(key):], v))
}

func corrupt(what string, key []byte) {
	fail(CodeCorruptState, "the %s at %s is not of the type that the actor expects", what, quote(string(key)))
}

// storable returns the schema of the values of V. It panics if they cannot be stored.
func storable[V any]() *schema {
	s, err := schemaOf(reflect.TypeFor[V]())
	if err != nil {
		panic("typed: a value cannot be stored: " + err.Error())
	}
	s.prepare()
	return s
}

// checkedName returns the name of a helper. It has no "/", which therefore ends it: no stored key of one helper can be
// that of another, nor begin with its prefix.
func checkedName(name string) string {
	for i := range len(name) {
		c := name[i]
		if !isLower(c) && !isUpper(c) && (i == 0 || c != '.' && c != '-') || c == '_' && i == 0 {
			name = ""
			break
		}
	}
	if name == "" || len(name) > maxName {
		panic("typed: the name of a state helper matches [a-zA-Z0-9][a-zA-Z0-9._-]* and has at most 64 bytes")
	}
	return name
}
