package command

import (
	"errors"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// defaultDir is the data directory if nothing names one.
const defaultDir = "troupe-data"

// root builds the whole tree of commands for one call.
func (c *call) root() *cobra.Command {
	root := &cobra.Command{
		Use:   c.Name,
		Short: "Run, send to, look at and check transactional actors",
		Long: `One message to one actor starts a transaction: the actor changes its state and sends sub-messages, and all that comes
of it commits in one durable write or leaves nothing. ` + c.Name + ` works on a data directory, which is open in one process
at a time, or asks a server, which --server names.

` + exitHelp + `

With -o json, results are one JSON object on a line each, and an error is an object {"error", "exit"} on standard error.
Bytes of actors (bodies, data, values) are objects {"json": the value, if there is one, "base64": the bytes}.`,
		Example: c.examples(`
			# Send a message: the first one makes the data directory and the actor
			% send puppet/alice --raw 'set greeting=hello'

			# Look at what is there
			% actors
			% scan puppet/alice
			% log

			# See what a transaction did, and execute the whole log again
			% trace 3
			% verify`),
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return c.prepare(cmd) },
		PersistentPostRun: func(*cobra.Command, []string) { c.cancel() },
		Args:              noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetIn(c.Stdin)
	root.SetOut(c.Stdout)
	root.SetErr(c.Stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &badCommandLine{err} })
	dir := os.Getenv("TROUPE_DIR")
	if dir == "" {
		dir = defaultDir
	}
	root.PersistentFlags().StringVar(&c.dir, "dir", dir, "the data `directory`; TROUPE_DIR names another default")
	root.PersistentFlags().StringVar(&c.app, "app", os.Getenv("TROUPE_APP"), "the `folder` of the application that the data directory is of, whose native modules and "+
		"chain it needs; TROUPE_APP names another default")
	c.serverFlags(root)
	root.PersistentFlags().StringVarP(&c.output, "output", "o", outputText, "`format` of the output: text or json")
	root.PersistentFlags().DurationVar(&c.timeout, "timeout", 0, "give up after this `time`, such as 5s; 0 means never")
	_ = root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{outputText, outputJSON}, cobra.ShellCompDirectiveNoFileComp))
	_ = root.MarkPersistentFlagDirname("dir")
	root.AddGroup(&cobra.Group{ID: "act", Title: "Send and run:"}, &cobra.Group{ID: "cast", Title: "Actors with claims, providers, links and trust:"},
		&cobra.Group{ID: "make", Title: "Write actors:"},
		&cobra.Group{ID: "look", Title: "Look at the state:"},
		&cobra.Group{ID: "past", Title: "Look at the past:"}, &cobra.Group{ID: "rule", Title: "Servers and who may do what:"},
		&cobra.Group{ID: "keep", Title: "Keep and measure:"})
	for group, commands := range map[string][]*cobra.Command{
		"act":  {c.serveCommand(), c.upCommand(), c.applyCommand(), c.sendCommand(), c.callCommand(), c.installCommand(), c.instantiateCommand(), c.migrateCommand(), c.runCommand(), c.testCommand(), c.shellCommand()},
		"make": {c.newCommand(), c.buildCommand(), c.devCommand(), c.claimsCommand()},
		"cast": append([]*cobra.Command{c.startCommand(), c.stopCommand(), c.scaleCommand(), c.updateCommand(), c.linkCommand()}, c.trustCommands()...),
		"look": {c.queryCommand(), c.getCommand(), c.scanCommand(), c.actorsCommand(), c.modulesCommand(), c.moduleCommand(),
			c.showCommand(), c.watchCommand(), c.topCommand()},
		"past": {c.logCommand(), c.traceCommand(), c.verifyCommand()},
		"rule": {c.keysCommand(), c.contextCommand(), c.tokenCommand(), c.grantsCommand(), c.grantCommand(), c.revokeCommand(), c.pauseCommand(),
			c.resumeCommand()},
		"keep": {c.backupCommand(), c.restoreCommand(), c.pruneCommand(), c.doctorCommand(), c.benchCommand()},
	} {
		for _, cmd := range commands {
			cmd.GroupID = group
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(c.versionCommand())
	c.noteBegin(root.Commands())
	return root
}

// noteBegin lets commands, and those below them, note that their command line was understood.
func (c *call) noteBegin(commands []*cobra.Command) {
	for _, cmd := range commands {
		run := cmd.RunE
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			c.began = true
			return run(cmd, args)
		}
		c.noteBegin(cmd.Commands())
	}
}

// examples returns the text with the name of the program in the place of %, indented as cobra shows it.
func (c *call) examples(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		line = strings.TrimLeft(line, "\t")
		if rest, ok := strings.CutPrefix(line, "% "); ok {
			line = c.Name + " " + rest
		}
		if line != "" {
			line = "  " + line
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

// noArgs, exactly and the like say what is missing in the words of the command's usage.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		text := "there is no command " + quoted(args[0])
		if cmd.HasParent() {
			text += " below " + cmd.Name() + ", but " + strings.Join(namesBelow(cmd), ", ")
		} else if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			text += "; do you mean " + strings.Join(near, " or ") + "?"
		}
		return &badCommandLine{errors.New(text)}
	}
	return misuse("%s takes no arguments, and %s is one", cmd.Name(), quoted(args[0]))
}

// namesBelow lists the commands below one that help lists.
func namesBelow(cmd *cobra.Command) (names []string) {
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, below.Name())
		}
	}
	return names
}

func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		_, usage, _ := strings.Cut(cmd.UseLine(), " ")
		switch {
		case len(args) < least:
			return misuse("an argument is missing: %s", usage)
		case len(args) > most:
			return misuse("there are %s, which is too many: %s", count(len(args), "argument"), usage)
		}
		return nil
	}
}

func (c *call) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if c.printer.json {
				return c.printer.object(map[string]string{"name": c.Name, "version": c.Version})
			}
			c.printer.printf("%s %s\n", c.Name, c.Version)
			return nil
		},
	}
}

// builtVersion returns the version that the build recorded: of the module, or else of the source it was built from.
func builtVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel " + s.Value[:min(len(s.Value), 12)]
		}
	}
	return "devel"
}
