package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actortest/transcript"
	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// runFlags say how scripts run.
type runFlags struct {
	onDisk bool // on the data directory, because --dir was given
	brief  bool
	seed   uint64
	only   []string
	// Of an application.
	updateLock, replace, migrate bool
}

func (c *call) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [FILE | FOLDER]...",
		Short: "Execute scripts, or an application, and print what happens",
		Long: `Execute the commands of transcripts and print what happens, with the tree of each transaction. It runs in memory, with a
clock and randomness of its own, so that it prints the same every time. With --dir on the command line it runs on that
data directory instead; then commands about the surroundings (crash, fork, clock, …) are refused. "-" is standard input.
Answers in the file do not count: see '` + c.Name + ` test'.

A FOLDER with a ` + manifest.File + ` is an application; without an argument, it is this folder. Its modules are built and installed, its
actors created, and its scripts run: in memory each on a host of its own, in a data directory on what is there. If there is a
` + manifest.LockFile + `, a module that differs from it is refused, unless --update-lock accepts the change.

A FOLDER without a ` + manifest.File + ` that has contracts of CosmWasm (*.wasm) is an application as well: its modules are the files, by
their names, its host has a chain, and its scripts are ` + manifest.Scenario + `, or all *.txt.

A script has a command on each line, and its input below it:

` + scriptHelp(),
		Example: c.examples(`
			% run testdata/payout.txt
			% run examples/mmo
			% run seed.txt --dir ./troupe-data
			echo 'send alice puppet/a text:"set k=v"' | % run -`),
		Args: between(0, 1000),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.onDisk = cmd.Flags().Changed("dir")
			if len(args) == 0 && !isApp(".") {
				return misuse("an argument is missing: run FILE... or FOLDER, or in a folder with a %s", manifest.File)
			}
			if len(args) == 0 {
				args = []string{"."}
			}
			if slices.ContainsFunc(args, isApp) {
				return c.runApps(cmd.Context(), args, &f)
			}
			scripts, err := c.scripts(args, f.onDisk)
			if err != nil {
				return err
			}
			for _, s := range scripts {
				if err := c.runScript(cmd.Context(), s, &f); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.modulesFlag(cmd, &f.only)
	lockFlag(cmd, &f.updateLock)
	cmd.Flags().BoolVar(&f.replace, "replace", false, "of an application in a data directory: put its code in the place of other code")
	cmd.Flags().BoolVar(&f.migrate, "migrate", false, "and migrate all actors of its modules, module by module")
	cmd.Flags().BoolVar(&f.brief, "brief", false, "print outcomes instead of trees")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "the `seed` of all randomness, in memory")
	return cmd
}

// scriptHelp lists the commands of scripts.
func scriptHelp() string {
	var b strings.Builder
	for _, cmd := range transcript.Commands() {
		fmt.Fprintf(&b, "  %s\n      %s\n", strings.TrimSpace(cmd.Name+" "+cmd.Usage), cmd.Help)
	}
	return strings.TrimRight(b.String(), "\n")
}

// simulated are the commands of scripts that need a world in memory.
var simulated = []string{"clock", "fail", "crash", "disk", "reopen", "snapshot", "restore", "fork", "world", "diff"}

// scripts reads all files before any is run.
func (c *call) scripts(args []string, onDisk bool) (list []*transcript.Script, err error) {
	for _, arg := range args {
		name, source := arg, "@"+arg
		if arg == "-" {
			name, source = "standard input", "-"
		}
		_, text, err := c.input(source)
		if err != nil {
			return nil, err
		}
		s := transcript.Parse(name, text)
		for _, cs := range s.Cases {
			word, _, _ := strings.Cut(cs.Command, " ")
			if onDisk && slices.Contains(simulated, word) {
				return nil, usagef("%s:%d: %s is about simulated surroundings: run it in memory, without --dir", name, cs.Line, word)
			}
		}
		if len(s.Cases) == 0 {
			return nil, usagef("%s holds no commands", name)
		}
		list = append(list, s)
	}
	return list, nil
}

func (c *call) runScript(ctx context.Context, s *transcript.Script, f *runFlags) error {
	if f.onDisk {
		return c.write(func(h *runtime.Host) error { return c.play(ctx, world.Around(h), s, f) })
	}
	return c.inWorld(f.seed, c.modulesNamed(f.only), func(w *world.World) error { return c.play(ctx, w, s, f) })
}

// A stage says what a world in memory has from the beginning.
type stage struct {
	// chain is nil if there is none.
	chain *cosmwasm.Chain
	// setUp gives the world its modules, and actors.
	setUp func(*world.World) error
}

// modulesNamed sets up the named modules of the binary, or all.
func (c *call) modulesNamed(only []string) stage {
	return stage{c.Options.Chain, func(w *world.World) error { return c.Modules.bindOnly(w, only) }}
}

// stage has all that the application consists of.
func (a *app) stage(ctx context.Context) stage {
	return stage{a.chain, func(w *world.World) error { return a.deployInWorld(ctx, w) }}
}

// inWorld runs fn in a new world in memory.
func (c *call) inWorld(seed uint64, on stage, fn func(*world.World) error) (err error) {
	opts := c.hostOptions()
	opts.ReadOnly = false
	onChain(&opts, on.chain)
	w, err := world.Open(&world.Options{Seed: seed, Host: opts})
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := w.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := on.setUp(w); err != nil {
		return err
	}
	return fn(w)
}

// play executes a script and prints each case when it has been executed.
func (c *call) play(ctx context.Context, w *world.World, s *transcript.Script, f *runFlags) error {
	script := *s
	if !f.brief {
		script.Cases = append([]transcript.Case{{Command: "trace on"}}, s.Cases...)
	}
	err := script.Each(ctx, w, func(cs transcript.Case) {
		if cs.Line > 0 {
			c.played(s.Name, cs)
		}
	})
	return scriptError(err)
}

// played prints one case.
func (c *call) played(file string, cs transcript.Case) {
	p := c.printer
	defer p.flush()
	if p.json {
		_ = p.object(struct {
			File    string `json:"file"`
			Line    int    `json:"line"`
			Command string `json:"command"`
			Input   string `json:"input,omitempty"`
			Printed string `json:"printed"`
		}{file, cs.Line, cs.Command, cs.Input, cs.Expected}) // texts and numbers: it cannot fail
		return
	}
	for line := range strings.Lines(cs.Before) {
		if strings.HasPrefix(line, "#") {
			p.printf("%s\n", p.style(show.Faint, strings.TrimSpace(line)))
		}
	}
	p.printf("%s\n", p.style(show.Word, "> "+cs.Command))
	for line := range strings.Lines(cs.Input) {
		p.printf("%s\n", p.style(show.Faint, "  "+strings.TrimRight(line, "\n")))
	}
	p.printf("%s\n", cs.Expected)
}

// scriptError classifies what is wrong with a script.
func scriptError(err error) error {
	var e *transcript.Error
	switch {
	case err == nil || exitCode(err) != ExitHost:
		return err
	case errors.As(err, &e):
		return &classified{ExitUsage, err}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return &classified{ExitNotFound, err}
	}
	return err
}
