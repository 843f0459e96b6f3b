// Package blobstore is the provider of the contract wasmcloud:blobstore that every host has: objects of bytes, under names, in
// containers, in the transactional state of the provider's own actor. What an operation changes stands and falls with the
// transaction of the actor that asked for it; an object is there from its last chunk on, and whole.
//
// All actors that are linked to one provider share its containers, but for links whose values name different ones as "store". It
// answers in the protocol in which it was asked, for actors of either generation.
//
// # Chunks
//
// The chunks of an upload come in order, each where the one before has ended. An upload that begins anew takes the place of one
// that has not ended. The answer to GetObject carries the first chunk, of as many bytes as the value "chunk_size" of the link says,
// or DefaultChunk. If there is more, the rest is kept as a download, of which Kind sends chunk after chunk to the actor, each in
// a transaction of its own, because an actor cannot be entered while it asks. A download ends when the actor says so, fails
// or is no longer linked, and when the object has changed or gone; but for the first it is the event download_ended. An actor
// that prefers to ask for what it wants asks for ranges that are no longer than a chunk.
package blobstore
