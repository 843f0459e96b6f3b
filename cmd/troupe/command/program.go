package command

import (
	"context"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
)

// A Program is a binary that has the commands of troupe. Fields that are not set have defaults.
type Program struct {
	// Name is how the binary is called in help and messages: the base name of os.Args[0].
	Name string
	// Version is what the command version prints: what the build recorded.
	Version string
	// Modules are those of the binary. They are bound to each host that a command opens.
	Modules Modules
	// Natives are modules that a manifest can name beside those. No other host has them.
	Natives Modules
	// ModulesFor, if not nil, chooses the modules for a directory that has modules already, which it is given; nil means
	// none. Names are all that tells modules apart: a binary for many directories must not run its own code on the actors
	// of another.
	ModulesFor func(has []actor.ModuleID) Modules
	// Options are those of the hosts that commands open. ReadOnly is the commands' choice and ignored here.
	Options runtime.Options
	// Stdin, Stdout and Stderr are those of the process.
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// told is set when the user knows that a server is asked in place of the directory.
	told *atomic.Bool
}

// Main runs the command line of the process with the modules of the binary, and ends the process.
func Main(modules Modules) {
	Program{Modules: modules}.Main()
}

// Main runs the command line of the process and ends the process. The first SIGINT or SIGTERM ends the command in order,
// the second one ends the process at once.
func (p Program) Main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-signals
		signal.Stop(signals) // from here on a signal does what it does to any process
		cancel(&interruptedError{s})
	}()
	os.Exit(p.Run(ctx, os.Args[1:]))
}

// Run runs the command line args, without the name of the program, and returns the exit code. It ends in order soon
// after ctx does.
func (p Program) Run(ctx context.Context, args []string) int {
	p.fill()
	c := newCall(&p)
	root := c.root()
	root.SetArgs(args)
	done, err := root.ExecuteContextC(ctx)
	if err != nil && !c.began {
		err = misunderstood(err)
	}
	if err == nil {
		err = c.printer.flush()
	}
	if err == nil {
		return ExitOK
	}
	return c.report(done, err)
}

func (p *Program) fill() {
	if p.Name == "" {
		p.Name = strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	}
	if p.Version == "" {
		p.Version = builtVersion()
	}
	if p.told == nil {
		p.told = new(atomic.Bool)
	}
	if p.Stdin == nil {
		p.Stdin = os.Stdin
	}
	if p.Stdout == nil {
		p.Stdout = os.Stdout
	}
	if p.Stderr == nil {
		p.Stderr = os.Stderr
	}
}
