// Package messages has the shapes of what classic wasmCloud actors, providers and hosts say to each other: package pack encodes
// them. The names of fields are those of the public interface definitions of wasmCloud.
//
// There are two generations. The one that is current since 2021 calls its operations "Trait.Method"; the one before it (host
// 0.18 and earlier) has no trait in front, other shapes in places, and the types of the name Old… here. Providers know the
// current one; Translate brings the other to it and back.
//
// A body of a message that was decoded is part of the payload, and must not be modified.
package messages
