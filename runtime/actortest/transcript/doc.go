// Package transcript runs plain-text files of commands and compares what they print with what stands in the file. It
// needs no testing.T: tests use actortest.RunTranscripts, programs Check.
//
// A file is a list of cases with blank lines between them:
//
//	# A payout is made once.
//	send alice warrior {"payout":{"to":"bob"}}
//	----
//	committed seq 3, gas 12,345
//	data {"amount":7}
//	event warrior paid to=bob amount=7
//
//	state warrior
//	----
//	paid/bob: true
//
// A case is a line with a command, the lines of its input if there are any, a line of four dashes, and what is printed.
// Lines that begin with "#" before a command are comments. If what is printed has a blank line in it, it stands between
// two pairs of lines of dashes. A case without dashes has no answer yet: Check writes it when it updates the file, and
// complains otherwise.
//
// Arguments are words, JSON in one line, or name=value. A word with blanks in it is written as a JSON string. Where a
// command takes a body, that is JSON, a bare word for the message of that name without fields, text:WORD, hex:DIGITS or
// cbor:JSON for other bytes; or else it is the input, as it stands. Commands lists all commands.
//
// # Guarantees
//
// A transcript prints the same on every machine, to the byte, as long as its actors are deterministic. A command that is
// unknown or makes no sense is an error with file and line, never something printed: a typing error is not recorded as
// what is expected. What a host or an actor says is printed, and begins with "error:" if it is one.
//
// # What it is not
//
// It is no programming language: no variables, no loops, no conditions.
package transcript
