package transcript

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// A Script is a file, parsed. But for Names, it is not changed by running it.
type Script struct {
	Name  string
	Cases []Case
	// Tail is what stands behind the last case.
	Tail string
	// Names are what addresses are called, without the @. If it is not nil, running the script uses it and adds to it, so
	// that scripts can go on where others ended.
	Names map[string]actor.Address
}

// A Case is one command and what it prints.
type Case struct {
	// Before is what stands between the case before and this one: comments and blank lines.
	Before  string
	Line    int // of the command, from 1
	Command string
	Input   string
	// Answered says that there is an answer, be it empty.
	Answered bool
	Expected string
}

const dashes = "----"

// An Error is something wrong in a file.
type Error struct {
	File string
	Line int
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Parse takes a file apart. The name is for messages and for the files that the script names. Any text is a script; what is wrong in it shows when it runs.
func Parse(name string, text []byte) *Script {
	s := &Script{Name: name}
	r := lines{rest: strings.ReplaceAll(string(text), "\r\n", "\n")}
	var before strings.Builder
	for {
		line, ok := r.next()
		if !ok {
			s.Tail = before.String()
			return s
		}
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			before.WriteString(line + "\n")
			continue
		}
		c := Case{Before: before.String(), Line: r.n, Command: strings.TrimSpace(line)}
		before.Reset()
		c.Input, c.Answered = r.input()
		if c.Answered {
			c.Expected = r.expected()
		}
		s.Cases = append(s.Cases, c)
	}
}

// lines hands out lines.
type lines struct {
	rest string
	n    int // of the line handed out last
}

func (r *lines) peek() (string, bool) {
	line, _, _ := strings.Cut(r.rest, "\n")
	return line, r.rest != ""
}

func (r *lines) next() (line string, ok bool) {
	line, ok = r.peek()
	if ok {
		r.n++
		_, r.rest, _ = strings.Cut(r.rest, "\n")
	}
	return line, ok
}

// input reads up to and including the dashes, or up to a blank line if there are none.
func (r *lines) input() (text string, answered bool) {
	var b strings.Builder
	for {
		line, ok := r.peek()
		if !ok || strings.TrimSpace(line) == "" {
			return b.String(), false
		}
		if r.next(); line == dashes {
			return b.String(), true
		}
		b.WriteString(line + "\n")
	}
}

// expected reads what is printed: up to a blank line, or from a second line of dashes up to two such lines.
func (r *lines) expected() string {
	var b strings.Builder
	if line, ok := r.peek(); ok && line == dashes {
		r.next()
		for {
			line, ok := r.next()
			if !ok {
				return b.String()
			}
			if again, _ := r.peek(); line == dashes && again == dashes {
				r.next()
				return b.String()
			}
			b.WriteString(line + "\n")
		}
	}
	for {
		line, ok := r.peek()
		if !ok || strings.TrimSpace(line) == "" {
			return b.String()
		}
		r.next()
		b.WriteString(line + "\n")
	}
}

// Format returns the file. Parse and Format are inverse to each other, except that a missing line break at the end and
// missing blank lines between cases are added.
func (s *Script) Format() []byte {
	var b bytes.Buffer
	for i, c := range s.Cases {
		if i > 0 && !strings.HasPrefix(c.Before, "\n") {
			b.WriteByte('\n')
		}
		b.WriteString(c.Before + c.Command + "\n" + c.Input)
		if !c.Answered {
			continue
		}
		b.WriteString(dashes + "\n")
		if ambiguous(c.Expected) {
			b.WriteString(dashes + "\n" + c.Expected + dashes + "\n" + dashes + "\n")
		} else {
			b.WriteString(c.Expected)
		}
	}
	b.WriteString(s.Tail)
	return b.Bytes()
}

// ambiguous reports whether an answer needs dashes around it.
func ambiguous(text string) bool {
	if text == "" {
		return false
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			return true
		}
	}
	return strings.HasPrefix(text, dashes+"\n")
}
