// Package typed makes actors of plain Go functions on plain Go structs: no handler touches an encoding. It builds for
// GOOS=wasip1, so that one source serves as a native actor and as a WebAssembly guest.
//
//	type Transfer struct {
//		To     actor.Address `json:"to"`
//		Amount uint64        `json:"amount"`
//	}
//
//	var balances = typed.NewMap[actor.Address, uint64]("balances")
//
//	var Currency = typed.New(
//		typed.OnExecute(func(c *typed.Call, m Transfer) error {
//			from, _ := balances.Get(c.State, c.Sender)
//			if from < m.Amount {
//				return actor.Errorf("insufficient_funds", "%s has %d, needs %d", c.Sender, from, m.Amount)
//			}
//			balances.Set(c.State, c.Sender, from-m.Amount)
//			to, _ := balances.Get(c.State, m.To)
//			balances.Set(c.State, m.To, to+m.Amount)
//			c.Emit("transfer", "to", m.To, "amount", m.Amount)
//			return nil
//		}),
//	)
//
// # On the wire
//
// The body of an execute, query or sudo message is a map of one key, the name of the message, to its fields:
// {"transfer": {"to": "bob", "amount": 5}}; or the name alone as a text, "reset", if there are no fields. The body of an
// instantiate or migrate message is the fields alone. It is CBOR, or JSON, told apart by the first byte. Clients encode
// by Encode and EncodeValue: Core Deterministic CBOR (RFC 8949, section 4.2.1). Data, payloads, answers and stored values
// are CBOR; ToJSON shows them.
//
// Fields are named by their json tags, in both encodings. Bytes are base64 in JSON, times RFC 3339 in UTC in both. Decoding a
// message is strict: unknown fields, keys that appear twice, invalid UTF-8, tags, indefinite lengths, nesting beyond
// MaxDepth and bodies beyond MaxBody are refused, with texts of our own that begin with the path of the field. A
// missing field is zero. Answers and stored values may have fields that the reader does not know: types can grow
// and shrink.
//
// # In the state
//
// Value, Map, Set and Counter store under readable keys: "config" for a value, "balances/alice" for an entry of a map.
// An integer in a key is a letter for the number of its digits and the digits, "orders/b42", so that keys order as
// numbers do; a negative one has capitals and complemented digits. In a Pair a zero byte stands behind a text
// that has another part behind it, and a "/" behind an integer.
//
// # Guarantees
//
// Equal values have equal encodings. Two helpers with different names share no key. The texts of errors do not depend
// on a library. No byte from outside makes a decoder panic. All values of this package but Call and View are immutable.
//
// # What it is not
//
// It needs no host: to test a handler, call Execute with &actor.Env{State: &actor.MemState{}}. It is not needed either: a
// module can implement actor.Actor itself, on bytes of any kind.
package typed
