package dispatch

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// A Trace is everything that happened in one transaction, as a tree. It belongs to whoever asked for it.
type Trace struct {
	Sequence uint64        `json:"sequence"`
	Time     time.Time     `json:"time"`
	Sender   actor.Address `json:"sender,omitempty"`
	// Signer is the key that has signed the request, if any.
	Signer  string `json:"signer,omitempty"`
	Root    *Span  `json:"root"`
	GasUsed uint64 `json:"gas_used"`
	// Err is the failure of the whole transaction, Path leads to where it began.
	Err  *actor.Error    `json:"error,omitempty"`
	Path []actor.Address `json:"path,omitempty"`
}

// A Span is one call of an actor.
type Span struct {
	Kind    actor.Kind     `json:"kind"`
	From    actor.Address  `json:"from,omitempty"`
	To      actor.Address  `json:"to"`
	Module  actor.ModuleID `json:"module,omitempty"`
	Body    []byte         `json:"body,omitempty"`
	Funds   []actor.Coin   `json:"funds,omitempty"`
	GasUsed uint64         `json:"gas_used"` // with everything below it

	// Install is there if the span stands for the installation of Module, and not for a call: then To is empty, and below
	// it are the migrations.
	Install *Installed `json:"install,omitempty"`

	// Sub is what the sender of a sub-message said beside the message.
	Sub *Sub `json:"sub,omitempty"`
	// Reply is what a reply delivered.
	Reply *actor.Reply `json:"reply,omitempty"`

	Touches []Touch       `json:"touches,omitempty"`
	Events  []actor.Event `json:"events,omitempty"`
	Logs    []string      `json:"logs,omitempty"`
	Data    []byte        `json:"data,omitempty"`
	Err     *actor.Error  `json:"error,omitempty"`

	// Committed says whether the writes and events of this call became part of the state. If not, Why tells the reason:
	// the call failed, or a call above it did.
	Committed bool   `json:"committed"`
	Why       string `json:"why,omitempty"`

	// Outside marks a question to the world outside of the host, which To stands for. It was asked whether or not the call was
	// committed.
	Outside bool `json:"outside,omitempty"`

	// Children are the queries, sub-messages and replies of this call in the order they ran. The reply to a sub-message
	// stands behind it.
	Children []*Span `json:"children,omitempty"`
}

// Sub is how a sub-message was sent.
type Sub struct {
	ID       uint64        `json:"id"`
	ReplyOn  actor.ReplyOn `json:"reply_on"`
	GasLimit uint64        `json:"gas_limit,omitempty"`
	Payload  []byte        `json:"payload,omitempty"`
}

// Installed is the code that a module got.
type Installed struct {
	Kind string     `json:"kind"`
	Hash state.Hash `json:"hash"`
	Size uint64     `json:"size"`
	// Before is the hash of the code that was replaced, zero if there was none.
	Before state.Hash `json:"before,omitzero"`
}

// Op is a kind of state access.
type Op string

// The kinds of state access.
const (
	OpGet    Op = "get"
	OpSet    Op = "set"
	OpDelete Op = "delete"
	OpRange  Op = "range"
)

// Touch is one access to the state of the actor. Old and New are nil where there is no value.
type Touch struct {
	Op Op `json:"op"`
	// Of is the other actor whose key was read.
	Of  actor.Address `json:"of,omitempty"`
	Key []byte        `json:"key"` // for OpRange the start
	End []byte        `json:"end,omitempty"`
	Old []byte        `json:"old,omitempty"`
	New []byte        `json:"new,omitempty"`
}

// tracer builds a Trace. A nil tracer makes nil spans, and a nil span takes no notes: that is tracing turned off.
type tracer struct{ trace *Trace }

func startTrace(t *Trace, cmd *state.Command) *tracer {
	if t == nil {
		return nil
	}
	msg := &cmd.Message
	*t = Trace{Sequence: cmd.Sequence, Time: time.Unix(0, cmd.Time).UTC(), Sender: cmd.Sender, Signer: cmd.Signer,
		Root: &Span{Kind: msg.Kind, From: cmd.Sender, To: msg.To, Module: msg.Module, Body: bytes.Clone(msg.Body), Funds: slices.Clone(msg.Funds)}}
	return &tracer{t}
}

// startInstallTrace is startTrace for a command with state.OpInstall. The code itself is no part of a trace.
func startInstallTrace(t *Trace, cmd *state.Command, in *Installation, hash state.Hash) *tracer {
	if t == nil {
		return nil
	}
	*t = Trace{Sequence: cmd.Sequence, Time: time.Unix(0, cmd.Time).UTC(), Sender: cmd.Sender, Signer: cmd.Signer, Root: &Span{
		Kind: actor.KindMigrate, From: cmd.Sender, Module: in.Module, Body: bytes.Clone(in.Body),
		Install: &Installed{Kind: in.Kind, Hash: hash, Size: uint64(len(in.Code))}}}
	return &tracer{t}
}

func (t *tracer) root() *Span {
	if t == nil {
		return nil
	}
	return t.trace.Root
}

func (t *tracer) child(parent *Span, from actor.Address, msg *actor.Message) *Span {
	if t == nil {
		return nil
	}
	s := &Span{Kind: msg.Kind, From: from, To: msg.To, Module: msg.Module, Body: bytes.Clone(msg.Body), Funds: slices.Clone(msg.Funds)}
	parent.Children = append(parent.Children, s)
	return s
}

func (t *tracer) sub(parent *Span, from actor.Address, sub *actor.SubMsg) *Span {
	s := t.child(parent, from, &sub.Msg)
	if s != nil {
		s.Sub = &Sub{ID: sub.ID, ReplyOn: sub.ReplyOn, GasLimit: sub.GasLimit, Payload: bytes.Clone(sub.Payload)}
	}
	return s
}

func (t *tracer) reply(parent *Span, to actor.Address, reply *actor.Reply) *Span {
	s := t.child(parent, reply.Callee, &actor.Message{Kind: actor.KindReply, To: to})
	if s != nil {
		r := *reply
		r.Payload, r.Data, r.Events = bytes.Clone(r.Payload), bytes.Clone(r.Data), slices.Clone(r.Events)
		s.Reply = &r
	}
	return s
}

func (t *tracer) query(parent *Span, from, to actor.Address, body []byte) *Span {
	if t == nil {
		return nil
	}
	return t.child(parent, from, &actor.Message{Kind: actor.KindQuery, To: to, Body: body})
}

// finish marks what was rolled back and why.
func (t *tracer) finish(res Result) {
	if t == nil {
		return
	}
	t.trace.GasUsed, t.trace.Err, t.trace.Path = res.GasUsed, res.Err, res.Path
	why := ""
	if res.Fault != nil {
		why = "the host failed"
	}
	t.trace.Root.settle(why)
}

// settle walks down: a call that failed takes everything below it along. A reply belongs to the call that it replies
// to, which has failed if the reply has.
func (s *Span) settle(why string) {
	if why == "" && s.Err != nil {
		why = fmt.Sprintf("%s failed: %s", s.To, s.Err.Code)
		if s.Install != nil {
			why = fmt.Sprintf("the installation of %s failed: %s", s.Module, s.Err.Code)
		}
	}
	s.Committed, s.Why = why == "", why
	for _, child := range s.Children {
		child.settle(why)
	}
}

func (s *Span) outside() {
	if s != nil {
		s.Outside = true
	}
}

func (s *Span) replaced(before state.Hash) {
	if s != nil {
		s.Install.Before = before
	}
}

func (s *Span) running(module actor.ModuleID) {
	if s != nil {
		s.Module = module
	}
}

func (s *Span) end(out outcome, err error, gas uint64) {
	if s == nil {
		return
	}
	s.GasUsed, s.Data = gas, bytes.Clone(out.data)
	if out.callee != "" {
		s.To = out.callee
	}
	s.fail(err)
}

func (s *Span) fail(err error) {
	if s != nil && err != nil {
		s.Err = catchable(err)
	}
}

func (s *Span) emitted(ev actor.Event) {
	if s != nil {
		s.Events = append(s.Events, ev)
	}
}

func (s *Span) logf(format string, args ...any) {
	if s != nil {
		s.Logs = append(s.Logs, fmt.Sprintf(format, args...))
	}
}

func (s *Span) read(key, value []byte) {
	if s != nil {
		s.Touches = append(s.Touches, Touch{Op: OpGet, Key: bytes.Clone(key), Old: bytes.Clone(value)})
	}
}

func (s *Span) readOf(of actor.Address, key, value []byte) {
	if s != nil {
		s.Touches = append(s.Touches, Touch{Op: OpGet, Of: of, Key: bytes.Clone(key), Old: bytes.Clone(value)})
	}
}

func (s *Span) wrote(tx *txn.Tx, op Op, full, key, value []byte) {
	if s == nil {
		return
	}
	old, _ := tx.Peek(full)
	s.Touches = append(s.Touches, Touch{Op: op, Key: bytes.Clone(key), Old: bytes.Clone(old), New: bytes.Clone(value)})
}

func (s *Span) scanned(start, end []byte) {
	if s != nil {
		s.Touches = append(s.Touches, Touch{Op: OpRange, Key: bytes.Clone(start), End: bytes.Clone(end)})
	}
}
