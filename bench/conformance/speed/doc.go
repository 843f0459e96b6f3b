// Package speed measures how long calls of contracts take, on wasmvm and on Troupe, in turns.
//
// Both sides do the same work in each operation: the environment, the sender and the message become JSON, the contract
// runs over a store in memory that asks the prices of a chain, and its answer is decoded. wasmvm is called as a chain
// calls it, by its public functions, with the code pinned; Troupe's side is package wire and package vm, with exact gas
// and a memory that is as new for each call.
package speed
