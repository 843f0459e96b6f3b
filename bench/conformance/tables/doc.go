// Package tables runs the conformance tables of CosmWasm against whole hosts, with the contracts that wasmd and wasmvm are
// tested with: replies (C1 to C6), sub-messages and the bank (R), hackatom (H), migration (M). Tests are named by row.
//
// A host has no modules of the Cosmos SDK beside the bank, and its prices of what a chain does for its own sake are others:
// rows that need staking, gov, authz policies or IBC channels, and the amounts of SDK gas that wasmd's tests have, are not
// here. Amounts of VM gas are compared in package differential.
package tables
