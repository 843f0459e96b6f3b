// Package guest makes a WebAssembly module of the dialect troupe out of an actor. The actor is the same Go value that a
// host runs natively: one written against runtime/actor alone, or one of runtime/actor/typed. Its main package is two
// lines:
//
//	package main
//
//	import (
//		"github.com/troupe-run/troupe/examples/mmo/game"
//		"github.com/troupe-run/troupe/runtime/guest"
//	)
//
//	func init() { guest.Register(game.Currency()) }
//
//	func main() {} // a module is called, never run
//
// It is built by the standard toolchain as what WASI calls a reactor:
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o currency.wasm .
//
// A small module has 3 MB, 0.9 packed by gzip, most of which is the runtime of Go; one of the typed layer has 4.7 MB, 1.3
// packed. A call of the first takes some 2 µs in the guest, and a transfer of money between two balances 7.
//
// On any other system the same program builds, too, and does nothing: go vet and go test need no flags.
//
// # Guarantees
//
// A call has the same results as it has natively: data, events, sub-messages, state and the codes and texts of errors.
// That holds for what an actor lacks (an entry point without a method), for panics, and for the numbers of Env.Rand.
// Gas differs, because a host counts the instructions of a guest.
//
// # What differs from a native actor
//
// Every call begins with the memory that the module had when it was installed, package variables included: what init
// functions and Register's argument have built is there, what an earlier call has left is not. A goroutine may help a
// call; it does not outlive it. The context of a call never ends, because gas is its limit. Calls of functions nest at
// most some 1500 deep. A sequence of Reader.Range that is walked a second time shows the state as of then.
//
// There are no files, no arguments and no environment. What is written to the standard output and the standard error
// goes to the trace, line by line, time.Now is the time of the transaction, and crypto/rand gives numbers that are
// the same in every replay, so they are not for secrets.
package guest
