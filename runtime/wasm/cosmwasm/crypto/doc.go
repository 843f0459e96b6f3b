// Package crypto computes what CosmWasm contracts ask of their host: signatures over secp256k1, secp256r1 and Ed25519,
// and the curve BLS12-381. It answers as the reference VM does, to the error code (cosmwasm.md 2.3, rows V18 to V21),
// because an answer decides what a contract does next, and two hosts must not differ.
//
// Each function is one import of the VM. The first result is what the import hands to the contract; an error is always an
// [*Error], whose Code is the number that the contract gets instead. Gas, the lengths that a memory region may have, and
// where a result is written are matters of package vm.
//
// Functions keep no state, do not change or retain their arguments, and may be called at the same time. No bytes make
// them panic.
//
// Nothing here handles a secret: keys, signatures and points are known to everybody who sees the transaction. So the time
// that a function takes may depend on them, and it does. Do not use the package to sign, or to derive keys.
package crypto
