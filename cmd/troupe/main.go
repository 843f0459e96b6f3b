// Command troupe is the command line of Troupe: see its help, and package command for binaries with actors of their own.
//
// It has these modules built in, for trying things out: puppet, an actor that does what its messages say.
package main

import (
	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
)

func main() {
	command.Main(modules())
}

// modules are those that are built in.
func modules() command.Modules {
	return command.Modules{"puppet": puppet.Actor{}}
}
