//go:build cgo

package oracle

import (
	wasmvm "github.com/CosmWasm/wasmvm/v3"
	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/bench/conformance/machine"
)

// store shows the rows of a host to wasmvm. As in the SDK, a write that is refused panics.
type store struct {
	host  machine.Host
	meter *meter
}

// Adapt returns a store, a meter and a querier over a host, for the public functions of wasmvm.
func Adapt(host machine.Host) (wasmvm.KVStore, wasmvm.GasMeter, wasmvm.Querier) {
	m := &meter{}
	return &store{host, m}, m, &asked{host, m}
}

func (s *store) Get(key []byte) []byte {
	value, gas := s.host.Get(key)
	s.meter.consumed += gas
	return value
}

func (s *store) Set(key, value []byte) {
	gas, err := s.host.Set(key, value)
	s.meter.consumed += gas
	if err != nil {
		panic(err)
	}
}

func (s *store) Delete(key []byte) { s.meter.consumed += s.host.Remove(key) }

func (s *store) Iterator(start, end []byte) types.Iterator { return s.scan(start, end, false) }

func (s *store) ReverseIterator(start, end []byte) types.Iterator { return s.scan(start, end, true) }

func (s *store) scan(start, end []byte, descending bool) types.Iterator {
	cursor, gas := s.host.Scan(start, end, descending)
	s.meter.consumed += gas
	return &iterator{cursor, s.meter, start, end}
}

type iterator struct {
	cursor     machine.Cursor
	meter      *meter
	start, end []byte
}

func (it *iterator) Domain() ([]byte, []byte) { return it.start, it.end }

func (it *iterator) Valid() bool { return it.cursor.Valid() }

func (it *iterator) Next() { it.meter.consumed += it.cursor.Next() }

func (it *iterator) Key() []byte {
	key, _ := it.cursor.Row()
	return key
}

func (it *iterator) Value() []byte {
	_, value := it.cursor.Row()
	return value
}

func (it *iterator) Error() error { return nil }

func (it *iterator) Close() error {
	it.cursor.Close()
	return nil
}
