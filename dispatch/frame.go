package dispatch

import (
	"bytes"
	"context"
	"iter"
	"math"
	"math/bits"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/txn"
)

// A frame is one call of one actor. It backs what the actor sees of the host.
type frame struct {
	found
	run   *run
	tx    *txn.Tx
	self  actor.Address
	meter *meter
	depth int
	kind  actor.Kind // of the message; KindReply if there is none
	span  *Span
	// queries is how many queries are around this frame.
	queries   int
	prefix    []byte // of the actor's keys
	prefixBuf [16]byte
	iterators int
	fuel      uint64 // instructions that were used and have not made a unit of gas yet
	// halted says why the host ended the call. It holds even if the actor swallows the panic.
	halted error
	env    actor.Env
}

// halt ends the call from within.
func (f *frame) halt(err error) {
	if f.halted == nil {
		f.halted = err
	}
	panic(halt{})
}

func (f *frame) charge(n uint64) {
	if f.halted != nil {
		panic(halt{})
	}
	if !f.meter.use(n) {
		f.halt(outOfGas(f.meter))
	}
}

// burn charges n instructions. What does not make a whole unit of gas is kept for the next time.
func (f *frame) burn(n uint64) {
	per := f.run.gas.Fuel
	gas, rest := n/per, n%per+f.fuel
	if rest >= per {
		gas, rest = gas+1, rest-per
	}
	f.charge(gas)
	f.fuel = rest
}

// tank returns how many instructions there is gas for.
func (f *frame) tank() uint64 {
	high, low := bits.Mul64(f.meter.left(), f.run.gas.Fuel)
	if high > 0 {
		return math.MaxUint64
	}
	return low - min(f.fuel, low)
}

// sound ends the call if the transaction has met a fault: what was read is not to be trusted.
func (f *frame) sound() {
	if f.tx.Err() != nil {
		panic(halt{})
	}
}

// key returns the full key in scratch memory of the run.
func (f *frame) key(key []byte) []byte {
	if len(key) > MaxStateKey {
		f.halt(actor.Errorf(actor.CodeKeyTooLarge, "a key has at most %d bytes, this one has %d", MaxStateKey, len(key)))
	}
	f.run.key = append(append(f.run.key[:0], f.prefix...), key...)
	return f.run.key
}

func (f *frame) get(key []byte) ([]byte, bool) {
	gas := &f.run.gas
	f.charge(gas.Read)
	value, ok := f.tx.Get(f.key(key))
	f.sound()
	f.charge(uint64(len(key)+len(value)) * gas.ReadByte)
	f.span.read(key, value)
	return value, ok
}

func (f *frame) set(key, value []byte) {
	if len(key) == 0 {
		f.halt(actor.Errorf(actor.CodeKeyEmpty, "a key has at least one byte"))
	}
	if len(value) > MaxStateValue {
		f.halt(actor.Errorf(actor.CodeValueTooLarge, "a value has at most %d bytes, that of key %.40q has %d", MaxStateValue, key, len(value)))
	}
	if value == nil {
		value = []byte{} // there is no other way to be absent than Delete; a trace could not tell
	}
	gas := &f.run.gas
	f.charge(gas.Write + uint64(len(key)+len(value))*gas.WriteByte)
	full := f.key(key)
	f.grow(len(full) + len(value))
	f.span.wrote(f.tx, OpSet, full, key, value)
	f.tx.Set(full, value)
	f.sound()
}

func (f *frame) delete(key []byte) {
	f.charge(f.run.gas.Delete)
	full := f.key(key)
	f.grow(len(full))
	f.span.wrote(f.tx, OpDelete, full, key, nil)
	f.tx.Delete(full)
	f.sound()
}

func (f *frame) grow(n int) {
	if f.run.stateBytes += n; f.run.stateBytes > f.run.limits.State {
		f.halt(&stop{err: actor.Errorf(actor.CodeStateTooLarge, "a transaction writes at most %d bytes of state", f.run.limits.State)})
	}
}

func (f *frame) scan(start, end []byte, order actor.Order) iter.Seq2[[]byte, []byte] {
	f.charge(f.run.gas.Range)
	if f.iterators++; f.iterators > MaxIterators {
		f.halt(actor.Errorf(actor.CodeTooManyIterators, "a call opens at most %d ranges", MaxIterators))
	}
	f.span.scanned(start, end)
	if end != nil && bytes.Compare(start, end) >= 0 {
		return func(func([]byte, []byte) bool) {}
	}
	lower := bytes.Clone(f.key(start))
	upper := actor.PrefixEnd(f.prefix)
	if end != nil {
		upper = bytes.Clone(f.key(end))
	}
	it := f.tx.Range(lower, upper, order == actor.Descending)
	return func(yield func([]byte, []byte) bool) {
		it := it.Restart() // a sequence may be walked more than once
		defer it.Close()
		for it.Next() {
			key, value := it.Key()[len(f.prefix):], it.Value()
			f.charge(f.run.gas.Range + uint64(len(key)+len(value))*f.run.gas.ReadByte)
			pair := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
			if !yield(pair[:len(key):len(key)], pair[len(key):]) {
				return
			}
		}
		f.sound()
	}
}

// stateOf is the state of a call that may write.
type stateOf struct{ f *frame }

func (s stateOf) Get(key []byte) ([]byte, bool) { return s.f.get(key) }
func (s stateOf) Set(key, value []byte)         { s.f.set(key, value) }
func (s stateOf) Delete(key []byte)             { s.f.delete(key) }
func (s stateOf) Range(start, end []byte, order actor.Order) iter.Seq2[[]byte, []byte] {
	return s.f.scan(start, end, order)
}

// readerOf is the state of a query. It is a type of its own, so that no type assertion leads to a way to write.
type readerOf struct{ f *frame }

func (s readerOf) Get(key []byte) ([]byte, bool) { return s.f.get(key) }
func (s readerOf) Range(start, end []byte, order actor.Order) iter.Seq2[[]byte, []byte] {
	return s.f.scan(start, end, order)
}

// servicesOf is the host as a call sees it.
type servicesOf struct{ f *frame }

func (s servicesOf) Query(ctx context.Context, to actor.Address, body []byte) ([]byte, error) {
	return s.f.ask(ctx, to, body)
}

func (s servicesOf) QueryRaw(to actor.Address, key []byte) ([]byte, bool) { return s.f.askRaw(to, key) }
func (s servicesOf) GasLeft() uint64                                      { return s.f.meter.left() }
func (s servicesOf) UseGas(n uint64)                                      { s.f.charge(n) }
func (s servicesOf) Log(text string)                                      { s.f.span.logf("%s", text) }

// FuelLeft and UseFuel are GasLeft and UseGas in instructions, for who runs code that counts them: see Gas.Fuel. To use
// all that is left is too much, as it is with gas.
func (s servicesOf) FuelLeft() uint64 { return s.f.tank() }
func (s servicesOf) UseFuel(n uint64) { s.f.burn(n) }

// FuelPerGas returns how many instructions a unit of gas pays for.
func (s servicesOf) FuelPerGas() uint64 { return s.f.run.gas.Fuel }

// QueryRange is QueryRaw for the keys of an actor from start to before end, at most limit of them; next is the key behind
// those, nil if there is none. The bounds are those of actor.Reader.Range.
func (s servicesOf) QueryRange(to actor.Address, start, end []byte, order actor.Order, limit int) (pairs [][2][]byte, next []byte) {
	return s.f.askRange(to, start, end, order, limit)
}

// Fault is for who runs code and cannot, for a reason that is not in the code: memory that cannot be had, for example.
// That is no outcome of the call, so the transaction has none and nobody may catch it. Fault does not return.
func (s servicesOf) Fault(err error) {
	s.f.tx.Fail(&EngineError{Actor: s.f.self, Module: s.f.module, Err: err})
	panic(halt{})
}
