// Package examples holds programs to read and to run, each with transcripts and tests:
//
//	go run ./examples/mmo        a currency and a warrior who pays rewards until he is broke
//	go run ./examples/kitchen    a seller, chefs and a waiter; a child actor for each order
//	go run ./examples/transfer   virtual actors, escrows with a deadline, ten thousand transfers at once
//
//	go run ./cmd/troupe run examples/cw20   a token that is a contract of CosmWasm, and an actor of Go that pays with it
//	go run ./cmd/troupe up -m examples/echo        an actor of the classic wasmCloud, which answers HTTP requests
//	go run ./cmd/troupe up -m examples/kvcounter   one that counts them
//
// The test of this package runs everything that README.md shows.
package examples
