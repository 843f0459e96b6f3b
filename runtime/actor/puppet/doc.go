// Package puppet is an actor that does what its messages say. A message holds a Program: which keys to set, which events
// to emit, whom to call and with what program of theirs, what to do when the reply comes, and how to fail. So a whole
// tree of messages is one value, and a test, a transcript, a benchmark or a fuzzer can make any tree without code of
// its own.
//
// A Program is data, with JSON as its encoding. It also has a form for people, see Parse:
//
//	set k=v
//	emit paid amount=5
//	call b id=1 reply=error gas=1000
//	  set x=1
//	  fail broke: no money left
//	on reply 1
//	  set seen={code}
//
// Either form may be the body of a message.
//
// # Guarantees
//
// A puppet has no state but its keys, and those hold what programs wrote and nothing else. A program that runs again on
// the same state does the same, except for wait, whose purpose is to outlast a deadline. What cannot be understood is an
// error with the code "malformed".
//
// # What it is not
//
// It is no scripting language: there are no conditions and no arithmetic. Who needs those writes an actor in Go.
package puppet
