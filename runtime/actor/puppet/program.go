package puppet

import (
	"bytes"
	"encoding/json"

	"github.com/troupe-run/troupe/runtime/actor"
)

// A Program is what one call does: its operations in order. What they emit and send becomes the response.
type Program struct {
	Ops []Op `json:"ops,omitempty"`
}

// A Verb names an operation.
type Verb string

// The verbs. Which fields of an Op count stands behind each; "it" is a variable that later templates name as {it}, or
// as Op.As says.
const (
	Set    Verb = "set"    // Key, Value
	Append Verb = "append" // Key, Value: what is there, and Value behind it
	Delete Verb = "delete" // Key
	Get    Verb = "get"    // Key; it: the value
	Range  Verb = "range"  // Range; Ops run for each pair with {key} and {value}; it: the pairs
	Query  Verb = "query"  // To, Ops: the program of the query, or Value as a raw body; it: the answer
	Raw    Verb = "raw"    // To, Key; it: the value that another actor keeps there
	Emit   Verb = "emit"   // Key: the type of the event, Attributes
	Attr   Verb = "attr"   // Attributes of the call
	Data   Verb = "data"   // Value, which may be empty; without the operation data is nil
	Same   Verb = "same"   // in a reply: the data of the reply is the data, nil if it is nil
	Gas    Verb = "gas"    // N: use so much
	Log    Verb = "log"    // Value
	Send   Verb = "send"   // Sub
	Fail   Verb = "fail"   // Key: the code, Value: the text
	Error  Verb = "error"  // Value: the text of an error that has no code
	Panic  Verb = "panic"  // Value
	Try    Verb = "try"    // Ops; a panic in them is swallowed, even one by which the host ends the call
	Repeat Verb = "repeat" // N, Ops: so often, with {i} from 1
	Wait   Verb = "wait"   // until the context of the call ends
)

// An Op is one operation. All texts in it are templates, see Parse.
type Op struct {
	Do         Verb              `json:"do"`
	Key        string            `json:"key,omitempty"`
	Value      string            `json:"value,omitempty"`
	To         string            `json:"to,omitempty"`
	As         string            `json:"as,omitempty"`
	N          uint64            `json:"n,omitempty"`
	Attributes []actor.Attribute `json:"attributes,omitempty"`
	Range      *Bounds           `json:"range,omitempty"`
	Ops        []Op              `json:"ops,omitempty"`
	Sub        *Sub              `json:"sub,omitempty"`
}

// Bounds of a range. A nil bound is open.
type Bounds struct {
	Start      *string `json:"start,omitempty"`
	End        *string `json:"end,omitempty"`
	Descending bool    `json:"descending,omitempty"`
}

// A Sub is a sub-message to another puppet, and what to do when the reply comes.
type Sub struct {
	Kind    actor.Kind    `json:"kind"`
	To      string        `json:"to,omitempty"`
	Module  string        `json:"module,omitempty"`
	Admin   string        `json:"admin,omitempty"`
	ID      uint64        `json:"id,omitempty"`
	ReplyOn actor.ReplyOn `json:"reply_on"`
	// WrongReplyOn, if not 0, is sent in the place of ReplyOn, to try values that are none.
	WrongReplyOn uint8  `json:"wrong_reply_on,omitempty"`
	GasLimit     uint64 `json:"gas_limit,omitempty"`
	// Payload is what a reply has as {payload}. Without OnReply it is the whole payload of the message.
	Payload *string `json:"payload,omitempty"`
	Body    Body    `json:"body,omitzero"`
	OnReply Program `json:"on_reply,omitzero"`
}

// Body is the body of a sub-message: at most one of its fields counts, the first that is set.
type Body struct {
	Again bool    `json:"again,omitempty"` // the body of the message that is running
	Raw   *string `json:"raw,omitempty"`   // any text
	Ops   []Op    `json:"ops,omitempty"`   // a program
}

// IsZero reports whether there is nothing to do.
func (p Program) IsZero() bool { return len(p.Ops) == 0 }

// IsZero reports whether the body is empty.
func (b Body) IsZero() bool { return !b.Again && b.Raw == nil && len(b.Ops) == 0 }

// Encode returns the program as the body of a message: JSON, or nothing for a program that does nothing.
func (p Program) Encode() []byte {
	if p.IsZero() {
		return nil
	}
	return encode(p)
}

func encode(v any) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("puppet: a program holds nothing that JSON cannot: " + err.Error())
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// Decode reads the body of a message: JSON if it begins with a brace, else the form that Parse reads.
func Decode(body []byte) (Program, error) {
	if len(body) == 0 || body[0] != '{' {
		return Parse(string(body))
	}
	var p Program
	err := decode(body, &p)
	return p, err
}

func decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// payloadMark begins a payload that holds a program. Any other payload is raw.
const payloadMark = "puppet "

// carried is what a payload holds behind the mark.
type carried struct {
	Payload []byte  `json:"payload,omitempty"`
	OnReply Program `json:"on_reply"`
}

// unpack takes a payload apart: the text that the sender gave it, and the program to run.
func unpack(payload []byte) (text string, p Program, err error) {
	rest, marked := bytes.CutPrefix(payload, []byte(payloadMark))
	if !marked {
		return string(payload), Program{}, nil
	}
	var c carried
	err = decode(rest, &c)
	return string(c.Payload), c.OnReply, err
}
