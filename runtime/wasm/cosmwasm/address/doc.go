// Package address has the addresses of CosmWasm: bytes, which hosts keep, and their text in bech32, which contracts and
// people see. It makes the one from the other for the prefix of a chain, with the rules and the error texts of wasmd
// (contracts see them), and derives the addresses of new contracts (S40, S41).
package address
