// Command module is the actor of package cast as WebAssembly.
package main

import (
	"github.com/troupe-run/troupe/runtime/guest"
	"github.com/troupe-run/troupe/runtime/guest/testdata/cast"
)

func init() { guest.Register(cast.Actor{}) }

func main() {}
