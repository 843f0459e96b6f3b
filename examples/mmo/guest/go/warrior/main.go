// Command warrior is the module "warrior" of the game as WebAssembly: the same code that a host runs natively.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o warrior.wasm ./examples/mmo/guest/go/warrior
package main

import (
	"github.com/troupe-run/troupe/examples/mmo/game"
	"github.com/troupe-run/troupe/runtime/guest"
)

func init() { guest.Register(game.Warrior()) }

func main() {}
