// Package cosmwasm runs contracts of CosmWasm as actors: compiled contracts of interface version 8, unmodified, in one
// transaction tree with native actors and guests of other dialects. It puts together the VM (package vm), the JSON at its
// edge (wire), the bank and the keeper of codes and contracts, and gives what happens the form that chains give it: events
// (S44 to S47), replies (S13 to S18), errors (S19, S20), addresses (S40, S41), queries (S48 to S54).
//
// A Contract is the actor that a module is. Contracts have their messages in JSON; so do the bank and the keeper, and
// actors of package typed read JSON as well. Data of a call is bytes to all of them: a contract finds it wrapped in the
// replies that it gets, as on a chain, and others find it as it is.
//
// What contracts see of the host is a Chain. Transactions are its blocks.
//
// # Where it is not a chain
//
//   - What a chain does for its own sake (reading the records of contracts and codes, accounts, the bank) has other prices:
//     VM gas is exact, and so is what contracts pay for calls, storage, answers and events (S27 to S29, S61), but SDK gas as
//     a whole is only near.
//   - The attributes of a receipt's events stand as they were given. Emitted, of a trace, sorts those that a chain sorts.
//   - There is one way out for staking, distribution, gov, IBC and stargate: nobody takes the message (S39, S54).
//   - A custom message is answered as execute is.
//   - While a contract is instantiated it is not there to itself (S2), but another contract that it queries can already read
//     its record.
package cosmwasm
