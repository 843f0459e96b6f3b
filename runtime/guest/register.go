//go:build !wasip1

package guest

import "github.com/troupe-run/troupe/runtime/actor"

// Register makes a the actor of the module. Call it once, from an init function of package main. It panics if a is nil,
// or if there is one already. In a program that is built for anything but wasip1 it does no more than that check.
func Register(a actor.Actor) {
	if a == nil {
		panic("guest: Register was given no actor")
	}
}
