// Package pack encodes and decodes what classic wasmCloud actors and providers say to each other.
//
// Protocol 0 is MessagePack: a struct is a map with text keys, as Rust's rmp_serde writes it by name. Protocol 2 is the byte 0x7f
// and CBOR, in which a struct is an array, its fields in their order. An operation without an argument or an answer has an
// empty payload.
//
//	body := pack.Marshal(&messages.Increment{Key: "visits", Value: 1})
//	var in messages.Increment
//	err := pack.Unmarshal(body, &in) // either protocol: Unmarshal sees which
//
// # Guarantees
//
// Encodings are deterministic: the shortest form of each number and length, fields in the order of the struct, maps in the order
// of their keys; texts are valid UTF-8, and bytes are never nil, which guests would refuse.
//
// Decoding is bounded: a length is compared with what is left before anything is allocated for it, MaxDepth bounds nesting
// and MaxSize the whole. Numbers that do not fit are refused, never cut. Errors are *actor.Error with the code malformed
// and a text of this package's own, so that a transaction may depend on them. Fields that are not known are skipped, those
// that are missing stay as they are, and null is the zero value, because guests in several languages do all of that.
//
// ToJSON and FromJSON convert for people; Message and Answer for actors of Troupe that serve as providers.
package pack
