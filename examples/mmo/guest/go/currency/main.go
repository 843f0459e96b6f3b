// Command currency is the module "currency" of the game as WebAssembly: the same code that a host runs natively.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o currency.wasm ./examples/mmo/guest/go/currency
package main

import (
	"github.com/troupe-run/troupe/examples/mmo/game"
	"github.com/troupe-run/troupe/runtime/guest"
)

func init() { guest.Register(game.Currency()) }

func main() {}
