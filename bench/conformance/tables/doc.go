// Package tables runs the conformance tables of CosmWasm against whole hosts, with the contracts that wasmd and wasmvm are
// tested with: replies (C1 to C6), sub-messages and the bank (R), hackatom (H), migration (M). Tests are named by row.
//
// Contracts without a host run as in the tests of wasmvm: queue (V27), floats (V28), cyberpunk (V29), and the amounts of VM
// gas that are written down there.
//
// A host has no modules of the Cosmos SDK beside the bank, and its prices of what a chain does for its own sake are others:
// rows that need staking, gov, authz policies or IBC channels, and the amounts of SDK gas that wasmd's tests have, are not
// here. Package differential compares amounts of VM gas call by call.
package tables
