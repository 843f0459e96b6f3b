package guest

import "github.com/troupe-run/troupe/runtime/actor"

// registered is the actor of the module. It is set while the module is initialized, and then never again.
var registered actor.Actor

// Register makes a the actor of the module. Call it once, from an init function of package main. It panics if a is nil,
// or if there is one already. In a program that is built for anything but wasip1 it does no more than that check.
func Register(a actor.Actor) {
	if a == nil {
		panic("guest: Register was given no actor")
	}
	if registered != nil {
		panic("guest: a module has one actor, and Register was called twice")
	}
	registered = a
	rehearse()
}

// rehearse does what most calls do, so that what it leaves behind (pools, tables of methods, pages of the heap for small
// objects) is in the memory with which every call begins.
func rehearse() {
	_ = actor.Errorf(actor.CodeFailed, "%s %v %q %d", actor.Address("a"), actor.Address("a"), "a", uint64(1))
	for n := 1; n <= 16; n++ {
		rehearsed.bytes = make([]byte, 8*n)
		rehearsed.pointers = make([]*byte, n)
	}
	rehearsed.bytes, rehearsed.pointers = nil, nil
}

// rehearsed makes what it holds live on the heap.
var rehearsed struct {
	bytes    []byte
	pointers []*byte
}
