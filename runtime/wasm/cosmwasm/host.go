package cosmwasm

import (
	"iter"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/address"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// The call is the host of its contract.
var _ vm.Host = (*call)(nil)

// Get implements vm.Host.
func (k *call) Get(key []byte) (value []byte, gas uint64, err error) {
	before := k.meter.left()
	value, ok := k.reader.Get(key)
	if ok && value == nil {
		value = []byte{}
	}
	return value, k.meter.taken(before), nil
}

// Set implements vm.Host.
func (k *call) Set(key, value []byte) (gas uint64, err error) {
	before := k.meter.left()
	k.writer.Set(key, value)
	return k.meter.taken(before), nil
}

// Remove implements vm.Host.
func (k *call) Remove(key []byte) (gas uint64, err error) {
	before := k.meter.left()
	k.writer.Delete(key)
	return k.meter.taken(before), nil
}

// Scan implements vm.Host.
func (k *call) Scan(start, end []byte, descending bool) (vm.Iterator, uint64, error) {
	order := actor.Ascending
	if descending {
		order = actor.Descending
	}
	before := k.meter.left()
	it := &iterator{meter: &k.meter}
	it.next, it.stop = iter.Pull2(k.reader.Range(start, end, order))
	return it, k.meter.taken(before), nil
}

// iterator is a range of the contract's keys.
type iterator struct {
	meter *meter
	next  func() ([]byte, []byte, bool)
	stop  func()
}

// Next implements vm.Iterator.
func (it *iterator) Next() (key, value []byte, ok bool, gas uint64, err error) {
	before := it.meter.left()
	key, value, ok = it.next()
	return key, value, ok, it.meter.taken(before), nil
}

// Close implements vm.Iterator.
func (it *iterator) Close() { it.stop() }

// The prices of addresses, in SDK gas (2.5).
const (
	sdkGas          = 140_000
	gasHumanize     = 5 * sdkGas
	gasCanonicalize = 4 * sdkGas
)

// Canonicalize implements vm.Host.
func (k *call) Canonicalize(human string) (canonical []byte, gas uint64, err error) {
	b, err := k.contract.chain.Canonical(human)
	return b, gasCanonicalize, forContract(err)
}

// Humanize implements vm.Host.
func (k *call) Humanize(canonical []byte) (human string, gas uint64, err error) {
	text, err := k.contract.chain.Human(canonical)
	return text, gasHumanize, forContract(err)
}

// Validate implements vm.Host.
func (k *call) Validate(human string) (gas uint64, err error) {
	err = k.contract.chain.Validate(human)
	gas = gasCanonicalize + gasHumanize
	if err != nil && !address.IsDenormal(err) {
		gas = gasCanonicalize
	}
	return gas, forContract(err)
}

func forContract(err error) error {
	if err == nil {
		return nil
	}
	return &vm.UserError{Text: err.Error()}
}
