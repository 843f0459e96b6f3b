package messaging

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// An Outbox names the messages that wait to be sent over one link. Each has a number, from 1. It is a part of the state of
// the provider:
//
//	"q" actor 0 link               → first, next and bytes, 8 bytes each: numbers of what waits, and their bodies
//	"o" actor 0 link 0 number part → a piece of a message; part 0 begins with the fields of a header
type Outbox struct {
	Actor actor.Address
	Link  string
}

// Bounds of what waits in an Outbox.
const (
	MaxWaiting      = 100_000
	MaxWaitingBytes = 256 << 20
)

// piece is how much of a body is in a row. It leaves room for a header below the bound of a value.
const piece = 120_000

// A Row is a message in an Outbox.
type Row struct {
	Number uint64
	// ID is that of the message, for who must not take it twice: 32 hexadecimal digits.
	ID string
	messages.Message
}

// A Queue is how an Outbox is.
type Queue struct {
	First, Next uint64 // the numbers of the oldest message, and of the one to come; equal if none waits
	Bytes       uint64 // of the bodies
}

// QueueKey is where an Outbox keeps its Queue.
func (o Outbox) QueueKey() []byte { return o.key("q") }

// RowsPrefix begins the keys of all its messages.
func (o Outbox) RowsPrefix() []byte { return append(o.key("o"), 0) }

// RowKey is where a message begins.
func (o Outbox) RowKey(number uint64) []byte {
	return binary.BigEndian.AppendUint64(o.RowsPrefix(), number)
}

func (o Outbox) key(space string) []byte {
	return append(append(append([]byte(space), o.Actor...), 0), o.Link...)
}

// DecodeQueue reads the value under QueueKey; none is an Outbox that nobody has used.
func DecodeQueue(b []byte) (Queue, error) {
	if len(b) == 0 {
		return Queue{First: 1, Next: 1}, nil
	}
	if len(b) != 24 {
		return Queue{}, errRow
	}
	q := Queue{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])}
	if q.First == 0 || q.First > q.Next {
		return Queue{}, errRow
	}
	return q, nil
}

func (q Queue) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 24), q.First)
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, q.Next), q.Bytes)
}

var errRow = errors.New("messaging: a row of an outbox cannot be read")

// put adds a message.
func put(env *actor.Env, o Outbox, m *messages.Message) error {
	queueKey := o.QueueKey()
	value, _ := env.State.Get(queueKey)
	q, err := DecodeQueue(value)
	if err != nil {
		return err
	}
	if q.Next-q.First >= MaxWaiting || q.Bytes+uint64(len(m.Body)) > MaxWaitingBytes {
		return actor.Errorf(CodeOutboxFull, "%d messages of %s with %d bytes wait for a server of NATS to take them: see what the link %s lacks",
			q.Next-q.First, o.Actor, q.Bytes, o.Link)
	}
	env.State.Set(queueKey, Queue{q.First, q.Next + 1, q.Bytes + uint64(len(m.Body))}.encode())
	head := appendText(appendText(append([]byte(nil), identify(env, o, q.Next)...), m.Subject), m.ReplyTo)
	head = binary.AppendUvarint(head, uint64(len(m.Body)))
	key := append(o.RowKey(q.Next), 0)
	rest := m.Body
	n := min(len(rest), piece)
	env.State.Set(key, append(head, rest[:n]...))
	for rest = rest[n:]; len(rest) > 0; rest = rest[n:] {
		key[len(key)-1]++
		n = min(len(rest), piece)
		env.State.Set(key, rest[:n])
	}
	return nil
}

// identify makes the ID of a message, 16 bytes. The seed of a transaction is drawn anew for each, so that who cannot read the log
// cannot guess it, and a node that goes on from a backup gives other ones than the node did whose backup it was.
func identify(env *actor.Env, o Outbox, number uint64) []byte {
	h := sha256.New()
	h.Write(env.Seed[:])
	h.Write([]byte(env.Self))
	h.Write(o.RowKey(number))
	return h.Sum(nil)[:16]
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// A Reader puts messages together from the rows of an Outbox, which come in the order of their keys.
type Reader struct {
	prefix []byte
	row    Row
	want   int // bytes of the body; the message is complete when it has them
	part   byte
	begun  bool
}

// NewReader returns a Reader of the rows of an Outbox.
func NewReader(o Outbox) *Reader { return &Reader{prefix: o.RowsPrefix()} }

// Take takes the next row, and returns the message if it is complete now. The row may be part of the message.
func (r *Reader) Take(key, value []byte) (*Row, error) {
	rest, ok := bytes.CutPrefix(key, r.prefix)
	if !ok || len(rest) != 9 {
		return nil, errRow
	}
	number, part := binary.BigEndian.Uint64(rest), rest[8]
	switch {
	case !r.begun && part == 0:
		if err := r.begin(number, value); err != nil {
			return nil, err
		}
	case r.begun && number == r.row.Number && part == r.part+1:
		r.part = part
		r.row.Body = append(r.row.Body[:len(r.row.Body):len(r.row.Body)], value...)
	default:
		return nil, errRow
	}
	switch {
	case len(r.row.Body) > r.want:
		return nil, errRow
	case len(r.row.Body) < r.want:
		return nil, nil
	}
	r.begun = false
	row := r.row
	return &row, nil
}

func (r *Reader) begin(number uint64, value []byte) error {
	if len(value) < 16 {
		return errRow
	}
	id, rest := value[:16], value[16:]
	subject, rest, ok := takeText(rest)
	if !ok {
		return errRow
	}
	reply, rest, ok := takeText(rest)
	if !ok {
		return errRow
	}
	size, n := binary.Uvarint(rest)
	if n <= 0 || size > MaxBody {
		return errRow
	}
	*r = Reader{prefix: r.prefix, begun: true, want: int(size),
		row: Row{number, hex.EncodeToString(id), messages.Message{Subject: subject, ReplyTo: reply, Body: rest[n:]}}}
	return nil
}

func takeText(b []byte) (text string, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return "", nil, false
	}
	return string(b[n : n+int(size)]), b[n+int(size):], true
}

// Sent says that messages have left: those up to and including Through.
type Sent struct {
	Through uint64 `json:"through"`
	// Dropped are those among them that did not, because no server would ever take them. They become events.
	Dropped []Dropped `json:"dropped,omitempty"`
}

// Dropped is a message that did not leave.
type Dropped struct {
	Number  uint64 `json:"number"`
	Subject string `json:"subject"`
	Reason  string `json:"reason"`
}

// sent takes messages out of an outbox. What is out already is no error: it may be said twice.
func sent(env *actor.Env, o Outbox, payload []byte) (actor.Response, error) {
	var s Sent
	if err := pack.Unmarshal(payload, &s); err != nil {
		return actor.Response{}, err
	}
	value, _ := env.State.Get(o.QueueKey())
	q, err := DecodeQueue(value)
	if err != nil {
		return actor.Response{}, err
	}
	if s.Through >= q.Next {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "%d is no message of %s over %s: the last one was %d", s.Through, o.Actor, o.Link, q.Next-1)
	}
	if s.Through < q.First {
		return actor.Response{}, nil
	}
	reader := NewReader(o)
	for key, value := range env.State.Range(o.RowKey(q.First), o.RowKey(s.Through+1), actor.Ascending) {
		row, err := reader.Take(key, value)
		if err != nil {
			return actor.Response{}, err
		}
		if row != nil {
			q.Bytes -= min(q.Bytes, uint64(len(row.Body)))
		}
		env.State.Delete(key)
	}
	q.First = s.Through + 1
	env.State.Set(o.QueueKey(), q.encode())
	var r actor.Response
	for _, d := range s.Dropped {
		r.Events = append(r.Events, actor.Event{Type: "message_dropped", Attributes: []actor.Attribute{{Key: "actor", Value: string(o.Actor)},
			{Key: "link", Value: o.Link}, {Key: "number", Value: strconv.FormatUint(d.Number, 10)}, {Key: "subject", Value: d.Subject}, {Key: "reason", Value: d.Reason}}})
	}
	return r, nil
}

// Waiting is how much waits in an Outbox.
type Waiting struct {
	Actor    string `json:"actor"`
	Link     string `json:"link"`
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
}

// waiting lists the outboxes in which something waits.
func waiting(state actor.Reader) []Waiting {
	list := []Waiting{}
	prefix := []byte("q")
	for key, value := range state.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
		q, err := DecodeQueue(value)
		if err != nil || q.First == q.Next {
			continue
		}
		who, link, _ := bytes.Cut(key[1:], []byte{0})
		list = append(list, Waiting{string(who), string(link), q.Next - q.First, q.Bytes})
	}
	return list
}
