// Command bare is an actor with one entry point as WebAssembly.
package main

import (
	"github.com/troupe-run/troupe/runtime/guest"
	"github.com/troupe-run/troupe/runtime/guest/testdata/cast"
)

func init() { guest.Register(cast.Bare{}) }

func main() {}
