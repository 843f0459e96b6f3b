package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// How many lines of a test's output are shown for each mutant: a panic says at its beginning what it is about, a script
// that is compared at its end.
const headLines, tailLines = 3, 12

// A table prints outcomes as they come.
type table struct {
	w       io.Writer
	width   int
	verbose bool
	count   map[verdict]int
	start   time.Time
}

func newTable(w io.Writer, mutants []mutant, verbose bool) *table {
	t := &table{w: w, width: len("MUTANT"), verbose: verbose, count: map[verdict]int{}, start: time.Now()}
	for _, m := range mutants {
		t.width = max(t.width, len(m.Name))
	}
	fmt.Fprintf(w, "%-*s  %-8s  %6s  %s\n", t.width, "MUTANT", "VERDICT", "TIME", "BY")
	return t
}

func (t *table) add(o outcome) {
	t.count[o.verdict]++
	fmt.Fprintf(t.w, "%-*s  %-8s  %5.1fs  %s\n", t.width, o.mutant.Name, o.verdict, o.took.Seconds(), o.by)
	if o.verdict == survived {
		fmt.Fprintf(t.w, "    %s: %s\n", o.mutant.File, o.mutant.Why)
	}
	if !t.verbose && o.verdict != invalid {
		return
	}
	lines := strings.Split(strings.TrimSpace(o.output), "\n")
	for i := 0; i < len(lines); i++ {
		if skip := len(lines) - headLines - tailLines; i == headLines && skip > 0 {
			fmt.Fprintf(t.w, "    ... %d lines\n", skip)
			i += skip
		}
		if lines[i] != "" {
			fmt.Fprintf(t.w, "    %s\n", lines[i])
		}
	}
}

// close prints the sum and reports whether all mutants were killed that this machine can judge.
func (t *table) close() bool {
	fmt.Fprintf(t.w, "%d killed, %d survived, %d invalid, %d skipped in %.0fs\n",
		t.count[killed], t.count[survived], t.count[invalid], t.count[skipped], time.Since(t.start).Seconds())
	return t.count[survived] == 0 && t.count[invalid] == 0
}
