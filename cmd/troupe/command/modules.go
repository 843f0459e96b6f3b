package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/state"
)

// Modules are the modules of a binary, by the names under which they are bound.
type Modules map[string]actor.Actor

// Bind adds a module, so that a function that binds modules to a host can fill a Modules as well.
func (m Modules) Bind(name string, a actor.Actor) error {
	if _, taken := m[name]; taken {
		return fmt.Errorf("command: bind %s: the name is bound already", name)
	}
	m[name] = a
	return nil
}

// A binder is a host, or a world around one.
type binder interface {
	Bind(name string, a actor.Actor) error
}

// bind binds all modules in the order of their names, so that a new log begins the same everywhere.
func (m Modules) bind(to binder) error {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if err := to.Bind(name, m[name]); err != nil {
			return fmt.Errorf("the modules of this binary: %w", err)
		}
	}
	return nil
}

// bindModules binds the modules of the binary to a host, but for those whose names are installed: there the code of the
// directory runs.
func (c *call) bindModules(h *runtime.Host) error {
	list, err := h.Reader().Modules()
	if err != nil {
		return err
	}
	here := maps.Clone(c.Modules)
	delete(here, c.except)
	for _, m := range list {
		if m.Installed() {
			delete(here, string(m.ID))
		}
	}
	c.Modules = here
	return here.bind(h)
}

// bindOnly binds the modules that are named, in that order, or all if none is.
func (m Modules) bindOnly(to binder, names []string) error {
	if len(names) == 0 {
		return m.bind(to)
	}
	for _, name := range names {
		a, ok := m[name]
		if !ok {
			return notFoundf("--modules: this binary has no module %s, but %s", quoted(name), strings.Join(slices.Sorted(maps.Keys(m)), ", "))
		}
		if err := to.Bind(name, a); err != nil {
			return err
		}
	}
	return nil
}

// modulesFlag adds the flag that says which modules a world in memory has.
func (c *call) modulesFlag(cmd *cobra.Command, names *[]string) {
	cmd.Flags().StringSliceVar(names, "modules", nil, "in memory, bind these `modules` alone, in this order: it decides the numbers of transactions")
}

// describer is what typed actors have.
type describer interface{ Describe() typed.Description }

// explainUnbound says what to do about a module whose code is not here.
func (c *call) explainUnbound(h *runtime.Host, err error) error {
	var unbound *dispatch.UnboundError
	if !errors.As(err, &unbound) {
		return err
	}
	if unbound.Hash != (state.Hash{}) {
		// It has been tried already, so this does not wait.
		err := h.Ready(context.Background(), unbound.Module)
		return notFoundf("the code of module %s, %s, cannot be run by %s: %w", quoted(string(unbound.Module)), show.Hash(unbound.Hash), c.Name, err)
	}
	if unbound.Module == actor.ModuleID(cosmwasm.KeeperAddress) || unbound.Module == actor.ModuleID(cosmwasm.BankAddress) {
		return notFoundf("the data directory has a chain, whose settings are in the %s of its application: name that by --app", manifest.File)
	}
	return notFoundf("the code of module %s is needed and %s does not have it for this directory: use the binary that made it, or name its application by --app",
		quoted(string(unbound.Module)), c.Name)
}
