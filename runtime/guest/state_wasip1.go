package guest

import (
	"context"
	"encoding/binary"
	"iter"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/guest/envelope"
)

// reader is the state of a query. It is a type of its own, so that no type assertion leads to a way to write.
type reader struct{}

func (reader) Get(key []byte) ([]byte, bool) {
	k, kn := bytesAt(key)
	out, outCap := bytesAt(room())
	n := stateGet(k, kn, out, outCap)
	if n < 0 {
		return nil, false
	}
	return result(n), true
}

// Range asks the host for the range at once, as of now. The first walk uses it; a further one asks again.
func (reader) Range(start, end []byte, order actor.Order) iter.Seq2[[]byte, []byte] {
	opened, fresh := openRange(start, end, order), true
	return func(yield func([]byte, []byte) bool) {
		it := opened
		if !fresh {
			it = openRange(start, end, order)
		}
		fresh = false
		walk(it, yield)
	}
}

func openRange(start, end []byte, order actor.Order) (iterator uint32) {
	s, sn := bytesAt(start)
	e, en := bytesAt(end)
	endLen := int32(en)
	if end == nil {
		endLen = -1
	}
	return stateRange(s, sn, e, endLen, uint32(order))
}

// walk closes the iterator even if yield panics: a panic may be recovered, and the call go on.
func walk(iterator uint32, yield func([]byte, []byte) bool) {
	defer rangeClose(iterator)
	for {
		out, outCap := bytesAt(room())
		n := rangeNext(iterator, out, outCap)
		if n < 0 {
			return
		}
		pair := result(n)
		k := 4 + binary.LittleEndian.Uint32(pair)
		if !yield(pair[4:k:k], pair[k:]) {
			return
		}
	}
}

// writer is the state of a call that may write.
type writer struct{ reader }

func (writer) Set(key, value []byte) {
	k, kn := bytesAt(key)
	v, vn := bytesAt(value)
	stateSet(k, kn, v, vn)
}

func (writer) Delete(key []byte) { stateDelete(bytesAt(key)) }

// services is the host as a call sees it.
type services struct{}

func (services) Query(_ context.Context, to actor.Address, body []byte) ([]byte, error) {
	t, tn := textAt(string(to))
	b, bn := bytesAt(body)
	out, outCap := bytesAt(room())
	return envelope.DecodeAnswer(result(query(t, tn, b, bn, out, outCap)))
}

func (services) QueryRaw(to actor.Address, key []byte) ([]byte, bool) {
	t, tn := textAt(string(to))
	k, kn := bytesAt(key)
	out, outCap := bytesAt(room())
	n := queryRaw(t, tn, k, kn, out, outCap)
	if n < 0 {
		return nil, false
	}
	return result(n), true
}

func (services) GasLeft() uint64 { return gasLeft() }
func (services) UseGas(n uint64) { useGas(n) }
func (services) Log(text string) { log(textAt(text)) }
