package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actortest/world"
)

// deployInWorld binds and installs the modules in a world that has none, in the order of the manifest, and creates the
// actors.
func (a *app) deployInWorld(ctx context.Context, w *world.World) error {
	codes := a.codes
	for _, mod := range a.Modules {
		if mod.Native != "" {
			if err := w.Bind(mod.Name, a.natives[mod.Name]); err != nil {
				return err
			}
			continue
		}
		code := codes[0].Wasm
		codes = codes[1:]
		if isClassic(code) {
			continue // which starts behind the anchors of trust
		}
		if a.chain != nil && isContract(code) {
			err := w.Use(func(h *runtime.Host) error {
				_, _, err := storeCode(ctx, h, mod.Name, code)
				return err
			})
			if err != nil {
				return err
			}
			continue
		}
		if _, err := w.Install(ctx, mod.Name, code, nil); err != nil {
			return err
		}
	}
	for i := range a.Actors {
		if err := create(ctx, w, &a.Actors[i]); err != nil {
			return err
		}
	}
	if !a.lenient() {
		return nil // there is nothing of the kind
	}
	return w.Use(func(h *runtime.Host) error { return a.cast(ctx, h) })
}

// cast starts the modules with claims on a host, and puts anchors of trust, providers and links. The error is the first thing
// that is wrong.
func (a *app) cast(ctx context.Context, h *runtime.Host) error {
	ap := &applying{app: a, place: directory{&call{Program: new(Program)}, h}, tell: func(applied, error) {}}
	before, err := ap.place.cast(ctx)
	if err != nil {
		return err
	}
	if err := ap.trust(ctx); err != nil {
		return err
	}
	if err := ap.classics(ctx, before); err != nil {
		return err
	}
	ap.providers(ctx, before)
	if before, err = ap.place.cast(ctx); err != nil {
		return err
	}
	ap.links(ctx, before)
	if len(ap.problems) > 0 {
		return ap.problems[0]
	}
	return nil
}

// deploy installs the modules on a host that has those of the binary bound, and creates the actors that are missing.
func (a *app) deploy(ctx context.Context, h *runtime.Host, opts runtime.InstallOptions) error {
	for _, code := range a.codes {
		if isClassic(code.Wasm) {
			continue
		}
		if a.chain != nil && isContract(code.Wasm) {
			if _, _, err := storeCode(ctx, h, code.Module.Name, code.Wasm); err != nil {
				return err
			}
			continue
		}
		how := opts
		if _, err := h.Install(ctx, code.Module.Name, code.Wasm, &how); err != nil {
			return explainInstall(code.Module.Name, err)
		}
	}
	for i := range a.Actors {
		if _, err := ensure(ctx, h, &a.Actors[i]); err != nil {
			return err
		}
	}
	if !a.lenient() {
		return nil
	}
	return a.cast(ctx, h)
}

// explainInstall says what to do about a module that the directory has with other code.
func explainInstall(name string, err error) error {
	var refused *actor.Error
	var failed *runtime.TxError
	if errors.As(err, &failed) {
		return &txFailure{failed}
	}
	if errors.As(err, &refused) && refused.Code == actor.CodeAlreadyExists {
		return fmt.Errorf("%w; pass --replace, or --migrate, to put the code of the application in its place", err)
	}
	return err
}

// create creates an actor in a world.
func create(ctx context.Context, w *world.World, a *manifest.Actor) error {
	_, err := w.Send(ctx, a.Sender, instantiate(a))
	return createError(a, err)
}

// ensure creates an actor, unless it is there. It reports whether it has.
func ensure(ctx context.Context, h *runtime.Host, a *manifest.Actor) (bool, error) {
	info, err := h.Reader().Actor(a.Address)
	if err == nil {
		if info.Module != actor.ModuleID(a.Module) {
			return false, directoryf("the actor %s is there already, on module %s, and the application wants it on %s", a.Address, info.Module, a.Module)
		}
		return false, nil
	}
	var nobody *actor.Error
	if !errors.As(err, &nobody) || nobody.Code != actor.CodeUnknownActor {
		return false, err
	}
	_, err = h.Send(ctx, a.Sender, instantiate(a))
	return err == nil, createError(a, err)
}

func instantiate(a *manifest.Actor) actor.Message {
	return actor.Message{Kind: actor.KindInstantiate, To: a.Address, Module: actor.ModuleID(a.Module), Admin: a.Admin, Body: a.Body}
}

func createError(a *manifest.Actor, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the actor %s of the application: %w", a.Address, err)
}
