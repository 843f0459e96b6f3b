// Command {{name}} is a module of Troupe: a counter for everybody, kept by whoever made it. See README.md.
package main

import "github.com/troupe-run/troupe/runtime/guest"

func init() { guest.Register(Counter()) }

func main() {} // a module is called, never run
