// Package show draws traces, receipts, commands and values as text for people.
//
//	fmt.Print(show.Trace(trace, nil))
//
// draws the tree of a transaction:
//
//	alice → parent  execute {"call":"child"}   gas 1,234
//	│  set p: – → "1"
//	├─ parent → child  execute   id 7, reply on error   rolled back: bad: x
//	└─ reply 7 → parent  error bad: x
//	committed seq 2
//
// Bytes are shown as JSON if they are CBOR or JSON, as quoted text if they are printable, and else in hexadecimal digits.
// Values in CBOR and plain text can look alike; then a text in CBOR is preferred.
//
// # Guarantees
//
// The same input gives the same text. What was committed and what was rolled back is told apart by words; colour, which
// Options.Style can add, never says anything alone. Nothing that is printed contains a control character of the input.
//
// # What it is not
//
// It is not a format for programs: those read the JSON of dispatch.Trace.
package show
