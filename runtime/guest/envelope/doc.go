// Package envelope reads and writes what passes between a host and a guest of the dialect troupe, as the guest sees it:
// CBOR arrays of definite length (ABI.md in runtime/wasm/troupe lists them). It is a part of package guest of its own
// so that it builds, and is tested, on every system.
//
// It uses no reflection and copies nothing: what is decoded aliases the input, which must stay as it is as long as
// anything of it is used. No input makes it panic or read beyond the end; a fault is ErrMalformed.
package envelope
