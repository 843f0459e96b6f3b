// Package wire has the JSON that contracts of CosmWasm and their host exchange: the environment and the information that
// an entry point is called with, what it answers, the messages and queries that it sends, and the replies that it gets.
//
// Contracts see these bytes, and pay gas for each of them. So what is encoded here is, byte for byte, what the Go types
// of wasmvm 3 encode to (order of fields, which are left out when they are empty, null or [], numbers in strings, base64,
// the escapes of encoding/json), and what is decoded here is accepted, refused and understood as they do: names of
// fields in any case, fields that nobody knows, fields that are there twice, null. Types and fields have the names of
// wasmvm, because the error texts of encoding/json, which a contract can see (V22), have them too.
//
// The usual shapes are read and written without reflection: Append... appends to a slice that is given, Decode... reads
// what contracts usually send by hand and leaves the rest to encoding/json, which judges. Both are compared by fuzz
// tests. Nothing that is decoded shares memory with the bytes it was read from. Nothing here has state: all functions
// may be called at the same time.
//
// Beside JSON, the package has what else is fixed at that edge: the protobuf messages that the data of a reply is wrapped
// into (S13, S14). Coins are texts here, as contracts wrote them; package bank puts them in order (N1-N13).
package wire
