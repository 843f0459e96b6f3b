package generate

import (
	"encoding/binary"
	"slices"
)

// The probe is a contract of package vm's tests: it calls imports with any arguments, as its message says. The message is
// a list of commands, each a byte and what belongs to it; see runtime/wasm/cosmwasm/vm/testdata/probe.

// The imports, by their place.
const (
	doAbort = iota
	doRead
	doWrite
	doRemove
	doValidate
	doCanonicalize
	doHumanize
	doAggregateG1
	doAggregateG2
	doPairing
	doHashToG1
	doHashToG2
	doVerifyK1
	doRecoverK1
	doVerifyR1
	doRecoverR1
	doVerifyEd
	doVerifyEdBatch
	doDebug
	doQuery
	doScan
	doNext
	doNextKey
	doNextValue
)

// What is emitted besides the result of an import.
const (
	nothing     = 0
	returned    = 1 // the region that the result points at
	destination = 2 // the region that was filled
)

func le(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// The arguments of imports.
func data[T string | []byte](b T) []byte {
	return slices.Concat([]byte{'b'}, le(uint32(len(b))), []byte(b))
}
func many(n uint32, b byte) []byte { return slices.Concat([]byte{'m'}, le(n), []byte{b}) }
func number(n uint32) []byte       { return slices.Concat([]byte{'n'}, le(n)) }
func room(capacity uint32) []byte  { return slices.Concat([]byte{'c'}, le(capacity)) }
func region(at, capacity, n uint32) []byte {
	return slices.Concat([]byte{'r'}, le(at), le(capacity), le(n))
}

func command(op, emit byte, arguments ...[]byte) []byte {
	return append([]byte{op, emit}, slices.Concat(arguments...)...)
}

// script is a message for the probe. One that only reads writes now and then all the same.
func (s *Source) script(reads bool) []byte {
	var script []byte
	var scans uint32 // iterators so far
	for range 1 + s.IntN(10) {
		switch n := s.IntN(100); {
		case n < 35:
			script = append(script, s.storage(reads && s.chance(97))...)
		case n < 47:
			script = append(script, s.iteration(&scans)...)
		case n < 60:
			script = append(script, s.addresses()...)
		case n < 94:
			script = append(script, s.cryptography()...)
		default:
			script = append(script, s.oddity()...)
		}
	}
	return script
}

// maxKey and maxValue are the longest that are taken (S57).
const maxKey, maxValue = 64 << 10, 128 << 10

// key is an argument: mostly a short key of a few, so that calls find what others wrote. It is not empty: a write with an
// empty key makes wasmvm print a stack (TestEmptyKey).
func (s *Source) key() []byte {
	switch n := s.IntN(200); n {
	case 0:
		return many(maxKey, 'k')
	case 1:
		return many(maxKey+1, 'k')
	case 2:
		return s.badRegion()
	default:
		return data(string(rune('a'+n%10)) + one(s, "", "", "x", "\x00", "\xff"))
	}
}

func (s *Source) storage(reads bool) []byte {
	kind := s.IntN(5)
	if reads {
		kind = 3
	}
	switch kind {
	case 0, 1:
		value := data(s.blob(60))
		if s.chance(5) {
			value = one(s, many(maxValue, 'v'), many(maxValue+1, 'v'), s.badRegion(), data(""))
		}
		return command(doWrite, nothing, s.key(), value)
	case 2:
		return command(doRemove, nothing, s.key())
	default:
		return command(doRead, returned, s.key())
	}
}

func (s *Source) iteration(scans *uint32) []byte {
	if *scans == 0 || s.chance(35) {
		*scans++
		bound := func() []byte {
			if s.chance(40) {
				return number(0)
			}
			return s.key()
		}
		order := number(uint32(1 + s.IntN(2)))
		if s.chance(3) {
			order = number(one[uint32](s, 0, 3, 42, 0xffffffff))
		}
		return command(doScan, nothing, bound(), bound(), order)
	}
	id := number(s.Uint32N(*scans))
	if s.chance(3) {
		id = number(one(s, *scans, 0x7fffffff, 0xffffffff))
	}
	return command(one[byte](s, doNext, doNext, doNextKey, doNextValue), returned, id)
}

func (s *Source) addresses() []byte {
	human := data(s.user())
	switch {
	case s.chance(40):
		human = data(s.wrong(s.user()))
	case s.chance(2):
		human = one(s, data("\xff\xfe"), many(256, 'a'), many(257, 'a'), s.badRegion())
	}
	switch s.IntN(3) {
	case 0:
		return command(doValidate, returned, human)
	case 1:
		return command(doCanonicalize, destination, human, room(one[uint32](s, 64, 64, 64, 64, 64, 64, 64, 64, 20, 19, 0)))
	}
	canonical := data(one(s, []byte("user 0              "), s.blob(20), s.blob(70)))
	if s.chance(4) {
		canonical = one(s, many(64, 7), many(65, 7), many(0, 0), many(255, 1))
	}
	return command(doHumanize, destination, canonical, room(one[uint32](s, 90, 90, 90, 90, 90, 90, 90, 90, 45, 10)))
}

// badRegion is a region that is none, or a pointer to none.
func (s *Source) badRegion() []byte {
	return one(s, number(0), number(0xfffffff0), number(0xffffffff), number(1<<25), region(0, 10, 5), region(1024, 4, 5),
		region(0xfffffff0, 0x20, 1), region(0x01ff0000, 0x7fffffff, 0x10), region(1024, 16, 16))
}

// oddity is what well-behaved contracts do seldom.
func (s *Source) oddity() []byte {
	switch s.IntN(12) {
	case 0:
		return command(doAbort, nothing, data(s.text()))
	case 1, 2:
		return command(doDebug, nothing, data(s.text()))
	case 3, 4:
		return command(doQuery, returned, data(one(s, s.encoded(s.request()), []byte("{}"), []byte("nonsense"), []byte(`{"unheard":{}}`))))
	case 5:
		return append([]byte{102}, le(one[uint32](s, 0, 1, 10, 400, 512, 70_000))...) // memory.grow
	case 6, 7:
		return []byte{103} // counts in memory, which is new for each call
	case 8:
		return []byte{100, byte(s.IntN(10))} // what allocate does
	case 9:
		return []byte{101, one[byte](s, 0, 1, 2, 3, 4, 6, 7)} // ends, in many ways
	case 10:
		return append([]byte{104}, le(one[uint32](s, 0, 1, 1024, 0xfffffff0))...) // returns this
	default:
		return slices.Concat([]byte{105}, le(one[uint32](s, 0, 1024, 0xfffffff0)), le(s.Uint32N(64)), le(s.Uint32N(64)))
	}
}

func probe() spec {
	forms := bare(func(s *Source) any { return raw(s.script(false)) })
	reads := bare(func(s *Source) any { return raw(s.script(true)) })
	return spec{instantiate: forms, execute: forms, query: reads, sudo: forms, migrate: forms, reply: forms}
}

// raw is a message that is no JSON.
type raw []byte
