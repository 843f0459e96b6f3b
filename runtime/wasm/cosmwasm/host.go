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

// What a chain charges for the pairs of a range, in SDK gas, beside what the services charge for the bytes that they know
// of (S61).
const (
	gasNext   = 30
	gasByte   = 3
	gasPrefix = 33 * gasByte // of the key, which is a contract's own
)

// Scan implements vm.Host. A chain looks at the first pair at once, and charges for it then and when it is left.
func (k *call) Scan(start, end []byte, descending bool) (vm.Iterator, uint64, error) {
	order := actor.Ascending
	if descending {
		order = actor.Descending
	}
	before := k.meter.left()
	it := &iterator{meter: &k.meter}
	it.pull, it.stop = iter.Pull2(k.reader.Range(start, end, order))
	if k.meter.exact() {
		kept := false
		defer func() { // the services end a call with a panic
			if !kept {
				it.stop()
			}
		}()
		it.look()
		kept = true
	}
	return it, k.meter.taken(before), nil
}

// iterator is a range of the contract's keys.
type iterator struct {
	meter *meter
	pull  func() ([]byte, []byte, bool)
	stop  func()
	first *pair // that was looked at, and is to be given out
}

type pair struct {
	key, value []byte
	ok         bool
}

// look takes the first pair, for which the services charge as for one that is left: that is what a chain charges for making
// the iterator, but they have charged for opening the range, too.
func (it *iterator) look() {
	it.first = &pair{}
	if it.first.key, it.first.value, it.first.ok = it.pull(); it.first.ok {
		it.meter.services.UseGas(gasPrefix - gasNext)
	}
}

// Next implements vm.Iterator.
func (it *iterator) Next() (key, value []byte, ok bool, gas uint64, err error) {
	before := it.meter.left()
	if p := it.first; p != nil {
		it.first = nil
		if p.ok {
			it.meter.services.UseGas(gasNext + gasPrefix + uint64(len(p.key)+len(p.value))*gasByte)
		}
		return p.key, p.value, p.ok, it.meter.taken(before), nil
	}
	if key, value, ok = it.pull(); ok && it.meter.exact() {
		it.meter.services.UseGas(gasPrefix)
	}
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
