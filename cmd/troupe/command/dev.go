package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actortest/transcript"
	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/state"
)

func (c *call) devCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "dev [FOLDER]",
		Short: "Run an application, and follow its sources",
		Long: `Build the application in a folder, this one if none is named, deploy it, and do so again for every module whose sources
change: its new code takes the place of the old, and its actors are migrated in the same transaction. If that fails, or
the sources do not build, the reason is printed, and everything stays as it is. A module without a migrate entry is just replaced. A
contract on a chain is stored as one more code instead, to which "upgrade" puts the contracts. The lock file is not looked
at.

Meanwhile it takes the commands of transcripts from standard input: see '` + c.Name + ` help run'. "exit" ends it.

It runs in memory, unless --dir is on the command line.`,
		Example: c.examples(`
			% dev examples/mmo
			% dev --dir ./troupe-data`),
		Args: between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.printer.json {
				return usagef("dev is for people: it has no -o json")
			}
			folder := "."
			if len(args) > 0 {
				folder = args[0]
			}
			a, err := c.readWhole(folder)
			if err != nil {
				return err
			}
			builder := c.builder()
			c.take(a)
			run := func(h *runtime.Host) error { return c.develop(cmd.Context(), a, h, builder) }
			if cmd.Flags().Changed("dir") {
				return c.write(run)
			}
			return c.open("", false, c.bound(run))
		},
	}
}

// builder returns a call for a watcher: it has all modules of the binary, and prints nothing.
func (c *call) builder() *call {
	p := *c.binary
	p.Stdout, p.Stderr = io.Discard, io.Discard
	return newCall(&p)
}

// A workshop is an application under development.
type workshop struct {
	*call
	app    *app
	host   *runtime.Host
	world  *world.World
	prompt bool
	// built are the modules that the host has, by name.
	built map[string]bool
	// names are what the commands so far have called addresses.
	names map[string]actor.Address
}

// develop runs until ctx ends, or somebody says so. What is printed, and what is done to the host, all happens here, in
// the order in which it comes.
func (c *call) develop(ctx context.Context, a *app, h *runtime.Host, builder *call) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &workshop{call: c, app: a, host: h, world: world.Around(h), prompt: isTerminal(c.Stdin) && isTerminal(c.Stdout), built: map[string]bool{},
		names: map[string]actor.Address{}}
	told := make(chan news)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		(&watcher{call: builder, path: a.Dir, read: builder.readWhole, app: a, told: told}).run(ctx)
	}()
	defer func() {
		cancel()
		<-watching // a tool may still be at work
	}()
	lines := make(chan string)
	go c.readLines(ctx, lines)
	w.printf("%s  %s; \"help\" lists the commands, \"exit\" ends\n", w.style(show.Word, "watching"), a.Dir)
	w.ensureActors(ctx)
	for {
		w.ask()
		select {
		case n := <-told:
			w.interrupt()
			w.hear(ctx, &n)
		case line, ok := <-lines:
			if !ok && w.prompt || strings.TrimSpace(line) == "exit" {
				return nil
			}
			if !ok {
				lines = nil // the input is at its end, and the sources go on
				continue
			}
			w.execute(ctx, line)
		case <-ctx.Done():
			w.interrupt()
			return context.Cause(ctx)
		}
	}
}

// readLines hands out the lines of standard input. It may outlive the command, which ends the process.
func (c *call) readLines(ctx context.Context, lines chan<- string) {
	defer close(lines)
	in := bufio.NewReader(c.Stdin)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			return
		}
	}
}

const prompt = "> "

// ask shows that it is the user's turn, and everything that was printed before.
func (w *workshop) ask() {
	if w.prompt {
		w.printer.printf(prompt)
	}
	_ = w.printer.flush() // if nobody can read it there is nobody to tell
}

// interrupt leaves the line of the prompt.
func (w *workshop) interrupt() {
	if w.prompt {
		w.printf("\r%s\r", strings.Repeat(" ", len(prompt)))
	}
}

func (w *workshop) printf(format string, args ...any) { w.printer.printf(format, args...) }

func (w *workshop) style(role show.Role, text string) string { return w.printer.style(role, text) }

// complain prints what went wrong.
func (w *workshop) complain(what string, err error) {
	w.printf("%s  %s\n", w.style(show.RolledBack, what), explain(err))
}

// hear does what the news asks for.
func (w *workshop) hear(ctx context.Context, n *news) {
	switch {
	case n.mod == nil && n.err != nil:
		w.complain("manifest", n.err)
	case n.mod == nil:
		w.reload(n.app)
	case n.err != nil:
		w.complain(n.mod.Name, n.err)
	default:
		w.install(ctx, n)
	}
	w.ensureActors(ctx)
}

// reload takes over a changed manifest. Modules that it has no more stay.
func (w *workshop) reload(a *app) {
	w.printf("%s  %s\n", w.style(show.Word, "read"), a.Path(a.File))
	for name, code := range a.natives {
		if w.app.natives[name] != nil {
			continue
		}
		if err := w.host.Bind(name, code); err != nil {
			w.complain(name, err)
		}
	}
	w.app = a
}

// install puts new code in the place of the old, with the migration of all its actors.
func (w *workshop) install(ctx context.Context, n *news) {
	if w.app.chain != nil && isContract(n.code.Wasm) {
		w.store(ctx, n)
		return
	}
	if isClassic(n.code.Wasm) {
		w.start(ctx, n)
		return
	}
	opts := &runtime.InstallOptions{Replace: true, Migrate: true, Trace: new(dispatch.Trace)}
	m, err := w.host.Install(ctx, n.mod.Name, n.code.Wasm, opts)
	var failed *runtime.TxError
	if errors.As(err, &failed) && failed.Err.Code == actor.CodeUnsupported {
		// It has no use for a migration: the state is what it was.
		opts = &runtime.InstallOptions{Replace: true, Trace: new(dispatch.Trace)}
		m, err = w.host.Install(ctx, n.mod.Name, n.code.Wasm, opts)
	}
	if opts.Trace.Root != nil && len(opts.Trace.Root.Children) > 0 {
		w.printf("%s", show.Trace(opts.Trace, w.printer.options()))
	}
	if err != nil {
		w.complain(n.mod.Name, err)
		return
	}
	w.built[n.mod.Name] = true
	what := "installed"
	if opts.Trace.Root == nil {
		what = "unchanged"
	}
	w.printf("%s  %s, %s, in %s\n", w.style(show.Committed, what), n.mod.Name, installedText(&m), n.took.Round(10*time.Millisecond))
}

// start puts a module with claims in the place of the old, whatever its revision and its capabilities are.
func (w *workshop) start(ctx context.Context, n *news) {
	a, err := w.host.Start(ctx, n.mod.Name, n.code.Wasm, runtime.StartOptions{Instances: n.mod.Instances, AnyRevision: true, AnyCaps: true})
	if err != nil {
		w.complain(n.mod.Name, orderError(err))
		return
	}
	w.built[n.mod.Name] = true
	w.printf("%s  %s, revision %d, %s, in %s\n", w.style(show.Committed, "started"), a.Address, a.Revision, codeText(n.code), n.took.Round(10*time.Millisecond))
}

// ensureLinks puts the providers and the links of the application, if they are not there as they should be.
func (w *workshop) ensureLinks(ctx context.Context) {
	if len(w.app.Providers)+len(w.app.Links) == 0 {
		return
	}
	ap := &applying{call: w.call, app: w.app, place: directory{w.call, w.host}, tell: func(v applied, err error) {
		switch {
		case err != nil:
			w.complain(v.Kind+" "+v.Name, err)
		case v.Did != partUnchanged:
			w.printf("%s  %s %s\n", w.style(show.Committed, v.Did), v.Kind, v.Name)
		}
	}}
	before, err := ap.place.cast(ctx)
	if err == nil {
		ap.providers(ctx, before)
		before, err = ap.place.cast(ctx)
	}
	if err != nil {
		w.complain("links", err)
		return
	}
	ap.links(ctx, before)
}

// store stores a contract: the first time under the name of the module, and later ones, since codes stay what they are,
// under names with their hashes.
func (w *workshop) store(ctx context.Context, n *news) {
	name := n.mod.Name
	if w.built[name] {
		name += "-" + show.Hash(state.Hash(n.code.Hash))
	}
	id, _, err := storeCode(ctx, w.host, name, n.code.Wasm)
	var taken *actor.Error
	if errors.As(err, &taken) && taken.Code == actor.CodeAlreadyExists && name == n.mod.Name {
		name += "-" + show.Hash(state.Hash(n.code.Hash)) // the directory is from before
		id, _, err = storeCode(ctx, w.host, name, n.code.Wasm)
	}
	if err != nil {
		w.complain(n.mod.Name, err)
		return
	}
	w.built[n.mod.Name] = true
	w.printf("%s  code %d, %s, %s, in %s\n", w.style(show.Committed, "stored"), id, name, codeText(n.code), n.took.Round(10*time.Millisecond))
}

func installedText(m *state.Module) string {
	return show.Hash(m.Hash) + ", " + show.Count(m.Size) + " bytes"
}

// ensureActors creates the actors that are missing and whose modules are there.
func (w *workshop) ensureActors(ctx context.Context) {
	for i := range w.app.Actors {
		a := &w.app.Actors[i]
		if _, native := w.app.natives[a.Module]; !native && !w.built[a.Module] {
			continue
		}
		made, err := ensure(ctx, w.host, a)
		if err != nil {
			w.complain(string(a.Address), err)
		} else if made {
			w.printf("%s  %s, module %s\n", w.style(show.Committed, "created"), a.Address, a.Module)
		}
	}
	w.ensureLinks(ctx)
}

// execute runs a line of a transcript.
func (w *workshop) execute(ctx context.Context, line string) {
	// Files that it names are in the folder of the application.
	s := transcript.Parse(filepath.Join(w.app.Dir, "standard input"), []byte(line))
	s.Names = w.names
	for _, cs := range s.Cases {
		word, _, _ := strings.Cut(cs.Command, " ")
		switch {
		case word == "help":
			w.printf("%s\n", devHelp())
			return
		case slices.Contains(simulated, word):
			w.printf("%s is about simulated surroundings, which a transcript has\n", word)
			return
		}
	}
	s.Cases = append([]transcript.Case{{Command: "trace on"}}, s.Cases...)
	err := s.Each(ctx, w.world, func(cs transcript.Case) { w.printf("%s", cs.Expected) })
	var wrong *transcript.Error
	if errors.As(err, &wrong) {
		w.printf("%s\n", explain(wrong.Err))
	} else if err != nil {
		w.complain("failed", err)
	}
}

// devHelp lists the commands that make sense on a host.
func devHelp() string {
	var b strings.Builder
	for _, cmd := range transcript.Commands() {
		if !slices.Contains(simulated, cmd.Name) {
			fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(cmd.Name+" "+cmd.Usage))
		}
	}
	return b.String() + "  exit"
}
