package state

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Op says what a Command does.
type Op byte

// The operations. Their numbers are part of the format.
const (
	OpMessage   Op = 1 // deliver Message
	OpBind      Op = 2 // bind the module Message.Module
	OpConfigure Op = 3 // Message.Body is the configuration from here on
	OpInstall   Op = 4 // make the code in Message.Body the module Message.Module
)

// String returns the name of the operation.
func (o Op) String() string {
	switch o {
	case OpMessage:
		return "message"
	case OpBind:
		return "bind"
	case OpConfigure:
		return "configure"
	case OpInstall:
		return "install"
	}
	return fmt.Sprintf("op(%d)", byte(o))
}

// Command is a row of the log: everything that determines a transaction.
type Command struct {
	Op       Op
	Sequence uint64
	// Time is the time that the whole transaction sees, in Unix nanoseconds, and Seed its randomness.
	Time int64
	Seed [32]byte
	// RequestID is empty for a command that nobody will repeat.
	RequestID string
	Sender    actor.Address
	Message   actor.Message
	// Signer is the key that has signed the request, empty for what the program itself has asked for.
	Signer string
	// Answers are what the world outside has said to what the transaction asked it, in the order in which it was asked.
	Answers []Answer
}

// An Answer is what somebody outside of the host has said while a transaction ran. It is a part of the log, so that the
// transaction can be executed again without asking.
type Answer struct {
	// Asked identifies the question.
	Asked Hash
	Data  []byte
	// Err is why there is no answer, as a text; then Data is empty.
	Err string
}

// Append appends the encoding of c.
func (c *Command) Append(buf []byte) []byte {
	buf = append(buf, recordVersion)
	buf = binary.AppendUvarint(buf, c.Sequence)
	buf = binary.BigEndian.AppendUint64(buf, uint64(c.Time))
	buf = append(buf, c.Seed[:]...)
	buf = c.appendEnvelope(buf, len(c.Answers) > 0)
	if len(c.Answers) == 0 {
		return buf
	}
	buf = binary.AppendUvarint(buf, uint64(len(c.Answers)))
	for i := range c.Answers {
		a := &c.Answers[i]
		buf = append(buf, a.Asked[:]...)
		buf = appendString(appendString(buf, a.Err), string(a.Data))
	}
	return buf
}

// appendEnvelope appends what the sender determined. If it is whole, nothing that is empty is left out.
func (c *Command) appendEnvelope(buf []byte, whole bool) []byte {
	buf = append(buf, byte(c.Op))
	buf = appendString(buf, c.RequestID)
	buf = appendString(buf, c.Sender)
	m := &c.Message
	buf = append(buf, byte(m.Kind))
	buf = appendString(buf, m.To)
	buf = appendOptional(buf, m.Body)
	buf = appendString(buf, m.Module)
	buf = appendString(buf, m.Admin)
	if len(m.Funds) == 0 && c.Signer == "" && !whole {
		return buf // most have neither, and so it is one encoding
	}
	buf = binary.AppendUvarint(buf, uint64(len(m.Funds)))
	for _, coin := range m.Funds {
		buf = appendString(appendString(buf, coin.Denom), coin.Amount)
	}
	if c.Signer == "" && !whole {
		return buf
	}
	return appendString(buf, c.Signer)
}

// DecodeCommand is the inverse of Command.Append. The body of its message is part of b.
func DecodeCommand(b []byte) (Command, error) {
	r := newReader(b)
	c := Command{Sequence: r.uvarint(), Time: int64(r.uint64())}
	copy(c.Seed[:], r.take(uint64(len(c.Seed))))
	c.Op = Op(r.byte())
	if r.err == nil && (c.Op < OpMessage || c.Op > OpInstall) {
		r.fail(fmt.Errorf("operation %d is unknown", byte(c.Op)))
	}
	c.RequestID = r.string()
	c.Sender = actor.Address(r.string())
	c.Message = actor.Message{
		Kind:   actor.Kind(r.byte()),
		To:     actor.Address(r.string()),
		Body:   r.optional(),
		Module: actor.ModuleID(r.string()),
		Admin:  actor.Address(r.string()),
	}
	c.Message.Funds, c.Signer = r.tail()
	c.Answers = r.answers()
	if err := r.end(); err != nil {
		return Command{}, decodeError("a command record", err)
	}
	return c, nil
}

// tail reads what stands at the end of an envelope if it is not empty: funds, and behind them the signer. Both may be empty if
// something follows.
func (r *reader) tail() (coins []actor.Coin, signer string) {
	if r.err != nil || len(r.rest) == 0 {
		return nil, ""
	}
	n := r.uvarint()
	if n > uint64(len(r.rest)/2) {
		r.fail(fmt.Errorf("%d coins in %d bytes", n, len(r.rest)))
		return nil, ""
	}
	if n > 0 {
		coins = make([]actor.Coin, n)
	}
	for i := range coins {
		coins[i] = actor.Coin{Denom: r.string(), Amount: r.string()}
	}
	if r.err != nil || n > 0 && len(r.rest) == 0 {
		return coins, ""
	}
	if signer = r.string(); signer == "" && r.err == nil && len(r.rest) == 0 {
		r.fail(errors.New("it ends with neither funds nor a signer"))
	}
	return coins, signer
}

// answers reads what stands behind an envelope, if anything does.
func (r *reader) answers() []Answer {
	if r.err != nil || len(r.rest) == 0 {
		return nil
	}
	n := r.uvarint()
	if r.err == nil && (n == 0 || n > uint64(len(r.rest)/answerSize)) {
		r.fail(fmt.Errorf("%d answers in %d bytes", n, len(r.rest)))
	}
	if r.err != nil {
		return nil
	}
	answers := make([]Answer, n)
	for i := range answers {
		a := &answers[i]
		copy(a.Asked[:], r.take(uint64(len(a.Asked))))
		a.Err = r.string()
		a.Data = []byte(r.string())
	}
	return answers
}

// answerSize is how many bytes an Answer takes at least.
const answerSize = len(Hash{}) + 2

// EnvelopeHash identifies what was asked: operation, request id, sender, signer and message, but not the place, time and seed
// that the request was given. Two requests with one id are the same request if their hashes are equal.
func (c *Command) EnvelopeHash() Hash {
	var scratch [512]byte
	return sha256.Sum256(c.appendEnvelope(append(scratch[:0], envelopeDomain...), false))
}

// Hash returns the sum of the whole encoding: what enters the root.
func (c *Command) Hash() Hash {
	var scratch [512]byte
	return sha256.Sum256(c.Append(scratch[:0]))
}
