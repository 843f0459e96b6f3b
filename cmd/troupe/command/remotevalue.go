package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/state"
)

// localError returns the error of a server as a host in this process would have said it.
func localError(err error) error {
	var e *api.Error
	if !errors.As(err, &e) {
		return err
	}
	fault := &actor.Error{Code: e.Actor, Message: e.Message}
	switch {
	case e.Code == api.CodeActor && e.Sequence != 0:
		return &runtime.TxError{Sequence: e.Sequence, Path: addresses(e.Path), Err: fault}
	case e.Code == api.CodeActor:
		return &query.Error{Path: addresses(e.Path), Err: fault}
	case e.Actor != "":
		return fault
	}
	return &classified{codeOfServer(e.Code), err}
}

// codeOfServer returns the exit code for the class of an error that has no other.
func codeOfServer(code api.Code) int {
	switch code {
	case api.CodeBadRequest, api.CodeTooLarge, api.CodeConflict:
		return ExitUsage
	case api.CodeNotFound, api.CodeTooOld:
		return ExitNotFound
	case api.CodeUnauthenticated, api.CodeForbidden, api.CodeReplayed, api.CodeStale:
		return ExitDenied
	case api.CodeOverloaded, api.CodeExpired, api.CodeUnavailable:
		return ExitBusy
	}
	return ExitHost
}

func addresses(path []string) (list []actor.Address) {
	for _, a := range path {
		list = append(list, actor.Address(a))
	}
	return list
}

// faultFrom returns nil for no code.
func faultFrom(code, message string) *actor.Error {
	if code == "" {
		return nil
	}
	return &actor.Error{Code: code, Message: message}
}

// hashFrom reads a sum; an empty text is that of nothing.
func hashFrom(text string, into *state.Hash) error {
	if text == "" {
		return nil
	}
	if err := into.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("the server says a sum that is none: %w", err)
	}
	return nil
}

func receiptFrom(r *api.Receipt) (*state.Receipt, error) {
	out := &state.Receipt{Sequence: r.Sequence, RequestID: r.RequestID, Err: faultFrom(r.Code, r.Message), Path: r.Path, Callee: r.Callee,
		Data: r.Data, Events: r.Events, GasUsed: r.GasUsed, Messages: r.Messages}
	if r.Rows > 0 {
		out.Changes = make([]state.Change, r.Rows) // how many there are is all that a server tells
	}
	return out, errors.Join(hashFrom(r.Writes, &out.Writes), hashFrom(r.Root, &out.Root))
}

// ops are the kinds of command by their names.
var ops = map[string]state.Op{state.OpMessage.String(): state.OpMessage, state.OpBind.String(): state.OpBind,
	state.OpConfigure.String(): state.OpConfigure, state.OpInstall.String(): state.OpInstall}

func entryFrom(e *api.Entry) (out entry, err error) {
	op, ok := ops[e.Op]
	if !ok {
		return out, fmt.Errorf("the server tells of a command of a kind that this program does not know: %.40q", e.Op)
	}
	out.Command = state.Command{Op: op, Sequence: e.Sequence, Time: e.Time.UnixNano(), RequestID: e.RequestID, Sender: e.Sender,
		Signer: e.Signer, Message: actor.Message{To: e.To, Module: e.Module, Admin: e.Admin, Body: e.Body, Funds: e.Funds}}
	if e.Kind != "" {
		if err := out.Command.Message.Kind.UnmarshalText([]byte(e.Kind)); err != nil {
			return out, err
		}
	}
	if in := e.Install; in != nil {
		out.asks = &installView{Kind: in.Kind, Size: int(in.Size), Replace: in.Replace, Migrate: in.Migrate, body: e.Body}
		out.Command.Message.Body = nil
		if err := hashFrom(in.Hash, &out.asks.Hash); err != nil {
			return out, err
		}
	}
	if e.Receipt != nil {
		out.Receipt, err = receiptFrom(e.Receipt)
	}
	return out, err
}

func traceFrom(t *api.Trace) (*dispatch.Trace, error) {
	out := &dispatch.Trace{Sequence: t.Sequence, Time: t.Time.UTC(), Sender: t.Sender, Signer: t.Signer, GasUsed: t.GasUsed,
		Err: faultFrom(t.Code, t.Message), Path: t.Path}
	var err error
	if t.Root != nil {
		out.Root, err = spanFrom(t.Root)
	}
	return out, err
}

func spanFrom(s *api.Span) (*dispatch.Span, error) {
	out := &dispatch.Span{From: s.From, To: s.To, Module: s.Module, Body: s.Body, Funds: s.Funds, GasUsed: s.GasUsed, Events: s.Events,
		Logs: s.Logs, Data: s.Data, Err: faultFrom(s.Code, s.Message), Committed: s.Committed, Why: s.Why, Outside: s.Outside}
	if err := out.Kind.UnmarshalText([]byte(s.Kind)); err != nil {
		return nil, err
	}
	if in := s.Install; in != nil {
		out.Install = &dispatch.Installed{Kind: in.Kind, Size: in.Size}
		if err := errors.Join(hashFrom(in.Hash, &out.Install.Hash), hashFrom(in.Before, &out.Install.Before)); err != nil {
			return nil, err
		}
	}
	if s.Sub != nil {
		out.Sub = &dispatch.Sub{ID: s.Sub.ID, GasLimit: s.Sub.GasLimit, Payload: s.Sub.Payload}
		if err := out.Sub.ReplyOn.UnmarshalText([]byte(s.Sub.ReplyOn)); err != nil {
			return nil, err
		}
	}
	if r := s.Reply; r != nil {
		out.Reply = &actor.Reply{ID: r.ID, Callee: r.Callee, Payload: r.Payload, GasUsed: r.GasUsed, Err: faultFrom(r.Code, r.Message), Data: r.Data}
	}
	for i := range s.Touches {
		t := &s.Touches[i]
		out.Touches = append(out.Touches, dispatch.Touch{Op: dispatch.Op(t.Op), Of: t.Of, Key: t.Key, End: t.End, Old: t.Old, New: t.New})
	}
	for _, child := range s.Children {
		span, err := spanFrom(child)
		if err != nil {
			return nil, err
		}
		out.Children = append(out.Children, span)
	}
	return out, nil
}

// ownIDs returns a text with the ids of requests as the holder of the key gave them: the log has them behind the key.
func ownIDs(text, key string) string {
	if key == "" {
		return text
	}
	return strings.ReplaceAll(text, key+"/", "")
}
