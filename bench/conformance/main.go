// Command conformance compares Troupe's virtual machine for CosmWasm contracts with wasmvm, the one of CosmWasm chains.
// See README.md.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"time"

	"github.com/troupe-run/troupe/bench/conformance/corpus"
	"github.com/troupe-run/troupe/bench/conformance/differential"
)

const usage = `usage: go run . <command> [flags]

  fetch         bring the contracts into the cache and list them
  differential  the same random calls on both machines: compare results, gas, accesses and rows
  bench         how long calls take on both machines, in turns
  host          transfers of cw20 a second on a whole host of Troupe, durable
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "conformance:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	commands := map[string]func(context.Context, []string, io.Writer, io.Writer) error{
		"fetch": fetch, "differential": compare, "bench": bench, "host": host,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprint(stderr, usage)
		return flag.ErrHelp
	}
	return commands[args[0]](ctx, args[1:], stdout, stderr)
}

// registry adds the flag that all commands have.
func registry(f *flag.FlagSet) *corpus.Library {
	l := &corpus.Library{}
	f.StringVar(&l.Registry, "registry", "", "npm registry; default: npm_config_registry, or "+corpus.DefaultRegistry)
	return l
}

func fetch(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("fetch", flag.ContinueOnError)
	f.SetOutput(stderr)
	library := registry(f)
	if err := f.Parse(args); err != nil {
		return err
	}
	contracts := corpus.All()
	codes, err := library.Load(ctx, contracts)
	if err != nil {
		return err
	}
	for _, c := range contracts {
		code := codes[c.Name]
		fmt.Fprintf(stdout, "%x %7d %-28s %s %s\n", sha256.Sum256(code), len(code), c.Name, c.From.Name, c.From.Version)
	}
	return nil
}

func compare(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("differential", flag.ContinueOnError)
	f.SetOutput(stderr)
	library := registry(f)
	o := differential.Options{}
	f.IntVar(&o.Steps, "steps", 200_000, "calls, at least")
	f.Uint64Var(&o.Seed, "seed", 1, "where the random calls come from")
	f.IntVar(&o.Parallel, "parallel", runtime.GOMAXPROCS(0), "sequences at once")
	f.IntVar(&o.Only, "sequence", -1, "run this sequence alone")
	f.IntVar(&o.Budget, "budget", differential.Budget, "calls of a sequence, about")
	names := f.String("contracts", "", "names, with commas between them; default: all. Sequences depend on it")
	verbose := f.Bool("v", false, "show every call")
	texts := f.Bool("texts", false, "show failures of which the machines give different texts")
	if err := f.Parse(args); err != nil {
		return err
	}
	contracts, err := choose(*names)
	if err != nil {
		return err
	}
	lab, end, err := openLab(ctx, userCaches(), nil, contracts, *library, stderr)
	if err != nil {
		return err
	}
	defer end()
	start := time.Now()
	o.Progress = func(steps int) { fmt.Fprintf(stderr, "\r%d steps", steps) }
	if *verbose {
		o.Verbose = func(s string) { fmt.Fprintln(stdout, s) }
	}
	report, err := lab.Run(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprint(stderr, "\r")
	report.Print(stdout)
	different := 0
	for _, n := range report.Texts {
		different += n
	}
	fmt.Fprintf(stdout, "failures of the machine: %d with the same text, %d with another; refused by both: %v; %s\n",
		report.SameTexts, different, lab.Refused, time.Since(start).Round(time.Millisecond))
	if *texts {
		keys := make([]string, 0, len(report.Texts))
		for text := range report.Texts {
			keys = append(keys, text)
		}
		slices.Sort(keys)
		for _, text := range keys {
			fmt.Fprintf(stdout, "%6d %s\n", report.Texts[text], text)
		}
	}
	if report.Differing > 0 {
		return fmt.Errorf("%d mismatches", report.Differing)
	}
	return nil
}
