package node

import (
	"strings"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/state"
)

// own returns the request id of the log as the caller with that key knows it: without the key, if it is his.
func own(id, key string) string {
	if rest, ok := strings.CutPrefix(id, key+"/"); ok && key != "" {
		return rest
	}
	return id
}

func receiptOf(r *state.Receipt, t *dispatch.Trace, key string) *api.Receipt {
	out := &api.Receipt{Sequence: r.Sequence, RequestID: own(r.RequestID, key), Committed: r.Err == nil, Path: r.Path, Callee: r.Callee,
		Data: r.Data, Events: r.Events, GasUsed: r.GasUsed, Messages: r.Messages, Rows: len(r.Changes), Writes: r.Writes.String(), Root: r.Root.String(),
		Trace: traceOf(t)}
	if r.Err != nil {
		out.Code, out.Message = r.Err.Code, r.Err.Message
	}
	return out
}

// traceOf returns nil for a trace that was not filled.
func traceOf(t *dispatch.Trace) *api.Trace {
	if t == nil || t.Root == nil {
		return nil
	}
	out := &api.Trace{Sequence: t.Sequence, Time: t.Time, Sender: t.Sender, Signer: t.Signer, Root: spanOf(t.Root), GasUsed: t.GasUsed, Path: t.Path,
		Text: show.Trace(t, &show.Options{Invocation: capability.Readable})}
	if t.Err != nil {
		out.Code, out.Message = t.Err.Code, t.Err.Message
	}
	return out
}

func spanOf(s *dispatch.Span) *api.Span {
	out := &api.Span{Kind: s.Kind.String(), From: s.From, To: s.To, Module: s.Module, Body: s.Body, Funds: s.Funds, GasUsed: s.GasUsed,
		Events: s.Events, Logs: s.Logs, Data: s.Data, Committed: s.Committed, Why: s.Why, Outside: s.Outside}
	out.Call, out.Answer, _ = capability.Readable(s.Body, s.Data)
	if s.Err != nil {
		out.Code, out.Message = s.Err.Code, s.Err.Message
	}
	if in := s.Install; in != nil {
		out.Install = &api.Installation{Kind: in.Kind, Hash: in.Hash.String(), Size: in.Size, Replace: in.Before != state.Hash{}}
		if out.Install.Replace {
			out.Install.Before = in.Before.String()
		}
	}
	if s.Sub != nil {
		out.Sub = &api.Sub{ID: s.Sub.ID, ReplyOn: s.Sub.ReplyOn.String(), GasLimit: s.Sub.GasLimit, Payload: s.Sub.Payload}
	}
	if r := s.Reply; r != nil {
		out.Reply = &api.Reply{ID: r.ID, Callee: r.Callee, Payload: r.Payload, Data: r.Data, GasUsed: r.GasUsed}
		if r.Err != nil {
			out.Reply.Code, out.Reply.Message = r.Err.Code, r.Err.Message
		}
	}
	for i := range s.Touches {
		t := &s.Touches[i]
		out.Touches = append(out.Touches, api.Touch{Op: string(t.Op), Of: t.Of, Key: t.Key, End: t.End, Old: t.Old, New: t.New})
	}
	for _, child := range s.Children {
		out.Children = append(out.Children, spanOf(child))
	}
	return out
}

func entryOf(e *query.Entry, key string) api.Entry {
	cmd := &e.Command
	msg := &cmd.Message
	out := api.Entry{Sequence: cmd.Sequence, Time: time.Unix(0, cmd.Time).UTC(), Op: cmd.Op.String(), RequestID: own(cmd.RequestID, key),
		Sender: cmd.Sender, Signer: cmd.Signer, To: msg.To, Module: msg.Module, Admin: msg.Admin, Body: msg.Body, Funds: msg.Funds}
	switch cmd.Op {
	case state.OpMessage:
		out.Kind = msg.Kind.String()
		out.Call, _, _ = capability.Readable(msg.Body, nil)
	case state.OpInstall:
		// The code itself is as large as code is.
		out.Body = nil
		if in, err := dispatch.DecodeInstallation(msg); err == nil {
			out.Body = in.Body
			out.Install = &api.Installation{Kind: in.Kind, Hash: in.Hash().String(), Size: uint64(len(in.Code)), Replace: in.Replace,
				Migrate: in.Migrate}
		}
	}
	if e.Receipt != nil {
		out.Receipt = receiptOf(e.Receipt, nil, key)
	}
	return out
}

func noticeOf(n *query.Notice) api.Notice {
	out := api.Notice{Sequence: n.Sequence, Time: n.Time, Events: n.Events}
	out.Changes = changesOf(n.Changes)
	return out
}

func changesOf(list []query.Change) []api.Change {
	if len(list) == 0 {
		return nil
	}
	out := make([]api.Change, len(list))
	for i, c := range list {
		out[i] = api.Change{Actor: c.Actor, Key: c.Key, Value: c.Value, Deleted: c.Deleted}
	}
	return out
}

func (n *Node) moduleOf(m *state.Module) api.Module {
	out := api.Module{Name: m.ID, Kind: m.Kind, Bound: m.Bound}
	if m.Installed() {
		out.Hash, out.Size, out.Here = m.Hash.String(), m.Size, true
	} else {
		out.Here, out.Text, out.Schema = n.host.Binds(m.ID), n.host.Textual(m.ID), n.host.Schema(m.ID)
	}
	return out
}

func actorOf(a *query.Info) api.Actor {
	return api.Actor{Address: a.Address, Module: a.Module, Creator: a.Creator, Admin: a.Admin, Created: a.Created}
}

// valid refuses what cannot be the address of an actor; name is that of the field.
func valid(name string, a actor.Address) error {
	if err := a.Validate(); err != nil {
		return errorf(api.CodeBadRequest, "%s: %s", name, actor.AsError(err).Message)
	}
	return nil
}

// public refuses a seed in the place of a public key, before it comes into the log.
func public(name, key string) error {
	if claims.LooksLikeSeed(key) {
		return errorf(api.CodeBadRequest, "%s: this is a seed, which is a secret: give the public key", name)
	}
	return nil
}
