package transcript

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/troupe-run/troupe/runtime/actortest/world"
)

// Run executes a script on a world and returns the file with what was printed now. Name is that of the file, for messages
// and for the files that the script names, which are beside it. An error is an *Error: a command that
// makes no sense, or ctx that ended. The world stays the caller's; forks that the script makes are closed.
func Run(ctx context.Context, w *world.World, name string, r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("transcript: %w", err)
	}
	s, err := Parse(name, text).Run(ctx, w)
	if err != nil {
		return nil, err
	}
	return s.Format(), nil
}

// Run executes the script and returns one with what was printed now. See the function Run.
func (s *Script) Run(ctx context.Context, w *world.World) (*Script, error) {
	now := &Script{Name: s.Name, Cases: make([]Case, 0, len(s.Cases)), Tail: s.Tail}
	err := s.Each(ctx, w, func(c Case) { now.Cases = append(now.Cases, c) })
	if err != nil {
		return nil, err
	}
	return now, nil
}

// Each executes the script and hands over each case, with what was printed now, as soon as it has been executed.
func (s *Script) Each(ctx context.Context, w *world.World, done func(Case)) error {
	run := newSession(w, s.Name)
	if s.Names != nil {
		run.names = s.Names
	}
	defer run.close()
	return run.each(ctx, s, done)
}

func (run *session) each(ctx context.Context, s *Script, done func(Case)) error {
	for _, c := range s.Cases {
		printed, err := run.execute(ctx, c.Command, c.Input)
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return &Error{File: s.Name, Line: c.Line, Err: err}
		}
		if printed != "" && !strings.HasSuffix(printed, "\n") {
			printed += "\n"
		}
		run.align(c.Expected, printed)
		c.Expected, c.Answered = run.asOfFile(printed), true
		done(c)
	}
	return nil
}

// Check runs a file on a world and compares. If something else was printed than what is expected, the error is a
// *MismatchError, or the file is rewritten if update is set.
func Check(ctx context.Context, w *world.World, path string, update bool) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("transcript: %w", err)
	}
	was := Parse(path, text)
	now, err := was.Run(ctx, w)
	if err != nil {
		return err
	}
	if update {
		if fresh := now.Format(); string(fresh) != string(text) {
			if err := os.WriteFile(path, fresh, 0o644); err != nil {
				return fmt.Errorf("transcript: %w", err)
			}
		}
		return nil
	}
	return compare(was, now)
}

// A MismatchError says which cases printed something else.
type MismatchError struct {
	File  string
	Cases []Mismatch
}

// A Mismatch is one case that printed something else.
type Mismatch struct {
	Case
	Printed string
}

func compare(was, now *Script) error {
	e := &MismatchError{File: was.Name}
	for i, c := range was.Cases {
		if printed := now.Cases[i].Expected; !c.Answered || printed != c.Expected {
			e.Cases = append(e.Cases, Mismatch{c, printed})
		}
	}
	if len(e.Cases) == 0 {
		return nil
	}
	return e
}

// Error shows for each case the lines that are missing ("-") and those that came instead ("+").
func (e *MismatchError) Error() string {
	var b strings.Builder
	for i, m := range e.Cases {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s:%d: %s\n", e.File, m.Line, m.Command)
		if !m.Answered {
			b.WriteString("  has no answer yet; update the file to record this one:\n")
		}
		b.WriteString(Diff(m.Expected, m.Printed))
	}
	return b.String()
}
