package main

import (
	"bytes"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

//go:embed mutants.txt
var seeded string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the command: 0 if all mutants were killed or skipped, 1 if one was not, 2 if it could not start.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.Bool("list", false, "print the mutants and run nothing")
	only := flags.String("only", "", "run the mutants of these names alone, separated by commas")
	verbose := flags.Bool("v", false, "show what the killing test printed")
	parallel := flags.Int("parallel", 1, "how many mutants to run at a time")
	timeout := flags.Duration("timeout", time.Minute, "how long the tests of one mutant may run; beyond it they have failed")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return 2
	}
	fail := func(err error) int {
		fmt.Fprintln(stderr, "mutants:", err)
		return 2
	}
	mutants, err := parseMutants("mutants.txt", seeded)
	if err != nil {
		return fail(err)
	}
	if mutants, err = choose(mutants, *only); err != nil {
		return fail(err)
	}
	if *list {
		for _, m := range mutants {
			fmt.Fprintf(stdout, "%s  (%s)\n    %s\n    go test %s\n", m.Name, m.File, m.Why, strings.Join(m.Test, " "))
		}
		return 0
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return fail(err)
	}
	lab := &laboratory{root: root, timeout: *timeout, parallel: max(1, *parallel)}
	table := newTable(stdout, mutants, *verbose)
	if err := lab.tryAll(ctx, mutants, table.add); err != nil {
		return fail(err)
	}
	if !table.close() {
		return 1
	}
	return 0
}

// choose returns the mutants that are named, or all if none is.
func choose(mutants []mutant, names string) ([]mutant, error) {
	if names == "" {
		return mutants, nil
	}
	var chosen []mutant
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(mutants, func(m mutant) bool { return m.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no mutant is named %q; -list prints them", name)
		}
		chosen = append(chosen, mutants[i])
	}
	return chosen, nil
}

// moduleRoot returns the folder of the module that the command is started in.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	file := string(bytes.TrimSpace(out))
	if file == "" || file == os.DevNull {
		return "", fmt.Errorf("start it inside of the module: there is no go.mod here")
	}
	return filepath.Dir(file), nil
}
