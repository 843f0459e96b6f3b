package actor

import "fmt"

// Kind says what a message asks for. The zero value is KindExecute.
type Kind uint8

// The kinds of message. KindReply is never sent by an actor: it names the call in which a Reply is delivered.
const (
	KindExecute     Kind = iota // run To's Execute
	KindInstantiate             // create To from Module
	KindMigrate                 // put To on Module; only To's admin may
	KindSetAdmin                // make Admin the admin of To, or nobody if empty; only To's admin may
	KindSudo                    // run To's Sudo; only the host may
	KindQuery                   // run To's Query
	KindReply                   // the delivery of a reply
	KindTick                    // reserved for timers
)

var kindNames = [...]string{"execute", "instantiate", "migrate", "set_admin", "sudo", "query", "reply", "tick"}

// String returns the name of k as it stands in traces, events and transcripts.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// MarshalText implements encoding.TextMarshaler with the name of k.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, name := range kindNames {
		if name == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("actor: no kind of message is called %q", text)
}

// ModuleID names code: the name under which a Go value is bound to a host, or WebAssembly is installed in it. It stays
// when the code is replaced.
type ModuleID string

// A Message is one request to one actor. The receiver must not modify Body.
type Message struct {
	Kind Kind
	// To is the receiver. For KindInstantiate it may be empty: the host then picks "<module>/<number>".
	To   Address
	Body []byte
	// Module is the code, for KindInstantiate and KindMigrate.
	Module ModuleID
	// Admin may migrate the actor later, for KindInstantiate and KindSetAdmin. Empty: nobody, ever.
	Admin Address
	// Funds go from the sender to the receiver before its entry point runs, and come back if the message fails (rules
	// S30, S31). For KindExecute and KindInstantiate, to actors that take funds, on a host that has a bank.
	Funds []Coin
}

// A Coin is an amount of one denomination. The amount is a whole number in decimal digits.
type Coin struct {
	Denom  string `json:"denom"`
	Amount string `json:"amount"`
}

// ReplyOn says in which cases the sender of a sub-message wants a reply; it is a set of two bits (rule S5).
type ReplyOn uint8

// When a sub-message fails and its sender did not ask for a reply on error, the sender fails with the same error.
const (
	ReplyNever     ReplyOn = 0
	ReplyOnSuccess ReplyOn = 1
	ReplyOnError   ReplyOn = 2
	ReplyAlways            = ReplyOnSuccess | ReplyOnError
)

var replyNames = [...]string{"never", "success", "error", "always"}

// String returns "never", "success", "error" or "always".
func (r ReplyOn) String() string {
	if int(r) < len(replyNames) {
		return replyNames[r]
	}
	return fmt.Sprintf("reply_on(%d)", uint8(r))
}

// MarshalText implements encoding.TextMarshaler with the name of r.
func (r ReplyOn) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (r *ReplyOn) UnmarshalText(text []byte) error {
	for i, name := range replyNames {
		if name == string(text) {
			*r = ReplyOn(i)
			return nil
		}
	}
	return fmt.Errorf("actor: a reply is asked for never, success, error or always, not %q", text)
}

// MaxPayload is the largest SubMsg.Payload, in bytes (rule S16).
const MaxPayload = 131072

// A SubMsg is a message that an actor asks the host to deliver after its entry point has returned, as a subtransaction
// of its own.
type SubMsg struct {
	// ID comes back in the Reply. The host gives it no meaning.
	ID      uint64
	Msg     Message
	ReplyOn ReplyOn
	// As is who Msg comes from. System actors only may say another than themselves, for they act for those that call
	// them; empty is the actor itself.
	As Address
	// GasLimit bounds the subtree if it is positive and less than what the transaction has left (rule S21). Only a
	// subtree with such a limit can run out of gas without taking the transaction with it (rules S22, S23).
	GasLimit uint64
	// Payload comes back in the Reply, byte for byte; at most MaxPayload bytes.
	Payload []byte
}

// A Reply is the outcome of a sub-message. All slices in it are the receiver's to read, not to modify.
type Reply struct {
	ID      uint64 `json:"id"`
	Payload []byte `json:"payload,omitempty"`
	// Callee is who was called. For an instantiation it is the address of the new actor.
	Callee  Address `json:"callee"`
	GasUsed uint64  `json:"gas_used"`
	// Err is nil if the sub-message succeeded. Then Data (nil if the callee set none) and Events are what its subtree
	// left; otherwise the subtree has been rolled back and both are nil.
	Err    *Error  `json:"error,omitempty"`
	Data   []byte  `json:"data,omitempty"`
	Events []Event `json:"events,omitempty"`
}

// A Response is what an entry point returns. The host takes ownership of everything in it. The zero value says: done,
// nothing to tell.
type Response struct {
	// Messages are delivered in order, each with its whole subtree and its reply before the next (rule S1).
	Messages []SubMsg
	// Attributes describe this call. If there are any, they become one event of type "actor" (rule S45).
	Attributes []Attribute
	// Events are emitted after it, in order.
	Events []Event
	// Data is the result of the call. Nil and empty differ: a reply that returns non-nil data replaces the data of the
	// caller, be it empty (rule S11).
	Data []byte
}

// An Event is a fact that a transaction publishes when it commits. Types and attributes are trimmed of white space; a
// type has more than two bytes; a key is not empty and does not start with "_" (rule S46). The types of the host's own
// events (the names of the kinds, and "actor") are reserved.
type Event struct {
	// Actor emitted the event. The host sets it.
	Actor      Address     `json:"actor"`
	Type       string      `json:"type"`
	Attributes []Attribute `json:"attributes,omitempty"`
}

// An Attribute is one fact of an event.
type Attribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
