package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// A call is one command line on its way: the program and the flags that all commands have.
type call struct {
	*Program
	// binary is the program as it is without an application.
	binary  *Program
	printer *printer
	dir     string
	server  string // that is asked in place of a directory; empty: none, or the context in use
	key     string // the name of the user's key; empty: that of the context, or the default
	// dirGiven says that the directory was named.
	dirGiven bool
	app      string // the folder of the application that the directory is of; empty: of none
	output   string
	timeout  time.Duration
	// except is a name that the modules of the binary leave alone, because it is about to be installed.
	except string
	// began says that the command line was understood.
	began bool
	// cancel frees the timer behind timeout.
	cancel context.CancelFunc
}

// The values of --output.
const (
	outputText = "text"
	outputJSON = "json"
)

func newCall(p *Program) *call {
	return &call{Program: p, binary: p, printer: newPrinter(p.Stdout), cancel: func() {}}
}

// prepare runs before each command, when its flags are known.
func (c *call) prepare(cmd *cobra.Command) error {
	switch c.output {
	case outputText, outputJSON:
		c.printer.json = c.output == outputJSON
	default:
		return usagef("--output is text or json, not %q", c.output)
	}
	if err := needsDirectory(cmd); err != nil {
		return err
	}
	c.dirGiven = cmd.Flags().Changed("dir") || os.Getenv("TROUPE_DIR") != ""
	if c.app != "" && c.server == "" {
		a, err := c.readApp(c.app)
		if err != nil {
			return err
		}
		c.take(a)
	}
	c.printer.color = isTerminal(c.Stdout) && os.Getenv("NO_COLOR") == ""
	switch {
	case c.timeout < 0:
		return usagef("--timeout is a duration like 5s, not %s", c.timeout)
	case c.timeout > 0:
		ctx, cancel := context.WithTimeoutCause(cmd.Context(), c.timeout,
			&classified{ExitBusy, fmt.Errorf("the time was up (--timeout %s)", c.timeout)})
		c.cancel = cancel
		cmd.SetContext(ctx)
	}
	return nil
}

// report prints why a command failed and returns the exit code.
func (c *call) report(cmd *cobra.Command, err error) int {
	c.cancel()
	_ = c.printer.flush() // the error that matters is err
	code := exitCode(err)
	if errors.Is(err, errSilent) {
		return code
	}
	if c.printer.json {
		line, _ := marshal(struct {
			Error string `json:"error"`
			Exit  int    `json:"exit"`
		}{explain(err), code})
		fmt.Fprintf(c.Stderr, "%s\n", line)
		return code
	}
	fmt.Fprintf(c.Stderr, "%s: %s\n", c.Name, explain(err))
	var bad *badCommandLine
	if errors.As(err, &bad) {
		fmt.Fprintf(c.Stderr, "Try '%s --help'.\n", cmd.CommandPath())
	}
	return code
}

// errSilent is in the chain of an error that the command has reported itself.
var errSilent = errors.New("reported")

// A badCommandLine is an error after which the help of the command helps.
type badCommandLine struct{ err error }

func (e *badCommandLine) Error() string { return e.err.Error() }
func (e *badCommandLine) Unwrap() error { return &classified{ExitUsage, e.err} }

func misuse(format string, args ...any) error {
	return &badCommandLine{fmt.Errorf(format, args...)}
}

// misunderstood is an error about the command line, in other words than those of its parser where those are odd.
func misunderstood(err error) error {
	var c *classified
	if errors.As(err, &c) {
		return err
	}
	text := err.Error()
	if _, group, found := strings.Cut(strings.TrimSuffix(text, "] were all set"), "can be; ["); found {
		return misuse("--%s exclude each other", strings.ReplaceAll(group, " ", " and --"))
	}
	return &badCommandLine{err}
}

// explain returns the text of err without the names of packages, which tell a user nothing.
func explain(err error) string {
	text := err.Error()
	for _, name := range []string{"runtime: ", "state: ", "dispatch: ", "query: ", "wasm: ", "claims: ", "client: ", "gateway: ", "lattice: ", "telemetry: ", "troupe: "} {
		text = strings.TrimPrefix(text, name)
		text = strings.ReplaceAll(text, ": "+name, ": ")
	}
	return harmless(text)
}

// isTerminal reports whether somebody looks at what is written to w.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
