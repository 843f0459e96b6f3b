// Command puppet is the actor of package puppet as a WebAssembly module.
package main

import (
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/guest"
)

func init() { guest.Register(puppet.Actor{}) }

func main() {}
