package command

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/npm"
	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/state"
)

// An app is an application that a manifest describes, with its code.
type app struct {
	*manifest.Manifest
	// natives are those of the binary's modules that the application uses, by the names that it gives them.
	natives Modules
	// codes are the modules that are WebAssembly, in the order of the manifest.
	codes []manifest.Code
	// pins are what the lock file is to say, nil if it says so already; pinned says that the user has asked for it.
	pins   manifest.Lock
	pinned bool
	// chain is what contracts take the host for, nil if the manifest has none.
	chain *cosmwasm.Chain
}

// isApp reports whether an argument is the folder of an application: it has a manifest, or contracts.
func isApp(arg string) bool { return arg != "-" && (manifest.Is(arg) || hasContracts(arg)) }

// readWhole is readApp for who has no use for an application of which a part cannot be.
func (c *call) readWhole(path string) (*app, error) {
	a, err := c.readApp(path)
	if err == nil && len(a.Problems) > 0 {
		err = appError(a.Problems[0])
	}
	return a, err
}

// readApp reads a manifest, which may be named or stand in a folder, or what is in a folder that has none. It builds nothing.
func (c *call) readApp(dir string) (*app, error) {
	load := manifest.Open
	if !manifest.Is(dir) && hasContracts(dir) {
		load = manifest.Contracts
	}
	m, err := load(dir)
	if err != nil {
		return nil, appError(err)
	}
	a := &app{Manifest: m, natives: Modules{}, chain: chainOf(m)}
	for _, mod := range m.Modules {
		if mod.Native == "" {
			continue
		}
		code, ok := c.binary.Modules[mod.Native]
		if !ok {
			code, ok = c.binary.Natives[mod.Native]
		}
		if !ok {
			return nil, notFoundf("%s: module %s is %s of this binary, which has none of that name, but %s", m.Path(m.File),
				mod.Name, quoted(mod.Native), c.nativeNames())
		}
		a.natives[mod.Name] = code
	}
	return a, nil
}

// nativeNames lists the modules that a manifest can name.
func (c *call) nativeNames() string {
	all := maps.Clone(c.binary.Natives)
	if all == nil {
		all = Modules{}
	}
	maps.Copy(all, c.binary.Modules)
	return strings.Join(slices.Sorted(maps.Keys(all)), ", ")
}

// take makes the hosts that the command opens those of an application. The rest of the binary's modules are none of its
// business.
func (c *call) take(a *app) {
	p := *c.Program // which may have other calls
	p.Modules, p.ModulesFor = a.natives, nil
	onChain(&p.Options, a.chain)
	c.Program = &p
}

// lockFlag adds the flag that accepts changed modules.
func lockFlag(cmd *cobra.Command, update *bool) {
	cmd.Flags().BoolVar(update, "update-lock", false, "of an application: accept its modules as they are now, in "+manifest.LockFile)
}

// openApp reads the manifest of a folder, builds what is to be built, and compares it with the lock file, which is written
// if update is set. All of it must be right.
func (c *call) openApp(ctx context.Context, dir string, update bool) (*app, error) {
	a, err := c.readWhole(dir)
	if err != nil {
		return nil, err
	}
	for i := range a.Modules {
		mod := &a.Modules[i]
		if mod.Native != "" {
			continue
		}
		code, err := c.codeFor(ctx, a.Manifest, mod)
		if err != nil {
			return nil, err
		}
		a.codes = append(a.codes, code)
	}
	return a, c.lock(a, update)
}

// codeFor returns the code of a module, and sees that a host would take it.
func (c *call) codeFor(ctx context.Context, m *manifest.Manifest, mod *manifest.Module) (code manifest.Code, err error) {
	if mod.Source != "" && isTerminal(c.Stderr) {
		fmt.Fprintf(c.Stderr, "building %s (%s, %s)\n", mod.Name, mod.Language, m.Path(mod.Source))
	}
	code, err = m.Code(ctx, mod, library())
	if err == nil {
		err = acceptable(mod.Name, code.Wasm)
	}
	if err == nil {
		err = code.Check()
	}
	return code, appError(err)
}

// acceptable returns why a host would refuse a module.
func acceptable(name string, wasm []byte) error {
	in, err := runtime.Inspect(wasm)
	if err == nil && !in.IsClassic { // which is judged with its claims, when it starts
		err = in.Refused
	}
	if err != nil {
		return usagef("module %s cannot be installed: %w", name, err)
	}
	return nil
}

// lock compares the modules with the lock file, or writes it.
func (c *call) lock(a *app, update bool) error {
	if update {
		return c.writeLock(a, manifest.LockOf(a.codes))
	}
	lock, err := a.ReadLock()
	if err != nil {
		return appError(err)
	}
	for i := range a.codes {
		if err := a.CheckLock(lock, &a.codes[i]); err != nil {
			return &classified{ExitFailed, fmt.Errorf("%s: %w", a.Dir, err)}
		}
	}
	return nil
}

func (c *call) writeLock(a *app, lock manifest.Lock) error {
	file, text := a.Path(a.LockName()), lock.Format()
	if was, err := os.ReadFile(file); err == nil && bytes.Equal(was, text) {
		return nil
	}
	if err := writeWhole(file, text); err != nil {
		return err
	}
	if !c.printer.json {
		fmt.Fprintf(c.Stderr, "%s: wrote %s\n", c.Name, file)
	}
	return nil
}

// appError classifies what is wrong with an application.
func appError(err error) error {
	var c *classified
	var wrong *manifest.Error
	var missing *toolchain.MissingError
	var failed *toolchain.FailedError
	var other *npm.HashError
	var refused *claims.Refusal
	switch {
	case err == nil, errors.As(err, &c):
		return err
	case errors.As(err, &other):
		return &classified{ExitFailed, err}
	case errors.Is(err, npm.ErrUnreachable), errors.Is(err, npm.ErrNotFound):
		return &classified{ExitNotFound, err}
	case errors.As(err, &missing), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return &classified{ExitNotFound, err}
	case errors.As(err, &wrong), errors.As(err, &failed), errors.As(err, &refused):
		return &classified{ExitUsage, err}
	}
	return err
}

// shareEngine gives all hosts of this command one engine, so that what one has compiled the others need not. The caller
// calls the function that it returns behind the last of them.
func (c *call) shareEngine() func() error {
	if c.Options.Engine != nil {
		return func() error { return nil }
	}
	engine := runtime.NewEngine(c.hostOptions().Wasm)
	c.Options.Engine = engine
	return engine.Close
}

// describe says what the application consists of, a line for each module and actor.
func (a *app) describe(p *printer) {
	if c := a.Chain; c != nil {
		p.printf("chain %s  addresses %s1…\n", p.style(show.Name, c.ID), c.Prefix)
	}
	for _, mod := range a.Modules {
		switch {
		case mod.Native != "":
			p.printf("module %s  native %s\n", p.style(show.Name, mod.Name), mod.Native)
		case mod.Source != "":
			p.printf("module %s  %s %s  %s\n", p.style(show.Name, mod.Name), mod.Language, mod.Source, a.size(mod.Name))
		case mod.URL != "":
			p.printf("module %s  %s  %s\n", p.style(show.Name, mod.Name), mod.URL, a.size(mod.Name))
		case mod.Package != nil:
			p.printf("module %s  npm %s %s  %s\n", p.style(show.Name, mod.Name), mod.Package, mod.File, a.size(mod.Name))
		default:
			p.printf("module %s  %s  %s\n", p.style(show.Name, mod.Name), mod.Wasm, a.size(mod.Name))
		}
	}
	for _, act := range a.Actors {
		p.printf("actor %s  module %s\n", p.style(show.Name, string(act.Address)), act.Module)
	}
	for _, v := range a.Providers {
		p.printf("provider %s  %s  %s\n", p.style(show.Name, v.Name), cmp.Or(v.Kind, string(v.Address)), v.Contract)
	}
	for _, l := range a.Links {
		p.printf("link %s → %s  %s\n", p.style(show.Name, l.Actor), l.Provider, linkText(l.Contract, l.Name))
	}
}

// size says which code a module has.
func (a *app) size(name string) string {
	for _, code := range a.codes {
		if code.Module.Name == name {
			return codeText(code)
		}
	}
	return ""
}

func codeText(code manifest.Code) string {
	return show.Hash(state.Hash(code.Hash)) + ", " + show.Count(len(code.Wasm)) + " bytes"
}
