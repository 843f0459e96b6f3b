package transcript

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actortest/world"
)

// A session is a script under way.
type session struct {
	dir       string       // of the file, in which the files are that it names
	world     *world.World // the one that commands are about; nil if they are about a server
	worlds    map[string]*world.World
	snapshots map[string]*world.Snapshot
	names     names
	tracing   bool
	show      show.Options

	server    Target
	lastAsked *world.Transaction // of the server
	// ahead is how much greater the sequences of the server are than those of the file, once that is known.
	ahead   int64
	aligned bool
}

// first is the name of the world that a script begins with.
const first = "main"

func newSession(w *world.World, file string) *session {
	return &session{dir: filepath.Dir(file), world: w, worlds: map[string]*world.World{first: w}, snapshots: map[string]*world.Snapshot{},
		names: names{}, show: show.Options{Width: -1}}
}

// close closes the forks. What they say does not matter any more.
func (s *session) close() {
	for name, w := range s.worlds {
		if name != first {
			_ = w.Close()
		}
	}
}

// A Command is one that transcripts can have.
type Command struct {
	Name string
	// Usage shows the arguments: capital letters stand for what the author chooses, brackets for what may be missing.
	Usage string
	Help  string

	least, most int      // positional arguments
	names       []string // of named arguments
	anywhere    bool     // it needs no world
	run         func(context.Context, *session, *args) (string, error)
}

// Commands returns all commands in the order in which a manual would tell them.
func Commands() []Command {
	list := slices.Concat(sending(), contracts(), reading(), history(), surroundings())
	for i := range list {
		list[i].anywhere = slices.Contains(anywhere[:], list[i].Name)
	}
	return list
}

// anywhere are the commands that a server takes, too.
var anywhere = [...]string{"send", "create", "migrate", "admin", "sudo", "query", "get", "scan", "state", "actors", "trace", "receipt", "events", "show"}

// execute runs one command and returns what it prints. An error says that the command makes no sense.
func (s *session) execute(ctx context.Context, line, input string) (string, error) {
	name, a, err := split(s.expand(line), s.expand(input))
	if err != nil {
		return "", err
	}
	var names []string
	for _, c := range Commands() {
		if c.Name != name {
			names = append(names, c.Name)
			continue
		}
		if err := c.check(&a); err != nil {
			return "", fmt.Errorf("%w; usage: %s %s", err, c.Name, c.Usage)
		}
		if s.server != nil && !c.anywhere {
			return "", fmt.Errorf("%s: %w", name, errNoWorld)
		}
		printed, err := c.run(ctx, s, &a)
		if err != nil {
			return "", fmt.Errorf("%s: %w; usage: %s %s", name, err, c.Name, c.Usage)
		}
		return s.shorten(printed), nil
	}
	return "", fmt.Errorf("there is no command %q; there are %s", name, strings.Join(names, ", "))
}

func (c *Command) check(a *args) error {
	switch {
	case len(a.words) < c.least:
		return fmt.Errorf("%s: an argument is missing", c.Name)
	case len(a.words) > c.most:
		return fmt.Errorf("%s: %q is one argument too many", c.Name, a.words[c.most].raw)
	}
	for name := range a.named {
		if !slices.Contains(c.names, name) {
			return fmt.Errorf("%s: there is no %s= here", c.Name, name)
		}
	}
	return nil
}

// said is how an error of the host or an actor is printed.
func said(err error) string { return "error: " + err.Error() + "\n" }

// submit runs a transaction and prints what came of it.
func (s *session) submit(ctx context.Context, req dispatch.Request) string {
	req.Trace = new(dispatch.Trace)
	receipt, err := s.target().Do(ctx, &req)
	if s.server != nil && receipt != nil {
		s.lastAsked = &world.Transaction{Request: req, Receipt: receipt, Trace: req.Trace}
	}
	if receipt == nil {
		if err == nil {
			err = errors.New("there is neither a receipt nor an error")
		}
		return said(err)
	}
	if s.tracing && req.Trace.Root != nil {
		return show.Trace(req.Trace, &s.show)
	}
	return show.Receipt(receipt, req.Sender, &s.show)
}
