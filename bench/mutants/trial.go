package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The verdicts on a mutant.
type verdict string

const (
	killed   verdict = "killed"
	survived verdict = "SURVIVED"
	invalid  verdict = "INVALID"
	skipped  verdict = "skipped"
)

// An outcome is what became of one mutant.
type outcome struct {
	mutant  mutant
	verdict verdict
	by      string // the test that failed, or what makes the mutant invalid, or what was skipped
	output  string // what that test printed
	took    time.Duration
}

// A laboratory tries mutants on the module at root.
type laboratory struct {
	root     string
	timeout  time.Duration
	parallel int

	mu       sync.Mutex
	controls map[string]func() (string, error)
}

// tryAll tries every mutant and hands the outcomes over in the order of the list.
func (l *laboratory) tryAll(ctx context.Context, mutants []mutant, report func(outcome)) error {
	scratch, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	outcomes := make([]chan outcome, len(mutants))
	slots := make(chan struct{}, l.parallel)
	for i := range outcomes {
		outcomes[i] = make(chan outcome, 1)
	}
	go func() {
		for i, m := range mutants {
			slots <- struct{}{}
			go func() {
				defer func() { <-slots }()
				outcomes[i] <- l.try(ctx, m, filepath.Join(scratch, m.Name))
			}()
		}
	}()
	for _, c := range outcomes {
		report(<-c)
	}
	return ctx.Err()
}

// try judges one mutant. It writes below scratch only.
func (l *laboratory) try(ctx context.Context, m mutant, scratch string) outcome {
	start := time.Now()
	o := outcome{mutant: m, verdict: invalid}
	overlay, err := m.overlay(l.root, scratch)
	if err == nil {
		o.output, err = l.control(ctx, m.Test)
	}
	var r testRun
	if err == nil {
		r, err = l.goTest(ctx, l.timeout, append([]string{"-count=1", "-overlay=" + overlay}, m.Test...))
	}
	switch {
	case errors.Is(err, errSkipped):
		o.verdict, o.by = skipped, strings.Join(m.Test, " ")
	case err != nil:
		o.by = err.Error()
	case r.buildFailed:
		o.by, o.output = "it does not compile", r.output
	case r.passed:
		o.verdict = survived
		o.by = strings.Join(m.Test, " ")
	default:
		o.verdict, o.by, o.output = killed, r.firstFailure, r.output
	}
	o.took = time.Since(start)
	return o
}

// overlay writes the changed file and the file that tells the go command of it. It returns the name of the latter.
func (m *mutant) overlay(root, scratch string) (string, error) {
	text, err := m.apply(root)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return "", err
	}
	changed := filepath.Join(scratch, path.Base(m.File))
	if err := os.WriteFile(changed, text, 0o644); err != nil {
		return "", err
	}
	original := filepath.Join(root, filepath.FromSlash(m.File))
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		return "", err
	}
	name := filepath.Join(scratch, "overlay.json")
	return name, os.WriteFile(name, list, 0o644)
}

// slowdown is how much longer tests may run without a mutant. They end: only a busy machine lets them take long, and would make
// the mutant invalid. With the mutant it would make it killed, which says less and fails nothing.
const slowdown = 15

// errSkipped is why a mutant cannot be judged whose tests skip themselves.
var errSkipped = errors.New("its tests are not for this machine")

// control runs tests without a mutant, once for each list of arguments: if they fail anyway, or match nothing, or are not
// for this machine, no mutant can be judged by them. It returns what they printed.
func (l *laboratory) control(ctx context.Context, args []string) (output string, err error) {
	key := strings.Join(args, " ")
	l.mu.Lock()
	if l.controls == nil {
		l.controls = map[string]func() (string, error){}
	}
	run, ok := l.controls[key]
	if !ok {
		run = sync.OnceValues(func() (string, error) {
			r, err := l.goTest(ctx, slowdown*l.timeout, args)
			switch {
			case err != nil:
			case r.buildFailed:
				err = errors.New("its tests do not compile without the mutant")
			case !r.passed:
				err = fmt.Errorf("without the mutant %s fails too", r.firstFailure)
			case r.tests == 0:
				err = fmt.Errorf("go test %s runs no test", key)
			case r.skipped == r.tests:
				err = errSkipped
			}
			return r.output, err
		})
		l.controls[key] = run
	}
	l.mu.Unlock()
	return run()
}

// A testRun is what one run of go test came to.
type testRun struct {
	passed       bool
	buildFailed  bool
	tests        int    // how many began
	skipped      int    // how many of those skipped themselves
	firstFailure string // package and name
	output       string // of the first failure, or of the compiler
}

// goTest runs go test with the arguments. Tests that run longer than the timeout have failed.
func (l *laboratory) goTest(ctx context.Context, timeout time.Duration, args []string) (testRun, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json", "-vet=off", "-timeout=" + timeout.String()}, args...)...)
	cmd.Dir = l.root
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if ctx.Err() != nil {
		return testRun{}, ctx.Err()
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return testRun{}, err
	}
	r, seen := readEvents(stdout)
	r.passed = err == nil
	if err != nil && !seen {
		return testRun{}, fmt.Errorf("go test: %s", strings.TrimSpace(stderr.String()))
	}
	return r, nil
}

// A testEvent is a line of go test -json; go doc test2json describes it.
type testEvent struct {
	Action, Package, ImportPath, Test, Output, FailedBuild string
}

// readEvents reads the stream of go test -json. It reports whether anything failed.
func readEvents(stream []byte) (r testRun, failed bool) {
	outputs := map[string]*strings.Builder{} // by package and test
	var first, crashed *testEvent            // what failed first, and what was running when the program ended itself
	var crash, compiler strings.Builder
	for line := range bytes.Lines(stream) {
		e := &testEvent{}
		if json.Unmarshal(line, e) != nil {
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "run":
			r.tests++
		case "skip":
			if e.Test != "" {
				r.skipped++
			}
		case "build-output":
			compiler.WriteString(e.Output)
		case "output":
			if outputs[key] == nil {
				outputs[key] = &strings.Builder{}
			}
			outputs[key].WriteString(e.Output)
			if crashed == nil && (strings.HasPrefix(e.Output, "panic: ") || strings.HasPrefix(e.Output, "fatal error: ")) {
				crashed = e
			}
			if crashed != nil {
				crash.WriteString(e.Output)
			}
		case "build-fail":
			failed, r.buildFailed = true, true
		case "fail":
			failed = true
			r.buildFailed = r.buildFailed || e.FailedBuild != ""
			if first == nil || first.Test == "" {
				first = e
			}
		}
	}
	switch {
	case r.buildFailed:
		r.output = compiler.String()
	case first != nil && crashed != nil:
		if first.Test == "" {
			first = crashed
		}
		r.firstFailure = first.name() + " (" + crashed.kind() + ")"
		r.output = crash.String()
	case first != nil:
		r.firstFailure = first.name()
		if b := outputs[first.Package+" "+first.Test]; b != nil {
			r.output = b.String()
		}
	}
	return r, failed
}

func (e *testEvent) name() string {
	if e.Test == "" {
		return path.Base(e.Package)
	}
	return path.Base(e.Package) + "." + e.Test
}

// kind names the end of a program by its first line.
func (e *testEvent) kind() string {
	if strings.HasPrefix(e.Output, "panic: test timed out") {
		return "timeout"
	}
	kind, _, _ := strings.Cut(e.Output, ":")
	return kind
}
