package runtime

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	goruntime "runtime"
	"slices"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/wasmbus"
	"github.com/troupe-run/troupe/state"
)

// InstallOptions say how code is installed. The zero value, and nil, are for a name that is new.
type InstallOptions struct {
	// Replace allows the module to have other code now. Its actors go on with the new code, on the state that the old
	// code has left. An actor that was started with claims does not: see Host.Start, and the signer must be an operator for
	// all actors.
	Replace bool
	// Migrate replaces, and calls Migrate of the new code on every actor of the module, in the order of addresses and in
	// the same transaction, with MigrateBody. If one of them fails, or Options.Authorize refuses it, nothing has changed.
	Migrate     bool
	MigrateBody []byte
	// Sender is who installs; Migrate sees it as the sender of its message. Empty is the signer, and without one the
	// operator of the host.
	Sender actor.Address
	// ID makes the request safe to repeat, and Signer is the key that has signed it: see dispatch.Request.
	ID     string
	Signer string
	// Trace, if not nil, is filled with the migrations as spans, unless the same code was there already.
	Trace *dispatch.Trace

	// then is delivered in the same transaction: see dispatch.Installation.
	then actor.Message
	// classic wants a module of the classic wasmCloud: no other asks whether its claims hold.
	classic bool
}

// Install makes WebAssembly the module of that name, and returns what the host knows of it then. The code may be packed by
// gzip; unpacked it has at most dispatch.MaxCode bytes. It is judged and compiled here, while everything else goes on, and
// then written to the log and the store, so that the directory holds all that it takes to run it. To install the same
// code again changes nothing.
//
// An error that is ErrCode says what is wrong with the code. If the name has other code, or is bound to a Go value, the
// error has an *actor.Error in its chain. If a migration failed it is a *TxError.
func (h *Host) Install(ctx context.Context, name string, code []byte, opts *InstallOptions) (state.Module, error) {
	m, _, err := h.install(ctx, name, code, opts)
	var failed *TxError
	if err != nil && !errors.As(err, &failed) {
		err = fmt.Errorf("runtime: install %s: %w", shortName(name), err)
	}
	return m, err
}

// install returns the receipt too, nil if the code was there already.
func (h *Host) install(ctx context.Context, name string, code []byte, opts *InstallOptions) (m state.Module, receipt *state.Receipt, err error) {
	var o InstallOptions
	if opts != nil {
		o = *opts
	}
	if h.readOnly {
		return m, nil, ErrReadOnly
	}
	if err := checkFree(name); err != nil {
		return m, nil, err
	}
	if code, err = unpack(code); err != nil {
		return m, nil, err
	}
	s, err := h.modules.prepare(ctx, sha256.Sum256(code), code)
	if err != nil {
		return m, nil, err
	}
	defer h.sweep()
	defer h.modules.unpin(s)
	if kind := s.program.dialect(); o.classic && kind != wasmbus.Module {
		return m, nil, fmt.Errorf("%w: its claims would have no effect: it is a module of the dialect %s, and not one of wasmCloud's; "+
			"install it instead", ErrCode, kind)
	}
	if o.Sender == "" {
		o.Sender = actor.Address(o.Signer)
	}
	receipt, err = h.executor.Install(ctx, dispatch.InstallRequest{ID: o.ID, Sender: o.Sender, Signer: o.Signer, Trace: o.Trace,
		Installation: dispatch.Installation{Module: actor.ModuleID(name), Kind: s.program.dialect(),
			Code: code, Replace: o.Replace, Migrate: o.Migrate, Body: o.MigrateBody, Then: o.then}})
	if err != nil {
		return m, nil, h.explain(err)
	}
	if receipt != nil && receipt.Err != nil {
		return m, receipt, &TxError{Sequence: receipt.Sequence, Sender: o.Sender, Path: receipt.Path, Err: receipt.Err}
	}
	if receipt != nil {
		h.log.Info("module installed", "module", name, "kind", s.program.dialect(), "hash", s.hash, "seq", receipt.Sequence)
	}
	m, err = h.module(actor.ModuleID(name))
	return m, receipt, err
}

// unpack returns code as it is stored. An error is ErrCode.
func unpack(code []byte) ([]byte, error) {
	plain, err := binary.Gunzip(code, dispatch.MaxCode)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCode, err)
	}
	if len(plain) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrCode)
	}
	return plain, nil
}

// module reads the row of a module that is there.
func (h *Host) module(id actor.ModuleID) (state.Module, error) {
	view := h.executor.View()
	if view == nil {
		return state.Module{}, h.gone()
	}
	defer view.Release()
	m, ok, err := partition.ReadModule(view, id)
	if err == nil && !ok {
		err = fmt.Errorf("the record of module %s is missing: %w", id, state.ErrCorrupt)
	}
	return m, err
}

// Modules lists all modules, sorted by name: those that are bound, and those that are installed with the hash and the
// size of their code.
func (h *Host) Modules() ([]state.Module, error) { return h.reader.Modules() }

// Ready waits until the installed modules with these names, or all if there are none, can run. If one cannot, the error
// says so and why.
func (h *Host) Ready(ctx context.Context, names ...actor.ModuleID) error {
	view := h.executor.View()
	if view == nil {
		return h.gone()
	}
	defer view.Release()
	var failed []error
	installed := maps.Collect(view.Dispatcher.Installed())
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(installed))
	}
	for _, name := range names {
		hash, ok := installed[name]
		if !ok {
			failed = append(failed, fmt.Errorf("runtime: module %s is not installed", shortName(string(name))))
			continue
		}
		s := h.modules.pin(hash, nil)
		go h.modules.load(s)
		select {
		case <-s.loaded:
		case <-ctx.Done():
			h.modules.unpin(s)
			return context.Cause(ctx)
		}
		h.modules.unpin(s)
		if s.err != nil {
			failed = append(failed, fmt.Errorf("runtime: module %s: %w", name, s.err))
		}
	}
	return errors.Join(failed...)
}

// warm loads the modules that are installed, so that who needs one first need not wait.
func (h *Host) warm() {
	view := h.executor.View()
	if view == nil {
		return
	}
	var slots []*slot
	for _, hash := range view.Dispatcher.Installed() {
		slots = append(slots, h.modules.pin(hash, nil))
	}
	view.Release()
	queue := make(chan *slot, len(slots))
	for _, s := range slots {
		queue <- s
	}
	close(queue)
	for range min(len(slots), goruntime.GOMAXPROCS(0)) {
		h.modules.loads.Go(func() {
			for s := range queue {
				if err := h.modules.load(s); err != nil && h.modules.life.Err() == nil {
					h.log.Error("module cannot run", "hash", s.hash, "err", err)
				}
				h.modules.unpin(s)
			}
		})
	}
}

// fetch reads code from the store.
func (h *Host) fetch(hash state.Hash) ([]byte, error) {
	code, ok, err := partition.ReadCode(h.store, hash)
	if err == nil && !ok {
		err = fmt.Errorf("the code %s is not in %s: %w; restore the store from a checkpoint", hash, h.name(), state.ErrCorrupt)
	}
	return code, err
}

// sweep forgets code that no module has any more.
func (h *Host) sweep() {
	h.modules.sweep(func() map[state.Hash]bool {
		keep := map[state.Hash]bool{}
		if view := h.executor.View(); view != nil {
			defer view.Release()
			for _, hash := range view.Dispatcher.Installed() {
				keep[hash] = true
			}
		}
		return keep
	})
}

// explain adds to an error about code that cannot run why it cannot.
func (h *Host) explain(err error) error {
	var unbound *dispatch.UnboundError
	if errors.As(err, &unbound) {
		if reason := h.modules.reason(unbound.Hash); reason != nil {
			return fmt.Errorf("%w: %w", err, reason)
		}
	}
	return err
}

// checkName refuses what cannot be the name of a module.
func checkName(name string) error {
	if err := actor.Address(name).Validate(); err != nil || actor.Address(name).Key() != "" {
		return errors.New("the name of a module matches [a-z0-9][a-z0-9._-]*")
	}
	return nil
}

// checkFree refuses names that others than the host cannot give to a module.
func checkFree(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if access.Reserved(name) {
		return fmt.Errorf("names that begin with %q belong to the host", access.Prefix)
	}
	return nil
}

// shortName quotes a name that cannot be one.
func shortName(name string) string {
	if checkName(name) == nil {
		return name
	}
	return fmt.Sprintf("%.300q", name)
}
