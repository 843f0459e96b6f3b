package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actortest/transcript"
	"github.com/troupe-run/troupe/runtime/actortest/world"
)

// testFlags say how transcripts are tested.
type testFlags struct {
	update, updateLock bool
	verbose            bool
	place              bool // the transcripts are for a server, or a directory that is named
	only               []string
}

// testFile is a transcript, and what a world needs for it.
type testFile struct {
	path string
	on   stage
}

func (c *call) testCommand() *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test [FILE | DIRECTORY]...",
		Short: "Run transcripts and compare",
		Long: `Run each transcript in a world of its own, in memory, and compare what is printed with what stands in the file. Of a
directory, all files that end in .txt are run; without arguments, those in testdata. The exit code is 1 if one differs;
then lines that are missing begin with "-", and those that came instead with "+". --update rewrites the files.

Of a directory with a ` + manifest.File + ` the scripts are run, each with the modules and actors of the application; without arguments,
those of this directory if it has one. See '` + c.Name + ` run' about the lock file.

With --server, or --dir, the transcripts are run there, one after the other: it should have the modules and be as new as a world is.
Numbers of transactions are compared by their distance. Commands that need a world, such as clock, fail and snapshot, are errors.

'` + c.Name + ` help run' lists the commands that a transcript can have.`,
		Example: c.examples(`
			% test
			% test examples/mmo
			% test examples/kitchen/testdata --modules seller,chef,waiter,cards,order
			% test payout.txt --update
			% test payout.txt --server http://127.0.0.1:8880`),
		RunE: func(cmd *cobra.Command, args []string) error {
			defer c.shareEngine()()
			f.place = c.server != "" || cmd.Flags().Changed("dir")
			if f.place && f.update {
				return misuse("--update records what a world prints: leave --server and --dir out")
			}
			files, err := c.transcripts(cmd.Context(), args, &f)
			if err != nil {
				return err
			}
			return c.test(cmd.Context(), files, &f)
		},
	}
	c.modulesFlag(cmd, &f.only)
	lockFlag(cmd, &f.updateLock)
	cmd.Flags().BoolVar(&f.update, "update", false, "rewrite the files with what is printed now")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "also name the transcripts that match")
	return cmd
}

// transcripts returns the files that the arguments mean.
func (c *call) transcripts(ctx context.Context, args []string, f *testFlags) (files []testFile, err error) {
	if len(args) == 0 {
		args = []string{"testdata"}
		if isApp(".") {
			args = []string{"."}
		}
	}
	for _, arg := range args {
		if isApp(arg) {
			if len(f.only) > 0 {
				return nil, misuse("--modules and an application exclude each other: its %s says which modules there are", manifest.File)
			}
			a, err := c.openApp(ctx, arg, f.updateLock)
			if err != nil {
				return nil, err
			}
			for _, script := range a.Scripts {
				files = append(files, testFile{a.Path(script), a.stage(ctx)})
			}
			continue
		}
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fileError(err)
		}
		if !info.IsDir() {
			files = append(files, testFile{arg, c.modulesNamed(f.only)})
			continue
		}
		found, err := filepath.Glob(filepath.Join(arg, "*.txt"))
		if err == nil && len(found) == 0 {
			err = notFoundf("there are no transcripts (*.txt) in %s", arg)
		}
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			files = append(files, testFile{file, c.modulesNamed(f.only)})
		}
	}
	return files, nil
}

// testResult is what machines get about one transcript.
type testResult struct {
	File       string         `json:"file"`
	Outcome    string         `json:"outcome"` // ok, updated, mismatch or error
	Error      string         `json:"error,omitempty"`
	Mismatches []mismatchView `json:"mismatches,omitempty"`
}

type mismatchView struct {
	Line     int    `json:"line"`
	Command  string `json:"command"`
	Expected string `json:"expected"`
	Printed  string `json:"printed"`
}

// test runs all files, whatever becomes of one. The error is that of the worst.
func (c *call) test(ctx context.Context, files []testFile, f *testFlags) error {
	start := time.Now()
	counts := map[string]int{}
	worst := ExitOK
	for _, file := range files {
		changed, err := c.check(ctx, file, f)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		result, code := judge(file.path, changed, err)
		counts[result.Outcome]++
		worst = max(worst, code)
		if err := c.tested(&result, err, f); err != nil {
			return err
		}
	}
	if !c.printer.json {
		c.printer.printf("%s in %s\n", summary(len(files), counts), time.Since(start).Round(time.Millisecond))
	}
	if worst != ExitOK {
		return &classified{worst, errSilent}
	}
	return nil
}

// check runs one file, and reports whether it was rewritten.
func (c *call) check(ctx context.Context, file testFile, f *testFlags) (changed bool, err error) {
	before, err := os.ReadFile(file.path)
	if err != nil {
		return false, fileError(err)
	}
	if f.place {
		return false, scriptError(c.sending(ctx, func(p place) error { return transcript.CheckServer(ctx, &placeTarget{p}, file.path) }))
	}
	err = c.inWorld(0, file.on, func(w *world.World) error { return transcript.Check(ctx, w, file.path, f.update) })
	if err != nil || !f.update {
		return false, scriptError(err)
	}
	after, err := os.ReadFile(file.path)
	return string(before) != string(after), fileError(err)
}

// judge classifies what became of one file.
func judge(file string, changed bool, err error) (testResult, int) {
	r := testResult{File: file, Outcome: "ok"}
	var mismatch *transcript.MismatchError
	switch {
	case err == nil && changed:
		r.Outcome = "updated"
	case err == nil:
	case errors.As(err, &mismatch):
		r.Outcome = "mismatch"
		for _, m := range mismatch.Cases {
			r.Mismatches = append(r.Mismatches, mismatchView{m.Line, m.Command, m.Expected, m.Printed})
		}
		return r, ExitFailed
	default:
		r.Outcome, r.Error = "error", explain(err)
		if errors.Is(err, fs.ErrNotExist) {
			return r, ExitNotFound
		}
		return r, exitCode(err)
	}
	return r, ExitOK
}

// tested prints what became of one file.
func (c *call) tested(r *testResult, err error, f *testFlags) error {
	p := c.printer
	defer p.flush()
	if p.json {
		return p.object(r)
	}
	switch r.Outcome {
	case "mismatch":
		p.printf("%s  %s\n", p.style(show.RolledBack, "FAIL"), r.File)
		for line := range strings.Lines(err.Error()) {
			role := show.Datum
			switch {
			case strings.HasPrefix(line, "- "):
				role = show.RolledBack
			case strings.HasPrefix(line, "+ "):
				role = show.Committed
			}
			p.printf("  %s\n", p.style(role, strings.TrimRight(line, "\n")))
		}
	case "error":
		p.printf("%s  %s\n", p.style(show.RolledBack, "FAIL"), r.Error)
	case "updated":
		p.printf("updated  %s\n", r.File)
	default:
		if f.verbose {
			p.printf("%s    %s\n", p.style(show.Committed, "ok"), r.File)
		}
	}
	return nil
}

// summary says "3 transcripts: 2 ok, 1 mismatch".
func summary(n int, counts map[string]int) string {
	var parts []string
	for _, outcome := range []string{"ok", "updated", "mismatch", "error"} {
		if counts[outcome] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[outcome], outcome))
		}
	}
	return count(n, "transcript") + ": " + strings.Join(slices.Clip(parts), ", ")
}
