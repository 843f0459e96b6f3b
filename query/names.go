package query

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/troupe-run/troupe/runtime/actor"
)

// names remembers which number belongs to which address. Neither ever changes, so that nothing is ever invalidated:
// whatever a durable view has shown is true for good. It is bounded: where there is no room, a name takes the place of
// another. Reading takes no lock.
type names struct {
	seed      maphash.Seed
	byAddress table // by the hash of the address, in one of the ways behind it
	byNumber  table // by the number, which spreads by itself
}

// The slots of a table come in chunks, which are made when they are first written: a host of few actors stays small.
const (
	chunkSlots = 256
	chunks     = 1024
	ways       = 4 // a power of two
)

type table [chunks]atomic.Pointer[chunk]

type chunk [chunkSlots]atomic.Pointer[name]

type name struct {
	addr   actor.Address
	number uint64
}

func (n *names) init() { n.seed = maphash.MakeSeed() }

func (n *names) hash(addr actor.Address) uint64 {
	return maphash.String(n.seed, string(addr)) &^ (ways - 1)
}

// number returns the number of an actor, if it is remembered.
func (n *names) number(addr actor.Address) (uint64, bool) {
	hash := n.hash(addr)
	for way := range uint64(ways) {
		e := n.byAddress.load(hash + way)
		if e == nil {
			break
		}
		if e.addr == addr {
			return e.number, true
		}
	}
	return 0, false
}

// address returns the address of the actor with a number, if it is remembered.
func (n *names) address(number uint64) (actor.Address, bool) {
	if e := n.byNumber.load(number); e != nil && e.number == number {
		return e.addr, true
	}
	return "", false
}

// put remembers a name that a durable view has shown. Two that put at once may overwrite each other, which loses a name.
func (n *names) put(addr actor.Address, number uint64) {
	// A copy: the caller's string may be a part of something large.
	e := &name{addr: actor.Address(strings.Clone(string(addr))), number: number}
	n.byNumber.store(number, e)
	hash := n.hash(addr)
	slot := hash + number%ways // whose place it takes if there is no room
	for way := range uint64(ways) {
		if old := n.byAddress.load(hash + way); old == nil || old.addr == addr {
			slot = hash + way
			break
		}
	}
	n.byAddress.store(slot, e)
}

func (t *table) load(slot uint64) *name {
	if c := t[slot/chunkSlots%chunks].Load(); c != nil {
		return c[slot%chunkSlots].Load()
	}
	return nil
}

func (t *table) store(slot uint64, e *name) {
	at := &t[slot/chunkSlots%chunks]
	c := at.Load()
	if c == nil {
		at.CompareAndSwap(nil, new(chunk))
		c = at.Load()
	}
	c[slot%chunkSlots].Store(e)
}
