package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/capability"
)

// applyFlags say how an application is applied.
type applyFlags struct {
	file       string
	updateLock bool
	replace    bool
	lenient    lenientFlags
}

// lenientFlags lift rules for updates of actors with claims.
type lenientFlags struct{ anyRevision, anyCaps bool }

func (f *lenientFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.anyRevision, "any-revision", false, "of modules with claims: let one take the place of a later revision, or of the same")
	cmd.Flags().BoolVar(&f.anyCaps, "any-caps", false, "of modules with claims: let one take the place of another that claims other capabilities")
}

func (c *call) applyCommand() *cobra.Command {
	var f applyFlags
	cmd := &cobra.Command{
		Use:   "apply [-m FILE]",
		Short: "Make a server, or a data directory, what a manifest says",
		Long: `Start, install, provide and link what a manifest says, and change nothing that is so already: to apply a manifest twice
is to apply it once. What cannot be is told, and keeps nothing else from being; then the exit code is 1. What a server has
beyond the manifest stays.

FILE is a ` + manifest.File + `, a host manifest of wasmCloud 0.18, or an application for its wadm, in YAML or JSON; what it is shows in
its content. Paths in it are relative to it. ${NAME} and ${NAME:default} in it are environment variables.

If modules have claims, their keys, issuers and hashes go to a lock file beside the manifest. From then on a module that
differs from it is refused, unless --update-lock accepts the change.`,
		Example: c.examples(`
			% apply -m echo/troupe.yaml --server http://127.0.0.1:8880
			ADDRESS=127.0.0.1:9000 % apply`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			a, problems, err := c.openParts(ctx, f.file, f.updateLock)
			if err != nil {
				return err
			}
			c.take(a)
			ap := &applying{call: c, app: a, opts: f.options(), problems: problems, tell: c.tellApplied}
			return c.apply(ctx, ap)
		},
	}
	manifestFlag(cmd, &f.file)
	lockFlag(cmd, &f.updateLock)
	cmd.Flags().BoolVar(&f.replace, "replace", false, "modules without claims may have other code than there is")
	f.lenient.add(cmd)
	return cmd
}

// apply applies an application to the place that the command line means.
func (c *call) apply(ctx context.Context, ap *applying) error {
	name, err := c.serverName()
	if err != nil {
		return err
	}
	if name == "" {
		if able, err := ap.rehearsed(ctx); err != nil || !able {
			if err == nil {
				ap.foretell()
			}
			return err
		}
	}
	if err := c.keepPins(ap.app); err != nil {
		return err
	}
	return c.sending(ctx, func(p place) error {
		ap.place = p
		return ap.reported(ctx)
	})
}

func manifestFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "manifest", "m", ".", "the manifest: a `file`, or a folder with a "+manifest.File)
	_ = cmd.MarkFlagFilename("manifest", "yaml", "yml", "json")
}

func (f *applyFlags) options() applyOptions {
	return applyOptions{replace: f.replace, start: runtime.StartOptions{AnyRevision: f.lenient.anyRevision, AnyCaps: f.lenient.anyCaps}}
}

// applyOptions say what may take the place of what.
type applyOptions struct {
	replace bool
	start   runtime.StartOptions
}

// openParts reads a manifest and gets the code of its modules. What is wrong with a part is a problem, and leaves it out. A
// module with claims that is new goes to the pins of the application.
func (c *call) openParts(ctx context.Context, path string, update bool) (a *app, problems []error, err error) {
	if a, err = c.readApp(path); err != nil {
		return nil, nil, err
	}
	for _, p := range a.Problems {
		problems = append(problems, p)
	}
	lock, err := a.ReadLock()
	if err != nil {
		return nil, nil, appError(err)
	}
	next := maps.Clone(lock)
	if next == nil {
		next = manifest.Lock{}
	}
	for i := range a.Modules {
		mod := &a.Modules[i]
		if mod.Native != "" {
			continue
		}
		code, err := c.codeFor(ctx, a.Manifest, mod)
		if _, pinned := lock[mod.Name]; err == nil && !update && (pinned || code.Claims == nil) {
			err = a.CheckLock(lock, &code)
		}
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if update || code.Claims != nil {
			next[mod.Name] = code.Pin()
		}
		a.codes = append(a.codes, code)
	}
	if update || len(next) > len(lock) {
		a.pins, a.pinned = next, update
	}
	return a, problems, nil
}

// keepPins writes the lock file of an application that is about to be applied. Where nobody may write it, new modules stay
// without a pin.
func (c *call) keepPins(a *app) error {
	if a.pins == nil {
		return nil
	}
	if err := c.writeLock(a, a.pins); err != nil && (a.pinned || !errors.Is(err, os.ErrPermission)) {
		return err
	}
	return nil
}

// lenient reports whether the application is one of parts that do not depend on each other, so that what is wrong with one
// keeps nothing else from being.
func (a *app) lenient() bool {
	return a.Form != manifest.TroupeForm || len(a.Providers)+len(a.Links)+len(a.Trust) > 0 ||
		slices.ContainsFunc(a.codes, func(code manifest.Code) bool { return code.Claims != nil })
}

// An applying is an application on its way to a place.
type applying struct {
	*call
	app   *app
	place place
	opts  applyOptions
	// problems are what was wrong before, and what could not be done.
	problems []error
	// tell tells what became of a part.
	tell func(did applied, err error)
}

// applied is something that an application consists of, as machines get it.
type applied struct {
	Kind  string `json:"kind"` // actor, module, provider, link or trust; empty for what is wrong with the manifest
	Name  string `json:"name"`
	Did   string `json:"did"` // started, updated, scaled, installed, stored, created, put, unchanged, failed or warning
	Error string `json:"error,omitempty"`
}

// rehearsed reports whether something of the application can be applied, where there is no data directory yet: if nothing
// can, none is made for it, and the problems are told, which are the error.
func (ap *applying) rehearsed(ctx context.Context) (able bool, err error) {
	type part struct {
		did applied
		err error
	}
	var parts []part
	able = true
	err = ap.call.rehearse(func(h *runtime.Host) error {
		try := *ap
		able = len(ap.app.natives) > 0
		try.place, try.problems = directory{ap.call, h}, slices.Clone(ap.problems)
		try.tell = func(did applied, err error) {
			parts = append(parts, part{did, err})
			able = able || did.Did != partFailed && did.Did != partWarned
		}
		if err := try.run(ctx); err != nil || able {
			return err
		}
		return try.outcome()
	})
	if able || err == nil {
		return able, err
	}
	for _, p := range parts {
		ap.tell(p.did, p.err)
	}
	return able, err
}

// reported applies, and says what became of it. The error says how much could not be done.
func (ap *applying) reported(ctx context.Context) error {
	err := ap.run(ctx)
	if flushErr := ap.printer.flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return err
	}
	return ap.outcome()
}

// outcome is the error of an application that is not all there.
func (ap *applying) outcome() error {
	if len(ap.problems) == 0 {
		return nil
	}
	return &classified{ExitFailed, fmt.Errorf("%s could not be applied whole: %s failed", ap.app.Path(ap.app.File), count(len(ap.problems), "part"))}
}

// run does everything that can be done. The error is that of a place that does nothing any more.
func (ap *applying) run(ctx context.Context) error {
	ap.foretell()
	before, err := ap.place.cast(ctx)
	if err != nil {
		return err
	}
	if err := ap.trust(ctx); err != nil {
		return err
	}
	if err := ap.modules(ctx, before); err != nil {
		return err
	}
	ap.actors(ctx)
	ap.providers(ctx, before)
	if before, err = ap.place.cast(ctx); err != nil {
		return err
	}
	ap.links(ctx, before)
	return context.Cause(ctx)
}

// foretell tells what of the manifest makes no difference, and what is wrong with it.
func (ap *applying) foretell() {
	for _, w := range ap.app.Warnings {
		ap.tell(applied{Did: partWarned, Error: explain(w)}, nil)
	}
	if labels := ap.app.Labels; len(labels) > 0 {
		var list []string
		for _, name := range slices.Sorted(maps.Keys(labels)) {
			list = append(list, name+"="+labels[name])
		}
		ap.tell(applied{Did: partWarned, Error: ap.app.Path(ap.app.File) + ": " + unlabelled(list)}, nil)
	}
	for _, err := range ap.problems {
		ap.tell(applied{Did: partFailed, Error: explain(err)}, err)
	}
}

// done notes and tells what became of a part.
func (ap *applying) done(kind, name, did string, err error) {
	v := applied{Kind: kind, Name: name, Did: did}
	if err != nil {
		err = orderError(err)
		ap.problems = append(ap.problems, fmt.Errorf("%s %s: %w", kind, name, err))
		v.Did, v.Error = partFailed, explain(err)
	}
	ap.tell(v, err)
}

// What becomes of a part beside what is done to it.
const (
	partUnchanged = "unchanged"
	partFailed    = "failed"
	partWarned    = "warning"
)

// tellApplied prints what became of a part: problems on standard error, where they do not get in the way of who reads
// results.
func (c *call) tellApplied(v applied, _ error) {
	what := v.Error
	if v.Kind != "" {
		what = v.Kind + " " + v.Name + ": " + v.Error
	}
	switch {
	case c.printer.json:
		_ = c.printer.object(v) // of texts: it cannot fail
	case v.Did == partWarned:
		fmt.Fprintf(c.Stderr, "%s: warning: %s\n", c.Name, what)
	case v.Did == partFailed:
		fmt.Fprintf(c.Stderr, "%s: %s\n", c.Name, what)
	default:
		c.printer.printf("%s %s %s\n", c.printer.style(show.Word, v.Did), v.Kind, c.printer.style(show.Name, v.Name))
	}
}

// logApplied is tellApplied for a server.
func logApplied(log *slog.Logger) func(applied, error) {
	return func(v applied, err error) {
		switch {
		case v.Did == partWarned:
			log.Warn("the manifest is not followed everywhere", "what", v.Error)
		case err != nil:
			log.Error("a part of the application failed", "kind", v.Kind, "name", v.Name, "err", v.Error)
		case v.Did != partUnchanged:
			log.Info("a part of the application is "+v.Did, "kind", v.Kind, "name", v.Name)
		}
	}
}

// trust makes keys anchors.
func (ap *applying) trust(ctx context.Context) error {
	if len(ap.app.Trust) == 0 {
		return nil
	}
	before, err := ap.place.trusted(ctx)
	if err != nil {
		return err
	}
	for _, t := range ap.app.Trust {
		if slices.ContainsFunc(before.Anchors, func(a api.Anchor) bool { return a.Key == t.Key }) && t.Token == "" {
			ap.done("trust", t.Key, partUnchanged, nil)
			continue
		}
		order := capability.TrustOrder{Key: t.Key}
		var err error
		if t.Token != "" {
			var token []byte
			token, err = readFile(ap.app.Path(t.Token))
			order.Token = strings.TrimSpace(string(token))
		}
		if err == nil {
			err = ap.place.order(ctx, capability.Order{Trust: []capability.TrustOrder{order}})
		}
		ap.done("trust", t.Key, "put", err)
	}
	return nil
}

// modules installs those without claims, and starts the others.
func (ap *applying) modules(ctx context.Context, before *cast) error {
	has, err := ap.installed(ctx)
	if err != nil {
		return err
	}
	for i := range ap.app.codes {
		if code := &ap.app.codes[i]; !isClassic(code.Wasm) {
			ap.install(ctx, code, has[code.Module.Name])
		}
	}
	return ap.classics(ctx, before)
}

// installed returns which code modules have.
func (ap *applying) installed(ctx context.Context) (map[string]manifest.Hash, error) {
	there, err := ap.place.modules(ctx)
	has := map[string]manifest.Hash{}
	for i := range there {
		if there[i].here {
			has[string(there[i].ID)] = manifest.Hash(there[i].Hash)
		}
	}
	return has, err
}

// classics starts the modules with claims.
func (ap *applying) classics(ctx context.Context, before *cast) error {
	has, err := ap.installed(ctx)
	if err != nil {
		return err
	}
	for i := range ap.app.codes {
		code := &ap.app.codes[i]
		if !isClassic(code.Wasm) {
			continue
		}
		was := before.actor(actor.Address(code.Module.Name))
		if was != nil && has[code.Module.Name] == code.Hash {
			ap.scale(ctx, was, code.Module.Instances)
			continue
		}
		ap.start(ctx, code, was)
	}
	return nil
}

// isClassic reports whether code is for the ABI of wasmCloud up to 0.82, whose modules carry claims and are started.
func isClassic(code []byte) bool {
	in, err := runtime.Inspect(code)
	return err == nil && in.IsClassic
}

func (ap *applying) start(ctx context.Context, code *manifest.Code, was *capability.Actor) {
	opts := ap.opts.start
	opts.Instances = code.Module.Instances
	_, err := ap.place.start(ctx, code.Module.Name, code.Wasm, opts)
	did := "started"
	if was != nil {
		did = "updated"
	}
	ap.done("actor", code.Module.Name, did, explainStart(err))
}

// scale is all that is left to do for an actor that runs the same code.
func (ap *applying) scale(ctx context.Context, was *capability.Actor, instances int) {
	if instances == 0 || instances == was.Instances {
		ap.done("actor", string(was.Address), partUnchanged, nil)
		return
	}
	err := ap.place.order(ctx, capability.Order{Scale: []capability.ScaleOrder{{Actor: was.Address, Instances: instances}}})
	ap.done("actor", string(was.Address), "scaled", err)
}

// install installs a module without claims.
func (ap *applying) install(ctx context.Context, code *manifest.Code, has manifest.Hash) {
	name := code.Module.Name
	d, here := ap.place.(directory)
	switch {
	case ap.app.chain != nil && isContract(code.Wasm) && !here:
		ap.done("module", name, "", usagef("a contract on a chain is stored by whoever has the data directory open: serve the application by --app"))
	case ap.app.chain != nil && isContract(code.Wasm):
		_, stored, err := storeCode(ctx, d.host, name, code.Wasm)
		ap.done("module", name, did(stored, "stored"), err)
	case has == code.Hash:
		ap.done("module", name, partUnchanged, nil)
	default:
		in := &installation{name: name, code: code.Wasm, replace: ap.opts.replace}
		_, err := ap.place.install(ctx, in)
		ap.done("module", name, did(in.trace.Root != nil, "installed"), explainInstall(name, err))
	}
}

func did(changed bool, what string) string {
	if changed {
		return what
	}
	return partUnchanged
}

// actors creates those that are missing.
func (ap *applying) actors(ctx context.Context) {
	for i := range ap.app.Actors {
		a := &ap.app.Actors[i]
		created, err := ensureAt(ctx, ap.place, a)
		ap.done("actor", string(a.Address), did(created, "created"), err)
	}
}

// ensureAt is ensure for any place.
func ensureAt(ctx context.Context, p place, a *manifest.Actor) (bool, error) {
	if d, here := p.(directory); here {
		return ensure(ctx, d.host, a)
	}
	info, err := p.actor(ctx, a.Address)
	var nobody *actor.Error
	switch {
	case err == nil && info.Module != actor.ModuleID(a.Module):
		return false, directoryf("it is there already, on module %s, and the application wants it on %s", info.Module, a.Module)
	case err == nil:
		return false, nil
	case !errors.As(err, &nobody) || nobody.Code != actor.CodeUnknownActor:
		return false, err
	}
	_, err = p.do(ctx, &dispatch.Request{Sender: a.Sender, Message: instantiate(a)})
	return err == nil, err
}

func (ap *applying) providers(ctx context.Context, before *cast) {
	for i := range ap.app.Providers {
		p := &ap.app.Providers[i]
		order := capability.ProviderOrder{Name: p.Name, Kind: p.Kind, Address: p.Address, Contract: p.Contract, Key: p.Key,
			Config: ap.located(p.Config), Plain: p.Plain}
		was := before.provider(p.Name)
		if was != nil && was.Name == p.Name && same(was, &order) {
			ap.done("provider", p.Name, partUnchanged, nil)
			continue
		}
		ap.done("provider", p.Name, "put", ap.place.order(ctx, capability.Order{Provide: []capability.ProviderOrder{order}}))
	}
}

// same reports whether a provider is what an order makes of it.
func same(p *capability.Provider, o *capability.ProviderOrder) bool {
	kind := o.Kind
	if kind == "" {
		kind = capability.ActorKind
	}
	return p.Kind == kind && (o.Address == "" || p.Address == o.Address) && p.Contract == o.Contract && (o.Key == "" || p.Key == o.Key) &&
		p.Plain == o.Plain && maps.Equal(p.Config, o.Config)
}

// located makes values that are paths of files absolute: in the manifest they are relative to it, and providers do not know
// it.
func (ap *applying) located(values map[string]string) map[string]string {
	out := maps.Clone(values)
	for name, value := range out {
		if !strings.HasSuffix(strings.ToLower(name), "_file") || value == "" || filepath.IsAbs(value) {
			continue
		}
		if path, err := filepath.Abs(ap.app.Path(value)); err == nil {
			out[name] = path
		}
	}
	return out
}

func (ap *applying) links(ctx context.Context, before *cast) {
	for i := range ap.app.Links {
		l := &ap.app.Links[i]
		who := ap.linked(before, l.Actor)
		name := who + " → " + l.Provider
		if l.Name != capability.DefaultLink {
			name += " (" + l.Name + ")"
		}
		values := ap.located(l.Values)
		if before.has(who, l, values) {
			ap.done("link", name, partUnchanged, nil)
			continue
		}
		ap.done("link", name, "put", ap.place.order(ctx, capability.Order{Link: []capability.LinkOrder{{
			LinkName: capability.LinkName{Actor: who, Contract: l.Contract, Name: l.Name}, Provider: l.Provider, Values: values}}}))
	}
}

// linked returns the address of the actor that a link means, if that is known: of the manifest's modules the one with that
// key, or else of what is there.
func (ap *applying) linked(before *cast, name string) string {
	for i := range ap.app.codes {
		if code := &ap.app.codes[i]; code.Claims != nil && code.Claims.Subject == name {
			return code.Module.Name
		}
	}
	for i := range before.Actors {
		if before.Actors[i].Key == name {
			return string(before.Actors[i].Address)
		}
	}
	return name
}

// has reports whether there is such a link.
func (c *cast) has(who string, l *manifest.Link, values map[string]string) bool {
	return slices.ContainsFunc(c.Links, func(k capability.Link) bool {
		p := c.provider(l.Provider)
		return string(k.Actor) == who && k.Contract == l.Contract && k.Name == l.Name && maps.Equal(k.Values, values) &&
			(k.Provider == l.Provider || p != nil && k.Provider == p.Name)
	})
}

// linkText names a link beside its actor.
func linkText(contract, name string) string {
	if name == capability.DefaultLink {
		return contract
	}
	return contract + " (" + name + ")"
}

// explainStart says what to do about an update that the rules refuse.
func explainStart(err error) error {
	var refused *runtime.TxError
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Err.Code {
	case capability.CodeOlderRevision:
		return &classified{ExitFailed, fmt.Errorf("%s; --any-revision allows it", refused.Err.Message)}
	case capability.CodeChangedCaps:
		return &classified{ExitFailed, fmt.Errorf("%s; --any-caps allows it", refused.Err.Message)}
	}
	return err
}
