// Package claims says who asks and what they may do: keys, requests and tokens that keys have signed, and grants.
//
//	keys, err := claims.OpenKeys(dir)
//	key, _, err := keys.LoadOrCreate("alice")
//	sealed, err := claims.Seal(key, claims.Envelope{Audience: node, Op: "send", Target: "bank", BodyHash: sha256.Sum256(body)})
//	// … and at the node that was asked:
//	e, err := claims.OpenEnvelope(sealed)                                  // its form and its signature
//	err = e.Check(node, "send", body, now)                                 // meant for this node, this request, this time
//	err = claims.Decide(grants, claims.Request{Role: claims.Caller, Actor: "bank", Now: now})
//	err = replays.Admit(sha256.Sum256(sealed), e.Issued, e.NotAfter, now)  // and not seen before
//
// Modules of classic wasmCloud carry tokens of their own, in the format of wascap:
//
//	m, token, err := claims.OpenModule(code)                               // one token, signed by an account, for this very code
//	err = m.Check(now)                                                     // asked at every transaction
//	signed, err := claims.SignModule(account, code, claims.Module{Subject: module.Public(), Caps: []string{"wasmcloud:keyvalue"}})
//
// # Guarantees
//
// Whatever is opened has one form: bytes that differ in any place from what was signed are refused, and so are other
// bytes that would say the same. An identity has one text. What cannot be understood is refused and never skipped: a
// restriction that this version does not know restricts nobody by accident. No input panics, and the size of all of them
// is bounded before they are read.
//
// Tokens of wascap are those of others, and are taken as they wrote them: with members that are not known here in their
// part "wascap", and in a module whose section of the token may stand anywhere. All that is read of them, and every other byte
// of the module, is what was signed.
//
// Each refusal is a *Refusal. It has one of few reasons, for programs and counters, and a text that says who, what, and
// what to do. No error, and no way to print a value, shows a seed; Key.Seed returns it.
//
// Nothing here is global. All functions may be called from many goroutines.
//
// # What it is not
//
// It has no transport and keeps no grants: what travels in which header is said where requests are sent, and grants are
// state of an actor. It reads no clock but where something is signed and a time was left out.
package claims
