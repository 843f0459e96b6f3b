package query

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/troupe-run/troupe/runtime/actor"
)

// names remembers which number belongs to which address. Neither ever changes, so that nothing is ever invalidated:
// whatever a durable view has shown is true for good. It is bounded: a name takes the place of another one with the same
// slot. Reading takes no lock.
type names struct {
	seed      maphash.Seed
	byAddress table
	byNumber  table
}

// The slots of a table come in chunks, which are made when they are first written: a host of few actors stays small.
const (
	chunkSlots = 256
	chunks     = 256
)

type table [chunks]atomic.Pointer[chunk]

type chunk [chunkSlots]atomic.Pointer[name]

type name struct {
	addr   actor.Address
	number uint64
}

func (n *names) init() { n.seed = maphash.MakeSeed() }

// number returns the number of an actor, if it is remembered.
func (n *names) number(addr actor.Address) (uint64, bool) {
	if e := n.byAddress.load(maphash.String(n.seed, string(addr))); e != nil && e.addr == addr {
		return e.number, true
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

// put remembers a name that a durable view has shown.
func (n *names) put(addr actor.Address, number uint64) {
	// A copy: the caller's string may be a part of something large.
	e := &name{addr: actor.Address(strings.Clone(string(addr))), number: number}
	n.byAddress.store(maphash.String(n.seed, string(addr)), e)
	n.byNumber.store(number, e)
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
