package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/state"
)

// ErrFounded is the error of Found for a host that others have founded.
var ErrFounded = errors.New("the host has operators, and this key is none of them: ask one for a grant")

// Found makes a key, of the kind of claims.UserKey, the first operator of the host: the first who may grant others something.
// Until then nobody who signs may do anything. To found a host again changes nothing if the key is an operator for all
// actors; otherwise the error is ErrFounded.
func (h *Host) Found(ctx context.Context, operator string) error {
	if err := h.found(ctx, operator); err != nil {
		return fmt.Errorf("runtime: found %s: %w", h.name(), err)
	}
	return nil
}

func (h *Host) found(ctx context.Context, operator string) error {
	if err := claims.CheckPublic(operator, claims.UserKey); err != nil {
		return err
	}
	founded, err := h.Founded()
	if err != nil {
		return err
	}
	if !founded {
		if h.readOnly {
			return ErrReadOnly
		}
		if err := h.executor.Bind(ctx, actor.ModuleID(access.Address), dispatch.Native, ""); err != nil {
			return err
		}
		_, err := h.Do(ctx, dispatch.Request{Message: access.Found(operator)})
		if err == nil {
			return nil
		}
		if !errors.Is(err, &actor.Error{Code: access.CodeFounded}) {
			return err
		}
	}
	grants, err := h.Grants(operator)
	if err == nil && claims.Decide(grants, claims.Request{Role: claims.Operator, Actor: claims.Everything, Now: time.Now()}) != nil {
		err = ErrFounded
	}
	return err
}

// Founded reports whether the host has operators, in the latest durable state.
func (h *Host) Founded() (bool, error) { return access.Founded(h.accessRow) }

// Grants returns the grants of a key in the latest durable state, those that have ended included.
func (h *Host) Grants(subject string) ([]claims.Grant, error) {
	return access.Grants(h.accessRow, subject)
}

// Paused reports whether an actor is paused in the latest durable state, and why.
func (h *Host) Paused(who actor.Address) (reason string, paused bool, err error) {
	return access.Paused(h.accessRow, who)
}

func (h *Host) accessRow(key []byte) ([]byte, bool, error) {
	value, ok, err := h.reader.Get(access.Address, key)
	if errors.Is(err, &actor.Error{Code: actor.CodeUnknownActor}) {
		return nil, false, nil // the host is not founded
	}
	return value, ok, err
}

// Permits returns nil if a request would be let through were it executed at that time, on the latest durable state; otherwise
// the *actor.Error that its receipt would have. What counts is the place of the request in the log. It asks for grants and pauses
// and not for Options.Authorize, and spares the log what is refused anyway.
func (h *Host) Permits(req dispatch.Request, now time.Time) error {
	if req.Sender == "" && req.Message.Kind != actor.KindSudo {
		req.Sender = actor.Address(req.Signer)
	}
	return h.permits(dispatch.Access{Op: state.OpMessage, Sender: req.Sender, From: req.Sender, Signer: req.Signer, Message: &req.Message,
		Time: now})
}

// PermitsInstall is Permits for an installation, without the migrations.
func (h *Host) PermitsInstall(name string, o *InstallOptions, now time.Time) error {
	sender := o.Sender
	if sender == "" {
		sender = actor.Address(o.Signer)
	}
	return h.permits(dispatch.Access{Op: state.OpInstall, Sender: sender, From: sender, Signer: o.Signer,
		Message: &actor.Message{Module: actor.ModuleID(name)}, Time: now})
}

func (h *Host) permits(a dispatch.Access) error {
	view := h.executor.View()
	if view == nil {
		return h.gone()
	}
	defer view.Release()
	var failed error
	a.Root = true
	a.Read = func(of actor.Address, key []byte) ([]byte, bool) {
		value, ok, err := readState(view, of, key)
		failed = errors.Join(failed, err)
		return value, ok
	}
	err := access.Check(a)
	if failed != nil {
		return failed
	}
	return err
}

// readState reads a key of an actor.
func readState(view *dispatch.View, of actor.Address, key []byte) ([]byte, bool, error) {
	record, ok, err := partition.ReadActor(view, of)
	if err != nil || !ok {
		return nil, false, err
	}
	return view.Get(partition.AppendState(nil, record.Number, key))
}

// reserves reports the addresses at which nobody but the host makes actors. Those of its own actors come into being with the
// first message to them; that nobody makes them in another way is for the hook of package access to see to.
func (h *Host) reserves(a actor.Address) bool {
	if kind := actor.Address(a.Kind()); access.Reserved(kind) {
		return kind != access.Address && kind != capability.Address && !builtIn(kind)
	}
	return h.chain != nil && h.chain.Reserves(a)
}
