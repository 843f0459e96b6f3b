// Package keyvalue is the provider of the contract wasmcloud:keyvalue that every host has: texts, lists and sets of texts, under
// keys, in the transactional state of the provider's own actor. What an operation writes stands and falls with the
// transaction of the actor that asked for it.
//
// It behaves as wasmCloud's provider for Redis does. All actors that are linked to one provider share its keys. A key holds a
// text, a list or a set, and an operation for another kind is refused; Set replaces whatever is there. A list or set from
// which the last element goes is gone. Beyond that, what Redis leaves open is fixed: members of sets are in the order of
// their bytes.
//
// # Values of links
//
// "store" names a set of keys of its own: links with different ones see nothing of each other. "prefix" is put in front of every
// key. What a link does not say, the configuration of the provider does.
//
// # Expiry
//
// A key that expires is gone from the time of the transaction on that is its end. Whoever meets it in a transaction removes it, and
// every Set with an expiry removes a few more that are over, so that what is never asked for again does not stay. In a query
// nothing is removed, and it is not shown either.
//
// # Limits
//
// A key, with store and prefix, and a member of a set have at most MaxKey bytes. Texts and elements of lists may be as long as a
// message: they are kept in pieces.
package keyvalue
