package runtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
)

// Bind makes a Go value the module of that name. Messages to the address name, and to every address name/key, reach
// actors of this module; they come into being with the first message. Create makes others.
//
// The first time, the binding is written to the log. Later, opening the directory is not enough: code of Go is not
// stored, so the same names must be bound again before their actors are used. A name that is installed cannot be bound.
func (h *Host) Bind(name string, a actor.Actor) error {
	if err := h.bind(name, a); err != nil {
		return fmt.Errorf("runtime: bind %s: %w", shortName(name), err)
	}
	return nil
}

func (h *Host) bind(name string, a actor.Actor) error {
	if a == nil {
		return errors.New("the actor is nil")
	}
	if err := checkFree(name); err != nil {
		return err
	}
	id := actor.ModuleID(name)
	if !h.modules.bind(id, a) {
		return errors.New("the name is bound already")
	}
	if h.readOnly {
		return nil
	}
	err := h.executor.Bind(context.Background(), id, dispatch.Native, "")
	if err != nil {
		h.modules.unbind(id)
	}
	return err
}
